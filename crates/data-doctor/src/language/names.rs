//! The languages that are told apart, and what they are called.

use tunesmith_sentence::{Sentence, say};

/// A language, in the order of the English names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Language {
    Arabic,
    Chinese,
    Dutch,
    English,
    French,
    German,
    Hindi,
    Italian,
    Japanese,
    Korean,
    Portuguese,
    Russian,
    Spanish,
}

impl Language {
    pub(super) fn name(self) -> Sentence {
        match self {
            Self::Arabic => say!("language-arabic", "Arabic"),
            Self::Chinese => say!("language-chinese", "Chinese"),
            Self::Dutch => say!("language-dutch", "Dutch"),
            Self::English => say!("language-english", "English"),
            Self::French => say!("language-french", "French"),
            Self::German => say!("language-german", "German"),
            Self::Hindi => say!("language-hindi", "Hindi"),
            Self::Italian => say!("language-italian", "Italian"),
            Self::Japanese => say!("language-japanese", "Japanese"),
            Self::Korean => say!("language-korean", "Korean"),
            Self::Portuguese => say!("language-portuguese", "Portuguese"),
            Self::Russian => say!("language-russian", "Russian"),
            Self::Spanish => say!("language-spanish", "Spanish"),
        }
    }
}
