//! Hashes of words, for comparing texts by their words. Case and punctuation do not count.

/// The hash of each word of a text, in order; upper and lower case have the same hash. In scripts without spaces each
/// character is a word.
pub fn word_hashes(text: &str) -> Vec<u64> {
    let mut words = Vec::with_capacity(text.len() / 6);
    let mut hash = START;
    for character in text.chars() {
        if character.is_ascii_alphanumeric() {
            hash = step(hash, character.to_ascii_lowercase());
        } else if character.is_ascii() || !(character.is_alphanumeric() || is_mark(character)) {
            end(&mut words, &mut hash);
        } else if is_unspaced(character) {
            end(&mut words, &mut hash);
            words.push(mix64(step(START, character)));
        } else {
            hash = character.to_lowercase().fold(hash, step);
        }
    }
    end(&mut words, &mut hash);
    words
}

/// The hash of a single word, the same as [`word_hashes`] gives it within a text.
pub fn word_hash(text: &str) -> u64 {
    mix64(text.chars().flat_map(char::to_lowercase).fold(START, step))
}

/// Spreads a number over all 64 bits: the finaliser of SplitMix64 (variant 13 of Stafford's for MurmurHash3).
pub fn mix64(mut number: u64) -> u64 {
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// FNV-1a's start (Fowler, Noll and Vo), here over characters in place of bytes.
const START: u64 = 0xcbf2_9ce4_8422_2325;

fn step(hash: u64, character: char) -> u64 {
    (hash ^ u64::from(u32::from(character))).wrapping_mul(0x0000_0100_0000_01b3)
}

fn end(words: &mut Vec<u64>, hash: &mut u64) {
    if *hash != START {
        words.push(mix64(*hash));
        *hash = START;
    }
}

/// Vowel signs and viramas stand inside the words of the scripts of India, accents after their letters.
fn is_mark(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36f}' | '\u{64b}'..='\u{65f}' | '\u{900}'..='\u{903}' | '\u{93a}'..='\u{94f}'
        | '\u{981}'..='\u{983}' | '\u{9bc}'..='\u{9cd}' | '\u{a01}'..='\u{a4d}' | '\u{a81}'..='\u{acd}'
        | '\u{b81}'..='\u{bcd}' | '\u{c00}'..='\u{c4d}' | '\u{c81}'..='\u{ccd}' | '\u{d00}'..='\u{d4d}' | '\u{200c}' | '\u{200d}')
}

/// Thai, Lao, Burmese, Khmer, Chinese and Japanese.
fn is_unspaced(character: char) -> bool {
    matches!(character, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3005}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}
