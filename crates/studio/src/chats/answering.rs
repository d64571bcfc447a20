//! The work of a chat in the background: its models are loaded, and its messages answered, side by side.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tunesmith_data::Message;
use tunesmith_protocol::{Answer, Chat, ChatNews, ErrorCode, ItemKind, JobKind, Side, StopReason, WireError};
use tunesmith_sentence::say;

use super::participants::Participant;
use super::{Chats, topic};
use crate::jobs::{Claim, JobHandle, NewJob, notes};
use crate::pool::Lease;

impl Chats {
    /// Does the work of a chat in the background and tells that it is done; what goes wrong, a panic too, is told to the
    /// chat.
    pub(super) fn in_background(
        self: &Arc<Self>,
        kind: JobKind,
        chat: &Chat,
        done: ChatNews,
        work: fn(&Self, &str, &JobHandle) -> Result<(), WireError>,
    ) -> Result<(), WireError> {
        let (chats, id) = (self.clone(), chat.id.clone());
        let threads = self.preferences.get()?.threads as usize;
        let job = NewJob::new(kind, &chat.title).on(ItemKind::Chat, &id).claims(Claim::Chat(id.clone()));
        let worked = move |job: &JobHandle| {
            let work = || with_threads(threads, || work(&chats, &id, job));
            let worked = catch_unwind(AssertUnwindSafe(work));
            worked.unwrap_or_else(|_| Err(stopped_unexpectedly()))
        };
        let (chats, id) = (self.clone(), chat.id.clone());
        self.jobs.spawn_then(job.keeps_home_open(), worked, move |ended| {
            let news = match ended {
                Err(error) if error.code == ErrorCode::Cancelled && kind == JobKind::Answer => ChatNews::Idle,
                Err(error) => ChatNews::Failed { error },
                Ok(()) => done,
            };
            // Who comes now finds what was said in the chat itself.
            chats.topics.hide_past(&topic(&id));
            chats.tell(&id, news);
        })
    }

    pub(super) fn load_all(&self, id: &str, job: &JobHandle) -> Result<(), WireError> {
        let mut remarks = Vec::new();
        for participant in self.participants_of(id)? {
            let model = self.load(id, &participant, job)?;
            remarks.extend(self.remarks_on(id, &participant, &model)?);
        }
        self.keep_remarks(id, remarks)
    }

    pub(super) fn answer_all(&self, id: &str, job: &JobHandle) -> Result<(), WireError> {
        if self.db.chat(id)?.turns.is_empty() {
            // It was cleared while the message waited.
            return Ok(());
        }
        // The tuned model first: it is the one the user waits for.
        let mut participants = self.participants_of(id)?;
        // Between two messages the models may have left memory, for a run say.
        self.check_memory(&participants)?;
        participants.sort_by_key(|participant| participant.side == Side::Base);
        let mut remarks = Vec::new();
        for participant in participants {
            if job.cancel_token().is_cancelled() {
                // What is to be known of the others stays as it was.
                return Ok(());
            }
            let model = self.load(id, &participant, job)?;
            remarks.extend(self.remarks_on(id, &participant, &model)?);
            let answer = self.answer(id, &participant, &model, job)?;
            self.change(id, |chat| {
                if let Some(turn) = chat.turns.last_mut() {
                    turn.answers.retain(|other| other.side != participant.side);
                    turn.answers.push(answer.clone());
                    turn.answers.sort_by_key(|answer| answer.side == Side::Tuned);
                }
                Ok(())
            })?;
            self.tell(id, ChatNews::Finished { answer });
        }
        self.keep_remarks(id, remarks)
    }

    fn answer(&self, id: &str, participant: &Participant, model: &Lease, job: &JobHandle) -> Result<Answer, WireError> {
        let chat = self.db.chat(id)?;
        let side = participant.side;
        let Remembered { messages, places, unread } = Remembered::of(&chat, side);
        let fitted = model.fit(&messages, unread, chat.sampling.max_new_tokens)?;
        let unread_turns = places[fitted.unread / 2];
        self.tell(id, ChatNews::Started { side, unread_turns });
        let mut on_text = |text: &str| {
            if !text.is_empty() {
                self.tell(id, ChatNews::Text { side, text: text.into() });
            }
            job.go_on()
        };
        let conversation = format!("{id} {side:?}");
        let adapter = participant.adapter.as_deref();
        let answered = model.answer_in(&conversation, adapter, &fitted.messages, &chat.sampling, &mut on_text)?;
        let stopped = job.cancel_token().is_cancelled();
        Ok(Answer {
            side,
            text: answered.text,
            completion_tokens: answered.completion_tokens,
            prompt_tokens: answered.prompt_tokens,
            cached_tokens: answered.cached_tokens,
            unread_turns,
            stop_reason: if stopped { StopReason::Stopped } else { answered.stop_reason },
            tokens_per_second: answered.tokens_per_second,
        })
    }

    fn load(&self, id: &str, participant: &Participant, job: &JobHandle) -> Result<Lease, WireError> {
        let mut progress = |fraction| {
            self.tell(id, ChatNews::Loading { fraction });
            // The pool asks the token itself.
            let _: ControlFlow<()> = job.share(&notes::loading_model(), fraction);
        };
        self.pool.lease(&self.request(participant)?, job.cancel_token(), &mut progress)
    }
}

/// What a side was told and has answered so far. Each side remembers its own answers; a message it was stopped before
/// answering is left out, so that question and answer always alternate.
pub(super) struct Remembered {
    pub messages: Vec<Message>,
    /// The turn of each question.
    places: Vec<u32>,
    /// How many messages the answer before did not read any more.
    unread: usize,
}

impl Remembered {
    pub fn of(chat: &Chat, side: Side) -> Self {
        let mut messages = Vec::new();
        let (mut places, mut unread_turns) = (Vec::new(), 0);
        if !chat.system_prompt.is_empty() {
            messages.push(Message::new("system", &chat.system_prompt));
        }
        for (place, turn) in (0..).zip(&chat.turns) {
            if place as usize + 1 == chat.turns.len() {
                messages.push(Message::new("user", &turn.user));
                places.push(place);
                break;
            }
            let answered = turn.answers.iter().find(|answer| answer.side == side);
            if let Some(answer) = answered.filter(|answer| !answer.text.is_empty()) {
                messages.push(Message::new("user", &turn.user));
                messages.push(Message::new("assistant", &answer.text));
                places.push(place);
                unread_turns = answer.unread_turns;
            }
        }
        let unread = 2 * places.iter().filter(|place| **place < unread_turns).count();
        Self { messages, places, unread }
    }
}

/// Computes on that many threads; 0 takes all cores.
fn with_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
        Ok(pool) if threads > 0 => pool.install(work),
        _ => work(),
    }
}

fn stopped_unexpectedly() -> WireError {
    WireError::internal(say!("chat-model-stopped", "The model stopped unexpectedly"))
}
