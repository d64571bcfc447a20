//! The input of a training run.

use std::path::PathBuf;
use std::sync::Arc;

use tunesmith_data::Tokens;
use tunesmith_protocol::TrainSettings;

/// A training job: a base model, prepared rows, settings, and a folder for what comes out.
pub struct Job {
    /// The base model's folder. For `scratch` only its config and tokenizer are used.
    pub base: PathBuf,
    /// What the adapter's config calls the base model.
    pub base_name: String,
    /// The chat template that the rows were made with where the base brings none; the result gets it.
    pub chat_template: Option<String>,
    /// How to train, as asked for; every `auto` is still open.
    pub settings: TrainSettings,
    /// The run's folder: `ckpt-N/` and `result/` are made in it.
    pub output: PathBuf,
    /// The rows to learn from. They are shared, as they can be large.
    pub training: Arc<Vec<Tokens>>,
    /// The rows held out; may be empty.
    pub validation: Arc<Vec<Tokens>>,
    /// How many rows were longer than the limit.
    pub rows_too_long: u64,
    /// How many of them are left out.
    pub rows_left_out: u64,
    /// The device that `auto` in the settings stands for: `auto`, `cpu` or `cuda:0`.
    pub device: String,
    /// Threads to compute on; 0 takes all cores.
    pub threads: usize,
    /// Go on from the newest good checkpoint in `output`.
    pub resume: bool,
    /// Memory that may be used where the CPU computes; a GPU says itself what it has.
    pub available_bytes: u64,
}
