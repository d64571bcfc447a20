//! Talking to models.

use tunesmith_protocol::*;

use crate::support::*;

/// Says something and waits until all sides have answered.
pub fn say(api: &dyn Api, chat: &str, text: Option<&str>) -> Turn {
    let before = api.get_chat(chat.into()).unwrap().turns;
    api.send_message(SendMessage { chat: chat.into(), text: text.map(str::to_owned), turn: None }).unwrap();
    let news = api.subscribe(Topic::Chat(chat.into()), 0).unwrap();
    wait_until_idle(&news);
    let turn = api.get_chat(chat.into()).unwrap().turns.pop().unwrap();
    assert!(!turn.answers.is_empty(), "answered, after {before:?}");
    turn
}

pub fn wait_until_idle(news: &Subscription) {
    loop {
        for event in news.next_within(PATIENCE).unwrap().expect("news in time") {
            match event.body {
                EventBody::Chat { news: ChatNews::Idle } => return,
                EventBody::Chat { news: ChatNews::Failed { error } } => panic!("{error}"),
                _ => {}
            }
        }
    }
}

pub fn base_chat(place: &Place, api: &dyn Api, max_new_tokens: u32) -> Chat {
    chat_with(api, place.model_folder(), max_new_tokens)
}

fn chat_with(api: &dyn Api, path: String, max_new_tokens: u32) -> Chat {
    let model = api.add_model(AddModel { path: path.into() }).unwrap();
    let chat = api.open_chat(OpenChat { run: None, model: Some(model.id) }).unwrap();
    let sampling = Sampling { temperature: 1.0, max_new_tokens, ..Sampling::default() };
    api.configure_chat(ConfigureChat { chat: chat.id, system_prompt: "Be brief".into(), sampling }).unwrap()
}

#[test]
fn a_base_model_answers_alone_and_the_same_seed_gives_the_same_answer() {
    let place = Place::new();
    let studio = place.open();
    let chat = base_chat(&place, studio.as_ref(), 20);
    assert_eq!((chat.sides.as_slice(), chat.context_length), ([Side::Base].as_slice(), 512));
    let first = say(studio.as_ref(), &chat.id, Some("Hello"));
    assert_eq!((first.user.as_str(), first.answers.len()), ("Hello", 1));
    let again = say(studio.as_ref(), &chat.id, None);
    assert_eq!(again.answers[0].text, first.answers[0].text);
    assert_eq!(studio.get_chat(chat.id.clone()).unwrap().turns.len(), 1, "answering again adds no turn");
    assert!(studio.open_chat(OpenChat { run: None, model: Some(chat.model) }).unwrap().id != chat.id);
}

#[test]
fn a_chat_asks_with_the_template_that_the_model_has_now() {
    let place = Place::new();
    let studio = place.open();
    let chat = base_chat(&place, studio.as_ref(), 5);
    let before = say(studio.as_ref(), &chat.id, Some("Hello")).answers.remove(0);
    let config = place.path().join("tiny/tokenizer_config.json");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("{% for message in messages %}", "{% for message in messages %}---")).unwrap();
    let after = say(studio.as_ref(), &chat.id, None).answers.remove(0);
    assert_eq!(after.prompt_tokens, before.prompt_tokens + 6, "three dashes before each of two messages");
}

#[test]
fn an_answer_can_be_stopped_and_is_kept() {
    let place = Place::new();
    let studio = place.open();
    let folder = place.path().join("slow");
    tunesmith_tests::TinyModel { hidden: 256, middle: 1024, layers: 4, context: 8192, ..Default::default() }
        .write(&folder)
        .unwrap();
    let model = studio.add_model(AddModel { path: folder.as_path().into() }).unwrap();
    let chat = studio.open_chat(OpenChat { run: None, model: Some(model.id) }).unwrap();
    let sampling = Sampling { max_new_tokens: 8000, ..Sampling::default() };
    let configure = ConfigureChat { chat: chat.id, system_prompt: String::new(), sampling };
    let chat = studio.configure_chat(configure).unwrap();
    let news = studio.subscribe(Topic::Chat(chat.id.clone()), 0).unwrap();
    studio
        .send_message(SendMessage { chat: chat.id.clone(), text: Some("Go on for long".into()), turn: None })
        .unwrap();
    let busy = studio
        .send_message(SendMessage { chat: chat.id.clone(), text: Some("Me too".into()), turn: None })
        .unwrap_err();
    assert_eq!(busy.code, ErrorCode::Busy);
    studio.stop_chat(chat.id.clone()).unwrap();
    wait_until_idle(&news);
    let turn = studio.get_chat(chat.id.clone()).unwrap().turns.remove(0);
    assert!(turn.answers.iter().all(|answer| answer.stop_reason == StopReason::Stopped));
}

