//! Durations and moments as Python writes them.

use std::str::FromStr;

use arrow_array::timezone::Tz;
use arrow_schema::TimeUnit;

const DAY_NS: i128 = 86_400 * 1_000_000_000;

/// A duration as Python's `str(timedelta)`: `1:30:00`, `2 days, 0:00:05`.
pub(super) fn duration(count: i64, unit: TimeUnit) -> String {
    let of_unit = match unit {
        TimeUnit::Second => 1_000_000_000,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Microsecond => 1000,
        TimeUnit::Nanosecond => 1,
    };
    let all = i128::from(count) * of_unit;
    let (days, rest) = (all.div_euclid(DAY_NS), all.rem_euclid(DAY_NS));
    let (seconds, fraction) = (rest / 1_000_000_000, rest % 1_000_000_000);
    let mut text = match days {
        0 => String::new(),
        1 | -1 => format!("{days} day, "),
        _ => format!("{days} days, "),
    };
    text += &format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    text += &match fraction {
        0 => String::new(),
        micros if micros % 1000 == 0 => format!(".{:06}", micros / 1000),
        nanos => format!(".{nanos:09}"),
    };
    text
}

/// The time zone of a column, by its offset or its name in the IANA database; UTC where it is unknown, as the moment is the
/// same.
pub(super) fn zone(name: &str) -> Option<Tz> {
    Tz::from_str(name).or_else(|_| Tz::from_str("+00:00")).ok()
}
