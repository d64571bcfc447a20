//! Chats: a base model and a tuned one answer the same message. The base is in memory once, for both sides and for all
//! chats with it; the adapter is put beside it. Answers are written in a thread and told on the chat's topic.

mod room;
mod voices;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tunesmith_data::Message;
use tunesmith_model::Adapter;
use tunesmith_protocol::{
    Answer, Chat, ChatNews, ConfigureChat, ErrorCode, EventBody, ItemKind, OpenChat, Sampling, SendMessage, Side,
    StopReason, Topic, Turn, WireError,
};

pub(crate) use room::Room;
use voices::{Voice, check_memory, voices, voices_of};

use crate::loaded::LoadedModel;
use crate::{Studio, clock, models, runs};

/// All chats whose models are still there, the newest first.
pub(crate) fn list(studio: &Studio) -> Result<Vec<Chat>, WireError> {
    let runs = studio.db.items(ItemKind::Run)?;
    let is_there = |run: &String| runs.iter().any(|item| item.id == *run && !item.deleted);
    Ok(studio.db.chats()?.into_iter().filter(|chat| chat.run.as_ref().is_none_or(is_there)).collect())
}

/// Opens a chat and loads its model in the background. A chat in which nothing was said yet is opened again.
pub(crate) fn open(studio: &Studio, args: OpenChat) -> Result<Chat, WireError> {
    let run = args.run.as_deref().map(|run| runs::frozen(studio, run)).transpose()?;
    let model = match (&args.model, &run) {
        (Some(model), _) => model.clone(),
        (None, Some((_, frozen))) => frozen.model.clone(),
        (None, None) => return Err(WireError::invalid("A chat needs a run or a base model", "Choose one")),
    };
    let name = match &args.run {
        Some(run) => runs::get(studio, run)?.name,
        None => models::get(studio, &model)?.name,
    };
    let empty = studio
        .db
        .chats()?
        .into_iter()
        .find(|chat| chat.turns.is_empty() && chat.run == args.run && chat.model == model);
    let known = empty.is_some();
    let mut chat = Chat {
        id: empty.map_or_else(|| clock::new_id("chat"), |chat| chat.id),
        run: args.run,
        title: name,
        system_prompt: run.and_then(|(_, frozen)| frozen.system_prompt).unwrap_or_default(),
        sampling: Sampling::default(),
        sides: Vec::new(),
        context_length: 0,
        turns: Vec::new(),
        model,
    };
    let voices = voices(studio, &chat)?;
    check_memory(studio, &voices)?;
    chat.sides = voices.iter().map(|voice| voice.side).collect();
    let context =
        |voice: &Voice| studio.facts.get(&voice.model).as_ref().as_ref().map_or(0, |facts| facts.context_length);
    chat.context_length = voices.iter().map(context).min().unwrap_or(0);
    let chat = match known {
        // Another window may have written to it meanwhile.
        true => change(studio, &chat.id, |known| {
            (known.sides, known.context_length) = (chat.sides, chat.context_length);
            Ok(())
        })?,
        false => {
            studio.db.set_chat(&chat, clock::now_ms())?;
            chat
        }
    };
    // Opened twice at once, it is loading already.
    let Some(seat) = studio.room.wait_for_seat(&chat.id, std::time::Duration::ZERO) else { return Ok(chat) };
    studio.board.turn_page(&Topic::Chat(chat.id.clone()));
    in_background(studio, &chat.id, seat, ChatNews::Ready, |studio, chat, _| {
        for voice in voices_of(studio, chat)? {
            load(studio, chat, &voice)?;
        }
        Ok(())
    })?;
    Ok(chat)
}

/// Says something, or answers the last message again.
pub(crate) fn send(studio: &Studio, args: SendMessage) -> Result<(), WireError> {
    studio.db.chat(&args.chat)?;
    // Loading is no answer: the message waits for it.
    if studio.room.is_answering(&args.chat) {
        return Err(answering());
    }
    let seat = studio.room.wait_for_seat(&args.chat, std::time::Duration::from_secs(600)).ok_or_else(answering)?;
    let changed = change(studio, &args.chat, |chat| match args.text {
        Some(text) if text.trim().is_empty() => {
            Err(WireError::invalid("There is nothing to say yet", "Write a message"))
        }
        Some(text) => {
            if chat.turns.is_empty() {
                chat.title = title_of(&text);
            }
            chat.turns.push(Turn { user: text, answers: Vec::new() });
            Ok(())
        }
        None => match chat.turns.last_mut() {
            Some(turn) => {
                turn.answers.clear();
                Ok(())
            }
            None => Err(WireError::invalid("There is no message to answer again", "Write a message")),
        },
    });
    changed.inspect_err(|_| studio.room.stand_up(&args.chat))?;
    studio.board.turn_page(&Topic::Chat(args.chat.clone()));
    seat.answers();
    in_background(studio, &args.chat, seat, ChatNews::Idle, answer_all)
}

