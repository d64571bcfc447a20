//! A worker process: started, refused if it has another version, given a time limit for each reply, and killed when
//! dropped.

use std::fmt::Display;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;
use std::{fs, thread};

use serde::de::DeserializeOwned;
use tunesmith_sentence::{Sentence, say};

use super::messages::{Handshake, Opened, Request, VERSION};
use crate::RenderError;
use crate::error::io_reason;
use crate::worker_limits::{MEMORY_BYTES, memory_for};

/// The time limit for a reply to a small request.
const REPLY_TIMEOUT: Duration = Duration::from_secs(10);
/// Larger requests get one more second for this many bytes, although tokenizers process megabytes a second.
const BYTES_PER_SECOND: u64 = 200_000;
/// The longest reply to a request, in bytes for each of the request's: a letter makes few tokens, and a token takes up
/// to eight digits.
const REPLY_PER_BYTE: u64 = 40;
const SHORT_REPLY: u64 = 1 << 20;

/// A running worker; killed when dropped.
pub(super) struct Process {
    child: Child,
    requests: ChildStdin,
    replies: Receiver<Result<Vec<u8>, NoReply>>,
    /// The longest reply that is read, in bytes.
    longest: Arc<AtomicU64>,
    /// The memory that it may take, in bytes.
    memory: u64,
}

impl Process {
    /// Starts `program --worker render FOLDER [TEMPLATE]` and waits until the model folder is open.
    pub(super) fn start(program: &Path, folder: &Path, chosen: Option<&Path>) -> Result<(Self, Opened), RenderError> {
        let no_worker = |reason: Sentence| RenderError::NoWorker { path: program.into(), reason };
        let mut command = Command::new(program);
        command.args(["--worker", "render"]).arg(folder).args(chosen);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        // Ctrl+C in a terminal is for the program, which ends its workers itself.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(|error| no_worker(io_reason(&error)))?;
        let (Some(requests), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(no_worker(say!("render-worker-no-pipes", "its pipes are missing")));
        };
        let longest = Arc::new(AtomicU64::new(SHORT_REPLY));
        let replies = read_replies(output, longest.clone());
        let mut process = Self { child, requests, replies, longest, memory: MEMORY_BYTES };
        process.check_version(program)?;
        let size = fs::metadata(folder.join("tokenizer.json")).map_or(0, |data| data.len());
        let opened: Opened = process.reply(timeout_for(size / 5))??;
        Ok((process, opened))
    }

    /// Refuses a worker of another version: its requests and replies may be different.
    fn check_version(&mut self, program: &Path) -> Result<(), RenderError> {
        let version = match self.line(REPLY_TIMEOUT) {
            Ok(line) => serde_json::from_slice(&line).ok().map(|line: Handshake| line.tunesmith),
            // One from before there were workers, or another program altogether.
            Err(NoReply::Ended) => None,
            Err(no_reply) => return Err(self.lost(no_reply)),
        };
        match version {
            Some(version) if version == VERSION => Ok(()),
            version => Err(RenderError::OtherVersion { path: program.into(), version, ours: VERSION.into() }),
        }
    }

    /// What the worker replies. The outer error means that it is lost.
    pub(super) fn ask<T: DeserializeOwned>(
        &mut self,
        request: &Request,
    ) -> Result<Result<T, RenderError>, RenderError> {
        let mut line = serde_json::to_vec(request).map_err(not_asked)?;
        line.push(b'\n');
        let size = line.len() as u64;
        let longest = size.saturating_mul(REPLY_PER_BYTE).saturating_add(SHORT_REPLY);
        self.longest.store(longest, Ordering::Relaxed);
        self.memory = self.memory.max(memory_for(size));
        // That the pipe is closed shows in the reply, too, which knows why.
        let _ = self.requests.write_all(&line).and_then(|()| self.requests.flush());
        self.reply(timeout_for(size))
    }

    fn reply<T: DeserializeOwned>(&mut self, timeout: Duration) -> Result<Result<T, RenderError>, RenderError> {
        let line = self.line(timeout).map_err(|no_reply| self.lost(no_reply))?;
        serde_json::from_slice(&line).map_err(not_understood)
    }

    /// The next line it writes.
    fn line(&self, timeout: Duration) -> Result<Vec<u8>, NoReply> {
        match self.replies.recv_timeout(timeout) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => Err(NoReply::Late(timeout)),
            Err(RecvTimeoutError::Disconnected) => Err(NoReply::Ended),
        }
    }

    fn lost(&mut self, no_reply: NoReply) -> RenderError {
        RenderError::Worker(match no_reply {
            NoReply::Broken(error) => silent(&error),
            NoReply::TooLong => say!(
                "render-worker-many-tokens",
                "The model's chat template or tokenizer makes far more tokens of a text than it has letters"
            ),
            NoReply::Late(timeout) => say!(
                "render-worker-late",
                "The model's chat template or tokenizer took longer than {seconds} s and was stopped",
                seconds = timeout.as_secs()
            ),
            NoReply::Ended => self.how_it_ended(),
        })
    }

    fn how_it_ended(&mut self) -> Sentence {
        match self.child.wait() {
            // No memory and a crash both end a process from without.
            Ok(status) if status.code().is_none() => say!(
                "render-worker-memory",
                "The model's chat template or tokenizer wanted more than the {limit_mb} MB of memory it may take, or crashed ({status})",
                limit_mb = self.memory >> 20,
                status = status.to_string()
            ),
            Ok(status) => silent(&status),
            Err(error) => silent(&error),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Why a worker does not reply.
enum NoReply {
    Broken(io::Error),
    /// It replies with more than tokens of the request can be.
    TooLong,
    Late(Duration),
    Ended,
}

/// What is said of a worker that ended by itself.
fn silent(status: &impl Display) -> Sentence {
    let status = status.to_string();
    say!("render-worker-silent", "The model's chat template or tokenizer stopped without an answer ({status})", status)
}

fn not_asked(error: serde_json::Error) -> RenderError {
    let error = error.to_string();
    let what =
        say!("render-worker-not-asked", "The model's chat template or tokenizer cannot be asked: {error}", error);
    RenderError::Worker(what)
}

fn not_understood(error: serde_json::Error) -> RenderError {
    let error = error.to_string();
    let what = say!(
        "render-worker-not-understood",
        "The model's chat template or tokenizer cannot be understood: {error}",
        error
    );
    RenderError::Worker(what)
}

fn timeout_for(bytes: u64) -> Duration {
    REPLY_TIMEOUT + Duration::from_secs(bytes / BYTES_PER_SECOND)
}

/// Reads the replies as they come, so that waiting for one can have an end. Stops with the worker's output.
fn read_replies(output: ChildStdout, longest: Arc<AtomicU64>) -> Receiver<Result<Vec<u8>, NoReply>> {
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
                Ok(read) if read as u64 == most => Err(NoReply::TooLong),
                // It ended within a reply.
                Ok(_) => return,
                Err(error) => Err(NoReply::Broken(error)),
            };
            let ended = reply.is_err();
            if sender.send(reply).is_err() || ended {
                return;
            }
        }
    });
    replies
}
