//! Three starting points, so that nobody has to know what a learning rate is.

use tunesmith_sentence::{Sentence, say};

use crate::{AutoOr, TrainSettings, wire};

wire! {
    /// A named starting point.
    pub struct Preset {
        /// quick, balanced or thorough.
        pub id: String,
        /// Its name on screen.
        pub label: Sentence,
        /// What it is for, in a sentence.
        pub help: Sentence,
        /// The settings it stands for.
        pub training: TrainSettings,
    }
}

/// Quick, Balanced and Thorough. Small models need and bear higher learning rates, and very small ones, which know little
/// of a language, more epochs; `parameters` is the base model's number of weights.
pub fn presets(parameters: u64) -> Vec<Preset> {
    let (learning_rate, [quick, balanced, thorough]) = match parameters {
        0..50_000_000 => (3e-3, [2.0, 8.0, 20.0]),
        50_000_000..500_000_000 => (5e-4, [1.0, 3.0, 8.0]),
        _ => (2e-4, [1.0, 3.0, 8.0]),
    };
    let base = TrainSettings { learning_rate, ..TrainSettings::default() };
    let preset = |id: &str, label, help, training| Preset { id: id.into(), label, help, training };
    vec![
        preset(
            "quick",
            say!("preset-quick", "Quick"),
            say!("preset-quick-help", "A short run, to see whether everything works"),
            TrainSettings { epochs: quick, ..base.clone() },
        ),
        preset(
            "balanced",
            say!("preset-balanced", "Balanced"),
            say!("preset-balanced-help", "A good result for most datasets"),
            TrainSettings { epochs: balanced, ..base.clone() },
        ),
        preset(
            "thorough",
            say!("preset-thorough", "Thorough"),
            say!("preset-thorough-help", "More passes and a larger adapter, measured more often; keeps the best step"),
            TrainSettings {
                epochs: thorough,
                lora_rank: 32,
                lora_alpha: 64.0,
                eval_every: AutoOr::Auto,
                early_stopping_patience: Some(5),
                ..base
            },
        ),
    ]
}
