//! The encodings of text that are read besides UTF-8: UTF-16, recognised by its byte order mark, and Windows-1252, in which
//! Excel writes tables in Europe and which is recognised only by not being valid UTF-8.

use encoding_rs::WINDOWS_1252;

/// The encoding of a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Encoding {
    Utf8,
    Utf16 {
        big_endian: bool,
    },
    /// Only ASCII so far, so it may still be either UTF-8 or Windows-1252.
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

    /// The encoding of text that was ASCII so far, by the bytes that follow.
    pub(super) fn of(bytes: &[u8]) -> Self {
        match bytes {
            _ if bytes.is_ascii() => Self::Ascii,
            _ if is_windows_1252(bytes) => Self::Windows1252,
            _ => Self::Utf8,
        }
    }
}

/// The bytes that are no character in Windows-1252.
const UNDEFINED: [u8; 5] = [0x81, 0x8D, 0x8F, 0x90, 0x9D];

/// Whether bytes that are not all ASCII are Windows-1252: no character beyond ASCII is valid UTF-8, every byte is a
/// character of Windows-1252, and letters with accents are rare. Where most letters are beyond ASCII it is an encoding of
/// another script.
fn is_windows_1252(bytes: &[u8]) -> bool {
    let no_text = |byte: &u8| *byte == 0 || UNDEFINED.contains(byte);
    if bytes.utf8_chunks().any(|chunk| !chunk.valid().is_ascii()) || bytes.iter().any(no_text) {
        return false;
    }
    // The first half of a UTF-8 character at the end.
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
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(bytes);
    text.into_owned().into_bytes()
}

/// Converts UTF-16 to UTF-8, and returns how many bytes were converted: half a character is left for later, unless the text
/// has ended.
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