/// Stops what is being written.
pub(crate) fn stop(studio: &Studio, id: &str) -> Result<(), WireError> {
    studio.db.chat(id)?;
    studio.room.stop(id);
    Ok(())
}

/// Forgets what was said.
pub(crate) fn clear(studio: &Studio, id: &str) -> Result<(), WireError> {
    empty(studio, id, || {
        let forget = |chat: &mut Chat| {
            chat.turns.clear();
            Ok(())
        };
        change(studio, id, forget).map(drop)
    })
}

/// A chat is called by how it begins.
fn title_of(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

/// Gives a chat another title.
pub(crate) fn rename(studio: &Studio, id: &str, title: &str) -> Result<(), WireError> {
    change(studio, id, |chat| {
        chat.title = title.into();
        Ok(())
    })
    .map(drop)
}

/// Puts a chat into the bin, with what was said until now.
pub(crate) fn delete(studio: &Studio, id: &str) -> Result<(), WireError> {
    // Who has it open asks for it again, and hears that it is gone.
    empty(studio, id, || studio.db.set_deleted(ItemKind::Chat, id, Some(clock::now_ms())).map(drop))
}

/// Stops the answer that is being written, does this while no other is, and tells that what was shown is over.
fn empty(studio: &Studio, id: &str, act: impl FnOnce() -> Result<(), WireError>) -> Result<(), WireError> {
    studio.room.stop(id);
    let seat = studio.room.wait_for_seat(id, std::time::Duration::from_secs(30)).ok_or_else(answering)?;
    let done = act();
    drop(seat);
    studio.room.stand_up(id);
    done?;
    studio.board.turn_page(&Topic::Chat(id.into()));
    tell(studio, id, ChatNews::Cleared);
    Ok(())
}

/// Changes system prompt and sampling.
pub(crate) fn configure(studio: &Studio, args: ConfigureChat) -> Result<Chat, WireError> {
    let Sampling { temperature, top_p, max_new_tokens, .. } = args.sampling;
    let wrong = |what: &str| Err(WireError::invalid(what, ""));
    if !(0.0..=10.0).contains(&temperature) {
        return wrong("Temperature must be a number from 0 to 10");
    }
    if !(top_p > 0.0 && top_p <= 1.0) {
        return wrong("Top-p must be above 0 and at most 1");
    }
    if max_new_tokens == 0 {
        return wrong("The longest answer must have at least 1 token");
    }
    change(studio, &args.chat, |chat| {
        chat.system_prompt = args.system_prompt;
        chat.sampling = args.sampling;
        Ok(())
    })
}

/// Changes a chat in the database; two changes at once do not undo each other.
fn change(
    studio: &Studio,
    id: &str,
    change: impl FnOnce(&mut Chat) -> Result<(), WireError>,
) -> Result<Chat, WireError> {
    let _one_at_a_time = studio.room.writing();
    let mut chat = studio.db.chat(id)?;
    change(&mut chat)?;
    studio.db.set_chat(&chat, clock::now_ms())?;
    Ok(chat)
}

/// Does the work of a chat in a thread and tells that it is done; what goes wrong, a panic too, is told to the chat.
/// The seat is free afterwards, and also when no thread could be started.
fn in_background(
    studio: &Studio,
    id: &str,
    seat: Arc<room::Seat>,
    done: ChatNews,
    work: impl FnOnce(&Studio, &str, &AtomicBool) -> Result<(), WireError> + Send + 'static,
) -> Result<(), WireError> {
    let start = || {
        let (me, id) = (studio.me()?, id.to_owned());
        let threads = me.preferences()?.threads as usize;
        let run = move || {
            let worked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                with_threads(threads, || work(&me, &id, seat.stop_flag()))
            }));
            // The seat is free before anyone hears that it is.
            me.room.stand_up(&id);
            let news = match worked {
                Ok(Ok(())) => done,
                Ok(Err(error)) => ChatNews::Failed { error },
                Err(_) => ChatNews::Failed { error: WireError::internal("The model stopped unexpectedly") },
            };
            // Who comes now finds what was said in the chat itself.
            me.board.turn_page(&Topic::Chat(id.clone()));
            tell(&me, &id, news);
        };
        let thread = std::thread::Builder::new().name("chat".into()).spawn(run);
        thread.map(drop).map_err(|error| WireError::internal(format!("no thread to answer in: {error}")))
    };
    start().inspect_err(|_| studio.room.stand_up(id))
}

