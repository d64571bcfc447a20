//! The open connections. Where room runs out, one over which no request of a signed-in browser has come is closed, so that
//! whoever has no key cannot keep out whoever has; then one whose request does not go on.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::activity::Activity;

/// One connection.
#[derive(Clone)]
pub(crate) struct Visitor {
    pub(crate) activity: Activity,
    close: Arc<Notify>,
}

impl Visitor {
    /// Ends when the connection is to be closed.
    pub(crate) async fn closed(&self) {
        self.close.notified().await;
    }
}

/// The open connections, oldest first.
#[derive(Default)]
pub(crate) struct Strangers(Mutex<VecDeque<Visitor>>);

impl Strangers {
    pub(crate) fn enter(&self) -> Visitor {
        let visitor = Visitor { activity: Activity::new(), close: Arc::default() };
        self.0.lock().push_back(visitor.clone());
        visitor
    }

    pub(crate) fn leave(&self, visitor: &Visitor) {
        self.0.lock().retain(|other| !Arc::ptr_eq(&other.close, &visitor.close));
    }

    /// Closes the oldest connection that has not signed in, or else the oldest over which nothing came for this long and no
    /// answer goes, if there is one.
    pub(crate) fn make_room(&self, pause: Duration) {
        let mut open = self.0.lock();
        let stranger = open.iter().position(|visitor| !visitor.activity.is_signed_in());
        let place = stranger.or_else(|| open.iter().position(|visitor| visitor.activity.has_paused(pause)));
        if let Some(visitor) = place.and_then(|place| open.remove(place)) {
            visitor.close.notify_one();
        }
    }
}
