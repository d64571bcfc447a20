//! What goes back and forth between a worker and the process that asks it.

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tunesmith_protocol::LearnFrom;
use tunesmith_sentence::say;

use crate::template_check::{Departure, Hidden};
use crate::tokens::{Rendered, Tokens};
use crate::{Example, Message, RenderError};

/// What a worker is asked.
#[derive(Serialize, Deserialize)]
pub(super) enum Request {
    Rows { examples: Vec<Example>, learn_from: LearnFrom },
    Xray { example: Example, learn_from: LearnFrom },
    Written { messages: Vec<Message>, add_generation_prompt: bool },
    ReadyMade,
    Prompt { messages: Vec<Message>, tools: Vec<Value> },
    Decode { ids: Vec<u32> },
    DecodeAfter { context: Vec<u32>, ids: Vec<u32> },
}

/// The version both sides must have: requests and replies may change with each.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A worker's first line, before it reads anything.
#[derive(Serialize, Deserialize)]
pub(super) struct Handshake {
    /// Its version.
    pub tunesmith: String,
}

/// A worker's second line, once the model is open.
#[derive(Serialize, Deserialize)]
pub(super) struct Opened {
    pub end_tokens: Vec<u32>,
}

/// A row as it is sent: Base64, because numbers as JSON took half as long as making the tokens.
#[derive(Serialize, Deserialize)]
pub(super) struct Row {
    /// 32-bit numbers, little-endian, in Base64.
    ids: String,
    /// A zero or one for each.
    learn: String,
    learned_messages: Vec<usize>,
    hidden: Hidden,
    doubled_tokens: u64,
    departure: Option<Departure>,
}

impl From<Rendered> for Row {
    fn from(Rendered { tokens, learned_messages, hidden, doubled_tokens, departure }: Rendered) -> Self {
        let ids: Vec<u8> = tokens.ids.iter().flat_map(|id| id.to_le_bytes()).collect();
        let learn = tokens.learn.iter().map(|learn| if *learn { '1' } else { '0' }).collect();
        Self { ids: BASE64.encode(ids), learn, learned_messages, hidden, doubled_tokens, departure }
    }
}

impl TryFrom<Row> for Rendered {
    type Error = RenderError;

    fn try_from(row: Row) -> Result<Self, RenderError> {
        let bytes = BASE64.decode(row.ids).map_err(|error| {
            let error = error.to_string();
            let what =
                say!("render-worker-garbled", "The model's chat template or tokenizer is garbled: {error}", error);
            RenderError::Worker(what)
        })?;
        let ids = bytes.chunks_exact(4).map(|id| u32::from_le_bytes([id[0], id[1], id[2], id[3]])).collect();
        let tokens = Tokens { ids, learn: row.learn.bytes().map(|learn| learn == b'1').collect() };
        let Row { learned_messages, hidden, doubled_tokens, departure, .. } = row;
        Ok(Self { tokens, learned_messages, hidden, doubled_tokens, departure })
    }
}
