//! Repairs mojibake: UTF-8 that was read as Latin-1 or Windows-1252 (“cafÃ©”). Such sequences are turned back into bytes and
//! decoded as UTF-8; nothing else changes. Sequences that occur in real texts, such as “Ä“”, are left alone.

use std::sync::LazyLock;

use encoding_rs::WINDOWS_1252;

/// How often a text is gone through: no real one was misread more often, and one made for it would take as many passes as it has
/// letters.
const MOST_PASSES: usize = 8;

/// The repaired text; none if nothing is wrong with it. Text that was misread twice is repaired twice.
pub(crate) fn mend(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let mut mended = mend_once(text)?;
    for _ in 1..MOST_PASSES {
        let Some(again) = mend_once(&mended) else { break };
        mended = again;
    }
    Some(mended)
}

fn mend_once(text: &str) -> Option<String> {
    let characters: Vec<char> = text.chars().collect();
    let mut mended = String::with_capacity(text.len());
    let (mut at, mut changed) = (0, false);
    while at < characters.len() {
        let run = run(&characters[at..]);
        // How many characters at the end of the run have the same length.
        let last = run.last().map_or(0, |(_, last)| run.iter().rev().take_while(|(_, length)| length == last).count());
        for (number, &(first, length)) in run.iter().enumerate() {
            let before = at.checked_sub(1).map(|before| characters[before]);
            let left = run.len() - number;
            if is_misread(first, length, left > 1 && left <= last, before) {
                mended.extend(run[number..].iter().map(|(character, _)| character));
                at += run[number..].iter().map(|(_, length)| length).sum::<usize>();
                changed = true;
                break;
            }
            // What follows is decoded already: a long run that is refused is not decoded again at each of its letters.
            mended.extend(&characters[at..at + length]);
            at += length;
        }
        if run.is_empty() {
            mended.push(characters[at]);
            at += 1;
        }
    }
    changed.then_some(mended)
}

/// The characters that the beginning of a text decodes to, each with the number of misread characters it was.
fn run(characters: &[char]) -> Vec<(char, usize)> {
    let mut run = Vec::new();
    let mut at = 0;
    while let Some(next) = decode(&characters[at..]) {
        at += next.1;
        run.push(next);
    }
    run
}

fn decode(characters: &[char]) -> Option<(char, usize)> {
    let first = byte(*characters.first()?)?;
    let length = match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let bytes: Option<Vec<u8>> = characters.get(..length)?.iter().map(|character| byte(*character)).collect();
    let character = std::str::from_utf8(&bytes?).ok()?.chars().next()?;
    Some((character, length))
}

/// The byte that was misread as this character: as Latin-1, or from 0x80 to 0x9f as Windows-1252.
fn byte(character: char) -> Option<u8> {
    static WINDOWS: LazyLock<Vec<char>> = LazyLock::new(|| {
        let bytes: Vec<u8> = (0x80..=0x9f).collect();
        WINDOWS_1252.decode_without_bom_handling(&bytes).0.chars().collect()
    });
    let windows = || WINDOWS.iter().position(|known| *known == character).map(|place| 0x80 + place as u8);
    u8::try_from(u32::from(character)).ok().or_else(windows)
}

/// Whether a sequence that decodes to this letter is misread rather than real text. Several in a row of one length always
/// are; a single one must be of a usual kind.
fn is_misread(letter: char, length: usize, several: bool, before: Option<char>) -> bool {
    let after_capital = before.is_some_and(char::is_uppercase);
    let in_word = before.is_some_and(char::is_lowercase);
    match letter {
        _ if several && !after_capital => true,
        // Letters with accents and Latin signs; in capitals “MAÇÔ” ends in a real Ã.
        '\u{a0}'..='\u{ff}' => !after_capital,
        // “wÅ‚adza”; but “5 Å”” is a length in quotes.
        '\u{100}'..='\u{17f}' => in_word,
        '\u{2000}'..='\u{2bff}' => true,
        _ => length == 4,
    }
}
