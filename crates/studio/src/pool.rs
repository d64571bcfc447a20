//! Models in memory. A model is loaded once and leased to whoever asks for it; those that nobody leases leave memory, the
//! least recently used first, when room is needed. Chats, evaluations and the shell share it.

mod context;
mod conversations;
mod loaded;
mod memory;
mod renderers;
mod stamp;

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use tunesmith_model::{ModelConfig, WeightFormat};
use tunesmith_protocol::{ErrorCode, WireError};
use tunesmith_sentence::say;

pub use context::Fitted;
pub use loaded::{Adapter, Answered, LoadedModel};
pub(crate) use memory::{inference_bytes, load_alone};
pub use renderers::render_with;
pub(crate) use renderers::{Renderers, open, open_renderer};
pub(crate) use stamp::{Stamp, fingerprint, stamp};

use crate::home::{Home, ModelFiles};
use crate::jobs::{CancelToken, MemoryGuard, cancelled};
use memory::{too_big, widest_that_fits};
use stamp::stamp_with_template;

/// Models that nobody has used for this long leave memory.
const IDLE: Duration = Duration::from_secs(600);
/// How often a load is told of.
const BETWEEN_EVENTS: Duration = Duration::from_millis(100);
/// How often someone who waits for another's load looks whether it was cancelled.
const POLL: Duration = Duration::from_millis(50);

/// The models in memory.
pub(crate) struct Pool {
    home: Home,
    memory: MemoryGuard,
    models: Mutex<Vec<Pooled>>,
    /// A load has ended.
    loaded: Condvar,
    /// Rises when the pool is emptied: loads that began before then are given up.
    emptied: AtomicU64,
}

/// What to load, and what it takes.
#[derive(Debug, Clone)]
pub(crate) struct ModelRequest {
    pub folder: PathBuf,
    /// `auto`, `cpu` or `cuda:0`.
    pub device: String,
    /// How its weights are held: as they were in training.
    pub format: WeightFormat,
    /// What it takes in memory, as far as it can be known before.
    pub bytes: u64,
}

/// A model of the pool, as its files were when it was loaded: weights, tokenizer and chat template.
struct Pooled {
    folder: PathBuf,
    device: String,
    format: WeightFormat,
    stamp: Stamp,
    used: Instant,
    /// It leaves memory when nobody leases it any more.
    leaves: bool,
    state: State,
}

enum State {
    /// Somebody loads it, without holding the lock.
    Loading,
    Ready(Arc<LoadedModel>),
}

/// A model that is in use; it stays in memory until the lease is dropped.
pub(crate) type Lease = Arc<LoadedModel>;

impl Pool {
    pub fn new(home: Home, memory: MemoryGuard) -> Self {
        Self { home, memory, models: Mutex::default(), loaded: Condvar::new(), emptied: AtomicU64::new(0) }
    }