#[test]
fn a_cleared_chat_has_nothing_to_answer_again() {
    let place = Place::new();
    let studio = place.open();
    let chat = base_chat(&place, studio.as_ref(), 5);
    say(studio.as_ref(), &chat.id, Some("Hello"));
    studio.clear_chat(chat.id.clone()).unwrap();
    assert!(studio.get_chat(chat.id.clone()).unwrap().turns.is_empty());
    let error = studio.send_message(SendMessage { chat: chat.id.clone(), text: None, turn: None }).unwrap_err();
    assert_eq!(error.code, ErrorCode::Invalid);
    let error =
        studio.send_message(SendMessage { chat: chat.id.clone(), text: Some(" ".into()), turn: None }).unwrap_err();
    assert_eq!(error.code, ErrorCode::Invalid);
    say(studio.as_ref(), &chat.id, Some("Still there?"));
}

#[test]
fn a_message_that_fills_the_context_alone_is_refused() {
    let place = Place::new();
    let studio = place.open();
    let chat = base_chat(&place, studio.as_ref(), 5);
    let news = studio.subscribe(Topic::Chat(chat.id.clone()), 0).unwrap();
    studio.send_message(SendMessage { chat: chat.id.clone(), text: Some("long ".repeat(200)), turn: None }).unwrap();
    let error = loop {
        let group = news.next_within(PATIENCE).unwrap().expect("news in time");
        let failed = group.into_iter().find_map(|event| match event.body {
            EventBody::Chat { news: ChatNews::Failed { error } } => Some(error),
            _ => None,
        });
        if let Some(error) = failed {
            break error;
        }
    };
    assert!(error.message.contains("512") && !error.hint.is_empty(), "{error}");
}

#[test]
fn a_chat_that_is_opened_twice_keeps_what_was_set_in_it() {
    let place = Place::new();
    let studio = place.open();
    let chat = base_chat(&place, studio.as_ref(), 5);
    let again = studio.open_chat(OpenChat { run: None, model: Some(chat.model.clone()) }).unwrap();
    assert_eq!((&again, again.system_prompt.as_str()), (&chat, "Be brief"));
    let turn = say(studio.as_ref(), &chat.id, Some("Hello"));
    studio.open_chat(OpenChat { run: None, model: Some(chat.model) }).unwrap();
    assert_eq!(studio.get_chat(chat.id).unwrap().turns, [turn]);
}

#[test]
fn a_message_without_an_answer_is_not_asked_again_with_the_next() {
    let place = Place::new();
    let studio = place.open();
    // As the templates of Llama 2, Mistral and Gemma do.
    let alternating = "{% for message in messages %}\
        {% if not loop.first and message.role == 'user' and loop.previtem.role == 'user' %}\
        {{ raise_exception('user and assistant must take turns') }}{% endif %}";
    let folder = place.model_folder();
    let config = std::path::Path::new(&folder).join("tokenizer_config.json");
    let mut json: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&config).unwrap()).unwrap();
    let template = json["chat_template"].as_str().unwrap().replace("{% for message in messages %}", alternating);
    json["chat_template"] = template.into();
    std::fs::write(&config, json.to_string()).unwrap();
    let chat = chat_with(studio.as_ref(), folder, 5);
    let news = studio.subscribe(Topic::Chat(chat.id.clone()), 0).unwrap();
    studio.send_message(SendMessage { chat: chat.id.clone(), text: Some("long ".repeat(200)), turn: None }).unwrap();
    let failed = |event: &Event| matches!(event.body, EventBody::Chat { news: ChatNews::Failed { .. } });
    while !news.next_within(PATIENCE).unwrap().expect("news in time").iter().any(failed) {}
    say(studio.as_ref(), &chat.id, Some("Still there?"));
    say(studio.as_ref(), &chat.id, Some("And now?"));
}

