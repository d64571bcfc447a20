//! Rewrites a JSON row whose values would be lost: NaN and Infinity, which Python's json.dumps writes although JSON does
//! not have them, become null; a number with more digits than 64 bits hold becomes a text, which keeps them.

use tunesmith_sentence::say;

use crate::record::{Change, Problem};

/// A rewritten row.
pub(super) struct Mended {
    pub bytes: Vec<u8>,
    pub changes: Vec<Change>,
}

/// The rewritten row and what was changed; none if nothing had to be.
pub(super) fn mend(row: &[u8]) -> Option<Mended> {
    let mut mended = Mended { bytes: Vec::new(), changes: Vec::new() };
    let (mut kept, mut at, mut depth) = (0, 0, 0usize);
    let mut column: &[u8] = b"";
    while let Some(byte) = row.get(at) {
        let length = match byte {
            b'"' => text_length(&row[at..]),
            b'-' | b'+' | b'.' | b'_' => word_length(&row[at..]),
            byte if byte.is_ascii_alphanumeric() => word_length(&row[at..]),
            _ => 1,
        };
        let token = &row[at..at + length];
        match byte {
            b'"' if depth == 1 => column = token,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if let Some((text, problem)) = replaced(token, depth) {
            mended.bytes.extend(&row[kept..at]);
            mended.bytes.extend(text);
            kept = at + length;
            let column = serde_json::from_slice(column).unwrap_or_default();
            mended.changes.extend(problem.map(|problem| Change { column: Some(column), problem }));
        }
        at += length;
    }
    mended.bytes.extend(&row[kept..]);
    (kept > 0).then_some(mended)
}

/// The replacement of a token that cannot stay, and what to say about it.
fn replaced(word: &[u8], depth: usize) -> Option<(Vec<u8>, Option<Problem>)> {
    if matches!(word, b"NaN" | b"Infinity" | b"-Infinity") {
        let word = String::from_utf8_lossy(word);
        let message = say!("row-not-a-number", "{word} in this row is read as empty: JSON has no such value", word);
        return Some((b"null".to_vec(), Some(Problem::new("not_a_number", message))));
    }
    if !matches!(word, [b'-' | b'0'..=b'9', ..]) || keeps_its_digits(word) {
        return None;
    }
    let word = String::from_utf8_lossy(word);
    // Of a column's own value the text is just what it is; within a list or object it is no longer a number.
    let problem = (depth > 1).then(|| {
        let message = say!(
            "row-number-long",
            "The number {number} has more digits than a number can keep; it is read as a text",
            number = word.as_ref()
        );
        Problem::new("long_number", message)
    });
    Some((format!("\"{word}\"").into_bytes(), problem))
}

/// Whether a number keeps its value when it is parsed, or is no number at all.
fn keeps_its_digits(word: &[u8]) -> bool {
    let Ok(word) = std::str::from_utf8(word) else { return true };
    if serde_json::from_str::<i64>(word).is_ok() || serde_json::from_str::<u64>(word).is_ok() {
        return true;
    }
    if !is_number(word) {
        return true;
    }
    word.parse::<f64>().is_ok_and(|number| number.is_finite() && digits(word) == digits(&number.to_string()))
}

/// Whether a word is a JSON number, however large.
fn is_number(word: &str) -> bool {
    let (mantissa, exponent) = word.split_once(['e', 'E']).unwrap_or((word, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let whole = whole.strip_prefix('-').unwrap_or(whole);
    are_digits(exponent) && are_digits(fraction) && are_digits(whole) && (whole == "0" || !whole.starts_with('0'))
}

/// The significant digits.
fn digits(number: &str) -> String {
    let mantissa = number.split(['e', 'E']).next().unwrap_or_default();
    let all: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    all.trim_matches('0').to_owned()
}

/// The length of the text in quotes that some bytes begin with.
fn text_length(bytes: &[u8]) -> usize {
    let mut at = 1;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at += found;
        if bytes[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    bytes.len()
}

fn word_length(bytes: &[u8]) -> usize {
    let ends = |byte: &u8| !byte.is_ascii_alphanumeric() && !matches!(byte, b'-' | b'+' | b'.' | b'_');
    bytes.iter().position(ends).unwrap_or(bytes.len())
}
