//! Connections over which no request of a signed-in browser has come. Where room runs out, the oldest of them is closed, so
//! that whoever has no key cannot keep out whoever has.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use tokio::sync::Notify;

/// What a connection knows of its other side. The guard sets it, and it stays set.
#[derive(Debug, Clone, Default)]
pub(crate) struct SignedIn(Arc<AtomicBool>);

impl SignedIn {
    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// One connection.
#[derive(Clone, Default)]
pub(crate) struct Visitor {
    pub(crate) signed_in: SignedIn,
    close: Arc<Notify>,
}

impl Visitor {
    /// Ends when the connection is to be closed.
    pub(crate) async fn closed(&self) {
        self.close.notified().await;
    }
}

/// The open connections, oldest first. Those that have signed in leave the list when room runs out.
#[derive(Default)]
pub(crate) struct Strangers(Mutex<VecDeque<Visitor>>);

impl Strangers {
    pub(crate) fn enter(&self) -> Visitor {
        let visitor = Visitor::default();
        self.0.lock().push_back(visitor.clone());
        visitor
    }

    pub(crate) fn leave(&self, visitor: &Visitor) {
        self.0.lock().retain(|other| !Arc::ptr_eq(&other.close, &visitor.close));
    }

    /// Closes the oldest connection that has not signed in, if there is one.
    pub(crate) fn close_oldest(&self) {
        let mut open = self.0.lock();
        while let Some(oldest) = open.pop_front() {
            if !oldest.signed_in.is_set() {
                return oldest.close.notify_one();
            }
        }
    }
}
