//! Following topics. What is only news (chats, jobs, changes to the library) is numbered and kept in memory; a run's
//! records are read from its folder, so those of another process come the same way.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex, MutexGuard};
use tunesmith_protocol::{Event, EventBody, Subscription, Topic};

use crate::home::RunFolder;
use crate::home::journal::Tail;

/// At most ten groups a second.
const GROUPING: Duration = Duration::from_millis(100);
/// How often a quiet topic sends an empty group, to notice followers that have left.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// Events in one group at most.
const GROUP: usize = 2000;
/// Events of a topic that are kept for followers that come back.
const KEPT: usize = 20_000;
/// The same of the library. Its events carry whole runs, and whoever missed some fetches the lists anyway.
const KEPT_OF_LIBRARY: usize = 200;

/// All topics that live in memory.
#[derive(Default)]
pub(crate) struct Topics {
    channels: Mutex<HashMap<Topic, Arc<Channel>>>,
}

/// One topic in memory.
#[derive(Default)]
struct Channel {
    log: Mutex<Log>,
    changed: Condvar,
}

#[derive(Default)]
struct Log {
    events: VecDeque<Event>,
    last_seq: u64,
    /// A follower from the very start begins after this: what came before is part of the thing itself by now.
    start: u64,
    ended: bool,
}

impl Topics {
    /// Tells the followers of a topic.
    pub fn publish(&self, topic: &Topic, body: EventBody) {
        let kept = if *topic == Topic::Library { KEPT_OF_LIBRARY } else { KEPT };
        let channel = self.channel(topic);
        let mut log = channel.lock();
        log.last_seq += 1;
        let seq = log.last_seq;
        log.events.push_back(Event { seq, body });
        if log.events.len() > kept {
            log.events.pop_front();
        }
        drop(log);
        channel.changed.notify_all();
    }

    /// Tells everyone to fetch the lists again.
    pub fn library_changed(&self) {
        self.hide_past(&Topic::Library);
        self.publish(&Topic::Library, EventBody::Library);
    }

    /// From here on a new follower gets only what follows.
    pub fn hide_past(&self, topic: &Topic) {
        let channel = self.channel(topic);
        let mut log = channel.lock();
        log.start = log.last_seq;
    }

    /// Ends a topic: followers get what is left and nothing more.
    pub fn end(&self, topic: &Topic) {
        let channel = self.channel(topic);
        channel.lock().ended = true;
        channel.changed.notify_all();
        // Those who follow it hold it themselves.
        self.channels.lock().remove(topic);
    }

    /// Follows a topic from the event after `after_seq`. A number that was never given out is from another process: then
    /// everything is new.
    pub fn follow(&self, topic: &Topic, after_seq: u64) -> Subscription {
        let channel = self.channel(topic);
        let (sender, subscription) = Subscription::new();
        std::thread::spawn(move || {
            let mut seen = {
                let log = channel.lock();
                if after_seq == 0 || after_seq > log.last_seq { log.start } else { after_seq }
            };
            while let Some(group) = channel.after(seen) {
                seen = group.last().map_or(seen, |event| event.seq);
                if sender.send(group).is_err() {
                    return;
                }
                std::thread::sleep(GROUPING);
            }
        });
        subscription
    }

    fn channel(&self, topic: &Topic) -> Arc<Channel> {
        self.channels.lock().entry(topic.clone()).or_default().clone()
    }
}

impl Channel {
    /// Waits for the events after `seen`; none after a while of quiet. `None` when the topic has ended.
    fn after(&self, seen: u64) -> Option<Vec<Event>> {
        let mut log = self.lock();
        self.changed.wait_while_for(&mut log, |log| log.last_seq <= seen && !log.ended, KEEP_ALIVE);
        let group: Vec<Event> = log.events.iter().filter(|event| event.seq > seen).take(GROUP).cloned().collect();
        match group.is_empty() && log.ended {
            true => None,
            false => Some(group),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.log.lock()
    }
}

/// Follows the records of a run, whichever process writes them, until its folder is gone.
pub(crate) fn follow_run(folder: RunFolder, after_seq: u64) -> Subscription {
    let (sender, subscription) = Subscription::new();
    std::thread::spawn(move || {
        let mut tail = Tail::new(folder.metrics(), after_seq);
        let mut quiet = Duration::ZERO;
        while folder.path().is_dir() {
            let group = tail.read(GROUP);
            quiet = if group.is_empty() { quiet + GROUPING } else { Duration::ZERO };
            let more = group.len() == GROUP;
            if (!group.is_empty() || quiet >= KEEP_ALIVE) && sender.send(group).is_err() {
                return;
            }
            if quiet >= KEEP_ALIVE {
                quiet = Duration::ZERO;
            }
            if !more {
                std::thread::sleep(GROUPING);
            }
        }
    });
    subscription
}
