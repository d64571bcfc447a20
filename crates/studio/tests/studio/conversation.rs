//! Conversations that grow beyond the context, and that are changed afterwards.

use std::ops::ControlFlow;

use tunesmith_data::Message;
use tunesmith_protocol::*;

use crate::chats::{base_chat, say, wait_until_idle};
use crate::damage::in_database;
use crate::support::*;

/// Says or answers the turn at a place anew, and waits for the answers.
fn say_anew(api: &dyn Api, chat: &str, text: Option<&str>, turn: u32) -> Result<Vec<Turn>, WireError> {
    let message = SendMessage { chat: chat.into(), text: text.map(str::to_owned), turn: Some(turn) };
    api.send_message(message)?;
    wait_until_idle(&api.subscribe(Topic::Chat(chat.into()), 0).unwrap());
    Ok(api.get_chat(chat.into()).unwrap().turns)
}

fn questions(turns: &[Turn]) -> Vec<&str> {
    turns.iter().map(|turn| turn.user.as_str()).collect()
}

#[test]
fn a_full_context_leaves_out_the_oldest_turns_and_says_how_many() {
    let place = Place::new();
    let studio = place.open();
    let chat = base_chat(&place, studio.as_ref(), 5);
    // Each turn has 100 tokens and a few more; the context has 512.
    let question = |number: usize| format!("{number}{}", "?".repeat(90));
    let answers: Vec<Answer> =
        (0..8).map(|number| say(studio.as_ref(), &chat.id, Some(&question(number))).answers.remove(0)).collect();
    let unread: Vec<u32> = answers.iter().map(|answer| answer.unread_turns).collect();
    assert_eq!(unread[..4], [0; 4], "four fit");
    assert!(unread[7] > 0 && unread.is_sorted(), "{unread:?}");
    assert!(answers.iter().all(|answer| answer.prompt_tokens <= 512 - 5), "room for the answer is left");
    let rises = unread.windows(2).filter(|pair| pair[1] > pair[0]).count();
    assert!(rises <= 2, "what is left out goes in larger parts, so that the rest stays read: {unread:?}");

    // What is held of the conversation is as if nothing else had ever been read.
    let turns = studio.get_chat(chat.id.clone()).unwrap().turns;
    let last = answers.last().unwrap();
    let mut messages = vec![Message::new("system", "Be brief")];
    for turn in &turns[last.unread_turns as usize..7] {
        messages.push(Message::new("user", &turn.user));
        messages.push(Message::new("assistant", &turn.answers[0].text));
    }
    messages.push(Message::new("user", &turns[7].user));
    let loaded =
        tunesmith_studio::load_model(&place.home(), &place.model_folder(), None, &mut |_| ControlFlow::Continue(()))
            .unwrap();
    let sampling = studio.get_chat(chat.id).unwrap().sampling;
    let alone = loaded
        .answer(&tunesmith_studio::Adapter::none(), &messages, &[], &sampling, &mut |_| ControlFlow::Continue(()))
        .unwrap();
    assert_eq!((&alone.text, alone.prompt_tokens), (&last.text, last.prompt_tokens));
}

#[test]
fn after_turns_were_left_out_the_next_message_reads_only_what_is_new() {
    let place = Place::new();
    let studio = place.open();
    let chat = base_chat(&place, studio.as_ref(), 5);
    let mut before: Option<Answer> = None;
    for number in 0..12 {
        let answer = say(studio.as_ref(), &chat.id, Some(&format!("{number}{}", "?".repeat(60)))).answers.remove(0);
        if let Some(before) = before.filter(|before| before.unread_turns == answer.unread_turns) {
            assert!(answer.cached_tokens >= before.prompt_tokens, "{before:?} {answer:?}");
        }
        before = Some(answer);
    }
    assert!(before.unwrap().unread_turns > 0);
}

