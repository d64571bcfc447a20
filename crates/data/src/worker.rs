//! A renderer in a process of its own. A chat template and a tokenizer come from strangers, and what one of them can do
//! to memory and time cannot be bounded from within: a failed allocation ends the process that asked for it. So that
//! process is one that nothing else depends on, with limits that the system keeps.
//!
//! The worker reads one request a line and writes one reply a line, both JSON; its first line says its version, its
//! second whether the folder could be opened. The side that asks is in `asking`.

mod asking;
pub(crate) mod limits;
mod process;

use std::io::{self, BufRead, Write};
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tunesmith_protocol::LearnFrom;

use crate::{Example, Message, Render, RenderError, Rendered, Renderer, Tokens};
pub use asking::RenderWorker;

/// The memory a template may take, and the most by which opening a tokenizer may exceed many times its file.
pub(crate) const MEMORY_BYTES: u64 = 512 << 20;
/// Text sent at once, in bytes: no more than can be answered well within the time and the memory above.
const TEXT_AT_ONCE: usize = 1 << 20;
/// Memory for what a request has beyond that, in bytes for each of its bytes: a single row may be longer. 100 to 300
/// were measured for rows of 4 and of 15 MB (`memory_of_long_texts` in the tests).
const PER_TEXT_BYTE: u64 = 512;

/// The memory that answering a request of this many bytes may take, in bytes.
fn memory_for(request: u64) -> u64 {
    MEMORY_BYTES + request.saturating_sub(TEXT_AT_ONCE as u64).saturating_mul(PER_TEXT_BYTE)
}

#[derive(Serialize, Deserialize)]
enum Request {
    Rows { examples: Vec<Example>, learn_from: LearnFrom },
    Xray { example: Example, learn_from: LearnFrom },
    Prompt { messages: Vec<Message>, tools: Vec<Value> },
    Decode { ids: Vec<u32> },
}

/// The version both sides must have: requests and replies may change with each.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a worker says first, before it reads anything.
#[derive(Serialize, Deserialize)]
struct Hello {
    /// Its version.
    tunesmith: String,
}

/// What a worker says once the model is open.
#[derive(Serialize, Deserialize)]
struct Opened {
    end_tokens: Vec<u32>,
}

/// A row on its way between processes. Numbers in JSON took half as long as making the tokens.
#[derive(Serialize, Deserialize)]
struct Row {
    /// 32-bit numbers, little-endian, in Base64.
    ids: String,
    /// A zero or one for each.
    learn: String,
    learned_messages: Vec<usize>,
    hidden_calls: u64,
}

impl From<Rendered> for Row {
    fn from(Rendered { tokens, learned_messages, hidden_calls }: Rendered) -> Self {
        let ids: Vec<u8> = tokens.ids.iter().flat_map(|id| id.to_le_bytes()).collect();
        let learn = tokens.learn.iter().map(|learn| if *learn { '1' } else { '0' }).collect();
        Self { ids: BASE64.encode(ids), learn, learned_messages, hidden_calls }
    }
}

impl TryFrom<Row> for Rendered {
    type Error = RenderError;

    fn try_from(row: Row) -> Result<Self, RenderError> {
        let bytes = BASE64.decode(row.ids).map_err(|error| RenderError::Worker(format!("is garbled: {error}")))?;
        let ids = bytes.chunks_exact(4).map(|id| u32::from_le_bytes([id[0], id[1], id[2], id[3]])).collect();
        let tokens = Tokens { ids, learn: row.learn.bytes().map(|learn| learn == b'1').collect() };
        Ok(Self { tokens, learned_messages: row.learned_messages, hidden_calls: row.hidden_calls })
    }
}

/// The worker's whole life: opens the model folder, answers the requests on stdin, and ends with it. Limits are set
/// before a byte of the folder is read; to be called in a process made for it, before any other thread starts.
pub fn serve_renderer(folder: &Path) -> io::Result<()> {
    // What is wrong is replied; nobody reads what panics print.
    std::panic::set_hook(Box::new(|_| {}));
    let mut out = io::stdout().lock();
    write_line(&mut out, &Hello { tunesmith: VERSION.into() })?;
    limits::for_a_tokenizer(folder)?;
    // The template is read last, so that what the tokenizer took is not the template's to take.
    let renderer = Renderer::open_with(folder, &mut limits::for_a_template);
    let renderer = match renderer {
        Ok(renderer) => renderer,
        Err(error) => return reply(&mut out, &Err::<Opened, _>(error)),
    };
    reply(&mut out, &Ok::<_, RenderError>(Opened { end_tokens: renderer.end_tokens().to_vec() }))?;
    let opened = limits::now()?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        limits::for_a_request(opened, line.len() as u64)?;
        match serde_json::from_str(&line)? {
            Request::Rows { examples, learn_from } => {
                let rows = renderer.rows(&examples, learn_from);
                let rows = rows.map(|rows| rows.into_iter().map(|row| row.map(Row::from)).collect::<Vec<_>>());
                let rows = rows.map_err(|lost| lost.source);
                reply(&mut out, &rows)?;
            }
            Request::Xray { example, learn_from } => reply(&mut out, &renderer.xray(&example, learn_from))?,
            Request::Prompt { messages, tools } => reply(&mut out, &renderer.prompt(&messages, &tools))?,
            Request::Decode { ids } => reply(&mut out, &renderer.decode(&ids))?,
        }
    }
    Ok(())
}

fn reply<T: Serialize>(out: &mut impl Write, reply: &Result<T, RenderError>) -> io::Result<()> {
    write_line(out, reply)
}

fn write_line(out: &mut impl Write, what: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(what)?;
    line.push(b'\n');
    out.write_all(&line)?;
    out.flush()
}
