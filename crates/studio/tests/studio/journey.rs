//! From a dropped file to a chat with one's own model.

use tunesmith_protocol::*;
use tunesmith_sentence::Sentence;
use tunesmith_studio::{run_file, samples};

use crate::support::*;

#[test]
fn a_dropped_file_becomes_a_chat_with_ones_own_model() {
    let place = Place::new();
    let studio = place.open();
    let api: &dyn Api = studio.as_ref();
    let (model, dataset) = place.stocked(api);
    assert_eq!((dataset.rows_read, dataset.rows_kept, dataset.rows_dropped), (41, 40, 1));
    assert_eq!((dataset.training_rows, dataset.validation_rows), (32, 8));
    assert_eq!(dataset.system_prompt.as_deref(), Some("Count."));

    let preview = api.preview_run(wish(&model, &dataset, settings(12)).into()).unwrap();
    assert_eq!(preview.blockers, Vec::<Sentence>::new());
    let plan = preview.plan.unwrap();
    assert_eq!((plan.steps, plan.rows, plan.validation_rows), (12, 32, 8));
    assert!(plan.fit.fits && plan.trainable_parameters > 0);

    let run = api.start_run(wish(&model, &dataset, settings(12))).unwrap();
    let records = records_until(api, &run.id, |record| matches!(record, RunRecord::Done { .. }));
    assert_eq!(steps(&records), (1..=12).collect::<Vec<_>>());
    assert!(records.iter().any(|record| matches!(record, RunRecord::Plan { .. })));

    let run = wait_for(api, &run.id, is_done);
    assert_eq!(run.step, 12);
    assert!(
        run.best_eval_loss < run.first_eval_loss,
        "it learned: {:?} < {:?}",
        run.best_eval_loss,
        run.first_eval_loss
    );
    let result = std::path::PathBuf::from(run.result_path.unwrap());
    assert!(result.join("adapter_model.safetensors").is_file() && result.join("adapter_config.json").is_file());

    let chat = api.open_chat(OpenChat { run: Some(run.id), model: None }).unwrap();
    assert_eq!((chat.system_prompt.as_str(), chat.sides.as_slice()), ("Count.", [Side::Base, Side::Tuned].as_slice()));
    let news = api.subscribe(Topic::Chat(chat.id.clone()), 0).unwrap();
    api.send_message(SendMessage { chat: chat.id.clone(), text: Some("What comes after 3?".into()), turn: None })
        .unwrap();
    let mut streamed = String::new();
    'all: loop {
        for event in news.next().unwrap() {
            match event.body {
                EventBody::Chat { news: ChatNews::Text { side: Side::Tuned, text } } => streamed += &text,
                EventBody::Chat { news: ChatNews::Idle } => break 'all,
                EventBody::Chat { news: ChatNews::Failed { error } } => panic!("{error}"),
                _ => {}
            }
        }
    }
    let turn = api.get_chat(chat.id).unwrap().turns.remove(0);
    assert_eq!(turn.answers.len(), 2);
    assert_eq!(turn.answers[1].text, streamed, "what was streamed is what is kept");
}

