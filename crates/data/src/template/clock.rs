//! The function `strftime_now(format)` of templates: some put the date into the system message.

use std::time::{SystemTime, UNIX_EPOCH};

use minijinja::Error;
use tunesmith_sentence::say;

use super::errors::wrong;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// A date and time in UTC, so that rows do not depend on the time zone in which they are prepared.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    year: i64,
    month: usize,
    day: u64,
    weekday: usize,
    day_of_year: u64,
    hour: u64,
    minute: u64,
    second: u64,
}

impl From<SystemTime> for Moment {
    fn from(time: SystemTime) -> Self {
        Self::of(time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
    }
}

impl Moment {
    /// The moment in the format of C's strftime.
    pub(super) fn strftime(&self, format: &str) -> Result<String, Error> {
        let mut text = String::new();
        let mut characters = format.chars();
        while let Some(character) = characters.next() {
            match character {
                '%' => text += &self.field(characters.next().unwrap_or('%'), characters.as_str())?,
                other => text.push(other),
            }
            // `%-d` takes one character more.
            if text.ends_with('\u{0}') {
                text.pop();
                characters.next();
            }
        }
        Ok(text)
    }

    /// The civil date of a day count (Hinnant, "chrono-compatible low-level date algorithms").
    fn of(seconds: u64) -> Self {
        let days = seconds / 86_400;
        let shifted = days + 719_468;
        let era = shifted / 146_097;
        let day_of_era = shifted % 146_097;
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_march_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * day_of_march_year + 2) / 153;
        let day = day_of_march_year - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        let year = (year_of_era + era * 400 + u64::from(month <= 2)) as i64;
        let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        let day_of_year = match march_month {
            0..=9 => day_of_march_year + 60 + u64::from(leap),
            _ => day_of_march_year - 305,
        };
        Self {
            year,
            month: month as usize,
            day,
            weekday: ((days + 3) % 7) as usize,
            day_of_year,
            hour: seconds / 3600 % 24,
            minute: seconds / 60 % 60,
            second: seconds % 60,
        }
    }

    fn field(&self, letter: char, rest: &str) -> Result<String, Error> {
        let (month, weekday) = (MONTHS[self.month - 1], DAYS[self.weekday]);
        Ok(match letter {
            '-' => {
                let padded = self.field(rest.chars().next().unwrap_or('-'), "")?;
                let plain = padded.trim_start_matches('0');
                format!("{}\u{0}", if plain.is_empty() { "0" } else { plain })
            }
            'Y' => self.year.to_string(),
            'y' => format!("{:02}", self.year % 100),
            'm' => format!("{:02}", self.month),
            'd' => format!("{:02}", self.day),
            'e' => format!("{:2}", self.day),
            'B' => month.into(),
            'b' | 'h' => month[..3].into(),
            'A' => weekday.into(),
            'a' => weekday[..3].into(),
            'j' => format!("{:03}", self.day_of_year),
            'H' => format!("{:02}", self.hour),
            'I' => format!("{:02}", (self.hour + 11) % 12 + 1),
            'p' => if self.hour < 12 { "AM" } else { "PM" }.into(),
            'M' => format!("{:02}", self.minute),
            'S' => format!("{:02}", self.second),
            'F' => format!("{}-{:02}-{:02}", self.year, self.month, self.day),
            'T' => format!("{:02}:{:02}:{:02}", self.hour, self.minute, self.second),
            'Z' => "UTC".into(),
            'z' => "+0000".into(),
            'n' => "\n".into(),
            't' => "\t".into(),
            '%' => "%".into(),
            other => {
                let what = say!("template-strftime", "strftime_now: %{letter} is not supported", letter = other);
                return Err(wrong(what));
            }
        })
    }
}