    /// A model as its files are now, loaded when it is not in memory yet. `progress` gets 0 to 1.
    ///
    /// # Errors
    /// It does not fit into memory, cannot be loaded, or the load was cancelled.
    pub fn lease(
        &self,
        wanted: &ModelRequest,
        cancel: &CancelToken,
        progress: &mut dyn FnMut(f64),
    ) -> Result<Lease, WireError> {
        let emptied = self.emptied.load(Ordering::Relaxed);
        let files = self.home.model_files(&wanted.folder);
        // Taken before the files are read: what changes meanwhile is noticed the next time.
        let stamp = stamp_with_template(&files);
        let mut models = self.models.lock();
        loop {
            let known = models.iter_mut().find(|known| known.is(wanted));
            match known {
                Some(Pooled { state: State::Loading, .. }) => {
                    if cancel.is_cancelled() {
                        return Err(cancelled());
                    }
                    self.loaded.wait_for(&mut models, POLL);
                }
                Some(Pooled { state: State::Ready(model), stamp: seen, used, .. }) if *seen == stamp => {
                    *used = Instant::now();
                    return Ok(model.clone());
                }
                // Its files have changed: a chat template may be edited, or chosen, while a chat is open.
                _ => break,
            }
        }
        models.retain(|known| !known.is(wanted));
        models.push(Pooled {
            folder: wanted.folder.clone(),
            device: wanted.device.clone(),
            format: wanted.format,
            stamp,
            used: Instant::now(),
            leaves: false,
            state: State::Loading,
        });
        drop(models);
        // A panic in a load must not leave others waiting for it.
        let load = AssertUnwindSafe(|| self.load(wanted, &files, emptied, cancel, progress));
        let model = catch_unwind(load).unwrap_or_else(|_| Err(load_failed()));
        // It may have been finished just before the pool was emptied.
        let emptied_meanwhile = self.emptied.load(Ordering::Relaxed) != emptied;
        let model = model.and_then(|model| if emptied_meanwhile { Err(cancelled()) } else { Ok(model) });
        let mut models = self.models.lock();
        match &model {
            Ok(model) => {
                let known = models.iter_mut().find(|known| known.is(wanted));
                known.into_iter().for_each(|known| known.state = State::Ready(model.clone()));
            }
            Err(_) => models.retain(|known| !known.is(wanted)),
        }
        drop(models);
        self.loaded.notify_all();
        model
    }

    /// Checks that all these models fit into memory together.
    ///
    /// # Errors
    /// The models do not fit into memory beside what is leased.
    pub fn check(&self, wanted: &[ModelRequest]) -> Result<(), WireError> {
        let models = self.models.lock();
        let is_missing = |wanted: &&ModelRequest| !models.iter().any(|known| known.is(wanted));
        let mut seen: Vec<&Path> = Vec::new();
        let mut needed = 0;
        for wanted in wanted.iter().filter(is_missing) {
            if !seen.contains(&wanted.folder.as_path()) {
                needed += wanted.bytes;
                seen.push(&wanted.folder);
            }
        }
        let is_wanted = |known: &Pooled| wanted.iter().any(|wanted| known.is(wanted));
        let evictable = |known: &Pooled| match is_wanted(known) {
            true => known.conversation_bytes(),
            false => known.held_bytes(),
        };
        let evictable: u64 = models.iter().filter(|known| known.is_idle()).map(evictable).sum();
        drop(models);
        let Some(first) = wanted.first() else { return Ok(()) };
        let available = self.memory.available(&first.device)?.saturating_add(evictable);
        if needed <= available { Ok(()) } else { Err(too_big(needed, available)) }
    }

    /// How to hold a model that was not trained in any format: as it is held already, or else in the most exact format that
    /// fits beside what is leased.
    ///
    /// # Errors
    /// The device does not answer.
    pub fn format_of(&self, folder: &Path, config: &ModelConfig, device: &str) -> Result<WeightFormat, WireError> {
        let models = self.models.lock();
        if let Some(known) = models.iter().find(|known| known.folder == folder && known.device == device) {
            return Ok(known.format);
        }
        let evictable: u64 = models.iter().filter(|known| known.is_idle()).map(Pooled::held_bytes).sum();
        drop(models);
        let available = self.memory.available(device)?.saturating_add(evictable);
        Ok(widest_that_fits(config, device, available))
    }

    /// Lets go of all models that nobody leases, and gives up loads, e.g. because a run needs the memory. Leased ones leave
    /// as soon as nobody leases them any more.
    pub fn empty(&self) {
        self.emptied.fetch_add(1, Ordering::Relaxed);
        let mut models = self.models.lock();
        models.retain(|known| !known.is_idle());
        models.iter_mut().for_each(|known| known.leaves = true);
    }

    /// The bytes that these models take in memory, with what their conversations hold.
    pub fn bytes_of(&self, wanted: &[ModelRequest]) -> u64 {
        let models = self.models.lock();
        let is_wanted = |known: &&Pooled| wanted.iter().any(|wanted| known.is(wanted));
        models.iter().filter(is_wanted).map(Pooled::held_bytes).sum()
    }