#[test]
fn sampling_that_makes_no_sense_is_refused() {
    let place = Place::new();
    let studio = place.open();
    let chat = base_chat(&place, studio.as_ref(), 5);
    let good = Sampling::default();
    for bad in [
        Sampling { temperature: -1.0, ..good.clone() },
        Sampling { temperature: f64::NAN, ..good.clone() },
        Sampling { top_p: 0.0, ..good.clone() },
        Sampling { max_new_tokens: 0, ..good.clone() },
    ] {
        let args = ConfigureChat { chat: chat.id.clone(), system_prompt: String::new(), sampling: bad };
        assert_eq!(studio.configure_chat(args).unwrap_err().code, ErrorCode::Invalid);
    }
}

#[test]
fn a_run_without_a_result_cannot_be_talked_to() {
    let place = Place::new();
    let studio = place.open();
    let (model, dataset) = place.stocked(studio.as_ref());
    let run = studio.start_run(wish(&model, &dataset, settings(4000))).unwrap();
    let error = studio.open_chat(OpenChat { run: Some(run.id), model: None }).unwrap_err();
    assert!(error.message.contains("no result"), "{error}");
    studio.abandon();
}

fn listed(api: &dyn Api) -> Vec<String> {
    api.list_chats(()).unwrap().into_iter().map(|chat| chat.id).collect()
}

#[test]
fn a_deleted_chat_is_gone_comes_back_whole_and_is_forgotten_with_the_bin() {
    let place = Place::new();
    let studio = place.open();
    let chat = base_chat(&place, studio.as_ref(), 5);
    say(studio.as_ref(), &chat.id, Some("Hello"));
    let said = studio.get_chat(chat.id.clone()).unwrap();
    let item = ItemRef { kind: ItemKind::Chat, id: chat.id.clone() };
    let news = studio.subscribe(Topic::Chat(chat.id.clone()), 0).unwrap();

    studio.delete(item.clone()).unwrap();
    assert!(listed(studio.as_ref()).is_empty());
    assert_eq!(studio.get_chat(chat.id.clone()).unwrap_err().code, ErrorCode::NotFound);
    let message = SendMessage { chat: chat.id.clone(), text: Some("Still there?".into()), turn: None };
    assert_eq!(studio.send_message(message).unwrap_err().code, ErrorCode::NotFound);
    let cleared = EventBody::Chat { news: ChatNews::Cleared };
    while news
        .next_within(PATIENCE)
        .unwrap()
        .expect("another window looks again")
        .iter()
        .all(|told| told.body != cleared)
    {}
    let open = studio.open_chat(OpenChat { run: None, model: Some(chat.model.clone()) }).unwrap();
    assert_ne!(open.id, chat.id, "a new chat is no deleted one");

    studio.restore(item.clone()).unwrap();
    assert_eq!(studio.get_chat(chat.id.clone()).unwrap(), said);
    say(studio.as_ref(), &chat.id, Some("And again"));

    studio.delete(item.clone()).unwrap();
    let bin = || studio.usage(()).unwrap().parts.into_iter().find(|part| part.what == "Bin").unwrap().bytes;
    assert!(bin() > 0, "there is something to empty");
    studio.empty_bin(()).unwrap();
    assert_eq!(bin(), 0);
    assert_eq!(studio.restore(item).unwrap_err().code, ErrorCode::NotFound);
    assert_eq!(listed(studio.as_ref()), [open.id], "the other one stays");
}

#[test]
fn a_chat_that_was_deleted_empty_is_not_opened_again() {
    let place = Place::new();
    let studio = place.open();
    let chat = base_chat(&place, studio.as_ref(), 5);
    let item = ItemRef { kind: ItemKind::Chat, id: chat.id.clone() };
    studio.delete(item).unwrap();
    let open = studio.open_chat(OpenChat { run: None, model: Some(chat.model) }).unwrap();
    assert_ne!(open.id, chat.id);
}

