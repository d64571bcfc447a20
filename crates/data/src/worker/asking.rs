//! The side that asks: starts the worker, gives it a time for each answer, and starts another when it is gone.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{fs, thread};

use serde::de::DeserializeOwned;
use serde_json::Value;
use tunesmith_protocol::LearnFrom;

use super::{MEMORY_BYTES, Opened, Request, Row, TEXT_AT_ONCE, memory_for};
use crate::{Example, Message, Render, RenderError, RowsError, Tokens};

/// The time an answer may take, whatever is asked.
const PATIENCE: Duration = Duration::from_secs(10);
/// What is read or opened in one more second, at the slowest: tokenizers make megabytes a second.
const BYTES_PER_SECOND: u64 = 200_000;
/// The longest reply to a request, in bytes for each of the request's: a letter makes few tokens, and a token takes up
/// to eight digits.
const REPLY_PER_BYTE: u64 = 40;
const SHORT_REPLY: u64 = 1 << 20;
/// The time in which the row is looked for that ended a worker.
const SEARCH: Duration = Duration::from_secs(60);

type Rows = Vec<Result<Tokens, RenderError>>;

/// A renderer in a worker process. When the process dies over a request, that request fails, and the next one is
/// answered by another process.
pub struct RenderWorker {
    program: PathBuf,
    folder: PathBuf,
    end_tokens: Vec<u32>,
    process: Mutex<Option<Process>>,
}

impl RenderWorker {
    /// Starts `program --worker render FOLDER`, which has to call `serve_renderer`, and waits until the model folder is
    /// open.
    pub fn open(program: &Path, folder: &Path) -> Result<Self, RenderError> {
        let (process, opened) = Process::start(program, folder)?;
        let (program, folder) = (program.to_path_buf(), folder.to_path_buf());
        Ok(Self { program, folder, end_tokens: opened.end_tokens, process: Mutex::new(Some(process)) })
    }

    fn ask<T: DeserializeOwned>(&self, request: &Request) -> Result<T, RenderError> {
        let mut place = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        let mut process = match place.take() {
            Some(process) => process,
            None => Process::start(&self.program, &self.folder)?.0,
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
            return Err(RenderError::Worker("gives an answer that belongs to another question".into()));
        }
        Ok(rows.into_iter().map(|row| row.and_then(Tokens::try_from)).collect())
    }

