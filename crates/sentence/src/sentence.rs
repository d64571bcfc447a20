//! A sentence with its key and its arguments.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Serialize};

use crate::Argument;

/// A sentence for a person. It reads as its English text wherever a `&str` is expected.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ts_rs::TS)]
#[serde(from = "Stored")]
pub struct Sentence {
    /// What other languages find their text by; empty where the text was written by somebody else.
    pub key: Cow<'static, str>,
    /// What the text names in braces, by name.
    pub args: BTreeMap<Cow<'static, str>, Argument>,
    /// The sentence in English.
    pub text: String,
}

/// No sentence: for a hint where there is nothing sensible to say.
pub const NOTHING: Sentence = Sentence { key: Cow::Borrowed(""), args: BTreeMap::new(), text: String::new() };

impl Sentence {
    /// What `say!` makes.
    #[doc(hidden)]
    pub fn new<const N: usize>(key: &'static str, args: [(&'static str, Argument); N], text: String) -> Self {
        let args = args.into_iter().map(|(name, value)| (name.into(), value)).collect();
        Self { key: key.into(), args, text }
    }

    /// A text in somebody else's words, as a model's template or the system wrote it. It is the same in every language.
    pub fn verbatim(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..NOTHING }
    }

    /// All of them, parted by semicolons.
    pub fn joined(messages: impl IntoIterator<Item = Self>) -> Self {
        let join = |first: Self, next: Self| crate::say!("joined", "{first}; {next}", first, next);
        messages.into_iter().reduce(join).unwrap_or_default()
    }

    /// All of them, parted by commas.
    pub fn listed(messages: impl IntoIterator<Item = Self>) -> Self {
        let join = |first: Self, next: Self| crate::say!("listed", "{first}, {next}", first, next);
        messages.into_iter().reduce(join).unwrap_or_default()
    }

    /// The sentence with `change` made of its text and of every text that it names, also within sentences.
    pub fn map_texts(&self, change: &impl Fn(&str) -> String) -> Self {
        let args = self.args.iter().map(|(name, value)| (name.clone(), value.map_texts(change))).collect();
        Self { key: self.key.clone(), args, text: change(&self.text) }
    }
}

/// Homes of older versions hold sentences without keys.
#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    Text(String),
    Whole { key: Cow<'static, str>, args: BTreeMap<Cow<'static, str>, Argument>, text: String },
}

impl From<Stored> for Sentence {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::Text(text) => Self::verbatim(text),
            Stored::Whole { key, args, text } => Self { key, args, text },
        }
    }
}

impl Deref for Sentence {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl PartialEq<str> for Sentence {
    fn eq(&self, text: &str) -> bool {
        self.text == text
    }
}

impl PartialEq<&str> for Sentence {
    fn eq(&self, text: &&str) -> bool {
        self.text == *text
    }
}

impl fmt::Display for Sentence {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(out)
    }
}
