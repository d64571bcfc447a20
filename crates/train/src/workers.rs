//! Threads to compute on. Small models gain little from several threads inside one matrix product, so micro-batches are
//! computed side by side, one thread each; where memory is short, all threads work on one micro-batch.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::TrainError;

/// The threads of a run.
pub(crate) struct Workers {
    all_threads: ThreadPool,
    /// Pools of one thread each; none where micro-batches are computed one after another.
    single_threads: Vec<ThreadPool>,
}

impl Workers {
    /// `threads` threads that compute `side_by_side` micro-batches at once.
    pub fn new(threads: usize, side_by_side: usize) -> Result<Self, TrainError> {
        let pool = |threads| ThreadPoolBuilder::new().num_threads(threads).build();
        let singles = if side_by_side > 1 { side_by_side } else { 0 };
        Ok(Self {
            all_threads: pool(threads)?,
            single_threads: (0..singles).map(|_| pool(1)).collect::<Result<_, _>>()?,
        })
    }

    /// How many micro-batches a training step hands over at once.
    pub fn group_size(&self) -> usize {
        group_size(self.single_threads.len())
    }

    /// Runs `work` on all threads.
    pub fn on_all_threads<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.all_threads.install(work)
    }

    /// The results of `work` for each item, in the items' order whatever the number of threads. `after` is called on
    /// this thread with the index of each item that is done; once it fails no further item is begun.
    pub fn each<I: Sync, T: Send, E>(
        &self,
        items: &[I],
        work: impl Fn(&I) -> T + Sync,
        mut after: impl FnMut(usize) -> Result<(), E>,
    ) -> Result<Vec<T>, E> {
        if self.single_threads.is_empty() {
            let one = |(index, item)| {
                let result = self.on_all_threads(|| work(item));
                after(index).map(|()| result)
            };
            return items.iter().enumerate().map(one).collect();
        }
        let (next, (sender, receiver)) = (AtomicUsize::new(0), mpsc::channel());
        let mut outcome = Ok(());
        let mut results = Vec::with_capacity(items.len());
        std::thread::scope(|scope| {
            let mut threads = Vec::with_capacity(self.single_threads.len());
            for thread in &self.single_threads {
                let (sender, next, work) = (sender.clone(), &next, &work);
                threads.push(scope.spawn(move || thread.install(|| take_items(next, items, work, &sender))));
            }
            drop(sender);
            for (index, result) in receiver {
                results.push((index, result));
                if outcome.is_ok() {
                    outcome = after(index);
                }
                if outcome.is_err() {
                    next.store(items.len(), Ordering::Relaxed);
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

/// How many micro-batches are handed over at once where `side_by_side` are computed at once: enough that unequal ones
/// even out, few enough that their gradients fit in memory.
pub(crate) fn group_size(side_by_side: usize) -> usize {
    if side_by_side > 1 { 2 * side_by_side } else { 1 }
}

/// Computes one item after another until all are taken.
fn take_items<I, T>(next: &AtomicUsize, items: &[I], work: impl Fn(&I) -> T, sender: &Sender<(usize, T)>) {
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let Some(item) = items.get(index) else { return };
        if sender.send((index, work(item))).is_err() {
            return;
        }
    }
}
