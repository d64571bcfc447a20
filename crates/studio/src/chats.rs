//! Chats: a base model and a tuned one answer the same message. The base is in memory once, for both sides and for all
//! chats with it; the adapter is put beside it. Answers are written in the background and told on the chat's topic.

mod answering;
mod participants;
mod refusals;
mod remarks;
mod turns;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tunesmith_protocol::{
    Chat, ChatHead, ChatNews, ConfigureChat, ErrorCode, EventBody, ItemKind, Job, JobKind, OpenChat, Sampling,
    SendMessage, Topic, WireError,
};

use crate::home::PreferencesStore;
use crate::home::db::{Db, StoredChat};
use crate::ids;
use crate::jobs::{Claim, Jobs, NewJob};
use crate::models::Models;
use crate::pool::Pool;
use crate::runs::Runs;
use crate::topics::Topics;
use participants::Participant;

/// How long an answer may take to stop.
const TO_STOP: Duration = Duration::from_secs(30);

/// The chats of a home.
pub(crate) struct Chats {
    db: Arc<Db>,
    topics: Arc<Topics>,
    jobs: Jobs,
    models: Arc<Models>,
    runs: Arc<Runs>,
    pool: Arc<Pool>,
    preferences: PreferencesStore,
    /// Held while a chat in the database changes: two changes at once do not undo each other.
    changing: Mutex<()>,
    /// Held while a message is taken in: of two at once, the second finds the chat answering.
    sending: Mutex<()>,
}

/// What chats need of the rest.
pub(crate) struct ChatParts {
    pub db: Arc<Db>,
    pub topics: Arc<Topics>,
    pub jobs: Jobs,
    pub models: Arc<Models>,
    pub runs: Arc<Runs>,
    pub pool: Arc<Pool>,
    pub preferences: PreferencesStore,
}

impl Chats {
    pub fn new(parts: ChatParts) -> Self {
        let ChatParts { db, topics, jobs, models, runs, pool, preferences } = parts;
        Self {
            db,
            topics,
            jobs,
            models,
            runs,
            pool,
            preferences,
            changing: Mutex::default(),
            sending: Mutex::default(),
        }
    }

    /// All chats whose models are still there, the newest first.
    pub fn list(&self) -> Result<Vec<ChatHead>, WireError> {
        let runs = self.db.items(ItemKind::Run)?;
        let is_there = |run: &String| runs.iter().any(|item| item.id == *run && !item.is_deleted());
        let chats = self.db.chats()?.into_iter().filter(|chat| chat.run.as_ref().is_none_or(is_there));
        Ok(chats.map(head).collect())
    }

    /// One chat.
    pub fn get(&self, id: &str) -> Result<Chat, WireError> {
        self.db.chat(id)
    }

    /// Opens a chat and loads its model in the background. A chat in which nothing was said yet is opened again.
    pub fn open(self: &Arc<Self>, args: OpenChat) -> Result<Chat, WireError> {
        let run = args.run.as_deref().map(|run| self.runs.manifest(run)).transpose()?;
        let model = match (&args.model, &run) {
            (Some(model), _) => model.clone(),
            (None, Some(manifest)) => manifest.model.clone(),
            (None, None) => return Err(refusals::no_model()),
        };
        let name = match &args.run {
            Some(run) => self.runs.get(run)?.name,
            None => self.models.get(&model)?.name,
        };
        let is_empty = |chat: &Chat| chat.turns.is_empty() && chat.run == args.run && chat.model == model;
        let empty = self.db.chats()?.into_iter().find(is_empty);
        let known = empty.is_some();
        let mut chat = Chat {
            id: empty.map_or_else(|| ids::new_id("chat"), |chat| chat.id),
            run: args.run,
            title: name,
            system_prompt: run.and_then(|manifest| manifest.system_prompt.clone()).unwrap_or_default(),
            sampling: Sampling::default(),
            sides: Vec::new(),
            context_length: 0,
            remarks: Vec::new(),
            turns: Vec::new(),
            changed_ms: ids::now_ms(),
            model,
        };
        let participants = self.participants(&chat)?;
        self.check_memory(&participants)?;
        chat.sides = participants.iter().map(|participant| participant.side).collect();
        chat.context_length = self.context_length(&participants);
        let chat = match known {
            // Another window may have written to it meanwhile.
            true => self.change(&chat.id, |known| {
                (known.sides, known.context_length) = (chat.sides, chat.context_length);
                Ok(())
            })?,
            false => {
                self.db.set_chat(&StoredChat { chat: chat.clone(), earlier: None })?;
                chat
            }
        };
        // Opened twice at once, it is loading already.
        if !self.is_loading(&chat.id) && !self.is_answering(&chat.id) {
            self.topics.hide_past(&topic(&chat.id));
            self.in_background(JobKind::Load, &chat, ChatNews::Ready, Self::load_all)?;
        }
        Ok(chat)
    }

    /// Says something, or says or answers a message anew. While the models load, the message waits for them.
    pub fn send(self: &Arc<Self>, args: SendMessage) -> Result<(), WireError> {
        self.db.chat(&args.chat)?;
        let _one_at_a_time = self.sending.lock();
        if self.is_answering(&args.chat) {
            return Err(refusals::answering());
        }
        let chat = self.change_stored(&args.chat, |stored| turns::say(stored, args.text, args.turn))?;
        self.topics.hide_past(&topic(&args.chat));
        // It is the newest of the list now, and may have got its title.
        self.topics.library_changed();
        self.in_background(JobKind::Answer, &chat, ChatNews::Idle, Self::answer_all)
    }

