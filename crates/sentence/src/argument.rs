//! What a message says of: numbers, texts, paths and other messages.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::Sentence;

/// An argument of a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS)]
#[serde(untagged)]
pub enum Argument {
    /// A count or a place.
    Integer(i64),
    /// A number that need not be whole.
    Number(f64),
    /// A name, a path, or what a library said.
    Text(String),
    /// A sentence within a sentence.
    Sentence(Sentence),
}

impl Argument {
    /// Whether it is the number 1, for which many languages have words of their own.
    pub fn is_one(&self) -> bool {
        matches!(self, Self::Integer(1))
    }

    /// The argument with `change` made of its text; a number as it is.
    pub(crate) fn map_texts(&self, change: &impl Fn(&str) -> String) -> Self {
        match self {
            Self::Text(text) => Self::Text(change(text)),
            Self::Sentence(message) => Self::Sentence(message.map_texts(change)),
            number => number.clone(),
        }
    }
}

impl fmt::Display for Argument {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => number.fmt(out),
            Self::Number(number) => number.fmt(out),
            Self::Text(text) => text.fmt(out),
            Self::Sentence(message) => message.text.fmt(out),
        }
    }
}

macro_rules! integers {
    ($($integer:ty)*) => {$(
        impl From<$integer> for Argument {
            fn from(number: $integer) -> Self {
                i64::try_from(number).map_or(Self::Number(number as f64), Self::Integer)
            }
        }

        impl From<&$integer> for Argument {
            fn from(number: &$integer) -> Self {
                Self::from(*number)
            }
        }
    )*};
}
integers!(u8 u16 u32 u64 usize i32 i64);

macro_rules! texts {
    ($($text:ty)*) => {$(
        impl From<$text> for Argument {
            fn from(text: $text) -> Self {
                Self::Text(text.to_string())
            }
        }
    )*};
}
texts!(&str &&str String &String std::borrow::Cow<'_, str> char &std::io::Error std::io::Error);

impl From<f64> for Argument {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<&f64> for Argument {
    fn from(number: &f64) -> Self {
        Self::Number(*number)
    }
}

impl From<&Path> for Argument {
    fn from(path: &Path) -> Self {
        Self::Text(path.display().to_string())
    }
}

impl From<&PathBuf> for Argument {
    fn from(path: &PathBuf) -> Self {
        Self::from(path.as_path())
    }
}

impl From<PathBuf> for Argument {
    fn from(path: PathBuf) -> Self {
        Self::from(path.as_path())
    }
}

impl From<Sentence> for Argument {
    fn from(message: Sentence) -> Self {
        Self::Sentence(message)
    }
}

impl From<&Sentence> for Argument {
    fn from(message: &Sentence) -> Self {
        Self::Sentence(message.clone())
    }
}

impl From<&Argument> for Argument {
    fn from(argument: &Argument) -> Self {
        argument.clone()
    }
}
