//! The socket of a home. Its owner answers one request per connection, in JSON lines: `{"call", "args"}` gets
//! `{"ok"}` or `{"error"}`; `{"subscribe", "after"}` gets `{"events"}` lines until either side leaves.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Weak;

use interprocess::TryClone;
use interprocess::local_socket::{Listener as LocalListener, ListenerOptions, Name, Stream, prelude::*};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tunesmith_protocol::{AnyPath, Api, Event, Subscription, Topic, Wire, WireError, dispatch};
use tunesmith_sentence::say;

use crate::errors;

/// Paths of sockets are limited to 108 bytes on Linux and 104 elsewhere.
const LONGEST_PATH: usize = 100;

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Request {
    Call { call: String, args: Value },
    Subscribe { subscribe: Topic, after: u64 },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reply {
    Ok(Value),
    Error(WireError),
    Events(Vec<Event>),
}

/// Calls the owner of a home through its socket.
#[derive(Debug, Clone)]
pub struct SocketWire {
    path: PathBuf,
}

impl SocketWire {
    /// Tries whether an owner answers at this socket.
    pub(crate) fn connect(path: &Path) -> std::io::Result<Self> {
        Stream::connect(name_of(path)?).map(|_| Self { path: path.to_path_buf() })
    }

    fn ask(&self, request: &Request) -> Result<BufReader<Stream>, WireError> {
        let send = || {
            let mut stream = Stream::connect(name_of(&self.path)?)?;
            write_line(&mut stream, request)?;
            Ok(BufReader::new(stream))
        };
        send().map_err(|_: std::io::Error| owner_left())
    }
}

impl Wire for SocketWire {
    fn call(&self, name: &str, args: Value) -> Result<Value, WireError> {
        let mut reader = self.ask(&Request::Call { call: name.into(), args })?;
        match read_line(&mut reader) {
            Some(Reply::Ok(value)) => Ok(value),
            Some(Reply::Error(error)) => Err(error),
            Some(Reply::Events(_)) | None => Err(owner_left()),
        }
    }

    fn subscribe(&self, topic: Topic, after_seq: u64) -> Result<Subscription, WireError> {
        let mut reader = self.ask(&Request::Subscribe { subscribe: topic, after: after_seq })?;
        match read_line(&mut reader) {
            Some(Reply::Ok(_)) => {}
            Some(Reply::Error(error)) => return Err(error),
            Some(Reply::Events(_)) | None => return Err(owner_left()),
        }
        let (sender, subscription) = Subscription::new();
        std::thread::spawn(move || {
            while let Some(Reply::Events(group)) = read_line(&mut reader) {
                if sender.send(group).is_err() {
                    return;
                }
            }
        });
        Ok(subscription)
    }
}

/// The owner's end of the socket. Dropping it stops new connections and removes the file.
pub(crate) struct Listener {
    path: PathBuf,
    /// The private folder of a socket whose place in the home has too long a path.
    _folder: Option<tempfile::TempDir>,
}

impl Listener {
    /// Listens at `wanted`, or in a private folder where that path is too long. Only the user may connect.
    pub fn bind(wanted: &Path) -> Result<(Self, LocalListener), WireError> {
        let (path, folder) = match wanted.as_os_str().len() <= LONGEST_PATH {
            true => (wanted.to_path_buf(), None),
            false => {
                let folder = short_folder().map_err(errors::io(wanted))?;
                (folder.path().join("home.sock"), Some(folder))
            }
        };
        // The lock on the home is ours, so a socket that lies here belongs to a process that is gone.
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(errors::io_at(&path, &error)),
            _ => {}
        }
        let listen = || {
            // It is removed here, and not by a listener that ends when another process has the place.
            let listener = ListenerOptions::new().name(name_of(&path)?).reclaim_name(false).create_sync()?;
            make_private(&path)?;
            Ok(listener)
        };
        let listener = listen().map_err(errors::io(&path))?;
        Ok((Self { path, _folder: folder }, listener))
    }

    /// Where it listens.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // The accepting thread wakes up, finds the owner gone and ends.
        drop(name_of(&self.path).and_then(Stream::connect));
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::debug!("{}: {error}", self.path.display());
        }
    }
}

/// Answers requests, each in a thread of its own, as long as the owner of the commands lives.
pub(crate) fn answer(listener: LocalListener, api: Weak<dyn Api>) {
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            if api.strong_count() == 0 {
                return;
            }
            let api = api.clone();
            match stream {
                Ok(stream) => drop(std::thread::spawn(move || serve(stream, &api))),
                Err(error) => tracing::warn!("a connection to the home failed: {error}"),
            }
        }
    });
}

fn serve(stream: Stream, api: &Weak<dyn Api>) {
    let Ok(mut reader) = stream.try_clone().map(BufReader::new) else { return };
    let mut stream = stream;
    let Some(request) = read_line(&mut reader) else { return };
    let Some(api) = api.upgrade() else { return };
    // A write fails when the guest has left; there is no one to tell then.
    let _gone = match request {
        Request::Call { call, args } => match dispatch(api.as_ref(), &call, args, &AnyPath) {
            Ok(value) => write_line(&mut stream, &Reply::Ok(value)),
            Err(error) => write_line(&mut stream, &Reply::Error(error)),
        },
        Request::Subscribe { subscribe, after } => match api.subscribe(subscribe, after) {
            Ok(subscription) => {
                drop(api);
                forward(&mut stream, &subscription)
            }
            Err(error) => write_line(&mut stream, &Reply::Error(error)),
        },
    };
}

fn forward(stream: &mut Stream, subscription: &Subscription) -> std::io::Result<()> {
    write_line(stream, &Reply::Ok(Value::Null))?;
    while let Some(group) = subscription.next() {
        write_line(stream, &Reply::Events(group))?;
    }
    Ok(())
}

fn write_line(stream: &mut Stream, message: &impl Serialize) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    stream.write_all(&line)
}

fn read_line<T: for<'de> Deserialize<'de>>(reader: &mut BufReader<Stream>) -> Option<T> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    serde_json::from_str(&line).ok()
}

/// What the system calls a socket: its path, or a pipe named after it.
#[cfg(unix)]
fn name_of(path: &Path) -> std::io::Result<Name<'_>> {
    path.to_fs_name::<interprocess::local_socket::GenericFilePath>()
}

/// What the system calls a socket: its path, or a pipe named after it.
#[cfg(not(unix))]
fn name_of(path: &Path) -> std::io::Result<Name<'_>> {
    let name = format!("tunesmith-{}", crate::ids::short_hash(path.as_os_str().as_encoded_bytes()));
    name.to_ns_name::<interprocess::local_socket::GenericNamespaced>()
}

#[cfg(unix)]
fn make_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
}

/// Other systems give pipes to their owner alone.
#[cfg(not(unix))]
fn make_private(_path: &Path) -> std::io::Result<()> {
    Ok(())
}

fn short_folder() -> std::io::Result<tempfile::TempDir> {
    let builder = || tempfile::Builder::new().prefix("tunesmith-").to_owned();
    match std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|folder| folder.as_os_str().len() < 60) {
        Some(folder) => builder().tempdir_in(folder).or_else(|_| builder().tempdir_in("/tmp")),
        None => builder().tempdir_in("/tmp"),
    }
}

fn owner_left() -> WireError {
    WireError::internal(say!("home-owner-left", "The Tunesmith that held this home was closed"))
}