    /// Stops what is being written.
    pub fn stop(&self, id: &str) -> Result<(), WireError> {
        self.db.chat(id)?;
        self.cancel_answers(id);
        Ok(())
    }

    /// Forgets what was said, until `undo`.
    pub fn clear(&self, id: &str) -> Result<(), WireError> {
        self.end(id, || self.change_stored(id, turns::clear).map(drop))?;
        self.topics.library_changed();
        Ok(())
    }

    /// Brings back what was said before it was cleared or said anew; what was said since is brought back by the next undo.
    pub fn undo(&self, id: &str) -> Result<Chat, WireError> {
        self.end(id, || self.change_stored(id, turns::undo).map(drop))?;
        self.topics.library_changed();
        self.db.chat(id)
    }

    /// The bytes that the chat's models take in memory.
    pub fn memory(&self, id: &str) -> Result<u64, WireError> {
        Ok(self.pool.bytes_of(&self.requests(&self.participants_of(id)?)?))
    }

    /// Lets go of the chat's models; the next message loads them again.
    pub fn unload(&self, id: &str) -> Result<u64, WireError> {
        if self.is_answering(id) {
            return Err(refusals::answering());
        }
        self.pool.release(&self.requests(&self.participants_of(id)?)?)
    }

    /// Gives a chat another title.
    pub fn rename(&self, id: &str, title: &str) -> Result<(), WireError> {
        self.change(id, |chat| {
            chat.title = title.into();
            Ok(())
        })
        .map(drop)
    }

    /// Puts a chat into the bin, with what was said until now.
    pub fn delete(&self, id: &str) -> Result<(), WireError> {
        // Who has it open asks for it again, and hears that it is gone.
        self.end(id, || self.db.set_deleted(ItemKind::Chat, id, Some(ids::now_ms())).map(drop))
    }

    /// Changes system prompt and sampling.
    pub fn configure(&self, args: ConfigureChat) -> Result<Chat, WireError> {
        refusals::check(&args.sampling)?;
        self.change(&args.chat, |chat| {
            chat.system_prompt = args.system_prompt;
            chat.sampling = args.sampling;
            Ok(())
        })
    }

    /// Ends all answers and loads, and waits for them a little.
    pub fn end_all(&self, patience: Duration) {
        let kinds = [JobKind::Answer, JobKind::Load];
        kinds.iter().for_each(|kind| self.jobs.cancel_all(*kind));
        self.pool.empty();
        self.jobs.wait_for_quiet(&kinds, patience);
    }

    /// Stops the answer that is being written, does this while no other is, and tells that what was shown is over.
    fn end(&self, id: &str, act: impl FnOnce() -> Result<(), WireError>) -> Result<(), WireError> {
        self.cancel_answers(id);
        let job = NewJob::new(JobKind::Edit, "").on(ItemKind::Chat, id).claims(Claim::Chat(id.into()));
        let ended = self.jobs.run_within(Some(TO_STOP), job, |_| act());
        ended.map_err(|error| if error.code == ErrorCode::Busy { refusals::answering() } else { error })?;
        self.topics.hide_past(&topic(id));
        self.tell(id, ChatNews::Cleared);
        Ok(())
    }

    /// Cancels the answers of a chat; its models go on loading.
    fn cancel_answers(&self, id: &str) {
        self.work_of(JobKind::Answer, id).for_each(|job| self.jobs.cancel_running(&job.id));
    }

    fn is_answering(&self, id: &str) -> bool {
        self.work_of(JobKind::Answer, id).next().is_some()
    }

    fn is_loading(&self, id: &str) -> bool {
        self.work_of(JobKind::Load, id).next().is_some()
    }

    fn work_of(&self, kind: JobKind, id: &str) -> impl Iterator<Item = Job> {
        self.jobs.of_kind(kind).into_iter().filter(move |job| job.subject.as_ref().is_some_and(|chat| chat.id == id))
    }

    fn context_length(&self, participants: &[Participant]) -> u32 {
        let context = |participant: &Participant| {
            self.models.facts(&participant.model).as_ref().as_ref().map_or(0, |facts| facts.context_length)
        };
        participants.iter().map(context).min().unwrap_or(0)
    }

    /// Changes a chat in the database.
    fn change(&self, id: &str, change: impl FnOnce(&mut Chat) -> Result<(), WireError>) -> Result<Chat, WireError> {
        self.change_stored(id, |stored| change(&mut stored.chat))
    }

    /// Changes a chat in the database, and what an undo brings back.
    fn change_stored(
        &self,
        id: &str,
        change: impl FnOnce(&mut StoredChat) -> Result<(), WireError>,
    ) -> Result<Chat, WireError> {
        let _one_at_a_time = self.changing.lock();
        let mut stored = self.db.stored_chat(id)?;
        change(&mut stored)?;
        self.db.set_chat(&stored)?;
        Ok(stored.chat)
    }

    fn tell(&self, id: &str, news: ChatNews) {
        self.topics.publish(&topic(id), EventBody::Chat { news });
    }
}

/// The beginning of a first message is title enough.
const LONGEST_TITLE: usize = 200;

fn head(chat: Chat) -> ChatHead {
    let said = chat.turns.first().map(|turn| turn.user.chars().take(LONGEST_TITLE).collect());
    ChatHead {
        turns: u32::try_from(chat.turns.len()).unwrap_or(u32::MAX),
        title: if chat.title.is_empty() { said.unwrap_or_default() } else { chat.title },
        id: chat.id,
        run: chat.run,
        model: chat.model,
        changed_ms: chat.changed_ms,
    }
}

fn topic(id: &str) -> Topic {
    Topic::Chat(id.into())
}
