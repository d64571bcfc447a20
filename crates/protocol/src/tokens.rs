//! A dataset through a model's eyes: a row as tokens, and the lengths of all rows.

use crate::{LearnFrom, wire};

wire! {
    /// See a row as a base model sees it.
    pub struct XrayRow {
        /// The dataset.
        pub dataset: String,
        /// The row's place in the version in use, from 0.
        pub row: u64,
        /// The base model.
        pub model: String,
        /// Which tokens are learned.
        #[serde(default)]
        pub learn_from: LearnFrom,
        /// The longest row, in tokens.
        pub max_length: u32,
    }

    /// A row as tokens.
    pub struct Xray {
        /// All tokens of the rendered row, also those beyond the limit.
        pub tokens: Vec<XrayToken>,
        /// How many are learned.
        pub learned: u32,
        /// Tokens beyond the limit.
        pub cut: u32,
        /// Learned tokens beyond the limit.
        pub learned_cut: u32,
        /// Answers that the limit cuts, wholly or in part.
        pub answers_cut: u32,
    }

    /// One token.
    pub struct XrayToken {
        /// Its number in the vocabulary.
        pub id: u32,
        /// The text that it stands for. A part of a character is shown as its bytes, such as `\xE2`.
        pub text: String,
        /// The model learns to write it.
        pub learned: bool,
        /// It is a special token.
        pub special: bool,
        /// It ends an answer.
        pub end_of_turn: bool,
    }

    /// Count the tokens of all rows.
    pub struct CountTokens {
        /// The dataset.
        pub dataset: String,
        /// The base model.
        pub model: String,
        /// Which tokens are learned.
        #[serde(default)]
        pub learn_from: LearnFrom,
        /// Rows of a batch, for what padding would cost.
        pub batch_size: u32,
        /// The id, chosen by the caller, under which progress is published and cancel is understood.
        #[serde(default)]
        pub job: Option<String>,
    }

    /// The lengths of all rows to learn from, in tokens, such that any limit can be judged without asking again.
    pub struct TokenCounts {
        /// Rows counted.
        pub rows: u64,
        /// Rows that the model's template cannot say.
        pub failed: u64,
        /// Answers in them.
        pub answers: u64,
        /// All tokens.
        pub tokens: u64,
        /// Of these, how many are learned.
        pub learned_tokens: u64,
        /// The longest row.
        pub longest: u32,
        /// Groups of rows of about the same length, the shortest first.
        pub buckets: Vec<LengthBucket>,
        /// The length that 50, 90, 95 and 99 % of the rows do not exceed.
        pub percentiles: Vec<Percentile>,
        /// How often OpenAI would show each row.
        pub suggested_epochs: u32,
        /// Tokens that batches padded to their longest row would compute.
        pub padded_tokens: u64,
    }

    /// Rows of about the same length.
    pub struct LengthBucket {
        /// The shortest, in tokens.
        pub from: u32,
        /// The longest.
        pub to: u32,
        /// How many rows.
        pub rows: u64,
        /// Answers that end here: a limit below cuts them.
        pub answers: u64,
        /// Tokens of these rows.
        pub tokens: u64,
        /// Of these, how many are learned.
        pub learned_tokens: u64,
    }

    /// A share of the rows, and the length they do not exceed.
    pub struct Percentile {
        /// The share, in percent.
        pub percent: u32,
        /// The length, in tokens.
        pub tokens: u32,
    }
}