#[test]
fn a_chat_is_called_by_how_it_begins() {
    let place = Place::new();
    let studio = place.open();
    let chat = base_chat(&place, studio.as_ref(), 1);
    say(studio.as_ref(), &chat.id, Some(&format!("one\n two {}", "word ".repeat(20))));
    let expected = format!("one two {}wo…", "word ".repeat(10));
    assert_eq!(studio.get_chat(chat.id).unwrap().title, expected);
}

#[test]
fn a_chat_can_be_renamed() {
    let place = Place::new();
    let studio = place.open();
    let chat = base_chat(&place, studio.as_ref(), 5);
    let item = ItemRef { kind: ItemKind::Chat, id: chat.id.clone() };
    for name in ["", "  ", "two\nlines", "red \u{1b}[31m", "a\0b"] {
        let refused = studio.rename(Rename { item: item.clone(), name: name.into() }).unwrap_err();
        assert_eq!(refused.code, ErrorCode::Invalid, "{name:?}");
    }
    studio.rename(Rename { item: item.clone(), name: " Colours ".into() }).unwrap();
    assert_eq!(studio.get_chat(chat.id).unwrap().title, "Colours");
    assert_eq!(studio.set_tags(SetTags { item, tags: Vec::new() }).unwrap_err().code, ErrorCode::Invalid);
}

#[test]
fn of_a_second_message_only_what_is_new_is_read() {
    let place = Place::new();
    let studio = place.open();
    let chat = base_chat(&place, studio.as_ref(), 20);
    let first = say(studio.as_ref(), &chat.id, Some("Hello")).answers.remove(0);
    assert_eq!(first.cached_tokens, 0);
    let again = say(studio.as_ref(), &chat.id, None).answers.remove(0);
    assert!(again.cached_tokens + 1 >= again.prompt_tokens, "the same prompt: {again:?}");
    assert_eq!(again.text, first.text, "and the same answer");
    let second = say(studio.as_ref(), &chat.id, Some("And now?")).answers.remove(0);
    assert!(second.cached_tokens >= first.prompt_tokens, "{} of {second:?}", first.prompt_tokens);
    assert!(second.cached_tokens < second.prompt_tokens);
}

#[test]
fn a_model_answers_with_its_weights_held_as_in_training() {
    let place = Place::new();
    let studio = place.open();
    let api: &dyn Api = studio.as_ref();
    let (model, dataset) = place.stocked(api);
    let training = TrainSettings { quantization: Quantization::Four, ..settings(4) };
    let run = api.start_run(wish(&model, &dataset, training.clone())).unwrap();
    let run = wait_for(api, &run.id, is_done);
    let chat = api.open_chat(OpenChat { run: Some(run.id.clone()), model: None }).unwrap();
    let answers = say(api, &chat.id, Some("1 2 3")).answers;

    let expected = |trained: Option<&TrainSettings>| {
        let go_on = &mut |_| std::ops::ControlFlow::Continue(());
        let loaded = tunesmith_studio::load_model(&place.home(), &model.path, trained, go_on).unwrap();
        let adapter = loaded.adapter(run.result_path.as_deref().unwrap().as_ref()).unwrap();
        let mut messages = vec![tunesmith_data::Message::new("user", "1 2 3")];
        if !chat.system_prompt.is_empty() {
            messages.insert(0, tunesmith_data::Message::new("system", &chat.system_prompt));
        }
        let go_on = &mut |_: &str| std::ops::ControlFlow::Continue(());
        loaded.answer(&adapter, &messages, &[], &chat.sampling, go_on).unwrap().text
    };
    let tuned = answers.iter().find(|answer| answer.side == Side::Tuned).unwrap();
    assert_eq!(tuned.text, expected(Some(&training)));
    assert_ne!(tuned.text, expected(None), "in 32 bits this model says something else, so the test can tell");
}

