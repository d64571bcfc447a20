//! The histogram and the percentiles of the lengths of rows.

use super::LengthTable;

/// Rows of about the same length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bucket {
    /// The least tokens.
    pub from: u32,
    /// The most tokens.
    pub to: u32,
    /// How many rows.
    pub rows: u64,
    /// Tokens of these rows.
    pub tokens: u64,
    /// Of these, how many are learned.
    pub learned_tokens: u64,
    /// Answers, of any row, whose last learned token is one of the tokens `from` to `to` of its row: a limit below `from`
    /// cuts them, one of `to` or more does not.
    pub answers_ending: u64,
}

impl LengthTable {
    /// The rows by their length, in at most so many buckets that cover every length. They have one width up to where nearly all
    /// rows end. A few rows that are far longer fall into buckets that get wider and wider: they must not squeeze the rest into
    /// a single bar, and a bucket that reached over all of them would say nothing of where they lie.
    pub fn histogram(&self, buckets: u32) -> Vec<Bucket> {
        let ends = self.bucket_ends(buckets);
        let starts = [0].into_iter().chain(ends.iter().copied());
        let bucket = |(before, end): (u32, &u32)| Bucket { from: before + 1, to: *end, ..Bucket::default() };
        let mut all: Vec<Bucket> = starts.zip(&ends).map(bucket).collect();
        let place = |tokens: u32| ends.partition_point(|end| *end < tokens);
        for row in self.rows().filter(|row| row.tokens > 0 && !ends.is_empty()) {
            let bucket = &mut all[place(row.tokens)];
            bucket.rows += 1;
            bucket.tokens += u64::from(row.tokens);
            bucket.learned_tokens += u64::from(row.learned_within(u32::MAX));
            row.answers.iter().for_each(|answer| all[place(answer.end)].answers_ending += 1);
        }
        all
    }

    /// The longest length of each bucket, ascending; the last is that of the longest row.
    fn bucket_ends(&self, buckets: u32) -> Vec<u32> {
        let longest = self.totals().longest;
        if longest == 0 || buckets == 0 {
            return Vec::new();
        }
        let most = self.percentiles(&[99.0])[0];
        let wider = if buckets > 1 && longest / 2 > most { (buckets / 4).max(1) } else { 0 };
        let covered = if wider > 0 { most } else { longest };
        let width = covered.div_ceil(buckets - wider).max(1);
        let even = (1..=covered.div_ceil(width)).map(|number| number.saturating_mul(width));
        let mut ends: Vec<u32> = even.collect();
        let tail = ends.last().map_or(1.0, |last| f64::from(*last));
        let times = f64::from(longest) / tail;
        ends.extend((1..=wider).map(|number| (tail * times.powf(f64::from(number) / f64::from(wider))).round() as u32));
        if wider > 0 {
            ends.retain(|end| *end <= longest);
            ends.push(longest);
        }
        ends.dedup();
        ends
    }

    /// For each share in percent the length that so many rows do not exceed, in tokens: the nearest-rank percentile. Rows
    /// that cannot be rendered do not count; without rows, 0.
    pub fn percentiles(&self, percent: &[f64]) -> Vec<u32> {
        let mut lengths: Vec<u32> = self.tokens.iter().copied().filter(|tokens| *tokens > 0).collect();
        lengths.sort_unstable();
        let rank = |percent: f64| (percent / 100.0 * lengths.len() as f64).ceil() as usize;
        let length = |percent: &f64| lengths.get(rank(*percent).max(1).min(lengths.len()).saturating_sub(1));
        percent.iter().map(|percent| length(percent).copied().unwrap_or_default()).collect()
    }
}
