//! What is to be known of a base model and an adapter is told wherever they are opened: in a chat, in an evaluation and before a
//! run.

use std::fs;
use std::path::{Path, PathBuf};

use tunesmith_model::{DType, Decoder, Device, ModelConfig};
use tunesmith_protocol::*;
use tunesmith_sentence::Sentence;

use crate::chats::say;
use crate::support::*;

/// A run of one step.
fn trained(place: &Place, api: &dyn Api, training: TrainSettings) -> (Model, Dataset, Run) {
    let (model, dataset) = place.stocked(api);
    let run = api.start_run(wish(&model, &dataset, training)).unwrap();
    let run = wait_for(api, &run.id, is_done);
    (model, dataset, run)
}

fn change(path: PathBuf, change: impl FnOnce(&mut serde_json::Value)) {
    let mut json = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    change(&mut json);
    fs::write(path, json.to_string()).unwrap();
}

/// What the chat with a run, its evaluation, and a run that goes on from its adapter tell.
fn told(place: &Place, api: &dyn Api, (model, dataset, run): &(Model, Dataset, Run)) -> [Vec<Sentence>; 3] {
    let chat = api.open_chat(OpenChat { run: Some(run.id.clone()), model: None }).unwrap();
    let sampling = Sampling { max_new_tokens: 2, ..Sampling::default() };
    api.configure_chat(ConfigureChat { chat: chat.id.clone(), system_prompt: String::new(), sampling }).unwrap();
    say(api, &chat.id, Some("Hello"));
    let chat = api.get_chat(chat.id).unwrap().remarks;
    let evaluation = api.evaluate(Evaluate { run: Some(run.id.clone()), ..measuring(place) }).unwrap().remarks;
    let adapter = run.result_path.as_deref().unwrap();
    let training = TrainSettings { init_adapter: Some(adapter.into()), ..settings(20) };
    let preview = api.preview_run(wish(model, dataset, training).into()).unwrap();
    [chat, evaluation, [preview.warnings, preview.blockers].concat()]
}

fn has(told: &[Sentence], text: &str) -> bool {
    told.iter().any(|sentence| sentence.contains(text))
}

#[test]
fn a_chat_and_an_evaluation_tell_that_the_base_model_has_changed_since_the_run() {
    let place = Place::new();
    let studio = place.open();
    let trained = trained(&place, studio.as_ref(), settings(1));
    let changed = "has changed since this run was trained";
    let [chat, evaluation, _] = told(&place, studio.as_ref(), &trained);
    assert_eq!((chat, evaluation), (Vec::new(), Vec::new()));
    let folder = Path::new(&trained.0.path);
    let other = Decoder::scratch(ModelConfig::read(folder).unwrap(), 8, &Device::Cpu).unwrap();
    other.save(folder, DType::F32).unwrap();
    let [chat, evaluation, _] = told(&place, studio.as_ref(), &trained);
    assert!(has(&chat, changed) && chat.len() == 1, "{chat:?}");
    assert!(has(&evaluation, changed) && evaluation.len() == 1, "{evaluation:?}");
}

/// The folder of a run's result, which is taken as it is from now on, whatever was written when the run ended.
fn result_to_change(run: &Run) -> PathBuf {
    fs::remove_file(Path::new(&run.path).join("checksums.json")).unwrap();
    run.result_path.as_deref().unwrap().into()
}

#[test]
fn what_an_adapter_lacks_and_what_does_not_go_with_its_base_is_told_wherever_it_is_opened() {
    let place = Place::new();
    let studio = place.open();
    let trained = trained(&place, studio.as_ref(), settings(1));
    let adapter = result_to_change(&trained.2);
    let template = fs::read_to_string(Path::new(&trained.0.path).join("tokenizer_config.json")).unwrap();
    fs::write(adapter.join("tokenizer_config.json"), &template).unwrap();
    fs::copy(Path::new(&trained.0.path).join("tokenizer.json"), adapter.join("tokenizer.json")).unwrap();
    change(adapter.join("adapter_config.json"), |config| config["use_nothing_known"] = false.into());
    let [chat, evaluation, _] = told(&place, studio.as_ref(), &trained);
    assert_eq!((chat, evaluation), (Vec::new(), Vec::new()), "the same template, and a setting that is off");

    fs::write(adapter.join("chat_template.jinja"), "{{ messages }}").unwrap();
    change(adapter.join("adapter_config.json"), |config| {
        config["base_model_name_or_path"] = "owner/other".into();
        config["velocity"] = 3.into();
    });
    change(adapter.join("tokenizer.json"), |tokenizer| {
        let mut token = tokenizer["added_tokens"][0].clone();
        (token["id"], token["content"]) = (99_999.into(), "<new>".into());
        tokenizer["added_tokens"].as_array_mut().unwrap().push(token);
    });
    let expected = [
        "does not have: <new>",
        "was made for “owner/other”",
        "another chat template",
        "not known and not used: velocity",
    ];
    for told in told(&place, studio.as_ref(), &trained) {
        assert!(expected.iter().all(|text| has(&told, text)), "{told:?}");
    }
}

