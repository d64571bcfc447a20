//! Threads to compute on. Small models gain little from several threads inside one product, so pieces of a step are
//! computed side by side, one thread each; where memory is short, all threads work on one piece.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

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

    /// The results of `work` for each piece, in their order whatever the number of threads.
    pub fn each<P: Sync, T: Send>(&self, pieces: &[P], work: impl Fn(&P) -> T + Sync) -> Vec<T> {
        if self.apart.is_empty() {
            return self.together(|| pieces.iter().map(&work).collect());
        }
        let next = AtomicUsize::new(0);
        let results = Mutex::new(Vec::with_capacity(pieces.len()));
        std::thread::scope(|scope| {
            for thread in &self.apart {
                scope.spawn(|| thread.install(|| take_turns(&next, pieces, &work, &results)));
            }
        });
        let mut results = results.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
        results.sort_unstable_by_key(|(index, _)| *index);
        results.into_iter().map(|(_, result)| result).collect()
    }
}

/// The pieces handed over at once where `side_by_side` are computed at once.
pub(crate) fn wave(side_by_side: usize) -> usize {
    if side_by_side > 1 { 2 * side_by_side } else { 1 }
}

fn take_turns<P, T>(next: &AtomicUsize, pieces: &[P], work: impl Fn(&P) -> T, results: &Mutex<Vec<(usize, T)>>) {
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let Some(piece) = pieces.get(index) else { return };
        let result = work(piece);
        // A poisoned lock means that another piece has panicked; the scope passes that on.
        results.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push((index, result));
    }
}