#[test]
fn what_conversations_hold_counts_as_memory_of_their_model() {
    let place = Place::new();
    let studio = place.open();
    let api: &dyn Api = studio.as_ref();
    let (model, dataset) = place.stocked(api);
    let run = api.start_run(wish(&model, &dataset, settings(1))).unwrap();
    let adapter = wait_for(api, &run.id, is_done).result_path.unwrap();
    let adapter = std::path::Path::new(&adapter);
    let load = &mut |_| std::ops::ControlFlow::Continue(());
    let loaded = tunesmith_studio::load_model(&place.home(), &model.path, None, load).unwrap();
    let weights = loaded.size_bytes();
    assert!(weights > 0);
    let say = |conversation: &str, adapter: Option<&std::path::Path>| {
        let messages = [tunesmith_data::Message::new("user", "1 2 3")];
        let sampling = Sampling { max_new_tokens: 4, ..Sampling::default() };
        let go_on = &mut |_: &str| std::ops::ControlFlow::Continue(());
        loaded.answer_in(conversation, adapter, &messages, &sampling, go_on).unwrap();
        loaded.size_bytes()
    };
    let with_one = say("a", None);
    assert!(with_one > weights, "its keys and values");
    assert_eq!(say("a", None), with_one, "the same conversation");
    let with_two = say("b", Some(adapter));
    let files = std::fs::metadata(adapter.join("adapter_model.safetensors")).unwrap().len();
    let of_adapter = with_two - with_one - (with_one - weights);
    // The file has a header besides.
    assert!(of_adapter > 0 && of_adapter < files && of_adapter * 2 > files, "{of_adapter} of {files}");
    loaded.forget_conversations();
    assert_eq!(loaded.size_bytes(), weights);
}

#[test]
fn rows_that_the_template_refuses_are_left_out_of_an_evaluation_and_told() {
    let place = Place::new();
    let studio = place.open();
    let folder = place.model_folder();
    let template = "{% for message in messages %}{% if '7?' in message.content %}{{ raise_exception('no sevens') }}{% endif %}\
        {{ message.role + ': ' + message.content + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}";
    std::fs::write(std::path::Path::new(&folder).join("chat_template.jinja"), template).unwrap();
    let ask = |answers| Evaluate {
        run: None,
        model: None,
        folder: Some(folder.as_str().into()),
        adapter: None,
        data: vec![place.data_file(20).into()],
        format: Format::Auto,
        loss: true,
        answers,
        max_new_tokens: 4,
        job: None,
    };
    for (answers, answered) in [(false, 0), (true, 18)] {
        let found = studio.evaluate(ask(answers)).unwrap();
        assert_eq!((found.rows_refused, found.not_asked, found.answers.len()), (2, 0, answered), "7 and 17");
        assert_eq!(found.loss.unwrap().rows, 18);
        let first = "line 8 of counting.jsonl: The model's chat template refuses this conversation: no sevens";
        assert_eq!(found.refused.unwrap(), first);
    }
}

#[test]
fn an_evaluation_measures_a_run_and_its_base_and_can_be_cancelled() {
    let place = Place::new();
    let studio = place.open();
    let api: &dyn Api = studio.as_ref();
    let (model, dataset) = place.stocked(api);
    let run = api.start_run(wish(&model, &dataset, settings(30))).unwrap();
    let run = wait_for(api, &run.id, is_done);
    let ask = |run: Option<String>, model: Option<String>| Evaluate {
        run,
        model,
        folder: None,
        adapter: None,
        data: vec![place.data_file(20).into()],
        format: Format::Auto,
        loss: true,
        answers: true,
        max_new_tokens: 8,
        job: Some("measuring".into()),
    };
    let base = api.evaluate(ask(None, Some(model.id))).unwrap();
    let tuned = api.evaluate(ask(Some(run.id.clone()), None)).unwrap();
    assert_eq!((base.answers.len(), base.rows_read, base.rows_dropped), (20, 21, 1), "one row of the file is no row");
    assert!(tuned.loss.unwrap().loss < base.loss.unwrap().loss, "{tuned:?}");
    api.cancel_job("measuring".into()).unwrap();
    assert_eq!(api.evaluate(ask(Some(run.id), None)).unwrap_err().code, ErrorCode::Cancelled);
}
