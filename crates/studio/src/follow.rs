//! Following topics. What is only news (chats, tasks, changes to the library) is numbered and kept in memory; a run's
//! records are read from its folder, so those of another process come the same way.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tunesmith_protocol::{Event, EventBody, Subscription, Topic};

use crate::home::RunFolder;
use crate::journal::Tail;

/// At most ten groups a second.
const GROUPING: Duration = Duration::from_millis(100);
/// How often a quiet topic sends an empty group, to notice followers that have left.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);
/// Records in one group at most.
const GROUP: usize = 2000;
/// News kept for followers that come back.
const KEPT: usize = 20_000;

/// All topics that live in memory.
#[derive(Default)]
pub(crate) struct Board {
    channels: Mutex<HashMap<Topic, Arc<Channel>>>,
}

/// One topic in memory.
#[derive(Default)]
struct Channel {
    news: Mutex<News>,
    changed: Condvar,
}

#[derive(Default)]
struct News {
    events: VecDeque<Event>,
    last_seq: u64,
    /// Followers from the very start begin after this: what came before is part of the thing itself by now.
    start: u64,
    ended: bool,
}

impl Board {
    /// Tells the followers of a topic.
    pub fn publish(&self, topic: &Topic, body: EventBody) {
        let channel = self.channel(topic);
        let mut news = channel.lock();
        news.last_seq += 1;
        let seq = news.last_seq;
        news.events.push_back(Event { seq, body });
        if news.events.len() > KEPT {
            news.events.pop_front();
        }
        drop(news);
        channel.changed.notify_all();
    }

    /// Tells everyone to fetch the lists again.
    pub fn library_changed(&self) {
        self.turn_page(&Topic::Library);
        self.publish(&Topic::Library, EventBody::Library);
    }

    /// From here on a new follower gets only what follows.
    pub fn turn_page(&self, topic: &Topic) {
        let channel = self.channel(topic);
        let mut news = channel.lock();
        news.start = news.last_seq;
    }

    /// Ends a topic: followers get what is left and nothing more.
    pub fn end(&self, topic: &Topic) {
        let channel = self.channel(topic);
        channel.lock().ended = true;
        channel.changed.notify_all();
        // Those who follow it hold it themselves.
        self.lock().remove(topic);
    }

    /// Follows a topic from the record after `after_seq`. A number that was never given out is from another life of
    /// this process: then everything is new.
    pub fn follow(&self, topic: &Topic, after_seq: u64) -> Subscription {
        let channel = self.channel(topic);
        let (sender, subscription) = Subscription::new();
        std::thread::spawn(move || {
            let mut seen = {
                let news = channel.lock();
                if after_seq == 0 || after_seq > news.last_seq { news.start } else { after_seq }
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
        self.lock().entry(topic.clone()).or_default().clone()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Topic, Arc<Channel>>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Channel {
    /// Waits for the records after `seen`; none after a while of quiet. `None` when the topic has ended.
    fn after(&self, seen: u64) -> Option<Vec<Event>> {
        let unseen = |news: &mut News| news.last_seq <= seen && !news.ended;
        let (news, _) =
            self.changed.wait_timeout_while(self.lock(), SIGN_OF_LIFE, unseen).unwrap_or_else(PoisonError::into_inner);
        let group: Vec<Event> = news.events.iter().filter(|event| event.seq > seen).take(GROUP).cloned().collect();
        match group.is_empty() && news.ended {
            true => None,
            false => Some(group),
        }
    }

    fn lock(&self) -> MutexGuard<'_, News> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
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
            if (!group.is_empty() || quiet >= SIGN_OF_LIFE) && sender.send(group).is_err() {
                return;
            }
            if quiet >= SIGN_OF_LIFE {
                quiet = Duration::ZERO;
            }
            if !more {
                std::thread::sleep(GROUPING);
            }
        }
    });
    subscription
}
