//! Evaluations: how well a model predicts rows, and what it answers to them.

use tunesmith_sentence::Sentence;

use crate::{Format, ReadPath, wire};

wire! {
    /// Ask what a run's result answers to rows that it has not learned, beside the base model.
    pub struct CompareRun {
        /// The run.
        pub run: String,
        /// Only what was asked before; no model is loaded.
        pub only_known: bool,
        /// The id, chosen by the caller, under which progress is published and cancel is understood.
        #[serde(default)]
        pub job: Option<String>,
    }

    /// What a run's result and its base model answer to the same questions.
    pub struct Comparison {
        /// The step whose weights answered.
        pub step: u32,
        /// The rows were held out; otherwise they were learned, as none is held out.
        pub held_out: bool,
        /// A few rows.
        pub rows: Vec<ComparedRow>,
    }

    /// One question and its answers.
    pub struct ComparedRow {
        /// What was asked last.
        pub question: String,
        /// What the row expects.
        pub expected: String,
        /// The base model's answer; null for a model that was trained from scratch.
        pub base: Option<ComparedAnswer>,
        /// The answer of the run's result.
        pub tuned: ComparedAnswer,
    }

    /// An answer, and how good it is.
    pub struct ComparedAnswer {
        /// What was said.
        pub text: String,
        /// It ended by itself.
        pub ends: bool,
        /// Its end comes again and again.
        pub repeats: bool,
        /// Token F1 with the expected answer, over words and signs, from 0 to 1.
        pub f1: f64,
    }

    /// Measure a model on dataset files. It is a run's result, or a base model with or without an adapter.
    pub struct Evaluate {
        /// The run whose result is measured; null measures a base model.
        pub run: Option<String>,
        /// The base model: the id of one in the home; null takes the run's.
        pub model: Option<String>,
        /// A model folder in place of an id.
        pub folder: Option<ReadPath>,
        /// An adapter for the base model: a PEFT folder.
        pub adapter: Option<ReadPath>,
        /// The dataset files.
        pub data: Vec<ReadPath>,
        /// The shape of a row, or auto.
        pub format: Format,
        /// The loss over all rows is wanted.
        pub loss: bool,
        /// An answer to each row is wanted.
        pub answers: bool,
        /// The longest answer, in tokens.
        pub max_new_tokens: u32,
        /// The id, chosen by the caller, under which progress is published and cancel is understood.
        #[serde(default)]
        pub job: Option<String>,
    }

    /// What was measured.
    pub struct Evaluation {
        /// Rows read.
        pub rows_read: u64,
        /// Rows that cannot be used.
        pub rows_dropped: u64,
        /// Rows of which nothing is measured, because the model's template or tokenizer refuses them.
        pub rows_refused: u64,
        /// The first of these, and why; null where there is none.
        pub refused: Option<Sentence>,
        /// The loss; null where it was not wanted.
        pub loss: Option<MeasuredLoss>,
        /// The answers, in the order of the rows.
        pub answers: Vec<EvaluatedAnswer>,
        /// Rows that are not asked: plain text, rows that begin with their answer, and those that expect a tool call which
        /// the model's chat template does not show.
        pub not_asked: u64,
        /// What is not measured of rows of this shape, such as answers judged bad.
        pub remarks: Vec<Sentence>,
    }

    /// How well a model predicts rows.
    #[derive(Copy)]
    pub struct MeasuredLoss {
        /// Mean negative log-likelihood in nats over the learned tokens.
        pub loss: f64,
        /// exp(loss).
        pub perplexity: f64,
        /// Learned tokens.
        pub learned_tokens: u64,
        /// Rows measured.
        pub rows: u64,
    }

    /// An answer beside the expected one.
    pub struct EvaluatedAnswer {
        /// The file of the row.
        pub file: String,
        /// Its line.
        pub line: u64,
        /// What was asked last.
        pub question: String,
        /// What the row expects.
        pub expected: String,
        /// What the model answered.
        pub text: String,
    }
}
