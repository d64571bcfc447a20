//! A row as the model sees it: its tokens, the text of each, and which are learned. Finding them is left to the renderer.

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use crate::{Beyond, Length, Tokens};

/// A rendered row as tokens, also those beyond any limit.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct Xray {
    /// The tokens. What they stand for is, one behind the other, the rendered text; a token that stands outside it,
    /// because the tokenizer puts it around a text or it ends a row without an end of its own, stands for its name.
    pub tokens: Vec<XrayToken>,
}

/// One token of a row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct XrayToken {
    /// Its number in the vocabulary.
    pub id: u32,
    /// The bytes of the rendered text that it stands for: a character, or white space that a tokenizer skips, belongs
    /// to the token that follows. A part of a character is no text.
    pub bytes: Vec<u8>,
    /// The model learns to write it; else it is masked.
    pub learned: bool,
    /// It is one of the tokenizer's special tokens, or can end a turn.
    pub special: bool,
    /// It is learned and ends a turn: after it, the model is silent.
    pub end_of_turn: bool,
}

impl Xray {
    /// The ids and the mask, as `Render::rows` gives them.
    pub fn row(&self) -> Tokens {
        Tokens {
            ids: self.tokens.iter().map(|token| token.id).collect(),
            learn: self.tokens.iter().map(|token| token.learned).collect(),
        }
    }

    /// What lies beyond a limit in tokens.
    pub fn beyond(&self, max_length: u32) -> Beyond {
        Length::of(&self.row()).beyond(max_length)
    }
}

impl XrayToken {
    /// What it stands for, to be shown: bytes that are no whole character are written as `\xE2`.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for chunk in self.bytes.utf8_chunks() {
            text += chunk.valid();
            text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02X}")));
        }
        text
    }
}

/// An X-ray as it is sent between processes: compact, because the size of a reply is limited by that of the request.
#[derive(Serialize, Deserialize)]
struct Wire {
    /// For each token its id and the number of its bytes: 32-bit numbers, little-endian, in Base64.
    numbers: String,
    /// For each token a digit: 1 learned, 2 special, 4 end of turn, added up.
    flags: String,
    /// All bytes, in Base64.
    bytes: String,
}

impl From<Xray> for Wire {
    fn from(xray: Xray) -> Self {
        let numbers = xray.tokens.iter().flat_map(|token| [token.id, token.bytes.len() as u32]);
        let numbers: Vec<u8> = numbers.flat_map(u32::to_le_bytes).collect();
        let flag = |token: &XrayToken| {
            let bits = u8::from(token.learned) | u8::from(token.special) << 1 | u8::from(token.end_of_turn) << 2;
            char::from(b'0' + bits)
        };
        let bytes: Vec<u8> = xray.tokens.iter().flat_map(|token| token.bytes.iter().copied()).collect();
        let flags = xray.tokens.iter().map(flag).collect();
        Self { numbers: BASE64.encode(numbers), flags, bytes: BASE64.encode(bytes) }
    }
}

impl TryFrom<Wire> for Xray {
    type Error = String;

    fn try_from(wire: Wire) -> Result<Self, String> {
        let decode = |text: &str| BASE64.decode(text).map_err(|error| error.to_string());
        let (numbers, bytes) = (decode(&wire.numbers)?, decode(&wire.bytes)?);
        let number = |bytes: &[u8]| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        let mut rest = bytes.as_slice();
        let mut tokens = Vec::with_capacity(wire.flags.len());
        for (numbers, flag) in numbers.chunks_exact(8).zip(wire.flags.bytes()) {
            let (id, length) = (number(numbers), number(&numbers[4..]));
            let (bytes, others) = rest.split_at_checked(length as usize).ok_or("bytes are missing")?;
            rest = others;
            let is = |bit: u8| flag & bit != 0;
            tokens.push(XrayToken { id, bytes: bytes.into(), learned: is(1), special: is(2), end_of_turn: is(4) });
        }
        Ok(Self { tokens })
    }
}