#[test]
fn modules_that_an_adapter_names_and_has_no_tensors_for_are_told() {
    let place = Place::new();
    let studio = place.open();
    let training = TrainSettings { target_modules: TargetModules::Named(vec!["q_proj".into()]), ..settings(1) };
    let trained = trained(&place, studio.as_ref(), training);
    let adapter = result_to_change(&trained.2);
    let names = |modules: serde_json::Value| {
        change(adapter.join("adapter_config.json"), |config| config["target_modules"] = modules);
    };
    names(serde_json::json!(["q_proj", "v_proj", "no_such_module"]));
    let layers = ModelConfig::read(Path::new(&trained.0.path)).unwrap().layers.len();
    let first = "model.layers.0.self_attn.v_proj";
    let [chat, evaluation, run] = told(&place, studio.as_ref(), &trained);
    for told in [&chat, &evaluation, &run] {
        assert!(has(told, "no tensors for") && has(told, first), "{layers} layers: {told:?}");
        assert!(!has(told, "no_such_module") && !has(told, "q_proj,"), "{told:?}");
    }
    names(r".*self_attn\.(q|v)_proj".into());
    assert!(has(&told(&place, studio.as_ref(), &trained)[1], first));
    names(r".*self_attn\.q_proj".into());
    assert_eq!(told(&place, studio.as_ref(), &trained)[1], [""; 0]);
}

#[test]
fn a_chat_and_an_evaluation_tell_what_a_template_does_not_show() {
    let place = Place::new();
    let studio = place.open();
    let folder = place.model_folder();
    let template = "{% for m in messages if m.role != 'system' %}{{ m.role + ': ' + m.content[:14] + '\n' }}{% endfor %}\
        {% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}";
    fs::write(Path::new(&folder).join("chat_template.jinja"), template).unwrap();
    let model = studio.add_model(AddModel { path: folder.as_str().into() }).unwrap();
    let chat = studio.open_chat(OpenChat { run: None, model: Some(model.id) }).unwrap();
    let sampling = Sampling { max_new_tokens: 2, ..Sampling::default() };
    let configure = |system: &str| {
        let system_prompt = system.to_owned();
        studio
            .configure_chat(ConfigureChat { chat: chat.id.clone(), system_prompt, sampling: sampling.clone() })
            .unwrap();
    };
    let remarks = |text: &str| {
        say(studio.as_ref(), &chat.id, Some(text));
        studio.get_chat(chat.id.clone()).unwrap().remarks
    };
    let own = model.remarks;
    assert_eq!(own.len(), 1, "the other template of tokenizer_config.json: {own:?}");
    configure("Be brief");
    let found = remarks("Hello");
    assert!(found.len() == 2 && has(&found, "does not see 1 system message"), "{found:?}");
    configure("");
    assert_eq!(remarks("Hello again"), own);
    let found = remarks("Hello again, and once more");
    assert!(found.len() == 2 && has(&found, "sees only a part of 1 user message"), "{found:?}");

    let found = studio.evaluate(Evaluate { folder: Some(folder.into()), ..measuring(&place) }).unwrap().remarks;
    assert!(has(&found, "does not see 3 system messages"), "{found:?}");
    assert!(
        has(&found, "sees only a part of 3 user messages") && own.iter().all(|own| found.contains(own)),
        "{found:?}"
    );
}

#[test]
fn a_base_model_beside_a_run_that_trained_a_whole_one_is_refused() {
    let place = Place::new();
    let studio = place.open();
    let training = TrainSettings { method: Method::Full, learning_rate: 1e-4, ..settings(1) };
    let (model, _, run) = trained(&place, studio.as_ref(), training);
    let ask = |model: Option<String>| Evaluate { run: Some(run.id.clone()), model, ..measuring(&place) };
    assert!(studio.evaluate(ask(None)).unwrap().loss.is_some());
    let error = studio.evaluate(ask(Some(model.id.clone()))).unwrap_err();
    assert!(error.message.contains("needs no base model") && !error.hint.is_empty(), "{error}");
    let chat = OpenChat { run: Some(run.id.clone()), model: Some(model.id) };
    assert_eq!(
        studio.open_chat(chat).unwrap().sides,
        [Side::Base, Side::Tuned],
        "it is what the result is compared with"
    );
}
