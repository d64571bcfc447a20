//! The guest's end: a request to the owner of a home.

use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use interprocess::local_socket::{Stream, prelude::*};
use serde_json::Value;
use tunesmith_protocol::{ErrorCode, Subscription, Topic, Wire, WireError};
use tunesmith_sentence::say;

use super::{ASKS_A_CHAT, Asked, PATIENCE, Reply, Request, name_of, read_line, write_line};
use crate::home::holder::{Holder, VERSION, not_answering};

/// How long to wait before the next try to connect.
const BETWEEN_TRIES: Duration = Duration::from_millis(20);

/// Calls the owner of a home through its socket.
#[derive(Debug, Clone)]
pub struct SocketWire {
    home: PathBuf,
    owner: Holder,
}

/// Why a request was not taken. Nothing of it was carried out.
#[derive(Debug)]
pub(crate) enum NotTaken {
    /// The owner has left, or is leaving.
    Left,
    /// The owner says why, or does not answer.
    Refused(WireError),
}

impl From<NotTaken> for WireError {
    fn from(reason: NotTaken) -> Self {
        match reason {
            NotTaken::Left => owner_left(),
            NotTaken::Refused(error) => error,
        }
    }
}

impl SocketWire {
    /// Tries whether an owner listens.
    pub(crate) fn connect(home: &Path, owner: &Holder) -> io::Result<Self> {
        Stream::connect(name_of(Path::new(&owner.socket))?)?;
        Ok(Self { home: home.to_owned(), owner: owner.clone() })
    }

    /// Sends a command, and waits for its reply if it was taken.
    pub(crate) fn try_call(&self, name: &str, args: Value) -> Result<Result<Value, WireError>, NotTaken> {
        let mut reader = self.ask(Request::Call { call: name.into(), args })?;
        Ok(match read_line(&mut reader) {
            Ok(Some(Reply::Ok(value))) => {
                if name == ASKS_A_CHAT {
                    hold(reader);
                }
                Ok(value)
            }
            Ok(Some(Reply::Error(error))) => Err(error),
            _ => Err(owner_left()),
        })
    }

    /// Follows a topic, if that was taken.
    pub(crate) fn try_subscribe(&self, topic: Topic, after: u64) -> Result<Result<Subscription, WireError>, NotTaken> {
        let mut reader = self.ask(Request::Subscribe { subscribe: topic, after })?;
        match read_line(&mut reader) {
            Ok(Some(Reply::Ok(_))) => {}
            Ok(Some(Reply::Error(error))) => return Ok(Err(error)),
            _ => return Ok(Err(owner_left())),
        }
        let (feed, subscription) = Subscription::new();
        let forward = move || {
            while let Ok(Some(Reply::Events(group))) = read_line(&mut reader) {
                if feed.send(group).is_err() {
                    return;
                }
            }
        };
        let started = std::thread::Builder::new().name("following".into()).spawn(forward);
        let no_thread = |error| WireError::internal(say!("job-no-thread", "no thread to work in: {error}", error));
        Ok(started.map(|_| subscription).map_err(no_thread))
    }

    /// Sends a request, and waits until the owner says that it has taken it.
    fn ask(&self, request: Request) -> Result<BufReader<Stream>, NotTaken> {
        let mut stream = self.reach()?;
        let limited = set_timeouts(&stream, Some(PATIENCE));
        let asked = Asked { version: VERSION.into(), request };
        limited.and_then(|()| write_line(&mut stream, &asked)).map_err(|error| self.reason(&error))?;
        let mut reader = BufReader::new(stream);
        match read_line(&mut reader) {
            Ok(Some(Reply::Taken(_))) => {}
            Ok(Some(Reply::Error(error))) => return Err(NotTaken::Refused(error)),
            Ok(_) => return Err(NotTaken::Left),
            Err(error) => return Err(self.reason(&error)),
        }
        set_timeouts(reader.get_ref(), None).map_err(|error| self.reason(&error))?;
        Ok(reader)
    }

    /// Connects, also when the system lets it only at a later try.
    fn reach(&self) -> Result<Stream, NotTaken> {
        let started = Instant::now();
        loop {
            let error = match name_of(Path::new(&self.owner.socket)).and_then(Stream::connect) {
                Ok(stream) => return Ok(stream),
                Err(error) => error,
            };
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) {
                return Err(NotTaken::Left);
            }
            if started.elapsed() > PATIENCE {
                return Err(NotTaken::Refused(WireError::new(
                    ErrorCode::Busy,
                    say!("home-unreachable", "The Tunesmith that holds this home cannot be reached: {error}", error),
                    say!("home-unreachable-hint", "Close other programs and try again"),
                )));
            }
            std::thread::sleep(BETWEEN_TRIES);
        }
    }

    /// Silence is of a program that was stopped; any other error is of one that ends.
    fn reason(&self, error: &io::Error) -> NotTaken {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                NotTaken::Refused(not_answering(&self.home, Some(&self.owner)))
            }
            _ => NotTaken::Left,
        }
    }
}

impl Wire for SocketWire {
    fn call(&self, name: &str, args: Value) -> Result<Value, WireError> {
        self.try_call(name, args)?
    }

    fn subscribe(&self, topic: Topic, after_seq: u64) -> Result<Subscription, WireError> {
        self.try_subscribe(topic, after_seq)?
    }
}

/// How long to wait for the other side to read or write.
#[cfg(unix)]
pub(super) fn set_timeouts(stream: &Stream, longest: Option<Duration>) -> io::Result<()> {
    stream.set_recv_timeout(longest)?;
    stream.set_send_timeout(longest)
}

/// How long to wait for the other side to write.
#[cfg(unix)]
pub(super) fn set_receive_timeout(stream: &Stream, longest: Option<Duration>) -> io::Result<()> {
    stream.set_recv_timeout(longest)
}

/// The pipes of other systems know no such limit.
#[cfg(not(unix))]
pub(super) fn set_receive_timeout(_stream: &Stream, _longest: Option<Duration>) -> io::Result<()> {
    Ok(())
}

/// The pipes of other systems know no such limit.
#[cfg(not(unix))]
pub(super) fn set_timeouts(_stream: &Stream, _longest: Option<Duration>) -> io::Result<()> {
    Ok(())
}

/// Keeps a connection until the owner closes it. The owner stops the answer when it breaks off before: this process has ended then.
fn hold(mut reader: BufReader<Stream>) {
    let held = move || {
        let ended = io::copy(&mut reader, &mut io::sink());
        ended.map_or_else(|error| tracing::debug!("an answer is not held any more: {error}"), drop);
    };
    if let Err(error) = std::thread::Builder::new().name("asking".into()).spawn(held) {
        tracing::warn!("an answer stops, as no thread waits for it: {error}");
    }
}

fn owner_left() -> WireError {
    WireError::internal(say!("home-owner-left", "The Tunesmith that held this home was closed"))
}
