//! What a form, a tooltip and a validator know of one setting.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use serde_json::Value;

use tunesmith_sentence::{Sentence, say};

use crate::{Layers, wire};

wire! {
    /// Whether a setting is shown at once or behind “Advanced”.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum Level {
        /// Shown at once.
        Basic,
        /// Shown when asked for.
        Advanced,
    }

    /// What values a setting takes.
    #[serde(tag = "type", content = "range", rename_all = "snake_case")]
    pub enum Kind {
        /// One of these words.
        Choice(Vec<String>),
        /// A whole number, inclusive.
        Integer {
            /// Least value.
            min: u64,
            /// Greatest value.
            max: u64
        },
        /// A whole number or `auto`.
        IntegerOrAuto {
            /// Least value.
            min: u64,
            /// Greatest value.
            max: u64
        },
        /// A whole number or nothing.
        OptionalInteger {
            /// Least value.
            min: u64,
            /// Greatest value.
            max: u64
        },
        /// A number, inclusive.
        Number {
            /// Least value.
            min: f64,
            /// Greatest value.
            max: f64
        },
        /// `all-linear` or a list of these. The form of a model has only those that the model has.
        Modules(Vec<String>),
        /// A list of these, which may be empty.
        Names(Vec<String>),
        /// A list of whole numbers, each once and inclusive, which may be empty.
        WholeNumbers {
            /// Least value.
            min: u64,
            /// Greatest value.
            max: u64
        },
        /// Yes or no.
        Flag,
        /// A number, inclusive, or nothing.
        OptionalNumber {
            /// Least value.
            min: f64,
            /// Greatest value.
            max: f64
        },
        /// A folder, or nothing.
        Folder,
        /// Layers, as `Layers` writes them.
        Layers,
    }

    /// One setting as a form shows it.
    pub struct Field {
        /// Its key in the run file.
        pub name: String,
        /// Its label on screen.
        pub label: Sentence,
        /// What it does, in a sentence.
        pub help: Sentence,
        /// Shown at once or when asked for.
        pub level: Level,
        /// What values it takes.
        pub kind: Kind,
        /// The value it has when not set.
        #[ts(type = "unknown")]
        pub default: Value,
    }

    /// A setting with a value that cannot be used.
    pub struct SettingProblem {
        /// The setting's key.
        pub name: String,
        /// What is wrong with it, in a sentence.
        pub message: Sentence,
    }
}

/// The modules that can carry an adapter in any family. Families that fuse some projections have qkv and gate_up in the place of q, k
/// and v, and of gate and up; the last two are outside of the blocks.
pub const MODULES: [&str; 11] = [
    "q_proj",
    "k_proj",
    "v_proj",
    "o_proj",
    "gate_proj",
    "up_proj",
    "down_proj",
    "qkv_proj",
    "gate_up_proj",
    "embed_tokens",
    "lm_head",
];

/// The modules that can be trained whole, by PEFT's names: norm is the end of the names of all norms.
pub const WHOLE_MODULES: [&str; 12] = [
    "q_proj",
    "k_proj",
    "v_proj",
    "o_proj",
    "gate_proj",
    "up_proj",
    "down_proj",
    "qkv_proj",
    "gate_up_proj",
    "norm",
    "embed_tokens",
    "lm_head",
];

impl Field {
    /// A value as it is written in a run file or on the command line: a list needs no brackets, and one of one needs no
    /// comma.
    pub fn spelled(&self, value: Value) -> Value {
        let numbers = matches!(self.kind, Kind::WholeNumbers { .. });
        let item = |text: &str| match text.trim().parse::<u64>() {
            Ok(number) if numbers => Value::from(number),
            _ => Value::from(text.trim()),
        };
        match (&self.kind, value) {
            (Kind::Modules(_), Value::String(word)) if word.trim() == "all-linear" => Value::from("all-linear"),
            (Kind::Modules(_) | Kind::Names(_) | Kind::WholeNumbers { .. }, Value::String(text)) => {
                text.split(',').map(item).filter(|item| *item != "").collect()
            }
            (Kind::WholeNumbers { .. }, Value::Number(number)) => Value::Array(vec![Value::Number(number)]),
            (Kind::WholeNumbers { .. }, Value::Array(list)) => {
                let spelled = |value: Value| value.as_str().map_or_else(|| value.clone(), item);
                list.into_iter().map(spelled).collect()
            }
            (_, value) => value,
        }
    }

