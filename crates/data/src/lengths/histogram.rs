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
    /// The rows by their length, in at most so many buckets of one width that cover every length. A few rows that are far
    /// longer than all others fall into one wide bucket at the end: they must not squeeze the rest into a single bar.
    pub fn histogram(&self, buckets: u32) -> Vec<Bucket> {
        let longest = self.totals().longest;
        if longest == 0 || buckets == 0 {
            return Vec::new();
        }
        let most = self.percentiles(&[99.0])[0];
        let has_tail = buckets > 1 && longest / 2 > most;
        let (covered, count) = if has_tail { (most, buckets - 1) } else { (longest, buckets) };
        let width = covered.div_ceil(count).max(1);
        let regular = covered.div_ceil(width);
        let mut all: Vec<Bucket> = (0..regular)
            .map(|index| Bucket { from: index * width + 1, to: (index + 1).saturating_mul(width), ..Bucket::default() })
            .collect();
        if has_tail {
            all.push(Bucket { from: regular * width + 1, to: longest, ..Bucket::default() });
        }
        let last = all.len() - 1;
        let place = |tokens: u32| ((tokens.saturating_sub(1) / width) as usize).min(last);
        for row in self.rows().filter(|row| row.tokens > 0) {
            let bucket = &mut all[place(row.tokens)];
            bucket.rows += 1;
            bucket.tokens += u64::from(row.tokens);
            bucket.learned_tokens += u64::from(row.learned_within(u32::MAX));
            row.answers.iter().for_each(|answer| all[place(answer.end)].answers_ending += 1);
        }
        all
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
