//! The one seat at which a run is trained.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tunesmith_protocol::WireError;

use crate::run_config::StopRun;

/// How long a program that ends waits for room on a full disk.
const FOR_ROOM: Duration = Duration::from_secs(3);
const LOOK_UP: Duration = Duration::from_millis(20);

/// The run that is going, if any, and the thread that trains it.
#[derive(Default)]
pub(crate) struct Desk {
    going: Mutex<Option<Arc<Going>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// A run that is going, and what others want of it.
#[derive(Default)]
pub(crate) struct Going {
    id: String,
    stop: AtomicU8,
    retry: AtomicBool,
    /// It waits for room on a full disk.
    waits: AtomicBool,
    begun: AtomicBool,
}

impl Going {
    /// What the run is asked to do.
    pub fn answer(&self) -> ControlFlow<StopRun> {
        match self.stop.load(Ordering::Relaxed) {
            0 => ControlFlow::Continue(()),
            1 => ControlFlow::Break(StopRun::Save),
            _ => ControlFlow::Break(StopRun::Leave),
        }
    }

    /// From here on the run's records tell where it stands. One that has something to tell does not wait.
    pub fn has_told(&self) {
        self.begun.store(true, Ordering::Relaxed);
        self.waits.store(false, Ordering::Relaxed);
    }

    /// The run waits for room; whether someone wants it to try again, asked once.
    pub fn waits_to_retry(&self) -> bool {
        let again = self.retry.swap(false, Ordering::Relaxed);
        self.waits.store(!again, Ordering::Relaxed);
        again
    }

    /// Asks the run to stop; nothing takes back the wish to leave.
    fn ask_to_stop(&self, how: StopRun) {
        let how = if how == StopRun::Save { 1 } else { 2 };
        self.stop.fetch_max(how, Ordering::Relaxed);
    }
}

impl Desk {
    /// Takes the seat for a run, unless another sits there.
    pub fn take_seat(&self, id: &str, busy: impl FnOnce() -> WireError) -> Result<Arc<Going>, WireError> {
        let mut going = self.lock();
        if going.is_some() {
            drop(going);
            return Err(busy());
        }
        let new = Arc::new(Going { id: id.into(), ..Going::default() });
        *going = Some(new.clone());
        Ok(new)
    }

    /// The thread that trains the seated run.
    pub fn seat(&self, thread: JoinHandle<()>) {
        *self.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
    }

    /// Frees the seat.
    pub fn leave_seat(&self) {
        *self.lock() = None;
    }

    pub fn going_id(&self) -> Option<String> {
        self.lock().as_ref().map(|going| going.id.clone())
    }

    pub fn is_going(&self, id: &str) -> bool {
        self.lock().as_ref().is_some_and(|going| going.id == id)
    }

    /// Whether the run was started and has not recorded anything yet.
    pub fn is_starting(&self, id: &str) -> bool {
        self.lock().as_ref().is_some_and(|going| going.id == id && !going.begun.load(Ordering::Relaxed))
    }

    /// Asks the run to stop; false when it is not the one that is going.
    pub fn ask_to_stop(&self, id: &str, how: StopRun) -> bool {
        self.ask(id, |going| going.ask_to_stop(how))
    }

    /// Asks the paused run to try again; false when it is not the one that is going.
    pub fn ask_to_retry(&self, id: &str) -> bool {
        self.ask(id, |going| going.retry.store(true, Ordering::Relaxed))
    }

    /// Asks whatever is going to stop, and waits for it. One that waits for room on a full disk is given a little
    /// time and then left: the program that ends must not hang.
    pub fn clear(&self, how: StopRun) {
        let going = self.lock().clone();
        if let Some(going) = &going {
            going.ask_to_stop(how);
        }
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(thread) = thread.filter(|thread| thread.thread().id() != std::thread::current().id()) else { return };
        let mut waiting = Duration::ZERO;
        while waiting < FOR_ROOM && !thread.is_finished() {
            std::thread::sleep(LOOK_UP);
            let waits = going.as_ref().is_some_and(|going| going.waits.load(Ordering::Relaxed));
            waiting = if waits { waiting + LOOK_UP } else { Duration::ZERO };
        }
        if let Some(going) = going.filter(|_| !thread.is_finished()) {
            tracing::warn!("{} waits for room on a full disk: it is left, and can go on from its checkpoint", going.id);
            going.ask_to_stop(StopRun::Leave);
        }
        if thread.join().is_err() {
            tracing::error!("the training thread ended in a panic");
        }
    }

    fn ask(&self, id: &str, wish: impl FnOnce(&Going)) -> bool {
        let going = self.lock();
        let asked = going.as_ref().filter(|going| going.id == id);
        asked.inspect(|going| wish(going)).is_some()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Going>>> {
        self.going.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
