//! Sentences for people. A `Sentence` is a key, its arguments and the English text, which stands beside the key in the code:
//! `say!("dataset-missing", "There is no dataset “{name}”", name)`. The window, the page and the shell say it in the user's language.

mod argument;
mod io_reason;
#[cfg(feature = "language")]
mod language;
mod sentence;

pub use argument::Argument;
pub use io_reason::system_reason;
#[cfg(feature = "language")]
pub use language::{Language, LanguageError};
pub use sentence::{NOTHING, Sentence};

/// Makes a `Sentence`: its key, its English text and the arguments that the text names in braces.
///
/// ```text
/// say!("dataset-missing", "There is no dataset “{name}”", name)
/// say!("file-too-long", "{path} is longer than {limit} bytes", path, limit = LIMIT)
/// say!("rows-removed", rows; "1 row removed", "{rows} rows removed", rows = removed.len())
/// ```
///
/// The last form has two texts, for a count of one and for any other. The count must be one of the arguments, and the first text may leave it out.
/// An argument without `=` is the variable of that name. Every argument must be used in the text, and the text may hold no format such as `{:.1}`.
/// `UPDATE=1 cargo nextest run -p tunesmith-sentence` collects all messages in `languages/en.ftl`.
#[macro_export]
macro_rules! say {
    ($key:literal, $text:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {{
        $(let $name = $crate::say!(@argument $name $(= $value)?);)*
        let text = ::std::format!($text $(, $name = $name)*);
        $crate::Sentence::new($key, [$((::std::stringify!($name), $name)),*], text)
    }};
    ($key:literal, $count:ident; $one:literal, $other:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {{
        $(let $name = $crate::say!(@argument $name $(= $value)?);)*
        let text = match $count.is_one() {
            true => $crate::fill($one, &[$((::std::stringify!($name), &$name)),*]),
            false => ::std::format!($other $(, $name = $name)*),
        };
        $crate::Sentence::new($key, [$((::std::stringify!($name), $name)),*], text)
    }};
    (@argument $name:ident) => { $crate::Argument::from($name) };
    (@argument $name:ident = $value:expr) => { $crate::Argument::from($value) };
}

/// A text with its arguments filled in, of which it may leave some out.
#[doc(hidden)]
pub fn fill(text: &str, arguments: &[(&str, &Argument)]) -> String {
    let mut parts = text.split('{');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        // Looked for in the text alone: a value may hold braces of its own.
        let (name, rest) = part.split_once('}').unwrap_or(("", part));
        if let Some((_, value)) = arguments.iter().find(|(known, _)| *known == name) {
            filled += &value.to_string();
        }
        filled += rest;
    }
    filled
}
