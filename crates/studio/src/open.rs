//! Opening a home: the first process owns it, the others talk to the first.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tunesmith_protocol::{Api, ErrorCode, Remote, WireError};

use crate::explain;
use crate::home::{Home, open_lock};
use crate::socket::{Listener, SocketWire, answer};
use crate::studio::{Studio, Trainer};

/// How long a second process waits for the first to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// How this process got at the home.
pub enum Opened {
    /// This process owns the home.
    Owner(Arc<Studio>),
    /// Another process owns it; this one talks to it.
    Guest(Remote<SocketWire>),
}

impl Opened {
    /// The commands, wherever they are carried out.
    pub fn api(self) -> Arc<dyn Api> {
        match self {
            Self::Owner(studio) => studio,
            Self::Guest(remote) => Arc::new(remote),
        }
    }
}

/// Opens the home in this folder, making it when it does not exist.
pub fn open(home: &Path) -> Result<Opened, WireError> {
    open_with(home, tunesmith_train::run)
}

/// `open` with another way to train: tests let training panic, or meet a full disk.
#[doc(hidden)]
pub fn open_with(home: &Path, trainer: Trainer) -> Result<Opened, WireError> {
    let home = Home::create(home)?;
    let path = home.lock();
    let mut lock = open_lock(&path).map_err(explain::io(&path))?;
    let started = Instant::now();
    loop {
        if lock.try_lock().is_ok() {
            return own(home, lock, trainer).map(Opened::Owner);
        }
        if let Some(wire) = owner_socket(&mut lock).and_then(|socket| SocketWire::connect(&socket).ok()) {
            return Ok(Opened::Guest(Remote(wire)));
        }
        if started.elapsed() > PATIENCE {
            return Err(WireError::new(
                ErrorCode::Busy,
                format!("Another Tunesmith uses {} and does not answer", home.root().display()),
                "Close it, or set TUNESMITH_HOME to another folder",
            ));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn own(home: Home, mut lock: File, trainer: Trainer) -> Result<Arc<Studio>, WireError> {
    home.sweep();
    let (listener, incoming) = Listener::bind(&home.socket())?;
    let path = home.lock();
    let socket = listener.path().as_os_str().as_encoded_bytes().to_vec();
    let studio = Studio::new(home, lock.try_clone().map_err(explain::io(&path))?, listener, trainer)?;
    answer(incoming, Arc::downgrade(&studio));
    let record = || {
        lock.set_len(0)?;
        lock.rewind()?;
        lock.write_all(&socket)
    };
    // Only now can others find the way here, when everything is in place.
    let mut record = record;
    record().map_err(explain::io(&path))?;
    Ok(studio)
}

/// Where the owner listens, as it wrote into the lock file.
fn owner_socket(lock: &mut File) -> Option<PathBuf> {
    let mut path = String::new();
    lock.rewind().ok()?;
    lock.read_to_string(&mut path).ok()?;
    (!path.is_empty()).then(|| PathBuf::from(path))
}
