//! Who follows: one thread serves them all, however many they are. Ten times a second at most it hands each what is new, if
//! it has room for that; a follower that reads slowly waits for its next turn and holds up nobody.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use tunesmith_protocol::{Event, Feed, Subscription};

/// At most ten groups a second.
const GROUPING: Duration = Duration::from_millis(100);
/// How often a quiet topic sends an empty group, by which others notice followers that have left.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// Events in one group at most.
pub(super) const GROUP: usize = 2000;

/// Where a topic's events come from, for one follower.
pub(super) trait Source: Send {
    /// What is new, perhaps nothing; `None` when nothing will ever come.
    fn next(&mut self) -> Option<Group>;

    /// Whether `Followers::wake` is called when something is new.
    fn wakes(&self) -> bool;
}

/// New events, at most `GROUP`.
pub(super) struct Group {
    pub events: Vec<Event>,
    /// There is more already.
    pub more: bool,
}

/// All who follow topics of a home.
#[derive(Default)]
pub(super) struct Followers(Arc<Shared>);

#[derive(Default)]
struct Shared {
    arrivals: Mutex<Arrivals>,
    changed: Condvar,
}

#[derive(Default)]
struct Arrivals {
    new: Vec<Follower>,
    /// Something has happened on a topic in memory.
    news: bool,
    /// There is a thread that serves.
    served: bool,
}

struct Follower {
    feed: Feed,
    source: Box<dyn Source>,
    /// When it was sent something last.
    sent: Instant,
    /// It has all there was when it was served last.
    is_told: bool,
}

enum Turn {
    /// It has left, or its topic has ended.
    Over,
    /// There is more for it already.
    More,
    Later,
}

impl Followers {
    pub fn add(&self, source: Box<dyn Source>) -> Subscription {
        let (feed, subscription) = Subscription::new();
        let mut arrivals = self.0.arrivals.lock();
        arrivals.new.push(Follower { feed, source, sent: Instant::now(), is_told: false });
        if !arrivals.served {
            let shared = Arc::clone(&self.0);
            let thread = std::thread::Builder::new().name("followers".into()).spawn(move || serve(&shared));
            arrivals.served = match thread {
                Ok(_) => true,
                Err(error) => {
                    // Whoever follows next tries again, for all.
                    tracing::error!("topics cannot be followed for now: {error}");
                    false
                }
            };
        }
        drop(arrivals);
        self.0.changed.notify_all();
        subscription
    }

    /// Something has happened on a topic in memory.
    pub fn wake(&self) {
        self.0.arrivals.lock().news = true;
        self.0.changed.notify_all();
    }
}

/// Serves all followers until there are none.
fn serve(shared: &Shared) {
    let (mut followers, mut more) = (Vec::<Follower>::new(), false);
    loop {
        let mut arrivals = shared.arrivals.lock();
        if !more {
            shared.changed.wait_while_for(&mut arrivals, |arrivals| arrivals.new.is_empty(), GROUPING);
        }
        if !more && followers.iter().all(|follower| follower.is_told && follower.source.wakes()) {
            let nothing = |arrivals: &mut Arrivals| arrivals.new.is_empty() && !arrivals.news;
            shared.changed.wait_while_for(&mut arrivals, nothing, KEEP_ALIVE);
        }
        followers.append(&mut arrivals.new);
        arrivals.news = false;
        if followers.is_empty() {
            arrivals.served = false;
            return;
        }
        drop(arrivals);
        more = false;
        followers.retain_mut(|follower| {
            let turn = follower.serve();
            more |= matches!(turn, Turn::More);
            !matches!(turn, Turn::Over)
        });
    }
}

impl Follower {
    fn serve(&mut self) -> Turn {
        if !self.feed.is_followed() {
            return Turn::Over;
        }
        if !self.feed.has_room() {
            self.is_told = false;
            return Turn::Later;
        }
        let Some(Group { events, more }) = self.source.next() else { return Turn::Over };
        self.is_told = !more;
        // Without a group for it a follower that has left would not be noticed by those who pass them on.
        if !events.is_empty() || self.sent.elapsed() >= KEEP_ALIVE {
            self.sent = Instant::now();
            // It has room, and nobody else fills it: this does not wait.
            if self.feed.send(events).is_err() {
                return Turn::Over;
            }
        }
        if more { Turn::More } else { Turn::Later }
    }
}