#[test]
fn which_messages_are_read_depends_on_the_context_and_on_the_longest_answer() {
    let place = Place::new();
    let folder = place.model_folder();
    let loaded =
        tunesmith_studio::load_model(&place.home(), &folder, None, &mut |_| ControlFlow::Continue(())).unwrap();
    // A message takes its bytes and two marks, 50 tokens here; the mark of the answer comes after all of them.
    let message = |role: &str| Message::new(role, "x".repeat(48));
    let talk = |turns: usize| {
        let mut messages = vec![message("system")];
        (1..turns).for_each(|_| messages.extend([message("user"), message("assistant")]));
        messages.push(message("user"));
        messages
    };
    let unread = |turns: usize, before: usize, longest: u32| loaded.fit(&talk(turns), before, longest).unwrap().unread;
    // Of 512 tokens the system prompt and nine messages take 501: behind them an answer of 11 fits, one of 12 does not.
    assert_eq!(unread(5, 0, 11), 0);
    // 500 are left for them then; where that is too little, 375 are used: the system prompt and up to six messages.
    assert_eq!(unread(5, 0, 12), 4, "and the first that is read is a question");
    assert_eq!(unread(3, 0, 10_000), 0, "an answer is promised a quarter, 128, and not more: 301 and 128 fit");
    assert_eq!(unread(4, 0, 10_000), 4, "401 and 128 do not");
    assert_eq!(unread(6, 0, 1), 6);
    assert_eq!(unread(6, 2, 1), 2, "what was left out stays so, and as long as the rest fits, it stays too");
    assert_eq!(unread(7, 2, 1), 8);
    let fitted = loaded.fit(&talk(6), 0, 1).unwrap();
    assert_eq!(fitted.messages[0], message("system"), "the system prompt stays");
    assert_eq!(fitted.messages.len(), 1 + 5);
    let alone = [message("system"), Message::new("user", "x".repeat(500))];
    let error = loaded.fit(&alone, 0, 1).unwrap_err();
    assert_eq!((error.code, error.message.key.as_ref()), (ErrorCode::TooBig, "chat-message-too-long"));
}

#[test]
fn a_message_that_is_said_anew_takes_what_followed_away_until_undone() {
    let place = Place::new();
    let studio = place.open();
    let api: &dyn Api = studio.as_ref();
    let chat = base_chat(&place, api, 5);
    ["one", "two", "three"].iter().for_each(|text| drop(say(api, &chat.id, Some(text))));
    let before = api.get_chat(chat.id.clone()).unwrap().turns;

    let after = say_anew(api, &chat.id, Some("TWO"), 1).unwrap();
    assert_eq!(questions(&after), ["one", "TWO"]);
    assert_eq!((&after[0], after[1].answers.len()), (&before[0], 1));
    assert_eq!(api.undo_chat(chat.id.clone()).unwrap().turns, before);
    assert_eq!(api.undo_chat(chat.id.clone()).unwrap().turns, after, "a second undo takes the first one back");
    api.undo_chat(chat.id.clone()).unwrap();

    let again = say_anew(api, &chat.id, None, 1).unwrap();
    assert_eq!(questions(&again), ["one", "two"]);
    assert_eq!(again[1].answers[0].text, before[1].answers[0].text, "the same seed, the same answer");
    assert_eq!(api.undo_chat(chat.id.clone()).unwrap().turns, before);

    say_anew(api, &chat.id, Some("ONE"), 0).unwrap();
    assert_eq!(api.get_chat(chat.id.clone()).unwrap().title, "ONE", "a chat is called by how it begins");
    assert_eq!(say_anew(api, &chat.id, Some("far"), 7).unwrap_err().code, ErrorCode::NotFound);
    assert_eq!(say_anew(api, &chat.id, Some(" "), 0).unwrap_err().code, ErrorCode::Invalid);
}

#[test]
fn a_cleared_chat_comes_back_also_after_a_restart() {
    let place = Place::new();
    let studio = place.open();
    let chat = base_chat(&place, studio.as_ref(), 5);
    assert_eq!(studio.undo_chat(chat.id.clone()).unwrap_err().code, ErrorCode::Invalid, "nothing to undo");
    say(studio.as_ref(), &chat.id, Some("Hello"));
    let said = studio.get_chat(chat.id.clone()).unwrap().turns;
    studio.clear_chat(chat.id.clone()).unwrap();
    studio.clear_chat(chat.id.clone()).unwrap();
    drop(studio);
    let studio = place.open();
    assert!(studio.get_chat(chat.id.clone()).unwrap().turns.is_empty());
    assert_eq!(studio.undo_chat(chat.id.clone()).unwrap().turns, said);
    assert_eq!(studio.get_chat(chat.id).unwrap().turns, said);
}

#[test]
fn the_models_of_a_chat_leave_memory_and_the_next_message_loads_them_again() {
    let place = Place::new();
    let studio = place.open();
    let chat = base_chat(&place, studio.as_ref(), 5);
    let before = say(studio.as_ref(), &chat.id, Some("Hello")).answers.remove(0);
    let held = studio.chat_memory(chat.id.clone()).unwrap();
    let weights = std::fs::metadata(place.path().join("tiny/model.safetensors")).unwrap().len();
    assert!(held > weights / 2, "{held} bytes in memory, {weights} on disk");
    assert_eq!(studio.unload_chat(chat.id.clone()).unwrap(), held);
    assert_eq!(studio.chat_memory(chat.id.clone()).unwrap(), 0);
    assert_eq!(studio.unload_chat(chat.id.clone()).unwrap(), 0, "nothing is left to go");
    let after = say(studio.as_ref(), &chat.id, None).answers.remove(0);
    assert_eq!((after.text, after.cached_tokens), (before.text, 0));
    assert!(studio.chat_memory(chat.id).unwrap() > 0);
}

