//! A running worker, seen from the side that asks: started, told from the Tunesmith of another version, given a time for
//! each answer, and killed when it is let go of.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;
use std::{fs, thread};

use serde::de::DeserializeOwned;

use super::{Hello, MEMORY_BYTES, Opened, Request, VERSION, memory_for};
use crate::RenderError;

/// The time an answer may take, whatever is asked.
const PATIENCE: Duration = Duration::from_secs(10);
/// What is read or opened in one more second, at the slowest: tokenizers make megabytes a second.
const BYTES_PER_SECOND: u64 = 200_000;
/// The longest reply to a request, in bytes for each of the request's: a letter makes few tokens, and a token takes up
/// to eight digits.
const REPLY_PER_BYTE: u64 = 40;
const SHORT_REPLY: u64 = 1 << 20;
/// A running worker; killed when it is let go of.
pub(super) struct Process {
    child: Child,
    requests: ChildStdin,
    replies: Receiver<io::Result<Vec<u8>>>,
    /// The longest reply that is read, in bytes.
    longest: Arc<AtomicU64>,
    /// The memory that it may take, in bytes.
    memory: u64,
}

impl Process {
    /// Starts `program --worker render FOLDER` and waits until the model folder is open.
    pub(super) fn start(program: &Path, folder: &Path) -> Result<(Self, Opened), RenderError> {
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
        process.hear_its_version(program)?;
        let size = fs::metadata(folder.join("tokenizer.json")).map_or(0, |data| data.len());
        let opened: Opened = process.reply(patience(size / 5))??;
        Ok((process, opened))
    }

    /// What another version expects and replies is not known, so it is asked nothing.
    fn hear_its_version(&mut self, program: &Path) -> Result<(), RenderError> {
        let version = match self.line(PATIENCE) {
            Ok(line) => serde_json::from_slice(&line).ok().map(|hello: Hello| hello.tunesmith),
            // One from before there were workers, or another program altogether.
            Err(Silence::Ended) => None,
            Err(silence) => return Err(self.lost(silence)),
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
        let line = self.line(patience).map_err(|silence| self.lost(silence))?;
        serde_json::from_slice(&line).map_err(|error| RenderError::Worker(format!("cannot be understood: {error}")))
    }

    /// The next line it writes.
    fn line(&self, patience: Duration) -> Result<Vec<u8>, Silence> {
        match self.replies.recv_timeout(patience) {
            Ok(line) => line.map_err(Silence::Broken),
            Err(RecvTimeoutError::Timeout) => Err(Silence::Late(patience)),
            Err(RecvTimeoutError::Disconnected) => Err(Silence::Ended),
        }
    }

    fn lost(&mut self, silence: Silence) -> RenderError {
        RenderError::Worker(match silence {
            Silence::Broken(error) => error.to_string(),
            Silence::Late(patience) => format!("took longer than {} s and was stopped", patience.as_secs()),
            Silence::Ended => self.how_it_ended(),
        })
    }

    fn how_it_ended(&mut self) -> String {
        match self.child.wait() {
            // No memory and a crash both end a process from without.
            Ok(status) if status.code().is_none() => {
                format!("wanted more than the {} MB of memory it may take, or crashed ({status})", self.memory >> 20)
            }
            Ok(status) => format!("stopped without an answer ({status})"),
            Err(error) => format!("stopped without an answer ({error})"),
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

/// Why a worker says nothing.
enum Silence {
    Broken(io::Error),
    Late(Duration),
    Ended,
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
