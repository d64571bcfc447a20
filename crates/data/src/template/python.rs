//! What templates written for Python's Jinja need beyond minijinja: methods of Python's types, its way to write numbers, and
//! generation blocks.

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Output, State, Value, escape_formatter};
use minijinja_contrib::pycompat::unknown_method_callback;

/// The longest text a method may make, in bytes. The engine's fuel counts the result of a method only once it exists.
const LONGEST: usize = 64 << 20;

/// Python's methods on texts, lists and mappings.
pub(super) fn method(state: &mut State, value: &Value, name: &str, args: &[Value]) -> Result<Value, Error> {
    refuse_giants(value, name, args)?;
    if let ("title", [], Some(text)) = (name, args, value.as_str()) {
        return Ok(Value::from(title(text)));
    }
    unknown_method_callback(state, value, name, args)
}

/// Writes a value as Python writes it.
pub(super) fn write(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    match float(value) {
        Some(number) => out.write_str(&float_text(number)).map_err(Error::from),
        None => escape_formatter(out, state, value),
    }
}

/// The filter `string`.
pub(super) fn string(value: &Value) -> Value {
    match float(value) {
        Some(number) => Value::from(float_text(number)),
        None if value.kind() == ValueKind::String => value.clone(),
        None => Value::from(value.to_string()),
    }
}

/// The number, if it is none of the whole ones.
pub(super) fn float(value: &Value) -> Option<f64> {
    let is_float = value.kind() == ValueKind::Number && !value.is_integer();
    is_float.then(|| f64::try_from(value.clone()).ok()).flatten()
}

/// A number as Python's `repr` writes it. Both have the fewest digits that say the number; what differs is how large or small
/// one is written with an exponent, and how.
pub(super) fn float_text(number: f64) -> String {
    let text = format!("{number:e}");
    let Some((digits, exponent)) = text.split_once('e') else { return text.to_lowercase() };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    match exponent {
        -4..16 => format!("{number:?}"),
        16.. => format!("{digits}e+{exponent:02}"),
        _ => format!("{digits}e-{:02}", -exponent),
    }
}

fn refuse_giants(value: &Value, name: &str, args: &[Value]) -> Result<(), Error> {
    let Some(text) = value.as_str() else { return Ok(()) };
    let length = match (name, args) {
        ("replace", [old, new, ..]) => {
            let (Some(old), Some(new)) = (old.as_str(), new.as_str()) else { return Ok(()) };
            text.len().saturating_add(text.matches(old).count().saturating_mul(new.len()))
        }
        ("join", [list, ..]) => text.len().saturating_mul(list.len().unwrap_or(LONGEST)),
        // A width such as {:999999999} makes a text of that many spaces.
        ("format", _) => longest_number(text),
        _ => 0,
    };
    if length > LONGEST {
        return Err(Error::new(ErrorKind::OutOfFuel, format!("{name} would make a text of {length} bytes")));
    }
    Ok(())
}

/// Python's `str.title`: a capital wherever a word begins, and words begin after anything that is no letter.
fn title(text: &str) -> String {
    let mut titled = String::with_capacity(text.len());
    let mut in_word = false;
    for character in text.chars() {
        match in_word {
            true => titled.extend(character.to_lowercase()),
            false => titled.extend(character.to_uppercase()),
        }
        in_word = character.is_alphabetic();
    }
    titled
}

fn longest_number(text: &str) -> usize {
    let digits = text.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0);
    10usize.saturating_pow(digits.min(19) as u32) / 10
}

/// Replaces `{% generation %}` blocks, which only mark answers for Python's own masks, by blocks that do nothing.
pub(super) fn plain_generation_blocks(source: &str) -> String {
    let mut plain = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(start) = rest.find("{%") {
        let (before, block) = rest.split_at(start + 2);
        plain += before;
        rest = block;
        let Some(end) = block.find("%}") else { break };
        let tag = &block[..end];
        let word = tag.trim_start_matches(['-', '+']).trim_end_matches(['-', '+']).trim();
        let instead = match word {
            "generation" => "if true",
            "endgeneration" => "endif",
            _ => continue,
        };
        plain += &tag.replacen(word, instead, 1);
        rest = &block[end..];
    }
    plain + rest
}
