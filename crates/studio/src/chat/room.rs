//! Who is speaking now, and the models in memory.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tunesmith_protocol::WireError;

use crate::loaded::LoadedModel;
use crate::models::{Stamp, stamp};

/// Models that nobody has spoken to for this long leave memory.
const IDLE: Duration = Duration::from_secs(600);
/// A base and, after full training, its tuned copy.
const MODELS: usize = 2;

/// The chats at work and the models in memory.
#[derive(Default)]
pub(crate) struct Room {
    models: Mutex<Vec<InMemory>>,
    seats: Mutex<HashMap<String, Arc<Seat>>>,
    stood_up: Condvar,
    writing: Mutex<()>,
    /// Counts how often the room was emptied: loading that began before then ends.
    emptied: AtomicU64,
    used: Mutex<Option<Instant>>,
}

/// A model in memory, as its files were when it was loaded: weights, tokenizer and chat template.
struct InMemory {
    folder: PathBuf,
    stamp: Stamp,
    model: Arc<LoadedModel>,
}

/// The place of a chat that is loading or answering.
#[derive(Default)]
pub(crate) struct Seat {
    stop: AtomicBool,
    answering: AtomicBool,
}

impl Seat {
    /// From here on the chat answers; before, it loads.
    pub fn answers(&self) {
        self.answering.store(true, Ordering::Relaxed);
    }

    pub fn stop_flag(&self) -> &AtomicBool {
        &self.stop
    }
}

impl Room {
    /// Takes the chat's seat, waiting for it to become free.
    pub fn wait_for_seat(&self, chat: &str, patience: Duration) -> Option<Arc<Seat>> {
        let taken = |seats: &mut HashMap<String, Arc<Seat>>| seats.contains_key(chat);
        let (mut seats, _) =
            self.stood_up.wait_timeout_while(self.seats(), patience, taken).unwrap_or_else(PoisonError::into_inner);
        if seats.contains_key(chat) {
            return None;
        }
        let seat = Arc::new(Seat::default());
        seats.insert(chat.into(), seat.clone());
        Some(seat)
    }

    /// Frees the chat's seat.
    pub fn stand_up(&self, chat: &str) {
        self.seats().remove(chat);
        self.stood_up.notify_all();
    }

    pub fn is_answering(&self, chat: &str) -> bool {
        self.seats().get(chat).is_some_and(|seat| seat.answering.load(Ordering::Relaxed))
    }

    /// Asks a chat to stop what it writes.
    pub fn stop(&self, chat: &str) {
        if let Some(seat) = self.seats().get(chat) {
            seat.stop.store(true, Ordering::Relaxed);
        }
    }

    /// Held while a chat in the database changes.
    pub fn writing(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A model as its files are now, loaded onto this device when it is not in memory yet: a chat template may be edited
    /// while a chat is open.
    pub fn model(
        &self,
        folder: &Path,
        device: &str,
        progress: &mut dyn FnMut(f64),
    ) -> Result<Arc<LoadedModel>, WireError> {
        let emptied = self.emptied.load(Ordering::Relaxed);
        let mut models = self.models();
        self.was_used();
        // Taken before the files are read: what changes meanwhile is noticed the next time.
        let stamp = stamp(folder);
        if let Some(known) = models.iter().find(|known| known.folder == folder && known.stamp == stamp) {
            return Ok(known.model.clone());
        }
        models.retain(|known| known.folder != folder);
        if models.len() >= MODELS {
            models.remove(0);
        }
        let mut told = None::<Instant>;
        let mut tell = |fraction| {
            if told.is_none_or(|told| told.elapsed() > Duration::from_millis(100)) {
                told = Some(Instant::now());
                progress(fraction);
            }
            match self.emptied.load(Ordering::Relaxed) == emptied {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        };
        let model = Arc::new(LoadedModel::from_folder(folder, device, &mut tell)?);
        models.push(InMemory { folder: folder.into(), stamp, model: model.clone() });
        Ok(model)
    }

    pub fn has(&self, folder: &Path) -> bool {
        self.models().iter().any(|known| known.folder == folder)
    }

    /// Stops what is being written and lets go of the models, e.g. because a run needs the memory.
    pub fn empty(&self) {
        self.emptied.fetch_add(1, Ordering::Relaxed);
        for seat in self.seats().values() {
            seat.stop.store(true, Ordering::Relaxed);
        }
        self.models().clear();
    }

    /// Lets go of models that have been idle for long.
    pub fn empty_when_idle(&self) {
        let used = *self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.is_some_and(|used| used.elapsed() > IDLE) && self.seats().is_empty() {
            self.models().clear();
        }
    }

    /// Waits until nobody speaks any more.
    pub fn wait_for_quiet(&self, patience: Duration) {
        let speaking = |seats: &mut HashMap<String, Arc<Seat>>| !seats.is_empty();
        drop(self.stood_up.wait_timeout_while(self.seats(), patience, speaking));
    }

    pub fn was_used(&self) {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn models(&self) -> MutexGuard<'_, Vec<InMemory>> {
        self.models.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn seats(&self) -> MutexGuard<'_, HashMap<String, Arc<Seat>>> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
