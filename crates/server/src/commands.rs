//! The threads in which commands work. Commands block: they read files, wait for a database, or for a job to end.
//!
//! Requests that wait need no thread, however many there are; and of each command only some are at work at once. So many of
//! one that takes long hold up neither the others nor what is read and written for uploads.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinError;
use tunesmith_protocol::COMMANDS;

/// To begin to follow a topic is a command like others.
pub(crate) const FOLLOW: &str = "follow";
/// Threads for uploads and downloads.
const FOR_FILES: usize = 128;

/// Who may work.
pub(crate) struct Commands {
    free: HashMap<&'static str, Arc<Semaphore>>,
}

impl Commands {
    /// At most so many of one name at once.
    pub(crate) fn new(at_once: usize) -> Self {
        let names = COMMANDS.iter().copied().chain([FOLLOW]);
        Self { free: names.map(|name| (name, Arc::new(Semaphore::new(at_once)))).collect() }
    }

    /// How many threads they may take together, uploads and downloads included.
    pub(crate) fn most_threads(at_once: usize) -> usize {
        at_once * (COMMANDS.len() + 1) + FOR_FILES
    }

    /// Does the work of a command in a thread, as soon as there is one for it. Who gives up waiting has not begun; what has
    /// begun is carried out to its end.
    ///
    /// # Errors
    /// It has panicked.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        name: &str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        // A command that does not exist is refused at once, and needs no turn.
        let turn = match self.free.get(name) {
            Some(free) => Arc::clone(free).acquire_owned().await.ok(),
            None => None,
        };
        tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        })
        .await
    }
}
