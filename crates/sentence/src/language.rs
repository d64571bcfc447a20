//! Says messages in another language than English, from a file of Project Fluent (https://projectfluent.org) with a text per key.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use rust_embed::RustEmbed;
use unic_langid::LanguageIdentifier;

use crate::{Argument, Sentence};

/// The files of all languages, which the programs carry with them.
#[derive(RustEmbed)]
#[folder = "languages"]
struct Files;

/// The texts of one language.
pub struct Language(FluentBundle<FluentResource>);

/// A file of a language that cannot be used.
#[derive(Debug)]
pub struct LanguageError(pub String);

impl Language {
    /// The language `code`, such as `de`; none where it has no file. English is none: it is what sentences say by themselves.
    pub fn of(code: &str) -> Option<Self> {
        let file = Files::get(&format!("{code}.ftl")).filter(|_| code != "en")?;
        Self::read(code, std::str::from_utf8(&file.data).ok()?).ok()
    }

    /// Reads the file of the language `code`, such as `de`.
    ///
    /// # Errors
    /// When the code is no language, or the file has mistakes.
    pub fn read(code: &str, file: &str) -> Result<Self, LanguageError> {
        let identifier: LanguageIdentifier =
            code.parse().map_err(|_| LanguageError(format!("“{code}” is not the code of a language")))?;
        let texts = FluentResource::try_new(file.to_owned())
            .map_err(|(_, wrong)| LanguageError(format!("{code}.ftl: {wrong:?}")))?;
        let mut bundle = FluentBundle::new_concurrent(vec![identifier]);
        bundle.set_use_isolating(false); // invisible marks around arguments would be copied along with a path
        bundle.add_resource(texts).map_err(|wrong| LanguageError(format!("{code}.ftl: {wrong:?}")))?;
        Ok(Self(bundle))
    }

    /// The message in this language; its English text where the file lacks it.
    pub fn say(&self, message: &Sentence) -> String {
        self.text(message).unwrap_or_else(|| message.text.clone())
    }

    fn text(&self, message: &Sentence) -> Option<String> {
        let pattern = self.0.get_message(&message.key)?.value()?;
        let mut args = FluentArgs::new();
        for (name, value) in &message.args {
            args.set(name.as_ref(), self.value(value));
        }
        let mut wrong = Vec::new();
        let text = self.0.format_pattern(pattern, Some(&args), &mut wrong).into_owned();
        wrong.is_empty().then_some(text)
    }

    fn value(&self, argument: &Argument) -> FluentValue<'static> {
        match argument {
            Argument::Integer(number) => FluentValue::from(*number),
            Argument::Number(number) => FluentValue::from(*number),
            Argument::Text(text) => FluentValue::from(text.clone()),
            Argument::Sentence(message) => FluentValue::from(self.say(message)),
        }
    }
}

impl std::fmt::Display for LanguageError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(out)
    }
}

impl std::error::Error for LanguageError {}
