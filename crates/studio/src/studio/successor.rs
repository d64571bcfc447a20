//! A home for as long as this process lives: as a guest of its owner while there is one, and as its owner when that one has
//! left. So commands of the shell at the same time do not fail because the one that opened the home first is done first.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::Value;
use tunesmith_protocol::{AnyPath, Api, Subscription, Topic, Wire, WireError, dispatch};

use super::{Opened, Studio, open};
use crate::home::socket::{NotTaken, SocketWire};
use crate::jobs::is_closing;

/// How long an owner that is leaving may take, and those who come after it.
const TO_LEAVE: Duration = Duration::from_secs(30);
/// How long to wait before the next try.
const BETWEEN_TRIES: Duration = Duration::from_millis(20);

/// Carries out commands where the home is owned now. Cloning it gives another handle to the same.
#[derive(Clone)]
pub struct Successor(Arc<Place>);

struct Place {
    home: PathBuf,
    now: Mutex<Now>,
    left: AtomicUsize,
}

#[derive(Clone)]
enum Now {
    Owner(Arc<Studio>),
    Guest(SocketWire),
}

impl Successor {
    /// Opens the home in this folder, making it when it does not exist.
    ///
    /// # Errors
    /// As `open`.
    pub fn open(home: &Path) -> Result<Self, WireError> {
        let now = Mutex::new(open_now(home)?);
        Ok(Self(Arc::new(Place { home: home.to_owned(), now, left: AtomicUsize::new(0) })))
    }

    /// The studio, when this process owns the home.
    pub fn owned(&self) -> Option<Arc<Studio>> {
        match &*self.0.now.lock() {
            Now::Owner(studio) => Some(studio.clone()),
            Now::Guest(_) => None,
        }
    }

    /// How often an owner has left, as far as this process has noticed.
    pub fn owners_left(&self) -> usize {
        self.0.left.load(Ordering::Relaxed)
    }

    /// Asks where the home is owned now. Only what was not taken, or came to nothing as the home was closing, is asked again.
    fn ask<T>(
        &self,
        own: impl FnOnce(&Studio) -> Result<T, WireError>,
        other: impl Fn(&SocketWire) -> Result<Result<T, WireError>, NotTaken>,
    ) -> Result<T, WireError> {
        let started = Instant::now();
        loop {
            let now = self.0.now.lock().clone();
            let wire = match &now {
                Now::Owner(studio) => return own(studio),
                Now::Guest(wire) => wire,
            };
            let answered = match other(wire) {
                Ok(Err(error)) if is_closing(&error) => Err(NotTaken::Left),
                answered => answered,
            };
            match answered {
                Ok(answered) => return answered,
                Err(NotTaken::Left) if started.elapsed() < TO_LEAVE => {
                    std::thread::sleep(BETWEEN_TRIES);
                    let mut now = self.0.now.lock();
                    // Another thread may have been quicker.
                    if matches!(&*now, Now::Guest(_)) {
                        self.0.left.fetch_add(1, Ordering::Relaxed);
                        *now = open_now(&self.0.home)?;
                    }
                }
                Err(reason) => return Err(reason.into()),
            }
        }
    }
}

impl Wire for Successor {
    fn call(&self, name: &str, args: Value) -> Result<Value, WireError> {
        let sent = args.clone();
        self.ask(|studio| dispatch(studio, name, args, &AnyPath), |wire| wire.try_call(name, sent.clone()))
    }

    fn subscribe(&self, topic: Topic, after_seq: u64) -> Result<Subscription, WireError> {
        let sent = topic.clone();
        self.ask(|studio| studio.subscribe(topic, after_seq), |wire| wire.try_subscribe(sent.clone(), after_seq))
    }
}

fn open_now(home: &Path) -> Result<Now, WireError> {
    Ok(match open(home)? {
        Opened::Owner(studio) => Now::Owner(studio),
        Opened::Guest(remote) => Now::Guest(remote.0),
    })
}