fn answer_all(studio: &Studio, id: &str, stop: &AtomicBool) -> Result<(), WireError> {
    // The tuned model first: it is the one the user waits for.
    let mut voices = voices_of(studio, id)?;
    // Between two messages the models may have left memory, for a run say.
    check_memory(studio, &voices)?;
    voices.sort_by_key(|voice| voice.side == Side::Base);
    for voice in voices {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let model = load(studio, id, &voice)?;
        tell(studio, id, ChatNews::Started { side: voice.side });
        let answer = answer(studio, id, &voice, &model, stop)?;
        change(studio, id, |chat| {
            if let Some(turn) = chat.turns.last_mut() {
                turn.answers.retain(|other| other.side != voice.side);
                turn.answers.push(answer.clone());
                turn.answers.sort_by_key(|answer| answer.side == Side::Tuned);
            }
            Ok(())
        })?;
        tell(studio, id, ChatNews::Finished { answer });
    }
    Ok(())
}

fn answer(
    studio: &Studio,
    id: &str,
    voice: &Voice,
    model: &LoadedModel,
    stop: &AtomicBool,
) -> Result<Answer, WireError> {
    let chat = studio.db.chat(id)?;
    let adapter = match &voice.adapter {
        Some(folder) => model.adapter(folder)?,
        None => Adapter::none(),
    };
    let messages = messages(&chat, voice.side);
    let read = model.renderer().prompt(&messages, &[])?.len();
    if read as u64 >= u64::from(model.context_length()) {
        return Err(WireError::new(
            ErrorCode::TooBig,
            format!("The conversation has {read} tokens, and this model reads at most {}", model.context_length()),
            "Clear the chat, or say less",
        ));
    }
    let mut on_text = |text: &str| {
        if !text.is_empty() {
            tell(studio, id, ChatNews::Text { side: voice.side, text: text.into() });
        }
        if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let said = model.answer(&adapter, &messages, &[], &chat.sampling, &mut on_text)?;
    studio.room.was_used();
    Ok(Answer {
        side: voice.side,
        text: said.text,
        completion_tokens: said.completion_tokens,
        prompt_tokens: said.prompt_tokens,
        stop_reason: if stop.load(Ordering::Relaxed) { StopReason::Stopped } else { said.stop_reason },
        tokens_per_second: said.tokens_per_second,
    })
}

/// What a side has heard and said so far. Each side remembers its own answers; a message it was stopped before
/// answering it never heard, so that question and answer always alternate.
fn messages(chat: &Chat, side: Side) -> Vec<Message> {
    let mut messages = Vec::new();
    if !chat.system_prompt.is_empty() {
        messages.push(Message::new("system", &chat.system_prompt));
    }
    for (index, turn) in chat.turns.iter().enumerate() {
        if index + 1 == chat.turns.len() {
            messages.push(Message::new("user", &turn.user));
            break;
        }
        let said = turn.answers.iter().find(|answer| answer.side == side);
        if let Some(answer) = said.filter(|answer| !answer.text.is_empty()) {
            messages.push(Message::new("user", &turn.user));
            messages.push(Message::new("assistant", &answer.text));
        }
    }
    messages
}

fn load(studio: &Studio, id: &str, voice: &Voice) -> Result<Arc<LoadedModel>, WireError> {
    studio.room.model(&voice.model, &studio.preferences()?.device, &mut |fraction| {
        tell(studio, id, ChatNews::Loading { fraction })
    })
}

fn tell(studio: &Studio, id: &str, news: ChatNews) {
    studio.board.publish(&Topic::Chat(id.into()), EventBody::Chat { news });
}

/// Computes on that many threads; 0 takes all cores.
fn with_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
        Ok(pool) if threads > 0 => pool.install(work),
        _ => work(),
    }
}

fn answering() -> WireError {
    WireError::new(ErrorCode::Busy, "This chat is still answering", "Stop it, or wait until it is done")
}
