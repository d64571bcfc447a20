//! The side that asks: groups rows into requests, finds the row over which a worker ended, and starts another worker
//! once one is gone.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde_json::Value;
use tunesmith_protocol::LearnFrom;
use tunesmith_sentence::say;

use super::messages::{Request, Row};
use super::process::Process;
use crate::render::Render;
use crate::tokens::Rendered;
use crate::worker_limits::TEXT_AT_ONCE;
use crate::{Example, Message, ReadyMade, RenderError, RowsError, Xray};

/// How long to search for the row that ended a worker.
const SEARCH: Duration = Duration::from_secs(60);
/// The same where the worker was ended because it was slow: if the rows one by one are slow as well, it is all of them.
const SEARCH_SLOW: Duration = Duration::from_secs(2);
/// A worker that ended later than this was slow.
const SLOW: Duration = Duration::from_secs(5);

type Rows = Vec<Result<Rendered, RenderError>>;

/// A renderer in a worker process. When the process dies over a request, that request fails, and the next one is
/// answered by another process.
pub struct RenderWorker {
    program: PathBuf,
    folder: PathBuf,
    /// A file with the template that was chosen where the folder brings none.
    chosen: Option<PathBuf>,
    end_tokens: Vec<u32>,
    process: Mutex<Option<Process>>,
}

impl RenderWorker {
    /// Starts `program --worker render FOLDER`, with the file `chosen` behind it, which has to call `serve_renderer`, and
    /// waits until the model folder is open. The file counts as for `Renderer::open`.
    ///
    /// # Errors
    ///
    /// When the program cannot be started, has another version, or cannot open the folder.
    pub fn open(program: &Path, folder: &Path, chosen: Option<&Path>) -> Result<Self, RenderError> {
        let (process, opened) = Process::start(program, folder, chosen)?;
        let (program, folder, chosen) = (program.to_path_buf(), folder.to_path_buf(), chosen.map(Path::to_path_buf));
        Ok(Self { program, folder, chosen, end_tokens: opened.end_tokens, process: Mutex::new(Some(process)) })
    }

    fn ask<T: DeserializeOwned>(&self, request: &Request) -> Result<T, RenderError> {
        let mut place = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        let mut process = match place.take() {
            Some(process) => process,
            None => Process::start(&self.program, &self.folder, self.chosen.as_deref())?.0,
        };
        let reply = process.ask(request)?;
        // Only a process that has answered is asked again.
        *place = Some(process);
        reply
    }
}

impl RenderWorker {
    /// The tokens of examples that are asked for at once.
    fn group(&self, examples: &[Example], learn_from: LearnFrom) -> Result<Rows, RenderError> {
        let rows: Vec<Result<Row, RenderError>> =
            self.ask(&Request::Rows { examples: examples.to_vec(), learn_from })?;
        if rows.len() != examples.len() {
            return Err(RenderError::Worker(say!(
                "render-worker-confused",
                "The model's chat template or tokenizer gives an answer that belongs to another question"
            )));
        }
        Ok(rows.into_iter().map(|row| row.and_then(Rendered::try_from)).collect())
    }

    /// Asks for examples one by one, because a worker ended over all of them together. So the one that ends a worker is
    /// found, or each is answered. If that takes longer than `limit`, the error is that of the first worker.
    fn one_by_one(
        &self,
        examples: &[Example],
        learn_from: LearnFrom,
        all: &mut Rows,
        limit: Duration,
        why: RenderError,
    ) -> Result<(), RowsError> {
        let start = Instant::now();
        for example in examples {
            if start.elapsed() > limit {
                return Err(RowsError { row: None, source: why });
            }
            let row = self.group(std::slice::from_ref(example), learn_from);
            all.extend(row.map_err(|source| lost(all.len(), source))?);
        }
        Ok(())
    }
}

impl Render for RenderWorker {
    fn rows(&self, examples: &[Example], learn_from: LearnFrom) -> Result<Rows, RowsError> {
        let mut all = Vec::with_capacity(examples.len());
        while all.len() < examples.len() {
            let rest = &examples[all.len()..];
            let some = &rest[..portion(rest)];
            let start = Instant::now();
            match self.group(some, learn_from) {
                Err(RenderError::Worker(why)) if some.len() > 1 => {
                    let limit = if start.elapsed() > SLOW { SEARCH_SLOW } else { SEARCH };
                    self.one_by_one(some, learn_from, &mut all, limit, RenderError::Worker(why))?;
                }
                rows => all.extend(rows.map_err(|source| lost(all.len(), source))?),
            }
        }
        Ok(all)
    }

    fn xray(&self, example: &Example, learn_from: LearnFrom) -> Result<Xray, RenderError> {
        self.ask(&Request::Xray { example: example.clone(), learn_from })
    }

    fn written(&self, messages: &[Message], add_generation_prompt: bool) -> Result<String, RenderError> {
        self.ask(&Request::Written { messages: messages.to_vec(), add_generation_prompt })
    }

    fn ready_made(&self) -> Result<Vec<ReadyMade>, RenderError> {
        self.ask(&Request::ReadyMade)
    }

    fn prompt(&self, messages: &[Message], tools: &[Value]) -> Result<Vec<u32>, RenderError> {
        self.ask(&Request::Prompt { messages: messages.to_vec(), tools: tools.to_vec() })
    }

    fn decode(&self, ids: &[u32]) -> Result<String, RenderError> {
        self.ask(&Request::Decode { ids: ids.to_vec() })
    }

    fn decode_after(&self, context: &[u32], ids: &[u32]) -> Result<String, RenderError> {
        self.ask(&Request::DecodeAfter { context: context.to_vec(), ids: ids.to_vec() })
    }

    fn end_tokens(&self) -> &[u32] {
        &self.end_tokens
    }
}

/// The error for a worker that ended over this row. That none could be started is no row's fault.
fn lost(row: usize, source: RenderError) -> RowsError {
    RowsError { row: matches!(source, RenderError::Worker(_)).then_some(row), source }
}

/// How many of the examples are asked for at once: at least one.
fn portion(examples: &[Example]) -> usize {
    let mut bytes = 0;
    let fit = examples.iter().take_while(|example| {
        bytes += example.text_bytes();
        bytes <= TEXT_AT_ONCE
    });
    fit.count().max(1)
}
