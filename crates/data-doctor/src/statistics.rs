//! Statistics of lengths per row and per answer, from histograms, so that a million rows take little memory.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How numbers are spread. All zero where there are none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The smallest.
    pub min: u32,
    /// The largest.
    pub max: u32,
    /// The mean.
    pub mean: f64,
    /// The median.
    pub median: f64,
    /// The 5th percentile.
    pub p5: f64,
    /// The 95th percentile.
    pub p95: f64,
}

/// The lengths of a dataset. A text that is nothing else counts as an answer, because all of it is learned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// Messages per row.
    pub messages_per_row: Spread,
    /// Characters per answer.
    pub characters_per_answer: Spread,
    /// Words per answer; in scripts without spaces each character is one.
    pub words_per_answer: Spread,
}

/// How often each number was seen.
#[derive(Default)]
pub(crate) struct Histogram(BTreeMap<u32, u64>);

impl Histogram {
    pub(crate) fn add(&mut self, number: usize) {
        *self.0.entry(u32::try_from(number).unwrap_or(u32::MAX)).or_default() += 1;
    }

    pub(crate) fn spread(&self) -> Spread {
        let (Some((&min, _)), Some((&max, _))) = (self.0.first_key_value(), self.0.last_key_value()) else {
            return Spread::default();
        };
        let sum: f64 = self.0.iter().map(|(&number, &count)| f64::from(number) * count as f64).sum();
        let mean = sum / self.count() as f64;
        let [p5, median, p95] = [0.05, 0.5, 0.95].map(|share| self.quantile(share));
        Spread { min, max, mean, median, p5, p95 }
    }

    fn count(&self) -> u64 {
        self.0.values().sum()
    }

    /// The quantile, interpolated linearly as numpy does it.
    fn quantile(&self, share: f64) -> f64 {
        let place = share * self.count().saturating_sub(1) as f64;
        let (low, high) = (self.at(place.floor() as u64), self.at(place.ceil() as u64));
        low + (high - low) * place.fract()
    }

    /// The number at a place, from 0, of all numbers in order.
    fn at(&self, place: u64) -> f64 {
        let mut seen = 0;
        let found = self.0.iter().find(|(_, count)| {
            seen += *count;
            seen > place
        });
        found.map_or(0.0, |(&number, _)| f64::from(number))
    }
}
