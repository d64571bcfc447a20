//! The language of this run. It is chosen once, before anything is said; until then, and where Tunesmith does not know it, it is English.

use std::sync::OnceLock;

use tunesmith_protocol::with_tilde;
use tunesmith_sentence::{Language, Sentence};

use crate::terminal::harmless;

static CHOSEN: OnceLock<Language> = OnceLock::new();

/// The variables that ask for a language, the strongest first.
const VARIABLES: [&str; 4] = ["TUNESMITH_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"];

/// The codes of the language that the variables of the environment ask for, the closest first: `de-AT` and `de` for `de_AT.UTF-8`.
pub fn codes(variable: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let Some(asked) = VARIABLES.into_iter().filter_map(variable).find(|value| !value.is_empty()) else {
        return Vec::new();
    };
    let name = asked.split(['.', '@']).next().unwrap_or_default();
    let mut parts = name.split(['_', '-']);
    let language = parts.next().unwrap_or_default().to_lowercase();
    let regional = parts.next().map(|region| format!("{language}-{}", region.to_uppercase()));
    regional.into_iter().chain([language]).collect()
}

/// Chooses the language of this run; a second choice changes nothing.
pub(crate) fn choose(language: Language) {
    let _ = CHOSEN.set(language);
}

/// The sentence in the language of this run, with `~` for the user's home. It may name what stands in a stranger's file.
pub(crate) fn translate(sentence: &Sentence) -> String {
    let sentence = harmless(sentence);
    with_tilde(&CHOSEN.get().map_or_else(|| sentence.text.clone(), |language| language.say(&sentence)))
}
