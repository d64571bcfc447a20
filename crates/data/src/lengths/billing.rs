//! The epochs, billed tokens and price of a training job at a service that charges by the token, by the rules of OpenAI's
//! guide to preparing chat data for fine-tuning.

use super::LengthTable;

/// Epochs wanted, and the least and most rows seen in all of them for which that stands.
const EPOCHS: u64 = 3;
const LEAST_ROWS_SEEN: u64 = 100;
const MOST_ROWS_SEEN: u64 = 25_000;
const MOST_EPOCHS: u64 = 25;

/// How often OpenAI would show each of so many rows: 3 times, more often where there are few rows (up to 25 times) and
/// less often where there are many.
pub fn suggested_epochs(rows: u64) -> u32 {
    let seen = rows.saturating_mul(EPOCHS);
    let epochs = if seen < LEAST_ROWS_SEEN {
        LEAST_ROWS_SEEN.checked_div(rows).unwrap_or(MOST_EPOCHS).min(MOST_EPOCHS)
    } else if seen > MOST_ROWS_SEEN {
        (MOST_ROWS_SEEN / rows).max(1)
    } else {
        EPOCHS
    };
    epochs as u32
}

impl LengthTable {
    /// The tokens that so many epochs are billed for: all tokens, learned or not, of each row up to the limit.
    pub fn billed_tokens(&self, max_length: u32, epochs: u32) -> u64 {
        let one: u64 = self.tokens.iter().map(|tokens| u64::from(*tokens.min(&max_length))).sum();
        one.saturating_mul(epochs.into())
    }

    /// What they cost at a price per million tokens, in the currency of the price.
    pub fn price(&self, max_length: u32, epochs: u32, price_per_million: f64) -> f64 {
        self.billed_tokens(max_length, epochs) as f64 / 1e6 * price_per_million
    }
}
