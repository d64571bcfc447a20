//! What others wrote, as a terminal may show it: names, cells and messages come from strangers' files, and a terminal obeys
//! what it is sent. Control characters and those that turn the direction of writing are written out (`\u{1b}`, `\u{202e}`),
//! and what stands within a line neither ends it nor fills the screen.

use tunesmith_sentence::{Argument, Sentence};

/// Characters of a name or a message that are shown; more say nothing to a person.
const LONGEST: usize = 1000;

/// A text of several lines: line ends and tabs stay.
pub fn shown(text: &str) -> String {
    written_out(text, |character| is_obeyed(character) && !matches!(character, '\n' | '\t'))
}

/// A text within a line.
pub fn one_line(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", written_out(&text[..end], is_obeyed)),
        None => written_out(text, is_obeyed),
    }
}

/// A sentence whose arguments, also those of sentences within it, are each within a line.
pub fn harmless(sentence: &Sentence) -> Sentence {
    if sentence.key.is_empty() {
        return Sentence::verbatim(one_line(&sentence.text));
    }
    let mut harmless = sentence.clone();
    for argument in harmless.args.values_mut() {
        let (before, after) = match argument {
            Argument::Text(text) => (text.clone(), Argument::Text(one_line(text))),
            Argument::Sentence(inner) => (inner.text.clone(), Argument::Sentence(self::harmless(inner))),
            Argument::Integer(_) | Argument::Number(_) => continue,
        };
        let told = after.to_string();
        if told != before {
            // The English text holds its arguments as they were.
            harmless.text = harmless.text.replace(&before, &told);
            *argument = after;
        }
    }
    harmless.text = shown(&harmless.text);
    harmless
}

/// Texts of several lines under their labels, each in a column beside its own.
pub fn labelled(parts: &[(String, &str)]) -> Vec<String> {
    let width = parts.iter().map(|(label, _)| console::measure_text_width(label)).max().unwrap_or(0);
    let mut lines = Vec::new();
    for (label, text) in parts {
        let text = shown(text);
        for (number, line) in text.split('\n').enumerate() {
            let label = if number == 0 { label } else { "" };
            let label = console::pad_str(label, width, console::Alignment::Left, None);
            lines.push(format!("{label} {line}").trim_end().to_owned());
        }
    }
    lines
}

/// Whether a terminal obeys it, or shows what follows in another order than it is written.
fn is_obeyed(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn written_out(text: &str, which: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match which(character) {
            true => shown.extend(character.escape_default()),
            false => shown.push(character),
        }
    }
    shown
}