    /// Lets go of these models, and returns the bytes that they took.
    ///
    /// # Errors
    /// Somebody leases or loads one of them.
    pub fn release(&self, wanted: &[ModelRequest]) -> Result<u64, WireError> {
        let mut models = self.models.lock();
        let is_wanted = |known: &Pooled| wanted.iter().any(|wanted| known.is(wanted));
        if models.iter().any(|known| is_wanted(known) && !known.is_idle()) {
            return Err(in_use());
        }
        let bytes = models.iter().filter(|known| is_wanted(known)).map(Pooled::held_bytes).sum();
        models.retain(|known| !is_wanted(known));
        Ok(bytes)
    }

    /// Lets go of models that are to leave, or that nobody has used for long.
    pub fn drop_unused(&self) {
        let mut models = self.models.lock();
        models.iter_mut().filter(|known| !known.is_idle()).for_each(|known| known.used = Instant::now());
        models.retain(|known| !known.is_idle() || !known.leaves && known.used.elapsed() < IDLE);
    }

    fn load(
        &self,
        wanted: &ModelRequest,
        files: &ModelFiles,
        emptied: u64,
        cancel: &CancelToken,
        progress: &mut dyn FnMut(f64),
    ) -> Result<Lease, WireError> {
        let mut reserved = loop {
            match self.memory.reserve(&wanted.device, wanted.bytes)? {
                Ok(reserved) => break reserved,
                Err(_) if self.evict_one() => {}
                Err(shortage) => return Err(too_big(wanted.bytes, shortage.available_bytes)),
            }
        };
        let mut told = None::<Instant>;
        let mut tell = |fraction| {
            reserved.is_filled(fraction);
            if told.is_none_or(|told| told.elapsed() > BETWEEN_EVENTS) {
                told = Some(Instant::now());
                progress(fraction);
            }
            match self.emptied.load(Ordering::Relaxed) == emptied {
                true => cancel.go_on(),
                false => ControlFlow::Break(()),
            }
        };
        LoadedModel::load(files, &wanted.device, wanted.format, &mut tell).map(Arc::new)
    }

    /// Lets go of what conversations hold, then of the model that was used least recently and that nobody leases; false
    /// where there is none.
    fn evict_one(&self) -> bool {
        let mut models = self.models.lock();
        let held = models.iter().find(|known| known.is_idle() && known.conversation_bytes() > 0);
        if let Some(Pooled { state: State::Ready(model), .. }) = held {
            model.forget_conversations();
            return true;
        }
        let idle = models.iter().enumerate().filter(|(_, known)| known.is_idle());
        let Some(place) = idle.min_by_key(|(_, known)| known.used).map(|(place, _)| place) else { return false };
        let evicted = models.remove(place);
        drop(models);
        tracing::info!("{} left memory to make room", evicted.folder.display());
        true
    }
}

impl Pooled {
    fn is(&self, wanted: &ModelRequest) -> bool {
        self.folder == wanted.folder && self.device == wanted.device && self.format == wanted.format
    }

    /// What is free once it has left memory. What its next answer would take is not held yet.
    fn held_bytes(&self) -> u64 {
        match &self.state {
            State::Ready(model) => model.size_bytes(),
            State::Loading => 0,
        }
    }

    fn conversation_bytes(&self) -> u64 {
        match &self.state {
            State::Ready(model) => model.conversation_bytes(),
            State::Loading => 0,
        }
    }

    /// In memory, and leased by nobody.
    fn is_idle(&self) -> bool {
        matches!(&self.state, State::Ready(model) if Arc::strong_count(model) == 1)
    }
}

fn in_use() -> WireError {
    WireError::new(
        ErrorCode::Busy,
        say!("pool-model-in-use", "The model is in use: it is being loaded, or answers somewhere else"),
        say!("pool-model-in-use-hint", "Wait until that is done, or stop it"),
    )
}

fn load_failed() -> WireError {
    WireError::internal(say!("pool-load-failed", "The model could not be loaded"))
}
