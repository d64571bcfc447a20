//! What may be the name of something that the user owns.

use tunesmith_protocol::WireError;
use tunesmith_sentence::say;

const LONGEST: usize = 200;
const LONGEST_TAG: usize = 60;

/// A name without the blanks around it.
///
/// # Errors
/// It is empty, too long, or no single line of text.
pub(crate) fn checked(name: &str) -> Result<&str, WireError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > LONGEST {
        return Err(WireError::invalid(
            say!("item-name-length", "A name has 1 to {longest} characters", longest = LONGEST),
            say!("item-name-length-hint", "Choose another name"),
        ));
    }
    if name.contains(char::is_control) {
        return Err(WireError::invalid(
            say!("item-name-control", "A name is one line without control characters"),
            say!("item-name-length-hint", "Choose another name"),
        ));
    }
    Ok(name)
}

/// Refuses a tag that no list could show.
///
/// # Errors
/// It is too long, or no single line of text.
pub(crate) fn check_tag(tag: &str) -> Result<(), WireError> {
    if tag.contains(char::is_control) || tag.chars().count() > LONGEST_TAG {
        return Err(WireError::invalid(
            say!("item-tag-wrong", "A tag is one line of at most {longest} characters", longest = LONGEST_TAG),
            say!("item-tag-wrong-hint", "Choose a shorter tag"),
        ));
    }
    Ok(())
}

/// The name of a file as a name. It may hold line breaks, which no list shows, and be longer than any name.
pub(crate) fn of_file(stem: &str) -> String {
    stem.replace(char::is_control, " ").chars().take(LONGEST - 20).collect()
}