#[test]
fn rows_show_what_is_learned_and_how_long_they_are() {
    let place = Place::new();
    let studio = place.open();
    let (model, dataset) = place.stocked(studio.as_ref());
    let ask = |split, model| DatasetRows {
        dataset: dataset.id.clone(),
        split: Some(split),
        offset: 1,
        limit: 3,
        model,
        find: None,
        job: None,
    };
    let page = studio.dataset_rows(ask(Split::Training, Some(model.id))).unwrap();
    assert_eq!((page.total, page.rows.len()), (32, 3));
    let row = &page.rows[0];
    assert_eq!(row.messages.iter().map(|message| message.learned).collect::<Vec<_>>(), [false, false, true]);
    let learned = row.learned_tokens.unwrap();
    assert_eq!(learned as usize, row.messages[2].content.len() + 1, "the answer's bytes and its end are learned");
    assert!(row.tokens.unwrap() > learned);
    assert!(row.file.ends_with("counting.jsonl") && row.line > 0);
    assert_eq!(studio.dataset_rows(ask(Split::Validation, None)).unwrap().rows[0].tokens, None);
    let ask = DatasetProblems { dataset: dataset.id, kind: None, offset: 0, limit: 10 };
    let problems = studio.dataset_problems(ask).unwrap().problems;
    assert_eq!((problems.len(), problems[0].line), (1, 41));
    assert_eq!(problems[0].text, r#"{"messages": 7}"#, "a row that is left out can still be seen");
}

#[test]
fn calls_that_a_template_does_not_show_are_not_marked_as_learned_and_the_preview_says_so() {
    let place = Place::new();
    let studio = place.open();
    let model = studio.add_model(AddModel { path: place.model_folder().into() }).unwrap();
    let row = |number: usize| {
        let call = serde_json::json!({"type": "function", "function": {"name": "add", "arguments": {"to": number}}});
        serde_json::json!({ "messages": [
            { "role": "user", "content": format!("What comes after {number}?") },
            { "role": "assistant", "content": null, "tool_calls": [call] },
            { "role": "tool", "content": "It was added" },
            { "role": "assistant", "content": "It comes next" },
        ] })
        .to_string()
    };
    let file = place.write("calls.jsonl", &(0..10).map(row).collect::<Vec<_>>().join("\n"));
    let import = ImportDataset { validation: Validation::Share(0.0), ..import_of(&[&file]) };
    let dataset = studio.import_dataset(import).unwrap();
    let marked = |model: Option<String>| {
        let (dataset, split) = (dataset.id.clone(), Some(Split::Training));
        let ask = DatasetRows { dataset, split, offset: 0, limit: 1, model, find: None, job: None };
        let row = studio.dataset_rows(ask).unwrap().rows.remove(0);
        (row.messages.iter().map(|message| message.learned).collect::<Vec<_>>(), row.remarks)
    };
    assert_eq!(marked(None), (vec![false, true, false, true], vec![]), "a model may learn both");
    let (learned, remarks) = marked(Some(model.id.clone()));
    assert_eq!(learned, [false, false, false, true], "this one sees no calls");
    assert_eq!(remarks, ["1 tool call is left out: the model's chat template does not show it"]);
    let preview = studio.preview_run(wish(&model, &dataset, settings(5)).into()).unwrap();
    let said = "10 tool calls are left out: the model's chat template does not show them";
    assert!(preview.warnings.iter().any(|warning| warning == said), "{:?}", preview.warnings);
}

#[test]
fn a_chat_that_asks_otherwise_than_the_rows_did_is_told_before_the_run() {
    let place = Place::new();
    let studio = place.open();
    let folder = place.model_folder();
    let row = "{% for message in messages %}{{ message.role + ': ' + message.content + '\n' }}{% endfor %}";
    let prompts = [("assistant: ", false), ("answer> ", true)];
    for (prompt, otherwise) in prompts {
        let template = format!("{row}{{% if add_generation_prompt %}}{prompt}{{% endif %}}");
        std::fs::write(std::path::Path::new(&folder).join("chat_template.jinja"), template).unwrap();
        let model = studio.add_model(AddModel { path: folder.as_str().into() }).unwrap();
        let dataset = studio.import_dataset(import_of(&[&place.data_file(20)])).unwrap();
        let preview = studio.preview_run(wish(&model, &dataset, settings(5)).into()).unwrap();
        let told = preview.warnings.iter().any(|warning| warning.contains("A chat will ask otherwise"));
        assert_eq!(told, otherwise, "{prompt:?}: {:?}", preview.warnings);
    }
}

#[test]
fn the_row_that_a_chat_asks_otherwise_is_named_wherever_it_stands() {
    let place = Place::new();
    let studio = place.open();
    let folder = place.model_folder();
    let template = "{% for message in messages %}{{ message.role + ': ' + message.content + '\n' }}{% endfor %}\
        {% if add_generation_prompt %}{{ 'assistant> ' if '7?' in messages[-1].content else 'assistant: ' }}{% endif %}";
    std::fs::write(std::path::Path::new(&folder).join("chat_template.jinja"), template).unwrap();
    let model = studio.add_model(AddModel { path: folder.as_str().into() }).unwrap();
    let import = ImportDataset { validation: Validation::Share(0.0), ..import_of(&[&place.data_file(12)]) };
    let dataset = studio.import_dataset(import).unwrap();
    let preview = studio.preview_run(wish(&model, &dataset, settings(5)).into()).unwrap();
    let told: Vec<_> = preview.warnings.iter().filter(|warning| warning.contains("ask otherwise")).collect();
    assert_eq!(told.len(), 1, "{:?}", preview.warnings);
    assert!(told[0].contains("line 8 of counting.jsonl: it sends \"> \""), "{}", told[0]);
}

#[test]
fn all_that_a_template_does_not_show_is_told_before_the_run() {
    let place = Place::new();
    let studio = place.open();
    let folder = place.model_folder();
    let template = "{% for message in messages %}{% if message.role != 'system' %}{{ message.role + ': ' + message.content + '\n' }}\
        {% endif %}{% endfor %}{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}";
    std::fs::write(std::path::Path::new(&folder).join("chat_template.jinja"), template).unwrap();
    let model = studio.add_model(AddModel { path: folder.as_str().into() }).unwrap();
    let import = ImportDataset { validation: Validation::Share(0.0), ..import_of(&[&place.data_file(12)]) };
    let dataset = studio.import_dataset(import).unwrap();
    let preview = studio.preview_run(wish(&model, &dataset, settings(5)).into()).unwrap();
    let said = "The model does not see 12 system messages: its chat template does not show them";
    assert!(preview.warnings.iter().any(|warning| warning == said), "{:?}", preview.warnings);
}

#[test]
fn rows_that_all_offer_tools_are_told_of_since_a_chat_offers_none() {
    let place = Place::new();
    let studio = place.open();
    let (model, _) = place.stocked(studio.as_ref());
    let row = |tools: &str| {
        format!(
            r#"{{"messages":[{{"role":"user","content":"q"}},{{"role":"assistant","content":"a"}}],"tools":{tools}}}"#
        )
    };
    let with = row(r#"[{"type":"function","function":{"name":"weather"}}]"#);
    for (rows, told) in [([with.clone(), with.clone()], true), ([with, row("[]")], false)] {
        let path = place.home().with_file_name(format!("tools-{told}.jsonl"));
        std::fs::write(&path, rows.join("\n")).unwrap();
        let files = import_of(&[path.to_str().unwrap()]);
        let dataset = studio.import_dataset(ImportDataset { validation: Validation::Share(0.0), ..files }).unwrap();
        let preview = studio.preview_run(wish(&model, &dataset, settings(5)).into()).unwrap();
        let found = preview.warnings.iter().any(|warning| warning.contains("the chat offers none"));
        assert_eq!(found, told, "{:?}", preview.warnings);
    }
}

#[test]
fn rows_of_another_form_than_a_chats_are_told_of() {
    let place = Place::new();
    let studio = place.open();
    let (model, _) = place.stocked(studio.as_ref());
    let text = |number: usize| format!(r#"{{"text":"one {number}"}}"#);
    let agent = |name: usize, number: usize| {
        format!(
            r#"{{"messages":[{{"role":"system","content":"You are agent {name}."}},{{"role":"user","content":"q{number}"}},{{"role":"assistant","content":"a"}}]}}"#
        )
    };
    let twelve = |row: &dyn Fn(usize) -> String| (0..12).map(row).collect::<Vec<_>>().join("\n");
    let cases = [
        (twelve(&text), "All rows are plain texts", true),
        (twelve(&|number| agent(number % 3, number)), "but not the same one, so a chat sends none", true),
        (twelve(&|number| agent(usize::from(number > 10), number)), "so a chat sends none", false),
    ];
    for (case, (rows, said, told)) in cases.into_iter().enumerate() {
        let path = place.home().with_file_name(format!("form-{case}.jsonl"));
        std::fs::write(&path, rows).unwrap();
        let files = import_of(&[path.to_str().unwrap()]);
        let dataset = studio.import_dataset(ImportDataset { validation: Validation::Share(0.0), ..files }).unwrap();
        let preview = studio.preview_run(wish(&model, &dataset, settings(5)).into()).unwrap();
        let found = preview.warnings.iter().any(|warning| warning.contains(said));
        assert_eq!(found, told, "{said}: {:?}", preview.warnings);
    }
}

#[test]
fn a_result_is_compared_with_its_base_model_on_held_out_rows() {
    let place = Place::new();
    let studio = place.open();
    let (model, dataset) = place.stocked(studio.as_ref());
    let run = studio.start_run(wish(&model, &dataset, settings(40))).unwrap();
    let compare = |only_known| studio.compare_run(CompareRun { run: run.id.clone(), only_known, job: None });
    assert_eq!(compare(true).unwrap(), None);
    let done = wait_for(studio.as_ref(), &run.id, is_done);
    assert_eq!(compare(true).unwrap(), None, "nobody has asked");
    let compared = compare(false).unwrap().expect("rows that ask");
    assert_eq!((compared.step, compared.held_out, compared.rows.len()), (done.best_step.unwrap(), true, 3));
    let ask = DatasetRows {
        dataset: dataset.id.clone(),
        split: Some(Split::Validation),
        offset: 0,
        limit: 200,
        model: None,
        find: None,
        job: None,
    };
    let held_out = studio.dataset_rows(ask).unwrap();
    for row in &compared.rows {
        let base = row.base.as_ref().expect("an adapter has a base");
        assert_ne!(base.text, row.tuned.text, "{row:?}");
        assert!((0.0..=1.0).contains(&row.tuned.f1) && row.tuned.f1 >= base.f1, "{row:?}");
        let is_held_out =
            held_out.rows.iter().any(|held| held.messages.iter().any(|message| message.content == row.question));
        assert!(is_held_out, "{row:?}");
    }
    assert_eq!(compare(true).unwrap(), Some(compared.clone()), "kept");
    assert_eq!(compare(false).unwrap(), Some(compared));
}

#[test]
fn checkpoints_beside_the_best_and_the_last_can_be_removed() {
    let place = Place::new();
    let studio = place.open();
    let (model, dataset) = place.stocked(studio.as_ref());
    let training = TrainSettings { save_every: AutoOr::Steps(2), eval_every: AutoOr::Steps(4), ..settings(10) };
    let run = studio.start_run(wish(&model, &dataset, training)).unwrap();
    let run = wait_for(studio.as_ref(), &run.id, is_done);
    let steps = || -> Vec<u32> {
        let names = std::fs::read_dir(&run.path).unwrap().map(|entry| entry.unwrap().file_name());
        let step = |name: std::ffi::OsString| name.to_str()?.strip_prefix("ckpt-")?.parse().ok();
        let mut steps: Vec<u32> = names.filter_map(step).collect();
        steps.sort_unstable();
        steps
    };
    // Older versions kept more of them.
    let older = std::path::Path::new(&run.path).join("ckpt-3");
    std::fs::create_dir(&older).unwrap();
    std::fs::write(older.join("adapter_model.safetensors"), [7; 1000]).unwrap();
    let (before, kept) = (steps(), [run.best_step.unwrap(), 10]);
    assert!(before.contains(&3) && before.contains(&10), "{before:?}");
    let spare = studio.spare_checkpoints(run.id.clone()).unwrap();
    let unneeded = before.iter().filter(|step| !kept.contains(step)).count();
    assert_eq!(spare.count as usize, unneeded, "of {before:?} {kept:?} are kept, and now there are {:?}", steps());
    assert!(spare.bytes >= 1000);
    studio.remove_spare_checkpoints(run.id.clone()).unwrap();
    assert!(steps().iter().all(|step| kept.contains(step)) && steps().contains(&10), "{:?}", steps());
    assert_eq!(studio.spare_checkpoints(run.id.clone()).unwrap().count, 0);
    let after = studio.get_run(run.id.clone()).unwrap();
    assert_eq!(after.size_bytes, run.size_bytes + 1000 - spare.bytes);
    assert!(std::path::Path::new(&after.result_path.unwrap()).is_dir());

    let long = studio.start_run(wish(&model, &dataset, settings(100_000))).unwrap();
    assert_eq!(studio.spare_checkpoints(long.id.clone()).unwrap().count, 0);
    assert_eq!(studio.remove_spare_checkpoints(long.id).unwrap_err().code, ErrorCode::Busy);
}

#[test]
fn a_stopped_run_keeps_its_result_and_goes_on() {
    let place = Place::new();
    let studio = place.open();
    let api: &dyn Api = studio.as_ref();
    let (model, dataset) = place.stocked(api);
    let run = api.start_run(wish(&model, &dataset, settings(400))).unwrap();
    records_until(api, &run.id, |record| matches!(record, RunRecord::Step(metrics) if metrics.step == 2));
    let other = api.start_run(wish(&model, &dataset, settings(1))).unwrap();
    assert_eq!(other.status, RunState::Queued { held: false }, "runs go one at a time");
    api.stop_run(other.id.clone()).unwrap();
    assert_eq!(api.get_run(other.id).unwrap().status, RunState::Stopped, "it leaves the line");

    api.stop_run(run.id.clone()).unwrap();
    let stopped = wait_for(api, &run.id, |state| *state == RunState::Stopped);
    assert!(stopped.step < 400 && stopped.result_path.is_some());
    assert_eq!(api.stop_run(run.id.clone()).unwrap_err().code, ErrorCode::Invalid);

    let resumed = api.resume_run(run.id.clone()).unwrap();
    assert_ne!(resumed.status, RunState::Stopped, "it goes on from this moment");
    let records = records_until(api, &run.id, |record| matches!(record, RunRecord::Done { .. }));
    assert!(records.contains(&RunRecord::Rewind { step: stopped.step }));
    let all = steps(&records);
    assert_eq!(all.last(), Some(&400));
    assert!(all.contains(&(stopped.step + 1)));
}

#[test]
fn every_weight_can_be_trained_and_the_model_is_a_base_for_the_next_run() {
    let place = Place::new();
    let studio = place.open();
    let api: &dyn Api = studio.as_ref();
    let (model, dataset) = place.stocked(api);
    let training = TrainSettings { method: Method::Full, learning_rate: 1e-3, ..settings(3) };
    let run = api.start_run(wish(&model, &dataset, training)).unwrap();
    wait_for(api, &run.id, is_done);
    let models = api.list_models(()).unwrap();
    let trained =
        models.iter().find(|model| model.source == ModelSource::Trained).expect("the trained model is listed");
    assert_eq!(trained.problem, None);
    let next = api.start_run(wish(trained, &dataset, settings(2))).unwrap();
    wait_for(api, &next.id, is_done);
}

#[test]
fn the_bundled_samples_can_be_imported() {
    let place = Place::new();
    let studio = place.open();
    let samples = studio.list_samples(()).unwrap();
    assert!(!samples.is_empty());
    for sample in samples {
        let dataset = studio.import_sample(sample.id.clone()).unwrap();
        assert_eq!(dataset.sample, Some(sample.id), "the wizard knows which preset suits it");
        assert_eq!((dataset.rows_read, dataset.rows_dropped), (u64::from(sample.rows), 0), "{}", sample.title);
        assert_eq!(dataset.name, sample.title);
        assert!(std::path::Path::new(&dataset.files[0]).is_file(), "a run file can name the sample");
    }
}

#[test]
fn a_sample_brings_the_preset_of_its_run_file_for_the_starter_model() {
    for sample in samples::list().unwrap() {
        let yaml = String::from_utf8(samples::run_file(&sample.id).unwrap().into_owned()).unwrap();
        let config = run_file::parse(&yaml).unwrap();
        assert_eq!(config.training, sample.preset.training, "{}", sample.id);
        assert_eq!(
            (config.base_model, sample.model, sample.preset.id),
            ("starter".into(), "starter".into(), "sample".into())
        );
    }
    assert!(samples::rows("poems").unwrap_err().message.contains("poems"));
}

/// What `make demo` has measured. It is out of date as soon as the model, the rows or the settings are others.
#[test]
fn every_sample_was_measured_as_it_is_and_convinced() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/samples/measured.json");
    let measured: Vec<serde_json::Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    for sample in samples::list().unwrap() {
        let own = |row: &&serde_json::Value| row["sample"] == sample.id.as_str() && row["preset"] == "sample";
        let row = measured.iter().find(own).unwrap_or_else(|| panic!("{}: run `make demo`", sample.id));
        let fingerprint = samples::fingerprint(&sample.id).unwrap();
        assert_eq!(row["fingerprint"], fingerprint.as_str(), "{}: run `make demo`", sample.id);
        let figure = |model: &str, name: &str| row[model][name].as_f64().unwrap();
        let exact = figure("tuned", "exact") >= 0.4 && figure("base", "exact") < 0.2;
        let alike = figure("tuned", "f1") >= 0.85 && figure("base", "f1") < 0.2;
        assert!(exact || alike, "{row}");
        assert_eq!((figure("tuned", "endless"), figure("tuned", "rows")), (0.0, 100.0), "{row}");
        assert!(row["seconds"].as_f64().unwrap() <= 180.0, "{row}");
    }
}