#[test]
fn the_chat_in_which_something_was_said_last_is_the_newest_at_once() {
    let place = Place::new();
    let studio = place.open();
    let first = base_chat(&place, studio.as_ref(), 5);
    say(studio.as_ref(), &first.id, Some("first"));
    let second = base_chat(&place, studio.as_ref(), 5);
    let library = studio.subscribe(Topic::Library, 0).unwrap();
    let listed = || studio.list_chats(()).unwrap().into_iter().map(|chat| chat.id).collect::<Vec<_>>();
    say(studio.as_ref(), &second.id, Some("second"));
    let told = library.next_within(PATIENCE).unwrap().expect("news in time");
    assert!(told.iter().any(|event| event.body == EventBody::Library), "{told:?}");
    assert_eq!(listed(), [second.id.clone(), first.id.clone()]);
    let chat = studio.get_chat(first.id.clone()).unwrap();
    let configure = ConfigureChat { chat: chat.id, system_prompt: "Be kind".into(), sampling: chat.sampling };
    assert_eq!(studio.configure_chat(configure).unwrap().changed_ms, chat.changed_ms, "nothing was said");
    assert_eq!(listed(), [second.id.clone(), first.id.clone()]);
    say(studio.as_ref(), &first.id, Some("again"));
    assert_eq!(listed(), [first.id.clone(), second.id]);
    assert!(studio.get_chat(first.id).unwrap().changed_ms > chat.changed_ms);
}

#[test]
fn a_list_of_chats_holds_no_messages_and_says_how_many_there_are() {
    let place = Place::new();
    let studio = place.open();
    let chat = base_chat(&place, studio.as_ref(), 5);
    assert_eq!(studio.list_chats(()).unwrap()[0].turns, 0);
    say(studio.as_ref(), &chat.id, Some("A secret of many words"));
    say(studio.as_ref(), &chat.id, Some("Another"));
    let whole = studio.get_chat(chat.id.clone()).unwrap();
    let listed = studio.list_chats(()).unwrap().remove(0);
    assert_eq!((listed.turns, &listed.title), (2, &whole.title));
    let wire = serde_json::to_string(&listed).unwrap();
    assert!(!wire.contains("Another") && !wire.contains("answers"), "{wire}");
}

#[test]
fn a_repetition_penalty_is_kept_with_the_chat_and_changes_its_answers() {
    let place = Place::new();
    let studio = place.open();
    let chat = base_chat(&place, studio.as_ref(), 40);
    let set = |temperature: f64, repetition_penalty: f64| {
        let sampling = Sampling { temperature, repetition_penalty, max_new_tokens: 40, ..Sampling::default() };
        let configure = ConfigureChat { chat: chat.id.clone(), system_prompt: String::new(), sampling };
        studio.configure_chat(configure).map(|chat| chat.sampling.repetition_penalty)
    };
    set(0.0, 1.0).unwrap();
    let plain = say(studio.as_ref(), &chat.id, Some("Hello")).answers.remove(0).text;
    assert_eq!(set(0.0, 2.0).unwrap(), 2.0);
    let penalised = say(studio.as_ref(), &chat.id, None).answers.remove(0).text;
    assert_ne!(penalised, plain);
    for wrong in [0.9, 2.1, f64::NAN] {
        assert_eq!(set(0.0, wrong).unwrap_err().message.key, "chat-repetition-penalty-range");
    }
}

#[test]
fn a_chat_from_before_has_no_repetition_penalty_and_the_date_of_its_last_change() {
    let place = Place::new();
    let studio = place.open();
    let chat = base_chat(&place, studio.as_ref(), 5);
    say(studio.as_ref(), &chat.id, Some("Hello"));
    let said = studio.get_chat(chat.id.clone()).unwrap();
    drop(studio);
    in_database(
        &place,
        "UPDATE chats SET chat = json_remove(chat, '$.sampling.repetition_penalty', '$.changed_ms', '$.turns[0].answers[0].unread_turns')",
    );
    let studio = place.open();
    assert_eq!(studio.get_chat(chat.id).unwrap(), said);
    let listed = studio.list_chats(()).unwrap().remove(0);
    assert_eq!((listed.id, listed.title, listed.changed_ms), (said.id, said.title, said.changed_ms));
}
