//! Following topics. What is only news (chats, jobs, changes to the library) is numbered and kept in memory; a run's
//! records are read from its folder, so those of another process come the same way. One thread hands them to all who follow
//! (`followers`).

mod followers;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use tunesmith_protocol::{Event, EventBody, Subscription, Topic};

use crate::home::RunFolder;
use crate::home::journal::Tail;
use followers::{Followers, GROUP, Group, Source};

/// Events of a topic that are kept for followers that come back.
const KEPT: usize = 20_000;
/// The same of the library. Its events carry whole runs, and whoever missed some fetches the lists anyway.
const KEPT_OF_LIBRARY: usize = 200;

/// All topics that live in memory.
#[derive(Default)]
pub(crate) struct Topics {
    channels: Mutex<HashMap<Topic, Arc<Channel>>>,
    followers: Followers,
}

/// One topic in memory.
#[derive(Default)]
struct Channel {
    log: Mutex<Log>,
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
        self.followers.wake();
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
        self.followers.wake();
        // Those who follow it hold it themselves.
        self.channels.lock().remove(topic);
    }

    /// Follows a topic from the event after `after_seq`. A number that was never given out is from another process: then
    /// everything is new.
    pub fn follow(&self, topic: &Topic, after_seq: u64) -> Subscription {
        let channel = self.channel(topic);
        let seen = {
            let log = channel.lock();
            if after_seq == 0 || after_seq > log.last_seq { log.start } else { after_seq }
        };
        self.followers.add(Box::new(Remembered { channel, seen }))
    }

    /// Follows the records of a run, whichever process writes them, until its folder is gone.
    pub fn follow_run(&self, folder: RunFolder, after_seq: u64) -> Subscription {
        let tail = Tail::new(folder.metrics(), after_seq);
        self.followers.add(Box::new(Recorded { folder, tail }))
    }

    fn channel(&self, topic: &Topic) -> Arc<Channel> {
        self.channels.lock().entry(topic.clone()).or_default().clone()
    }
}

impl Channel {
    fn lock(&self) -> MutexGuard<'_, Log> {
        self.log.lock()
    }
}

/// A topic in memory, as far as one follower has seen it.
struct Remembered {
    channel: Arc<Channel>,
    seen: u64,
}

impl Source for Remembered {
    fn next(&mut self) -> Option<Group> {
        let log = self.channel.lock();
        let next = log.events.partition_point(|event| event.seq <= self.seen);
        let events: Vec<Event> = log.events.range(next..).take(GROUP).cloned().collect();
        if events.is_empty() && log.ended {
            return None;
        }
        self.seen = events.last().map_or(self.seen, |event| event.seq);
        let more = self.seen < log.last_seq || log.ended;
        Some(Group { events, more })
    }

    fn wakes(&self) -> bool {
        true
    }
}

/// The records of a run, as far as one follower has read them.
struct Recorded {
    folder: RunFolder,
    tail: Tail,
}

impl Source for Recorded {
    fn next(&mut self) -> Option<Group> {
        if !self.folder.path().is_dir() {
            return None;
        }
        let before = self.tail.lines();
        let events = self.tail.read(GROUP);
        Some(Group { events, more: self.tail.lines() - before >= GROUP as u64 })
    }

    fn wakes(&self) -> bool {
        false
    }
}
