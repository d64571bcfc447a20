//! The socket of a home. Its owner answers one request per connection, in JSON lines: `{"version", "call", "args"}` or
//! `{"version", "subscribe", "after"}` gets `{"taken"}` at once, and then `{"ok"}` or `{"error"}`; a subscription goes on
//! with `{"events"}` lines until either side leaves, and who has asked a chat stays until the answer is written. What is not taken has not begun, so it can be asked again, of whoever
//! has the home by then.

mod guests;
mod wire;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use interprocess::local_socket::{Listener as LocalListener, ListenerOptions, Name, Stream, prelude::*};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tunesmith_protocol::{Event, Topic, WireError};

pub(crate) use guests::{Guests, answer};
pub(crate) use wire::NotTaken;
pub use wire::SocketWire;

use crate::errors;

/// Paths of sockets are limited to 108 bytes on Linux and 104 elsewhere.
const LONGEST_PATH: usize = 100;
/// The command whose answer is written after its reply: its guest keeps the connection until then.
const ASKS_A_CHAT: &str = "send_message";
/// How long the other side may take to say that it is there. What was asked may take as long as it needs.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a guest asks, and of which version it is.
#[derive(Serialize, Deserialize)]
struct Asked {
    #[serde(default)]
    version: String,
    #[serde(flatten)]
    request: Request,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Request {
    Call { call: String, args: Value },
    Subscribe { subscribe: Topic, after: u64 },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reply {
    /// It will be carried out, by a program of this version.
    Taken(String),
    Ok(Value),
    Error(WireError),
    Events(Vec<Event>),
}

/// The owner's end of the socket. Dropping it stops new connections and removes the file.
pub(crate) struct Listener {
    path: PathBuf,
    guests: Arc<Guests>,
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
        Ok((Self { path, guests: Arc::default(), _folder: folder }, listener))
    }

    /// Where it listens.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Those who ask through it.
    pub fn guests(&self) -> Arc<Guests> {
        self.guests.clone()
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

fn write_line(stream: &mut Stream, message: &impl Serialize) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    stream.write_all(&line)
}

/// The next line; none at the end.
fn read_line<T: for<'de> Deserialize<'de>>(reader: &mut BufReader<Stream>) -> std::io::Result<Option<T>> {
    let mut line = String::new();
    match reader.read_line(&mut line)? {
        0 => Ok(None),
        _ => Ok(Some(serde_json::from_str(&line)?)),
    }
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
