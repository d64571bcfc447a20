//! The values of settings that are words, and the few that are a word or a number.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::ReadPath;

macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$meta:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
        pub enum $name { $($(#[$meta])* #[serde(rename = $word)] $variant,)* }

        impl $name {
            /// The word that stands for it in a run file.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    };
}

choice! {
    /// What a row is.
    Task {
        /// Conversations and instructions; answers are learned.
        #[default] Sft = "sft",
        /// Plain text; every next token is learned.
        Text = "text",
    }
}
choice! {
    /// What is trained.
    Method {
        /// A low-rank adapter beside the frozen model.
        #[default] Lora = "lora",
        /// A low-rank adapter with a magnitude per output beside it (Liu et al. 2024).
        Dora = "dora",
        /// Every weight of the model, or of some layers.
        Full = "full",
        /// A new model from its config.
        Scratch = "scratch",
    }
}

impl Method {
    /// Whether the model is frozen and an adapter trained beside it.
    pub fn is_adapter(self) -> bool {
        matches!(self, Self::Lora | Self::Dora)
    }
}

choice! {
    /// Which biases of the model are trained beside an adapter.
    Bias {
        /// None of them.
        #[default] None = "none",
        /// All of them.
        All = "all",
        /// Those of the modules with an adapter.
        LoraOnly = "lora_only",
    }
}
choice! {
    /// What happens to a row longer than the limit.
    TooLong {
        /// Its end is cut.
        #[default] Truncate = "truncate",
        /// It is left out.
        Drop = "drop",
        /// The run does not start.
        Refuse = "refuse",
    }
}
choice! {
    /// Which tokens are learned.
    LearnFrom {
        /// Every assistant message.
        #[default] Assistant = "assistant",
        /// The last assistant message.
        Last = "last",
        /// Everything.
        All = "all",
    }
}
choice! {
    /// How the update is computed from the gradient.
    Optimizer {
        /// AdamW (Loshchilov & Hutter 2019).
        #[default] AdamW = "adamw",
        /// AdamW with moments in 8 bits (Dettmers et al. 2022).
        AdamW8bit = "adamw8bit",
        /// Lion (Chen et al. 2023).
        Lion = "lion",
    }
}
choice! {
    /// How the learning rate falls over the run.
    Scheduler {
        /// Straight down to zero.
        Linear = "linear",
        /// Along half a cosine to zero.
        #[default] Cosine = "cosine",
        /// Not at all.
        Constant = "constant",
    }
}
choice! {
    /// The number format of the computation.
    Precision {
        /// The best that the device is fast in.
        #[default] Auto = "auto",
        /// 32-bit floating point.
        F32 = "f32",
        /// The frozen base model and its products in bfloat16, everything else in 32 bits.
        Bf16 = "bf16",
    }
}
choice! {
    /// How the frozen base model is held in memory.
    Quantization {
        /// In 32-bit numbers.
        #[default] None = "none",
        /// In blocks of 8 bits a number.
        Eight = "8bit",
        /// In blocks of 4 bits a number.
        Four = "4bit",
    }
}
choice! {
    /// A switch that can decide for itself.
    Switch {
        /// Where needed.
        #[default] Auto = "auto",
        /// Always.
        On = "on",
        /// Never.
        Off = "off",
    }
}
choice! {
    /// The shape of a dataset row.
    Format {
        /// Recognised from the rows.
        #[default] Auto = "auto",
        /// `messages: [{role, content}]`.
        Chat = "chat",
        /// `instruction, input?, output, system?`.
        Instruction = "instruction",
        /// `prompt, completion`.
        Completion = "completion",
        /// `text`.
        Text = "text",
        /// `prompt?, chosen, rejected`.
        Preference = "preference",
        /// `prompt, completion, label: bool`.
        Unpaired = "unpaired",
        /// `text, label`.
        Classification = "classification",
    }
}

/// Which column of a file stands for which part of a row. What is left out is recognised.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Mapping {
    /// The shape of a row.
    pub format: Format,
    /// The column of each part, by the part's name.
    pub columns: std::collections::BTreeMap<String, String>,
    /// The sheet of a workbook that is read; the first with rows where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub sheet: Option<String>,
}

/// A number of steps, or the studio's own choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(untagged)]
pub enum AutoOr {
    /// The studio's own choice.
    #[default]
    #[serde(with = "auto_word")]
    #[ts(type = "\"auto\"")]
    Auto,
    /// This many steps.
    Steps(u32),
}

/// The projections that get an adapter.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(untagged)]
pub enum TargetModules {
    /// All linear projections of each block.
    #[default]
    #[serde(with = "all_linear_word")]
    #[ts(type = "\"all-linear\"")]
    AllLinear,
    /// These projections, by name.
    Named(Vec<String>),
}

impl TargetModules {
    /// Whether the projection `name` gets an adapter.
    pub fn contains(&self, name: &str) -> bool {
        match self {
            Self::AllLinear => true,
            Self::Named(names) => names.iter().any(|listed| listed == name),
        }
    }
}

/// Which rows are held out for validation.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[serde(untagged)]
pub enum Validation {
    /// The files whose names say so (validation, test), where others do not; else 5 %, at least 20 rows where there are 200
    /// or more, none under 20.
    #[default]
    #[serde(with = "auto_word")]
    #[ts(type = "\"auto\"")]
    Auto,
    /// This share of the rows, from 0 (none) to below 1.
    Share(f64),
    /// The rows of another file.
    File(ReadPath),
}

/// One or several files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(untagged)]
pub enum Paths {
    /// One file.
    One(String),
    /// Several files, read one after another.
    Many(Vec<String>),
}

impl Paths {
    /// All files, in order.
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(path) => std::slice::from_ref(path),
            Self::Many(paths) => paths,
        }
    }
}

/// Reads and writes one fixed word where serde would write `null` for a unit variant.
macro_rules! fixed_word {
    ($module:ident, $word:literal) => {
        mod $module {
            use serde::{Deserialize, Deserializer, Serializer, de::Error};

            pub fn serialize<S: Serializer>(serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str($word)
            }

            pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
                match String::deserialize(deserializer)?.as_str() {
                    $word => Ok(()),
                    other => Err(D::Error::custom(format!("expected {}, found {other}", $word))),
                }
            }
        }
    };
}
fixed_word!(auto_word, "auto");
fixed_word!(all_linear_word, "all-linear");
