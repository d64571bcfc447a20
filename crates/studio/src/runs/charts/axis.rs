//! An axis: from values to points, with ticks at round numbers.

/// Values from `low` to `high` over `length` points.
pub(super) struct Axis {
    low: f64,
    high: f64,
    length: i32,
    step: f64,
}

impl Axis {
    /// An axis that holds all values; one with `margin` ends at ticks.
    pub fn around(values: impl Iterator<Item = f64>, length: i32, margin: bool) -> Self {
        let (low, high) =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
        let high = if high - low < 1e-9 { low + 1.0 } else { high };
        let step = round_step((high - low) / 6.0);
        match margin {
            true => Self { low: (low / step).floor() * step, high: (high / step).ceil() * step, length, step },
            false => Self { low, high, length, step: step.max(1.0) },
        }
    }

    /// Where a value lies, in points from the low end.
    pub fn at(&self, value: f64) -> i32 {
        ((value - self.low) / (self.high - self.low) * f64::from(self.length)).round() as i32
    }

    /// Round values with their labels.
    pub fn ticks(&self) -> Vec<(f64, String)> {
        let first = (self.low / self.step).ceil() as i64;
        let last = (self.high / self.step + 1e-9).floor() as i64;
        let digits = (-self.step.log10().floor()).max(0.0) as usize;
        (first..=last).map(|tick| tick as f64 * self.step).map(|value| (value, format!("{value:.digits$}"))).collect()
    }
}

/// 1, 2 or 5 times a power of ten, about as large as asked for.
fn round_step(rough: f64) -> f64 {
    let power = 10f64.powf(rough.log10().floor());
    match rough / power {
        small if small <= 1.0 => power,
        small if small <= 2.0 => 2.0 * power,
        small if small <= 5.0 => 5.0 * power,
        _ => 10.0 * power,
    }
}
