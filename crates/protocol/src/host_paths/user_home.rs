//! `~`, which stands for the user's home folder in what is typed and in what is shown.

use std::path::is_separator;
use std::sync::OnceLock;

/// The user's home folder; none where the system knows none, or where it is the root of the disk, with which every path begins.
pub fn user_home() -> Option<&'static str> {
    static HOME: OnceLock<Option<String>> = OnceLock::new();
    let find = || {
        let home = std::env::home_dir()?.into_os_string().into_string().ok()?;
        let home = home.trim_end_matches(is_separator).to_owned();
        (!home.is_empty()).then_some(home)
    };
    HOME.get_or_init(find).as_deref()
}

/// A path as it was typed, with the user's home in the place of `~`. What else begins with `~` is a name.
pub fn with_user_home(path: String) -> String {
    let below = path.strip_prefix('~').filter(|below| below.is_empty() || below.starts_with(is_separator));
    match (below, user_home()) {
        (Some(below), Some(home)) => format!("{home}{below}"),
        _ => path,
    }
}

/// A text with `~` in the place of the user's home wherever a path in it begins there.
pub fn with_tilde(text: &str) -> String {
    let Some(home) = user_home() else { return text.to_owned() };
    let (mut shown, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find(home) {
        let (before, after) = (&rest[..at], &rest[at + home.len()..]);
        shown += before;
        let begins = !shown.ends_with(|letter: char| letter.is_alphanumeric() || "/\\._-~".contains(letter));
        let ends = !after.starts_with(|letter: char| letter.is_alphanumeric() || "._-".contains(letter))
            || ends_sentence(after);
        shown += if begins && ends { "~" } else { home };
        rest = after;
    }
    shown + rest
}

/// Whether a dot after a path ends its sentence.
fn ends_sentence(after: &str) -> bool {
    after.strip_prefix('.').is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
}
