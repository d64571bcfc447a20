//! Choosing the chat template of a base model that brings none.

use std::fs;
use std::path::Path;

use tunesmith_protocol::*;
use tunesmith_studio::run_config;

use crate::chats::say;
use crate::support::*;

/// A model without a chat template, and a dataset.
fn stocked(place: &Place, api: &dyn Api) -> (Model, Dataset) {
    let folder = place.model_folder();
    fs::write(Path::new(&folder).join("tokenizer_config.json"), r#"{"eos_token": "<|end|>"}"#).unwrap();
    let model = api.add_model(AddModel { path: folder.into() }).unwrap();
    (model, api.import_dataset(import_of(&[&place.data_file(40)])).unwrap())
}

fn choose(api: &dyn Api, model: &Model, template: Option<ChatTemplate>) -> Result<Model, WireError> {
    api.set_chat_template(SetChatTemplate { model: model.id.clone(), template })
}

const ALPACA: Option<ChatTemplate> = Some(ChatTemplate::ReadyMade { name: TemplateName::Alpaca });

fn own(text: &str) -> Option<ChatTemplate> {
    Some(ChatTemplate::Text { text: text.into() })
}

const SHOUT: &str = "{% for m in messages %}{{ m.role | upper }}: {{ m.content }}{{ eos_token }}\n{% endfor %}\
    {% if add_generation_prompt %}ASSISTANT: {% endif %}";

/// The files in the home's folder of templates.
fn kept(place: &Place) -> usize {
    fs::read_dir(place.home().join("chat-templates")).unwrap().count()
}

/// A row as the model sees it.
fn seen(api: &dyn Api, model: &Model, dataset: &Dataset) -> String {
    let (dataset, model) = (dataset.id.clone(), model.id.clone());
    let ask = XrayRow { dataset, row: 0, model, learn_from: LearnFrom::Assistant, max_length: 999 };
    api.xray_row(ask).unwrap().tokens.into_iter().map(|token| token.text).collect()
}

#[test]
fn a_template_is_chosen_used_everywhere_and_taken_back() {
    let place = Place::new();
    let studio = place.open();
    let api: &dyn Api = studio.as_ref();
    let (model, dataset) = stocked(&place, api);
    assert_eq!((model.has_chat_template, &model.chosen_template), (false, &None));
    let before = api.chat_templates(model.id.clone()).unwrap();
    assert_eq!((before.own, before.chosen, before.standard), (false, None, TemplateName::Plain));
    assert!(before.sample.unwrap().contains("User: What colour is grass?"));
    let warned = |name| before.ready_made.iter().find(|one| one.name == name).unwrap().warnings.len();
    assert_eq!((before.ready_made.len(), warned(TemplateName::Chatml), warned(TemplateName::Alpaca)), (5, 1, 0));
    let preview = || api.preview_run(wish(&model, &dataset, settings(20)).into()).unwrap();
    let plain = preview();
    assert!(plain.warnings.iter().any(|warning| warning.contains("tunesmith models template")), "{:?}", plain.warnings);
    let chat = api.open_chat(OpenChat { run: None, model: Some(model.id.clone()) }).unwrap();
    let sampling = Sampling { max_new_tokens: 2, ..Sampling::default() };
    api.configure_chat(ConfigureChat { chat: chat.id.clone(), system_prompt: String::new(), sampling }).unwrap();
    let asked = say(api, &chat.id, Some("Hello")).answers[0].prompt_tokens;
    assert_eq!(asked as usize, "User: Hello\nAssistant:".len());
    let count = || {
        let (dataset, model) = (dataset.id.clone(), model.id.clone());
        api.count_tokens(CountTokens { dataset, model, learn_from: LearnFrom::Assistant, batch_size: 2, job: None })
    };
    let counted = count().unwrap().tokens;

    let chosen = choose(api, &model, ALPACA).unwrap();
    assert_eq!(chosen.chosen_template.as_deref(), Some("Alpaca"));
    assert_eq!(api.list_models(()).unwrap().into_iter().find(|one| one.id == model.id), Some(chosen));
    assert_eq!(api.chat_templates(model.id.clone()).unwrap().chosen, ALPACA);
    assert!(seen(api, &model, &dataset).starts_with("Count.\n\n### Instruction:\nWhat comes after"));
    let alpaca = preview();
    assert!(alpaca.warnings.iter().all(|warning| !warning.contains("no chat template")), "{:?}", alpaca.warnings);
    assert!(alpaca.plan.unwrap().tokens > plain.plan.unwrap().tokens, "more words around each row");
    assert!(count().unwrap().tokens > counted, "what was counted before counts no more");
    let asked = say(api, &chat.id, None).answers[0].prompt_tokens;
    assert_eq!(
        asked as usize,
        "### Instruction:\nHello\n\n### Response:\n".len(),
        "the model in memory is not asked as before"
    );

    assert_eq!(choose(api, &model, None).unwrap().chosen_template, None);
    assert!(seen(api, &model, &dataset).starts_with("Count.\n\nUser: What comes after"));
    assert_eq!(kept(&place), 0);
}

#[test]
fn a_template_of_ones_own_is_tried_before_it_is_kept() {
    let place = Place::new();
    let studio = place.open();
    let api: &dyn Api = studio.as_ref();
    let (model, dataset) = stocked(&place, api);
    let long = "x".repeat((64 << 10) + 1);
    for (text, why) in [
        ("{% for m in messages %}{{ m.content }}", "line 1"),
        ("{{ raise_exception('only cats') }}", "only cats"),
        ("{{ messages[0].content }}", "does not show an answer"),
        ("{{ unknown() }}", "mistake"),
        (" \n", "empty"),
        (&long, "at most 64 kB"),
    ] {
        let tried = api.try_chat_template(TryChatTemplate { model: model.id.clone(), text: text.into() }).unwrap_err();
        let error = choose(api, &model, own(text)).unwrap_err();
        assert!(error.message.contains(why) && error.message == tried.message, "{why}: {error}");
        assert!(!error.message.contains(".tmp"), "no file that is gone: {error}");
    }
    assert_eq!(
        (kept(&place), api.list_models(()).unwrap().iter().any(|one| one.chosen_template.is_some())),
        (0, false)
    );

    let tried = api.try_chat_template(TryChatTemplate { model: model.id.clone(), text: SHOUT.into() }).unwrap();
    assert!(tried.sample.ends_with("USER: And snow?<|end|>\nASSISTANT: ") && tried.warnings.is_empty(), "{tried:?}");
    assert_eq!(kept(&place), 0, "trying keeps nothing");
    assert_eq!(choose(api, &model, own(SHOUT)).unwrap().chosen_template.as_deref(), Some("your own"));
    assert_eq!(api.chat_templates(model.id.clone()).unwrap().chosen, own(SHOUT));
    assert!(seen(api, &model, &dataset).starts_with("SYSTEM: Count.<|end|>"));
    assert!(choose(api, &model, own("{% if %}")).is_err());
    assert_eq!(api.chat_templates(model.id.clone()).unwrap().chosen, own(SHOUT), "what was chosen stays");

    let folder = Path::new(&model.path);
    let config = fs::read_to_string(folder.join("config.json")).unwrap().replace("\"eos_token_id\":256", "\"other\":0");
    fs::write(folder.join("config.json"), config).unwrap();
    fs::write(folder.join("tokenizer_config.json"), "{}").unwrap();
    let tried = api.try_chat_template(TryChatTemplate { model: model.id.clone(), text: SHOUT.into() }).unwrap();
    assert!(tried.warnings.len() == 1 && tried.warnings[0].contains("ends an answer"), "{tried:?}");
}

#[test]
fn a_model_with_its_own_template_uses_that_one() {
    let place = Place::new();
    let studio = place.open();
    let api: &dyn Api = studio.as_ref();
    let (model, dataset) = stocked(&place, api);
    choose(api, &model, ALPACA).unwrap();
    fs::write(Path::new(&model.path).join("chat_template.jinja"), SHOUT).unwrap();
    let model = api.list_models(()).unwrap().into_iter().find(|one| one.id == model.id).unwrap();
    assert_eq!((model.has_chat_template, &model.chosen_template), (true, &None));
    assert!(seen(api, &model, &dataset).starts_with("SYSTEM: Count."));
    let error = choose(api, &model, ALPACA).unwrap_err();
    assert!(error.message.contains("brings its own chat template") && !error.hint.is_empty(), "{error}");
    let templates = api.chat_templates(model.id.clone()).unwrap();
    assert!(templates.own && templates.ready_made.is_empty() && templates.sample.unwrap().contains("SYSTEM: "));
    choose(api, &model, None).unwrap();
    assert_eq!(kept(&place), 0, "what does not count any more can be taken back");
}

#[test]
fn the_result_of_a_run_brings_the_template_it_was_trained_with() {
    let place = Place::new();
    let studio = place.open();
    let api: &dyn Api = studio.as_ref();
    let (model, dataset) = stocked(&place, api);
    choose(api, &model, own(SHOUT)).unwrap();
    let train = |method, learning_rate| {
        let training = TrainSettings { method, learning_rate, ..settings(1) };
        let run = api.start_run(wish(&model, &dataset, training)).unwrap();
        wait_for(api, &run.id, is_done)
    };
    let adapter = train(Method::Lora, 5e-3);
    let result = Path::new(adapter.result_path.as_deref().unwrap()).join("chat_template.jinja");
    assert_eq!(fs::read_to_string(&result).unwrap(), SHOUT);
    let told = || api.evaluate(Evaluate { run: Some(adapter.id.clone()), ..measuring(&place) }).unwrap().remarks;
    assert_eq!(told(), [""; 0], "it is the model's template");
    choose(api, &model, ALPACA).unwrap();
    let remarks = told();
    let has = |text: &str| remarks.iter().any(|remark| remark.contains(text));
    assert!(has("has another chat template") && has("has changed since this run was trained"), "{remarks:?}");

    choose(api, &model, own(SHOUT)).unwrap();
    let whole = train(Method::Full, 1e-4);
    let trained = api.list_models(()).unwrap().into_iter().find(|one| one.source == ModelSource::Trained).unwrap();
    assert_eq!(Some(&trained.path), whole.result_path.as_ref());
    assert!(trained.has_chat_template && trained.chosen_template.is_none());
    assert_eq!(seen(api, &trained, &dataset), seen(api, &model, &dataset), "it is asked as it was taught");
}

#[test]
fn the_template_of_a_run_that_waits_or_trains_cannot_be_changed() {
    let place = Place::new();
    let studio = place.open();
    let api: &dyn Api = studio.as_ref();
    let (model, dataset) = stocked(&place, api);
    choose(api, &model, ALPACA).unwrap();
    let run = api.start_run(wish(&model, &dataset, settings(100_000))).unwrap();
    let queued = api.start_run(wish(&model, &dataset, settings(5))).unwrap();
    let error = choose(api, &model, own(SHOUT)).unwrap_err();
    assert_eq!(error.code, ErrorCode::Busy, "{error}");
    assert!(error.message.contains("waits or trains with the chat template"), "{error}");
    api.stop_run(run.id.clone()).unwrap();
    wait_for(api, &queued.id, is_done);
    choose(api, &model, own(SHOUT)).unwrap();
}

#[test]
fn a_run_without_the_homes_owner_uses_the_choice() {
    let place = Place::new();
    let model = {
        let studio = place.open();
        let (model, _) = stocked(&place, studio.as_ref());
        choose(studio.as_ref(), &model, ALPACA).unwrap()
    };
    let renderer = tunesmith_studio::open_renderer(&place.home(), &model.id).unwrap();
    let text = renderer.written(&[tunesmith_data::Message::new("user", "q")], false).unwrap();
    assert_eq!(text, "### Instruction:\nq\n\n");
    let remarks = tunesmith_studio::remarks(&place.home(), &model.path, None, None).unwrap();
    assert_eq!(remarks, [""; 0]);
    let yaml = format!("base_model: {}\ndata:\n  path: {}\ntraining:\n  max_steps: 1\n", model.id, place.data_file(12));
    let config = tunesmith_studio::run_file::parse(&yaml).unwrap();
    let output = place.path().join("run");
    run_config(&place.home(), &config, &output, false, &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
    let template = fs::read_to_string(output.join("result/chat_template.jinja")).unwrap();
    assert!(template.contains("### Response:"), "{template}");
}

#[test]
fn what_was_chosen_is_private_and_goes_with_the_model() {
    let place = Place::new();
    let studio = place.open();
    let api: &dyn Api = studio.as_ref();
    let (model, _) = stocked(&place, api);
    choose(api, &model, ALPACA).unwrap();
    #[cfg(unix)]
    for entry in fs::read_dir(place.home().join("chat-templates")).unwrap() {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(entry.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    let item = ItemRef { kind: ItemKind::Model, id: model.id.clone() };
    api.delete(item.clone()).unwrap();
    assert_eq!(kept(&place), 1, "it comes back with the model");
    api.restore(item.clone()).unwrap();
    assert!(api.chat_templates(model.id.clone()).unwrap().chosen.is_some());
    api.delete(item.clone()).unwrap();
    fs::remove_dir_all(&model.path).unwrap();
    api.delete_for_good(item).unwrap();
    assert_eq!(kept(&place), 0);
}
