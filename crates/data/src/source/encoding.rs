//! The encodings of text that are read besides UTF-8: UTF-16, which a mark at the beginning tells, and Windows-1252, in
//! which Excel writes tables in Europe and which tells itself only by not being UTF-8.

/// How the bytes of a file stand for characters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Encoding {
    Utf8,
    Utf16 {
        big_endian: bool,
    },
    /// So far there are only characters that are the same in UTF-8 and Windows-1252.
    Ascii,
    Windows1252,
}

impl Encoding {
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::Utf8 | Self::Ascii => None,
            Self::Utf16 { .. } => Some("UTF-16"),
            Self::Windows1252 => Some("Windows-1252"),
        }
    }

    /// What text that began in ASCII turns out to be when `bytes` follow.
    pub(super) fn of(bytes: &[u8]) -> Self {
        match bytes {
            _ if bytes.is_ascii() => Self::Ascii,
            _ if is_windows_1252(bytes) => Self::Windows1252,
            _ => Self::Utf8,
        }
    }
}

/// The bytes from 0x80 to 0x9F in Windows-1252 (https://encoding.spec.whatwg.org/index-windows-1252.txt); NUL where
/// Windows has no character. Those after them are the characters of the same number.
const FROM_0X80: [char; 32] = [
    '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘', '’', '“', '”', '•',
    '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
];

fn character(byte: u8) -> char {
    match byte {
        0x80..=0x9F => FROM_0X80[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

/// Whether bytes that are not all ASCII are Windows-1252: none of them is UTF-8, each is a character, and letters
/// with accents are as rare as they are. Where most letters are beyond ASCII it is an encoding of another script.
fn is_windows_1252(bytes: &[u8]) -> bool {
    let no_text = |byte: &u8| *byte == 0 || (*byte >= 0x80 && character(*byte) == '\0');
    if bytes.utf8_chunks().any(|chunk| !chunk.valid().is_ascii()) || bytes.iter().any(no_text) {
        return false;
    }
    // Half of a character at the end is UTF-8 that goes on.
    if let Some(chunk) = bytes.utf8_chunks().last()
        && std::str::from_utf8(chunk.invalid()).is_err_and(|error| error.error_len().is_none())
        && bytes.iter().filter(|byte| !byte.is_ascii()).count() == chunk.invalid().len()
    {
        return false;
    }
    // All but a few of the bytes from 0xC0 on are letters.
    let with_accents = bytes.iter().filter(|byte| **byte >= 0xC0).count();
    let letters = bytes.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    with_accents * 4 < letters
}

/// Windows-1252 as UTF-8.
pub(super) fn from_windows_1252(bytes: &[u8]) -> Vec<u8> {
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 8);
    text.extend(bytes.iter().map(|byte| character(*byte)));
    text.into_bytes()
}

/// UTF-16 as UTF-8, and how many of the bytes it was; half a character stays behind, unless the text ends with it.
pub(super) fn from_utf16(bytes: &[u8], big_endian: bool, ended: bool, text: &mut Vec<u8>) -> usize {
    let unit = |pair: &[u8]| match big_endian {
        true => u16::from_be_bytes([pair[0], pair[1]]),
        false => u16::from_le_bytes([pair[0], pair[1]]),
    };
    let mut units: Vec<u16> = bytes.chunks_exact(2).map(unit).collect();
    let half_pair = units.last().is_some_and(|unit| (0xD800..0xDC00).contains(unit));
    if half_pair && !ended {
        units.pop();
    }
    for character in char::decode_utf16(units.iter().copied()) {
        match character {
            Ok(character) => text.extend(character.encode_utf8(&mut [0; 4]).as_bytes()),
            // No UTF-8 text has this byte, so the row becomes a problem.
            Err(_) => text.push(0xFF),
        }
    }
    let read = units.len() * 2;
    if ended && read < bytes.len() {
        text.push(0xFF);
        return bytes.len();
    }
    read
}
