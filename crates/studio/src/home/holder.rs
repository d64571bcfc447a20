//! Who holds a home: what its owner wrote into the lock file, for those who come later.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use tunesmith_data::own_file;
use tunesmith_protocol::{ErrorCode, WireError};
use tunesmith_sentence::{Sentence, say};

use super::Home;
use crate::ids;

/// The version of this program.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Longest command that is told whole.
const LONGEST_COMMAND: usize = 120;
/// The longest lock file that is read.
const LONGEST: u64 = 64 << 10;

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
    /// Its version; empty of one that did not say it yet.
    #[serde(default)]
    pub version: String,
}

impl Holder {
    /// This process.
    pub(crate) fn this(socket: &Path) -> Self {
        let socket = socket.to_string_lossy().into_owned();
        let (process, command, since_ms) = (std::process::id(), command(), ids::now_ms());
        Self { socket, process, command, since_ms, version: VERSION.into() }
    }

    /// Whether it and this program understand each other.
    ///
    /// # Errors
    /// It is of another version.
    pub(crate) fn check_version(&self) -> Result<(), WireError> {
        match self.version == VERSION {
            true => Ok(()),
            false => Err(other_version(&self.version)),
        }
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
        lock.take(LONGEST).read_to_string(&mut text).ok()?;
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

/// Another version holds the home, or asks.
pub(crate) fn other_version(theirs: &str) -> WireError {
    let hint = say!("home-other-version-hint", "Close one of them, or bring both to the same version");
    let message = match theirs {
        "" => say!(
            "home-earlier-version",
            "This home is in use by an earlier version of Tunesmith, and this one is {ours}",
            ours = VERSION
        ),
        theirs => say!(
            "home-other-version",
            "Tunesmith {theirs} and Tunesmith {ours} cannot use one home at the same time",
            theirs,
            ours = VERSION
        ),
    };
    WireError::new(ErrorCode::Busy, message, hint)
}

/// A home whose holder does not answer.
pub(crate) fn not_answering(home: &Path, holder: Option<&Holder>) -> WireError {
    let message = match holder.map(Holder::sentence) {
        Some(holder) => {
            say!("home-held-by", "Another Tunesmith ({holder}) uses {home} and does not answer", holder, home)
        }
        None => say!("home-held", "Another Tunesmith uses {home} and does not answer", home),
    };
    WireError::new(
        ErrorCode::Busy,
        message,
        say!("home-held-hint", "Close it, or set TUNESMITH_HOME to another folder"),
    )
}

/// Who holds the home in this folder, as far as it is known.
pub fn holder(home: &Path) -> Option<Holder> {
    let mut lock = own_file::open(&Home::create(home).ok()?.lock()).ok()?;
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
