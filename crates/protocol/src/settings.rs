//! Every training setting, once: its type, default, label, help, range and whether it is basic or advanced. The
//! form, the tooltips, the validation, the command line and the run file all come from this list.

mod choices;
mod field;
mod layers;
mod presets;

pub use choices::*;
pub use field::*;
pub use layers::Layers;
pub use presets::*;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use tunesmith_sentence::Sentence;

use crate::ReadPath;
use field::Kind::{
    Choice, Flag, Folder, Integer, IntegerOrAuto, Layers as WhichLayers, Modules, Names, Number, OptionalInteger,
    OptionalNumber, WholeNumbers,
};

/// Expands one line per setting into the struct, its defaults and its field descriptions.
macro_rules! settings {
    ($($(#[doc = $help:literal])+ $level:ident $label:literal $name:ident: $type:ty = $default:expr, $kind:expr;)*) => {
        /// How to train. Serialised under the names of the run file; unknown keys are errors.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
        #[serde(default, deny_unknown_fields)]
        pub struct TrainSettings {
            $($(#[doc = $help])+ pub $name: $type,)*
        }

        impl Default for TrainSettings {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }

        impl TrainSettings {
            /// The descriptions of all settings, in the order in which a form shows them.
            pub fn fields() -> Vec<Field> {
                let defaults = serde_json::to_value(Self::default()).unwrap_or_default();
                vec![$(Field {
                    name: stringify!($name).into(),
                    label: Sentence::new(concat!("setting-", stringify!($name)), [], $label.into()),
                    help: Sentence::new(concat!("setting-", stringify!($name), "-help"), [], concat!($($help),+).trim().into()),
                    level: Level::$level,
                    kind: $kind,
                    default: defaults[stringify!($name)].clone(),
                },)*]
            }
        }
    };
}

settings! {
    /// What a row is: a conversation or instruction to answer (sft), or plain text to continue (text)
    Advanced "Task" task: Task = Task::Sft, Choice(words(&["sft", "text"]));
    /// What is trained: a small adapter beside the frozen model (lora), one with a magnitude per output (dora: a little better at small ranks, and slower), every weight (full), or a new model from its config (scratch)
    Advanced "Method" method: Method = Method::Lora, Choice(words(&["lora", "dora", "full", "scratch"]));
    /// How often the whole dataset is seen. More learns more, until validation loss turns up
    Basic "Epochs" epochs: f64 = 3.0, Number { min: 0.01, max: 1000.0 };
    /// How big each step is. Too high makes the loss jump, too low learns little
    Basic "Learning rate" learning_rate: f64 = 2e-4, Number { min: 1e-8, max: 1.0 };
    /// The size of the adapter. Higher can hold more and needs more memory
    Basic "Rank" lora_rank: u32 = 16, Integer { min: 1, max: 1024 };
    /// How strongly the adapter counts; it is scaled by alpha / rank
    Advanced "Alpha" lora_alpha: f64 = 32.0, Number { min: 0.01, max: 4096.0 };
    /// The layers that are tuned: all, last-8, 4..11 (from 0, both included), or a list. With method full, only their weights are; embedding, last norm and head stay frozen
    Advanced "Layers" layers: Layers = Layers::All, WhichLayers;
    /// The projections that get an adapter: all-linear, or a list such as q_proj, v_proj. embed_tokens and lm_head can be listed too; where a model uses one table for both, each gets an adapter of its own and the other stays as it was, as with PEFT
    Advanced "Target modules" target_modules: TargetModules = TargetModules::AllLinear, Modules(words(&MODULES));
    /// Modules that are trained whole beside the adapter and saved with it, such as embed_tokens and lm_head for new tokens. They take far more memory than an adapter of theirs
    Advanced "Modules to save" modules_to_save: Vec<String> = vec![], Names(words(&WHOLE_MODULES));
    /// Tokens whose vectors are trained beside the adapter, by their ids: a cheap way to teach the model a few new ones
    Advanced "Trainable tokens" trainable_token_indices: Vec<u32> = vec![], WholeNumbers { min: 0, max: 16_777_215 };
    /// The model's own biases that are trained beside the adapter: none, all, or those of modules with an adapter (lora_only). Most families have none
    Advanced "Bias" bias: Bias = Bias::None, Choice(words(&["none", "all", "lora_only"]));
    /// The folder of an adapter in PEFT's format to continue from. Its rank, alpha, modules, layers and kind, and what it trains beside, take the place of the run's; dropout stays the run's
    Advanced "Continue from" init_adapter: Option<ReadPath> = None, Folder;
    /// The share of its inputs that the adapter does not see at each step. A little (0.05) helps against learning by heart
    Advanced "Dropout" lora_dropout: f64 = 0.0, Number { min: 0.0, max: 0.95 };
    /// Scale the adapter by alpha / √rank, so that a high rank learns as fast as a low one
    Advanced "rsLoRA" use_rslora: bool = false, Flag;
    /// Begin with the most important part of each weight instead of nothing, which learns faster at first. Saved as an adapter of twice the rank, which fits the original model
    Advanced "PiSSA start" use_pissa: bool = false, Flag;
    /// Noise on what the model reads while it learns (NEFTune); 5 is usual for short answers. Empty for none
    Advanced "NEFTune alpha" neftune_alpha: Option<f64> = None, OptionalNumber { min: 0.0, max: 100.0 };
    /// Rows computed at once. More is faster and needs more memory
    Basic "Batch size" batch_size: u32 = 2, Integer { min: 1, max: 1024 };
    /// Batches gathered before each step; the effective batch is batch size × this
    Advanced "Gradient accumulation" gradient_accumulation: u32 = 4, Integer { min: 1, max: 1024 };
    /// The longest row, in tokens. Longer rows are handled as “Too long” says
    Basic "Max length" max_length: u32 = 1024, Integer { min: 8, max: 131_072 };
    /// What happens to a row longer than the limit: cut its end, leave it out, or refuse to start
    Advanced "Too long" too_long: TooLong = TooLong::Truncate, Choice(words(&["truncate", "drop", "refuse"]));
    /// Which tokens are learned: every answer, only the last answer, or everything
    Advanced "Learn from" learn_from: LearnFrom = LearnFrom::Assistant, Choice(words(&["assistant", "last", "all"]));
    /// Stop after this many steps, whatever the epochs say; empty for no limit
    Advanced "Max steps" max_steps: Option<u32> = None, OptionalInteger { min: 1, max: 10_000_000 };
    /// How the update is computed from the gradient. adamw8bit needs a quarter of the memory of adamw for it, lion half; lion wants a learning rate 3 to 10 times smaller
    Advanced "Optimizer" optimizer: Optimizer = Optimizer::AdamW, Choice(words(&["adamw", "adamw8bit", "lion"]));
    /// How many times faster the adapter's B matrices learn than its A matrices (LoRA+); 1 switches it off, 16 is its authors' choice
    Advanced "LoRA+ ratio" lora_plus_ratio: f64 = 1.0, Number { min: 1.0, max: 1000.0 };
    /// How the learning rate falls over the run
    Advanced "Scheduler" scheduler: Scheduler = Scheduler::Cosine, Choice(words(&["linear", "cosine", "constant"]));
    /// The share of the steps in which the learning rate first rises. Every step learns: of ten such steps the first takes a tenth of the rate, the last all of it
    Advanced "Warm-up" warmup_ratio: f64 = 0.03, Number { min: 0.0, max: 1.0 };
    /// Pulls weights towards zero at each step
    Advanced "Weight decay" weight_decay: f64 = 0.0, Number { min: 0.0, max: 10.0 };
    /// Gradients longer than this are scaled down to it; 0 switches clipping off
    Advanced "Max gradient norm" max_grad_norm: f64 = 1.0, Number { min: 0.0, max: 1000.0 };
    /// The number format of the computation. bf16 holds the frozen base model in 16 bits, half the memory, and rounds its products; the adapter stays in 32 bits. auto takes f32
    Advanced "Precision" precision: Precision = Precision::Auto, Choice(words(&["auto", "f32", "bf16"]));
    /// Hold the frozen base model in blocks of 8 or 4 bits a number (QLoRA): a quarter or a seventh of the memory, somewhat slower, a little less exact
    Advanced "Quantization" quantization: Quantization = Quantization::None, Choice(words(&["none", "8bit", "4bit"]));
    /// Compute each layer twice to keep less of it in memory; auto does so only where it would not fit otherwise
    Advanced "Gradient checkpointing" gradient_checkpointing: Switch = Switch::Auto, Choice(words(&["auto", "on", "off"]));
    /// Steps between measurements on the validation rows; auto measures about ten times, for about a tenth of the run
    Advanced "Evaluate every" eval_every: AutoOr = AutoOr::Auto, IntegerOrAuto { min: 1, max: 10_000_000 };
    /// Steps between checkpoints; auto saves with each evaluation and at least every ten minutes
    Advanced "Save every" save_every: AutoOr = AutoOr::Auto, IntegerOrAuto { min: 1, max: 10_000_000 };
    /// Stop when validation loss has not improved for this many evaluations; empty never stops early
    Advanced "Early stopping patience" early_stopping_patience: Option<u32> = None, OptionalInteger { min: 1, max: 1000 };
    /// Where to train; auto takes the fastest device that works
    Advanced "Device" device: String = "auto".into(), Choice(words(&["auto", "cpu", "cuda:0"]));
    /// Same seed, same settings, same data: the same result
    Advanced "Seed" seed: u64 = 42, Integer { min: 0, max: 9_007_199_254_740_991 };
}

impl TrainSettings {
    /// Says, per setting, what is out of range; empty when all is well.
    pub fn problems(&self) -> Vec<SettingProblem> {
        let values = serde_json::to_value(self).unwrap_or_default();
        Self::fields().iter().filter_map(|field| field.check(&values[&field.name])).collect()
    }
}

/// A run file: what to train, on what, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct RunConfig {
    /// The id of a model in the home, or a Hugging Face folder.
    pub base_model: String,
    /// What to learn from.
    pub data: DataConfig,
    /// How to train.
    #[serde(default)]
    pub training: TrainSettings,
}

/// The data part of a run file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(untagged)]
pub enum DataConfig {
    /// Rows that are read from files.
    Files(DataFiles),
    /// Rows that are in the home.
    Dataset(DataVersion),
}

/// Files of rows, and how they are read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct DataFiles {
    /// One or several dataset files.
    pub path: Paths,
    /// The shape of a row, or auto.
    #[serde(default)]
    pub format: Format,
    /// The columns that stand for parts of a row, as far as they are not to be recognised: part: column.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    #[ts(as = "Option<std::collections::BTreeMap<String, String>>", optional)]
    pub columns: std::collections::BTreeMap<String, String>,
    /// The sheet of a workbook that is read; the first with rows where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub sheet: Option<String>,
    /// Which rows are held out.
    #[serde(default)]
    pub validation: Validation,
}

/// A version of a dataset, which no file on the disk need have the rows of: it may have been edited and repaired.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct DataVersion {
    /// The dataset's id or name.
    pub dataset: String,
    /// The version's number; the one in use where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub version: Option<u32>,
}
