//! The part of the rendered text that each token of a row stands for.

use std::ops::Range;

use tokenizers::Encoding;
use tunesmith_protocol::LearnFrom;

use super::Renderer;
use crate::{Example, RenderError, Xray, XrayToken};

impl Renderer {
    /// The tokens of an example, the same as `tokens` gives, with the text of each.
    ///
    /// # Errors
    ///
    /// When the example cannot be rendered or tokenised, or nothing of it is to be learned.
    pub fn xray(&self, example: &Example, learn_from: LearnFrom) -> Result<Xray, RenderError> {
        let (places, tokens, text) = match &*example.taught().ok_or(RenderError::NothingTaught)? {
            Example::Chat { messages, tools } => {
                let chat = self.chat(messages, tools, learn_from)?;
                (places(&chat.text, &chat.encoding), chat.rendered.tokens, chat.text)
            }
            Example::Text { text } => {
                let (bare, _) = self.format.without_doubled(text);
                let encoding = self.format.encode(bare, true)?;
                (places(bare, &encoding), self.ended(encoding.get_ids().to_vec()), bare.to_owned())
            }
            // What is taught is a conversation or a text.
            _ => return Err(RenderError::NothingTaught),
        };
        let added = self.format.tokenizer.get_added_tokens_decoder();
        let token = |(index, (id, learned)): (usize, (u32, bool))| {
            let bytes = match places.get(index) {
                Some(Some(place)) => text.as_bytes()[place.clone()].to_vec(),
                _ => self.format.tokenizer.id_to_token(id).unwrap_or_default().into_bytes(),
            };
            let ends = self.format.end_tokens.contains(&id);
            let special = ends || added.get(&id).is_some_and(|token| token.special);
            XrayToken { id, bytes, learned, special, end_of_turn: learned && ends }
        };
        Ok(Xray { tokens: tokens.ids.into_iter().zip(tokens.learn).enumerate().map(token).collect() })
    }
}

/// The bytes of the text that each token stands for, none for a token that the tokenizer puts around it. The places
/// follow each other without a gap and cover the whole text.
///
/// A tokenizer gives the places of whole characters: tokens that share one have the same place, which is shared out
/// here by what each of them stands for in the vocabulary. What a tokenizer skips falls to the token behind it.
fn places(text: &str, encoding: &Encoding) -> Vec<Option<Range<usize>>> {
    let offsets = encoding.get_offsets();
    let mut covered = 0;
    let mut last = None;
    let mut places = Vec::with_capacity(offsets.len());
    for (index, (start, end)) in offsets.iter().copied().enumerate() {
        let end = end.min(text.len());
        if start >= end && encoding.get_special_tokens_mask()[index] == 1 {
            places.push(None);
            continue;
        }
        let next = offsets[index + 1..].iter().find(|(start, end)| start < end);
        let mut until = end.max(covered);
        if start < end && next.is_some_and(|next| next.0 < end) {
            let begin = start.max(covered).min(until);
            until = begin + shared(&text.as_bytes()[begin..until], &encoding.get_tokens()[index]);
        }
        places.push(Some(covered..until));
        last = Some(index);
        covered = until;
    }
    if let Some(Some(place)) = last.and_then(|last| places.get_mut(last)) {
        place.end = text.len();
    }
    places
}

/// How many of the bytes that it shares with the tokens behind it a token stands for. One that does not tell by its
/// name, as after a normalizer that writes one character as two, has them all, and the others none.
fn shared(bytes: &[u8], token: &str) -> usize {
    let named = single_byte(token).map(|byte| vec![byte]).or_else(|| token.chars().map(byte_of).collect());
    let fits = |own: &[u8]| bytes.starts_with(own).then_some(own.len());
    let Some(own) = named else { return bytes.len() };
    // The space that some tokenizers put before a text is not in it.
    fits(&own).or_else(|| fits(own.strip_prefix(b" ")?)).unwrap_or(bytes.len())
}

/// The byte of a token `<0xE2>`, as tokenizers in the manner of SentencePiece name them.
fn single_byte(token: &str) -> Option<u8> {
    let digits = token.strip_prefix("<0x")?.strip_suffix('>')?;
    u8::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 2)
}

/// The byte that a letter of the byte-level alphabet stands for: printable ones of Latin-1 for themselves, all others
/// counted up from 256 (`bytes_to_unicode` of GPT-2).
fn byte_of(letter: char) -> Option<u8> {
    let code = u32::from(letter);
    match code {
        33..=126 | 161..=172 | 174..=255 => u8::try_from(code).ok(),
        256..=288 => u8::try_from(code - 256).ok(),
        289..=322 => u8::try_from(code - 289 + 127).ok(),
        323 => Some(173),
        _ => None,
    }
}
