//! Threads to compute on. Small models gain little from several threads inside one product, so pieces of a step are
//! computed side by side, one thread each; where memory is short, all threads work on one piece.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::TrainError;

/// The threads of a run.
pub(crate) struct Workers {
    together: ThreadPool,
    /// One thread each; none where pieces are computed one after another.
    apart: Vec<ThreadPool>,
}

impl Workers {
    /// `threads` threads that compute `side_by_side` pieces at once.
    pub fn new(threads: usize, side_by_side: usize) -> Result<Self, TrainError> {
        let pool = |threads| ThreadPoolBuilder::new().num_threads(threads).build();
        let apart = if side_by_side > 1 { side_by_side } else { 0 };
        Ok(Self { together: pool(threads)?, apart: (0..apart).map(|_| pool(1)).collect::<Result<_, _>>()? })
    }

    /// How many pieces are handed over at once: enough that unequal ones even out, few enough that their results fit.
    pub fn wave(&self) -> usize {
        wave(self.apart.len())
    }

    /// Runs `work` on all threads together.
    pub fn together<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.together.install(work)
    }

    /// The results of `work` for each piece, in their order whatever the number of threads. `after` is called on this
    /// thread as each piece is done; once it fails no further piece is begun.
    pub fn each<P: Sync, T: Send, E>(
        &self,
        pieces: &[P],
        work: impl Fn(&P) -> T + Sync,
        mut after: impl FnMut() -> Result<(), E>,
    ) -> Result<Vec<T>, E> {
        if self.apart.is_empty() {
            let one = |piece| {
                let result = self.together(|| work(piece));
                after().map(|()| result)
            };
            return pieces.iter().map(one).collect();
        }
        let (next, (sender, receiver)) = (AtomicUsize::new(0), mpsc::channel());
        let mut outcome = Ok(());
        let mut results = Vec::with_capacity(pieces.len());
        std::thread::scope(|scope| {
            let mut threads = Vec::with_capacity(self.apart.len());
            for thread in &self.apart {
                let (sender, next, work) = (sender.clone(), &next, &work);
                threads.push(scope.spawn(move || thread.install(|| take_turns(next, pieces, work, &sender))));
            }
            drop(sender);
            for result in receiver {
                results.push(result);
                if outcome.is_ok() {
                    outcome = after();
                }
                if outcome.is_err() {
                    next.store(pieces.len(), Ordering::Relaxed);
                }
            }
            // The scope itself would only say that some thread panicked, not why.
            for thread in threads {
                if let Err(reason) = thread.join() {
                    std::panic::resume_unwind(reason);
                }
            }
        });
        outcome?;
        results.sort_unstable_by_key(|(index, _)| *index);
        Ok(results.into_iter().map(|(_, result)| result).collect())
    }
}

/// The pieces handed over at once where `side_by_side` are computed at once.
pub(crate) fn wave(side_by_side: usize) -> usize {
    if side_by_side > 1 { 2 * side_by_side } else { 1 }
}

fn take_turns<P, T>(next: &AtomicUsize, pieces: &[P], work: impl Fn(&P) -> T, sender: &Sender<(usize, T)>) {
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let Some(piece) = pieces.get(index) else { return };
        if sender.send((index, work(piece))).is_err() {
            return;
        }
    }
}