    /// Adds the tokens of examples over which a worker ended: alone, one of them ends another and is found, or each can
    /// be answered. Where that takes too long, why the first ended is all that is known.
    fn one_by_one(
        &self,
        examples: &[Example],
        learn_from: LearnFrom,
        all: &mut Rows,
        why: RenderError,
    ) -> Result<(), RowsError> {
        let start = Instant::now();
        for example in examples {
            if start.elapsed() > SEARCH {
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
            match self.group(some, learn_from) {
                Err(RenderError::Worker(why)) if some.len() > 1 => {
                    self.one_by_one(some, learn_from, &mut all, RenderError::Worker(why))?;
                }
                rows => all.extend(rows.map_err(|source| lost(all.len(), source))?),
            }
        }
        Ok(all)
    }

    fn prompt(&self, messages: &[Message], tools: &[Value]) -> Result<Vec<u32>, RenderError> {
        self.ask(&Request::Prompt { messages: messages.to_vec(), tools: tools.to_vec() })
    }

    fn decode(&self, ids: &[u32]) -> Result<String, RenderError> {
        self.ask(&Request::Decode { ids: ids.to_vec() })
    }

    fn end_tokens(&self) -> &[u32] {
        &self.end_tokens
    }
}

/// What ended a worker over the row of this number. That none could be started is no row's fault.
fn lost(row: usize, source: RenderError) -> RowsError {
    RowsError { row: matches!(source, RenderError::Worker(_)).then_some(row), source }
}

/// How many of the examples are asked for at once: at least one.
fn portion(examples: &[Example]) -> usize {
    let mut bytes = 0;
    let fit = examples.iter().take_while(|example| {
        bytes += match example {
            Example::Text { text } => text.len(),
            Example::Chat { messages, .. } => messages.iter().map(|message| message.content.len()).sum(),
        };
        bytes <= TEXT_AT_ONCE
    });
    fit.count().max(1)
}

/// A running worker; killed when it is let go of.
struct Process {
    child: Child,
    requests: ChildStdin,
    replies: Receiver<io::Result<Vec<u8>>>,
    /// The longest reply that is read, in bytes.
    longest: Arc<AtomicU64>,
    /// The memory that it may take, in bytes.
    memory: u64,
}

impl Process {
    fn start(program: &Path, folder: &Path) -> Result<(Self, Opened), RenderError> {
        let no_worker = |error: io::Error| RenderError::NoWorker { path: program.into(), reason: error.to_string() };
        let mut command = Command::new(program);
        command.args(["--worker", "render"]).arg(folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        // Ctrl+C in a terminal is for the program, which ends its workers itself.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(no_worker)?;
        let (Some(requests), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(no_worker(io::Error::other("its pipes are missing")));
        };
        let longest = Arc::new(AtomicU64::new(SHORT_REPLY));
        let replies = read_replies(output, longest.clone());
        let mut process = Self { child, requests, replies, longest, memory: MEMORY_BYTES };
        let size = fs::metadata(folder.join("tokenizer.json")).map_or(0, |data| data.len());
        let opened: Opened = process.reply(patience(size / 5))??;
        Ok((process, opened))
    }

    /// What the worker replies. The outer error means that it is lost.
    fn ask<T: DeserializeOwned>(&mut self, request: &Request) -> Result<Result<T, RenderError>, RenderError> {
        let mut line =
            serde_json::to_vec(request).map_err(|error| RenderError::Worker(format!("cannot be asked: {error}")))?;
        line.push(b'\n');
        let size = line.len() as u64;
        let longest = size.saturating_mul(REPLY_PER_BYTE).saturating_add(SHORT_REPLY);
        self.longest.store(longest, Ordering::Relaxed);
        self.memory = self.memory.max(memory_for(size));
        // That the pipe is closed shows in the reply, too, which knows why.
        let _ = self.requests.write_all(&line).and_then(|()| self.requests.flush());
        self.reply(patience(size))
    }

    fn reply<T: DeserializeOwned>(&mut self, patience: Duration) -> Result<Result<T, RenderError>, RenderError> {
        let line = match self.replies.recv_timeout(patience) {
            Ok(Ok(line)) => line,
            Ok(Err(error)) => return Err(RenderError::Worker(error.to_string())),
            Err(RecvTimeoutError::Timeout) => {
                return Err(RenderError::Worker(format!("took longer than {} s and was stopped", patience.as_secs())));
            }
            Err(RecvTimeoutError::Disconnected) => return Err(RenderError::Worker(self.how_it_ended())),
        };
        serde_json::from_slice(&line).map_err(|error| RenderError::Worker(format!("cannot be understood: {error}")))
    }

    fn how_it_ended(&mut self) -> String {
        let status = self.child.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
        format!("wanted more than the {} MB of memory it may take, or crashed ({status})", self.memory >> 20)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn patience(bytes: u64) -> Duration {
    PATIENCE + Duration::from_secs(bytes / BYTES_PER_SECOND)
}

/// Reads the replies as they come, so that waiting for one can have an end. Stops with the worker's output.
fn read_replies(output: ChildStdout, longest: Arc<AtomicU64>) -> Receiver<io::Result<Vec<u8>>> {
    let (sender, replies) = channel();
    thread::spawn(move || {
        let mut output = BufReader::new(output);
        loop {
            let mut line = Vec::new();
            // Waiting for its first byte comes before asking how long it may be.
            if output.fill_buf().map_or(true, <[u8]>::is_empty) {
                return;
            }
            let most = longest.load(Ordering::Relaxed);
            let read = output.by_ref().take(most).read_until(b'\n', &mut line);
            let reply = match read {
                Ok(_) if line.ends_with(b"\n") => Ok(line),
                Ok(read) if read as u64 == most => {
                    Err(io::Error::other("makes far more tokens of a text than it has letters"))
                }
                // It ended within a reply.
                Ok(_) => return,
                Err(error) => Err(error),
            };
            let ended = reply.is_err();
            if sender.send(reply).is_err() || ended {
                return;
            }
        }
    });
    replies
}
