//! Who holds a home: what its owner wrote into the lock file, for those who come later.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use tunesmith_sentence::{Sentence, say};

use super::Home;
use crate::ids;

/// Longest command that is told whole.
const LONGEST_COMMAND: usize = 120;

/// The process that holds a home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Where it listens.
    pub(crate) socket: String,
    /// Its number.
    pub process: u32,
    /// How it was started.
    pub command: String,
    /// When it opened the home, in milliseconds since 1970.
    pub since_ms: u64,
}

impl Holder {
    /// This process.
    pub(crate) fn this(socket: &Path) -> Self {
        let socket = socket.to_string_lossy().into_owned();
        Self { socket, process: std::process::id(), command: command(), since_ms: ids::now_ms() }
    }

    /// Puts it into the lock file, whose lock is held.
    pub(crate) fn write(&self, lock: &mut File) -> std::io::Result<()> {
        let text = serde_json::to_vec(self)?;
        lock.set_len(0)?;
        lock.rewind()?;
        lock.write_all(&text)
    }

    /// Reads the lock file; nothing where its owner is still opening the home.
    pub(crate) fn read(lock: &mut File) -> Option<Self> {
        let mut text = String::new();
        lock.rewind().ok()?;
        lock.read_to_string(&mut text).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Who it is, and since when.
    pub fn sentence(&self) -> Sentence {
        let Self { command, process, .. } = self;
        match ids::now_ms().saturating_sub(self.since_ms) / 60_000 {
            0 => say!("home-holder-new", "`{command}`, process {process}, for less than a minute", command, process),
            minutes @ 1..120 => say!(
                "home-holder-minutes", minutes;
                "`{command}`, process {process}, for a minute",
                "`{command}`, process {process}, for {minutes} minutes",
                command, process, minutes
            ),
            minutes => say!(
                "home-holder-hours",
                "`{command}`, process {process}, for {hours} hours",
                command,
                process,
                hours = minutes / 60
            ),
        }
    }
}

/// Who holds the home in this folder, as far as it is known.
pub fn holder(home: &Path) -> Option<Holder> {
    let mut lock = File::open(Home::create(home).ok()?.lock()).ok()?;
    match lock.try_lock_shared() {
        Err(std::fs::TryLockError::WouldBlock) => Holder::read(&mut lock),
        // Nobody: what it says is of one who has left.
        _ => None,
    }
}

/// How this process was started, without the folders of the program.
fn command() -> String {
    let mut words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    let program = words.next().unwrap_or_default();
    let program = Path::new(&program).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let whole = std::iter::once(program).chain(words).collect::<Vec<_>>().join(" ");
    match whole.char_indices().nth(LONGEST_COMMAND) {
        Some((end, _)) => format!("{}…", &whole[..end]),
        None => whole,
    }
}
