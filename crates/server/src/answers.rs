//! What pages have asked a model, so that it stops when nobody is left who reads it. A page that is loaded again, whose
//! connection breaks off for a moment, or that is hidden, finds its answer where it is.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::runtime::Handle;
use tunesmith_protocol::{Api, JobKind, WireError};

use crate::State;

/// The jobs of the answers that were asked for last, by their chats.
#[derive(Default)]
pub(crate) struct Answers(Mutex<HashMap<String, String>>);

impl Answers {
    /// Takes note of the job that answers a message, if this command was one.
    pub(crate) fn note(&self, api: &dyn Api, asked: &Asked) {
        let Asked::Chat(chat) = asked else { return };
        let jobs = api.list_jobs(()).unwrap_or_else(|error| {
            tracing::warn!("an answer cannot be stopped when its page leaves: {error}");
            Vec::new()
        });
        let answers =
            |kind, subject: Option<&str>| kind == JobKind::Answer && subject.is_some_and(|subject| subject == chat);
        let job = jobs.into_iter().find(|job| answers(job.kind, job.subject.as_ref().map(|item| item.id.as_str())));
        let mut noted = self.lock();
        match job {
            Some(job) => noted.insert(chat.clone(), job.id),
            // It was answered at once.
            None => noted.remove(chat),
        };
    }

    /// Stops what is still being written in this chat for pages.
    pub(crate) fn stop(&self, api: &dyn Api, chat: &str) {
        let job = self.lock().remove(chat);
        if let Some(Err(error)) = job.map(|job| cancel(api, &job)) {
            tracing::warn!("an answer goes on though nobody reads it: {error}");
        }
    }

    /// Stops everything: no page is left.
    pub(crate) fn stop_all(&self, api: &dyn Api) {
        let chats: Vec<String> = self.lock().keys().cloned().collect();
        chats.iter().for_each(|chat| self.stop(api, chat));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, String>> {
        // No code panics while it holds the map, and a map is whole at every moment.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Cancels a job that is still going.
fn cancel(api: &dyn Api, id: &str) -> Result<(), WireError> {
    if api.list_jobs(())?.iter().any(|job| job.id == id) {
        api.cancel_job(id.to_owned())?;
    }
    Ok(())
}

/// What a command asks a model.
#[derive(Clone)]
pub(crate) enum Asked {
    Nothing,
    /// A message in this chat: the answer is read on the chat's topic.
    Chat(String),
    /// An evaluation under this id: nobody reads its result but who has asked.
    Job(String),
}

impl Asked {
    /// What this command asks. An evaluation that its page does not name is given a name here.
    pub(crate) fn by(command: &str, args: &mut Value) -> Self {
        static NAMED: AtomicU64 = AtomicU64::new(0);
        let text = |value: &Value| value.as_str().map(str::to_owned);
        match command {
            "send_message" => text(&args["chat"]).map_or(Self::Nothing, Self::Chat),
            "evaluate" if args.is_object() => {
                if args["job"].is_null() {
                    let number = NAMED.fetch_add(1, Ordering::Relaxed);
                    args["job"] = json!(format!("page-{}-{number}", std::process::id()));
                }
                text(&args["job"]).map_or(Self::Nothing, Self::Job)
            }
            _ => Self::Nothing,
        }
    }
}

/// A request that waits for its command. One that is dropped before that was left by its page.
pub(crate) struct Waiting {
    pub state: State,
    pub asked: Asked,
    pub answered: bool,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.answered || Handle::try_current().is_err() {
            return;
        }
        match std::mem::replace(&mut self.asked, Asked::Nothing) {
            Asked::Nothing => {}
            Asked::Chat(chat) => left(self.state.clone(), None, vec![chat]),
            Asked::Job(job) => {
                let api = self.state.api.clone();
                tokio::task::spawn_blocking(move || {
                    // Before the job has begun this is kept for it, so that it never does.
                    if let Err(error) = api.cancel_job(job) {
                        tracing::warn!("an evaluation goes on though nobody waits for it: {error}");
                    }
                });
            }
        }
    }
}

/// A page has left that read or asked in these chats, over this stream: where no other reads them by then, their answers stop after a while.
pub(crate) fn left(state: State, stream: Option<u64>, chats: Vec<String>) {
    // Without a runtime the server itself ends, and stops them all.
    if chats.is_empty() || Handle::try_current().is_err() {
        return;
    }
    tokio::spawn(async move {
        tokio::time::sleep(state.limits.absence).await;
        if stream.is_some_and(|stream| state.streams.is_hidden(stream)) {
            return;
        }
        let unread: Vec<String> = chats.into_iter().filter(|chat| !state.streams.reads(chat)).collect();
        if !unread.is_empty() {
            tokio::task::spawn_blocking(move || {
                unread.iter().for_each(|chat| state.answers.stop(state.api.as_ref(), chat));
            });
        }
    });
}
