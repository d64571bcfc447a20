//! The language of this run. It is chosen once, before anything is said; until then, and where Tunesmith does not know it, it is English.

use std::sync::OnceLock;

use tunesmith_sentence::{Language, Sentence};

static CHOSEN: OnceLock<Language> = OnceLock::new();

/// The variables that ask for a language, the strongest first.
const VARIABLES: [&str; 4] = ["TUNESMITH_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"];

/// The code of the language that the variables of the environment ask for: `de` for `de_AT.UTF-8`.
pub fn code(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let asked = VARIABLES.into_iter().filter_map(variable).find(|value| !value.is_empty())?;
    asked.split(['_', '-', '.', '@']).next().map(str::to_lowercase)
}

/// Chooses the language of this run; a second choice changes nothing.
pub(crate) fn choose(language: Language) {
    let _ = CHOSEN.set(language);
}

/// The sentence in the language of this run.
pub(crate) fn translate(sentence: &Sentence) -> String {
    match CHOSEN.get() {
        Some(language) => language.say(sentence),
        None => sentence.text.clone(),
    }
}
