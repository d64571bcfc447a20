//! Opening a home: the first process owns it, the others talk to the first.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tunesmith_data::own_file;
use tunesmith_protocol::{Api, Remote, WireError};

use super::Studio;
use crate::errors;
use crate::home::Home;
use crate::home::holder::{Holder, not_answering};
use crate::home::socket::{Listener, SocketWire, answer};
use crate::runs::Trainer;

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
///
/// # Errors
/// The folder cannot be used, or its owner does not answer.
pub fn open(home: &Path) -> Result<Opened, WireError> {
    open_with(home, tunesmith_train::run)
}

/// `open` with another way to train: tests let training panic, or meet a full disk.
///
/// # Errors
/// As `open`.
#[doc(hidden)]
pub fn open_with(home: &Path, trainer: Trainer) -> Result<Opened, WireError> {
    let home = Home::create(home)?;
    let path = home.lock();
    let mut lock = own_file::change(&path).map_err(errors::io(&path))?;
    let started = Instant::now();
    loop {
        if lock.try_lock().is_ok() {
            return own(home, lock, trainer).map(Opened::Owner);
        }
        let holder = Holder::read(&mut lock);
        if let Some(holder) = &holder {
            holder.check_version()?;
            if let Ok(wire) = SocketWire::connect(home.root(), holder) {
                return Ok(Opened::Guest(Remote(wire)));
            }
        }
        if started.elapsed() > PATIENCE {
            return Err(not_answering(home.root(), holder.as_ref()));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn own(home: Home, mut lock: File, trainer: Trainer) -> Result<Arc<Studio>, WireError> {
    home.sweep();
    let (listener, incoming) = Listener::bind(&home.socket())?;
    let path = home.lock();
    let (holder, guests) = (Holder::this(listener.path()), listener.guests());
    let studio = Studio::new(home, lock.try_clone().map_err(errors::io(&path))?, listener, trainer)?;
    let api: Arc<dyn Api> = studio.clone();
    answer(incoming, Arc::downgrade(&api), guests);
    // Only now can others find the way here, when everything is in place.
    holder.write(&mut lock).map_err(errors::io(&path))?;
    Ok(studio)
}