    /// What is wrong with `value`, if anything.
    pub fn check(&self, value: &Value) -> Option<SettingProblem> {
        let whole = |min: u64, max: u64| value.as_u64().is_some_and(|number| (min..=max).contains(&number));
        let expected = match &self.kind {
            Kind::Choice(choices)
                if !value.as_str().is_some_and(|word| choices.iter().any(|choice| choice == word)) =>
            {
                say!("expected-choice", "one of {choices}", choices = choices.join(", "))
            }
            Kind::Integer { min, max } if !whole(*min, *max) => {
                say!("expected-integer", "a whole number from {min} to {max}", min, max)
            }
            Kind::IntegerOrAuto { min, max } if value.as_str() != Some("auto") && !whole(*min, *max) => {
                say!("expected-integer-or-auto", "auto or a whole number from {min} to {max}", min, max)
            }
            Kind::OptionalInteger { min, max } if !value.is_null() && !whole(*min, *max) => {
                say!("expected-optional-integer", "empty or a whole number from {min} to {max}", min, max)
            }
            Kind::Number { min, max } if !value.as_f64().is_some_and(|number| (*min..=*max).contains(&number)) => {
                say!("expected-number", "a number from {min} to {max}", min, max)
            }
            Kind::Flag if !value.is_boolean() => say!("expected-flag", "true or false"),
            Kind::OptionalNumber { min, max }
                if !value.is_null() && !value.as_f64().is_some_and(|number| (*min..=*max).contains(&number)) =>
            {
                say!("expected-optional-number", "empty or a number from {min} to {max}", min, max)
            }
            Kind::Folder if !value.is_null() && !value.is_string() => say!("expected-folder", "empty or a folder"),
            Kind::Layers => match Layers::try_from(value.clone()) {
                Ok(layers) if layers.are_named_twice() => {
                    say!("expected-layers-once", "layers of which each is named once")
                }
                Ok(_) => return None,
                Err(expected) => expected,
            },
            Kind::Modules(known) if !modules_are_known(value, known) => {
                say!("expected-modules", "all-linear or a list of {known}", known = known.join(", "))
            }
            Kind::Names(known) if !are_names_of(value, known) => {
                say!("expected-names", "a list of {known}, or an empty one", known = known.join(", "))
            }
            Kind::WholeNumbers { min, max } if !are_whole_numbers(value, *min..=*max) => {
                say!("expected-whole-numbers", "a list of whole numbers from {min} to {max}, each once", min, max)
            }
            _ => return None,
        };
        let message = say!(
            "setting-wrong",
            "{label} must be {expected}, not {value}",
            label = &self.label,
            expected,
            value = value.to_string()
        );
        Some(SettingProblem { name: self.name.clone(), message })
    }
}

fn modules_are_known(value: &Value, known: &[String]) -> bool {
    let is_list = value.as_array().is_some_and(|list| !list.is_empty()) && are_names_of(value, known);
    value.as_str() == Some("all-linear") || is_list
}

fn are_names_of(value: &Value, known: &[String]) -> bool {
    let is_known = |module: &Value| module.as_str().is_some_and(|name| known.iter().any(|known| known == name));
    value.as_array().is_some_and(|list| list.iter().all(is_known))
}

fn are_whole_numbers(value: &Value, range: RangeInclusive<u64>) -> bool {
    let mut seen = BTreeSet::new();
    let is_one = |number: &Value| number.as_u64().is_some_and(|number| range.contains(&number) && seen.insert(number));
    value.as_array().is_some_and(|list| list.iter().all(is_one))
}

pub(super) fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}
