//! What decides how much memory training takes.

use std::collections::BTreeMap;

use candle_lora::WeightFormat;

/// What decides how much memory training takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrainingShape<'a> {
    /// The most tokens computed at once.
    pub tokens: usize,
    /// The adapter's rank; none trains every weight.
    pub rank: Option<usize>,
    /// Modules of another rank, by their whole names; none has the same everywhere.
    pub ranks: Option<&'a BTreeMap<String, usize>>,
    /// What is trained beside an adapter's pairs, as `trained_beside` counts it.
    pub beside: &'a [(String, u64)],
    /// The modules that get an adapter, as PEFT names them.
    pub target_modules: &'a [&'a str],
    /// The blocks that are trained; none is all, and what comes before and after them.
    pub layers: Option<&'a [usize]>,
    /// Modules have magnitudes beside their pairs.
    pub dora: bool,
    /// The adapter sees only a part of its inputs.
    pub dropout: bool,
    /// How the base model's matrices are held.
    pub format: WeightFormat,
    /// Blocks are computed twice and only their inputs kept.
    pub recompute: bool,
    /// The longest row, in tokens, where a GPU computes: its plain operations hold all scores of a row at once, and more
    /// of what they compute on the way.
    pub on_gpu: Option<usize>,
}
