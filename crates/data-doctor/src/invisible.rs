//! Removes characters that people do not see but a model reads: control characters, escape sequences of terminals,
//! zero-width characters, stray byte order marks. Emoji and scripts that need joiners keep theirs.

use crate::mojibake;

/// The text without them; none if it has none. Repeated, because half of a misread letter, which is kept, may turn out to
/// be none once its neighbours are removed.
pub(crate) fn remove(text: &str) -> Option<String> {
    let mut kept = remove_once(text)?;
    while let Some(again) = remove_once(&kept) {
        kept = again;
    }
    Some(kept)
}

fn remove_once(text: &str) -> Option<String> {
    if !text.chars().any(|character| is_control(character) || is_mark(character) || is_joiner(character)) {
        return None;
    }
    // In misread text such characters are half of a letter, which `mojibake` repairs.
    let misread = mojibake::mend(text).is_some();
    let characters: Vec<char> = text.chars().collect();
    let mut kept = String::with_capacity(text.len());
    let mut at = 0;
    while at < characters.len() {
        if let Some(length) = escape(&characters[at..]) {
            at += length;
            continue;
        }
        let is_half = misread && ('\u{80}'..='\u{ad}').contains(&characters[at]);
        if is_half || !is_removed(&characters, at) {
            kept.push(characters[at]);
        }
        at += 1;
    }
    (kept.len() < text.len()).then_some(kept)
}

fn is_removed(characters: &[char], at: usize) -> bool {
    let character = characters[at];
    if is_joiner(character) {
        let joins = |neighbour: Option<&char>| neighbour.is_some_and(|neighbour| needs_joiners(*neighbour));
        let before = at.checked_sub(1).and_then(|before| characters.get(before));
        return !joins(before) && !joins(characters.get(at + 1));
    }
    is_control(character) || is_mark(character)
}

/// Tab and line ends are text.
fn is_control(character: char) -> bool {
    character.is_control() && !matches!(character, '\t' | '\n' | '\r')
}

/// Byte order marks, soft hyphens, word joiners, noncharacters, and overrides of the writing direction.
fn is_mark(character: char) -> bool {
    matches!(
        character,
        '\u{feff}' | '\u{ad}' | '\u{180e}' | '\u{2060}' | '\u{202d}' | '\u{202e}' | '\u{fffe}' | '\u{ffff}'
    )
}

/// Space, non-joiner and joiner without width.
fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200b}' | '\u{200c}' | '\u{200d}')
}

/// From Hebrew on, scripts and emoji shape or break lines by joiners.
fn needs_joiners(character: char) -> bool {
    let general_punctuation = ('\u{2000}'..='\u{206f}').contains(&character);
    character >= '\u{590}' && !general_punctuation && !is_mark(character)
}

/// The length of the escape sequence that a text begins with, such as the colours of a terminal.
fn escape(characters: &[char]) -> Option<usize> {
    let ['\u{1b}', '[', rest @ ..] = characters else { return None };
    let parameters = rest.iter().take_while(|next| matches!(next, '0'..='9' | ';' | '?')).count();
    rest.get(parameters).filter(|last| last.is_ascii_alphabetic()).map(|_| parameters + 3)
}
