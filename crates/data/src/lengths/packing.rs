//! How many tokens batches padded to their longest row would compute, compared with packed rows, as training uses them.

use super::LengthTable;
use crate::epoch_order;

/// The tokens that one epoch computes, padding and all.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Packing {
    /// In batches of rows that are padded to the longest of each batch.
    pub padded_tokens: u64,
    /// In rows laid end to end.
    pub packed_tokens: u64,
    /// The share of the padded tokens that is padding, from 0 to 1.
    pub saved_share: f64,
}

impl LengthTable {
    /// The rows of one epoch in batches of `batch_size`, each cut at the limit in tokens. The rows are shuffled first, as
    /// trainers do: a file that is sorted by length would need no padding in its own order.
    pub fn packing(&self, max_length: u32, batch_size: u32) -> Packing {
        let kept = self.rows().filter(|row| row.learned_within(max_length) > 0);
        let lengths: Vec<u64> = kept.map(|row| row.tokens.min(max_length).into()).collect();
        let order = epoch_order(0, 0, lengths.len());
        let padded = |batch: &[u32]| {
            let longest = batch.iter().map(|row| lengths[*row as usize]).max().unwrap_or_default();
            longest * batch.len() as u64
        };
        let padded_tokens: u64 = order.chunks(batch_size.max(1) as usize).map(padded).sum();
        let packed_tokens = lengths.iter().sum();
        let saved_share = match padded_tokens {
            0 => 0.0,
            padded => 1.0 - packed_tokens as f64 / padded as f64,
        };
        Packing { padded_tokens, packed_tokens, saved_share }
    }
}
