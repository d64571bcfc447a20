//! Which folders are base models, and what is said about those that are not.

use std::fs;
use std::path::Path;

use tunesmith_model::{DType, Decoder, Device, ModelConfig};
use tunesmith_protocol::*;

use crate::support::*;

fn refusal(api: &dyn Api, path: &Path) -> String {
    let error = api.add_model(AddModel { path: path.into() }).unwrap_err();
    assert!(!error.hint.is_empty(), "{error} says what to do next");
    error.to_string()
}

#[test]
fn a_folder_is_added_once_and_tells_its_facts() {
    let place = Place::new();
    let studio = place.open();
    let folder = place.model_folder();
    let model = studio.add_model(AddModel { path: folder.clone().into() }).unwrap();
    assert_eq!((model.family.as_str(), model.context_length, model.has_chat_template), ("llama", 512, true));
    assert!(model.parameters > 0 && model.problem.is_none());
    let file = format!("{folder}/config.json");
    assert_eq!(
        studio.add_model(AddModel { path: file.into() }).unwrap(),
        model,
        "a file in the folder means the folder"
    );
    let form = studio.train_form(model.id).unwrap();
    assert_eq!(
        form.presets.iter().map(|preset| preset.id.as_str()).collect::<Vec<_>>(),
        ["quick", "balanced", "thorough"]
    );
}

/// A folder with a tiny model that fuses its projections.
fn fused_model(place: &Place) -> String {
    let folder = place.path().join("fused");
    tunesmith_tests::tiny_model(&folder).unwrap();
    let config = fs::read_to_string(folder.join("config.json")).unwrap();
    let config = config.replace("LlamaForCausalLM", "Phi3ForCausalLM").replace("\"llama\"", "\"phi3\"");
    fs::write(folder.join("config.json"), config).unwrap();
    let decoder = Decoder::scratch(ModelConfig::read(&folder).unwrap(), 7, &Device::Cpu).unwrap();
    decoder.save(&folder, DType::F32).unwrap();
    folder.to_string_lossy().into_owned()
}

#[test]
fn a_form_offers_the_modules_that_the_model_has() {
    let place = Place::new();
    let studio = place.open();
    let modules = |path: String| -> Vec<String> {
        let model = studio.add_model(AddModel { path: path.into() }).unwrap();
        let fields = studio.train_form(model.id).unwrap().fields.into_iter();
        let modules = fields.filter_map(|field| match field.kind {
            Kind::Modules(modules) | Kind::Names(modules) => Some(modules.join(" ")),
            _ => None,
        });
        modules.collect()
    };
    let apart = "q_proj k_proj v_proj o_proj gate_proj up_proj down_proj";
    let its = [format!("{apart} embed_tokens lm_head"), format!("{apart} norm embed_tokens lm_head")];
    assert_eq!(modules(place.model_folder()), its);
    // In the list of all families o_proj and down_proj come first.
    let fused = "qkv_proj o_proj gate_up_proj down_proj embed_tokens lm_head";
    let saved = "o_proj down_proj qkv_proj gate_up_proj norm embed_tokens lm_head";
    assert_eq!(modules(fused_model(&place)), [fused, saved]);
}

#[test]
fn what_is_no_model_is_refused_with_its_reason() {
    let place = Place::new();
    let studio = place.open();
    let api: &dyn Api = studio.as_ref();
    assert!(refusal(api, Path::new("/nowhere")).contains("does not exist"));
    let folder = place.path().join("empty");
    fs::create_dir(&folder).unwrap();
    assert!(refusal(api, &folder).contains("config.json"));
    let gguf = place.write("model.gguf", "GGUF");
    assert!(refusal(api, Path::new(&gguf)).contains("GGUF"));

    let adapter = place.path().join("adapter");
    fs::create_dir(&adapter).unwrap();
    fs::write(adapter.join("adapter_config.json"), "{}").unwrap();
    assert!(refusal(api, &adapter).contains("adapter"));

    let tiny = place.model_folder();
    let tiny = Path::new(&tiny);
    let weights = fs::read(tiny.join("model.safetensors")).unwrap();
    fs::write(tiny.join("model.safetensors"), &weights[..weights.len() / 2]).unwrap();
    assert!(refusal(api, tiny).contains("model.safetensors"));
    fs::write(tiny.join("model.safetensors"), &weights).unwrap();
    let config = fs::read_to_string(tiny.join("config.json")).unwrap();
    fs::write(tiny.join("config.json"), config.replace("\"llama\"", "\"mamba\"")).unwrap();
    let said = refusal(api, tiny);
    assert!(said.contains("mamba") && said.contains("llama"), "{said}");
}

#[test]
fn a_folder_that_is_gone_is_listed_with_its_problem() {
    let place = Place::new();
    let studio = place.open();
    let (model, dataset) = place.stocked(studio.as_ref());
    fs::rename(&model.path, place.path().join("elsewhere")).unwrap();
    let listed = studio.list_models(()).unwrap().into_iter().find(|other| other.id == model.id).unwrap();
    assert!(listed.problem.unwrap().contains("is gone"));
    assert!(studio.start_run(wish(&model, &dataset, settings(1))).is_err());
    fs::rename(place.path().join("elsewhere"), &model.path).unwrap();
    let listed = studio.list_models(()).unwrap().into_iter().find(|other| other.id == model.id).unwrap();
    assert_eq!(listed, model, "back in its place, it can be used again");
}

#[test]
fn a_chat_template_edited_meanwhile_is_noticed() {
    let place = Place::new();
    let studio = place.open();
    let (model, dataset) = place.stocked(studio.as_ref());
    let tokens = || {
        let ask = DatasetRows {
            dataset: dataset.id.clone(),
            split: Some(Split::Training),
            offset: 0,
            limit: 1,
            model: Some(model.id.clone()),
            find: None,
            job: None,
        };
        let row = studio.dataset_rows(ask).unwrap().rows.remove(0);
        let plan = studio.preview_run(wish(&model, &dataset, settings(5)).into()).unwrap().plan.unwrap();
        (row.tokens.unwrap(), plan.tokens)
    };
    let (row, all) = tokens();
    let config = Path::new(&model.path).join("tokenizer_config.json");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace("{% for message in messages %}", "{% for message in messages %}-")).unwrap();
    let (row_now, all_now) = tokens();
    assert_eq!(row_now, row + 3, "a dash before each of three messages");
    assert_eq!(all_now, all + 3 * 32, "in each of the training rows");
}

#[test]
fn models_in_the_hugging_face_cache_are_found() {
    let place = Place::new();
    let hub = place.path().join("hub");
    let snapshot = |name: &str| hub.join(name).join("snapshots").join("0123abcd");
    tunesmith_tests::tiny_model(&snapshot("models--someone--tiny")).unwrap();
    let other = snapshot("models--someone--bert");
    fs::create_dir_all(&other).unwrap();
    fs::write(other.join("config.json"), r#"{"model_type": "bert"}"#).unwrap();
    fs::write(other.join("model.safetensors"), "").unwrap();
    // SAFETY: the tests run in a process each, and nothing else runs yet in this one.
    unsafe { std::env::set_var("HF_HUB_CACHE", &hub) };
    let studio = place.open();
    let models = studio.list_models(()).unwrap();
    let cached: Vec<&Model> = models.iter().filter(|model| model.source == ModelSource::Cache).collect();
    assert_eq!(cached.iter().map(|model| model.name.as_str()).collect::<Vec<_>>(), ["someone/tiny"]);
    assert_eq!(cached[0].problem, None);
    let dataset = studio.import_dataset(import_of(&[&place.data_file(20)])).unwrap();
    let run = studio.start_run(wish(cached[0], &dataset, settings(1))).unwrap();
    wait_for(studio.as_ref(), &run.id, is_done);
}

#[test]
fn a_model_of_the_cache_that_was_deleted_for_good_stays_away_until_it_is_added_again() {
    let place = Place::new();
    let hub = place.path().join("hub");
    let folder = hub.join("models--someone--tiny");
    tunesmith_tests::tiny_model(&folder.join("snapshots/0123abcd")).unwrap();
    // SAFETY: as above.
    unsafe { std::env::set_var("HF_HUB_CACHE", &hub) };
    let cached =
        |studio: &dyn Api| studio.list_models(()).unwrap().into_iter().find(|model| model.source == ModelSource::Cache);
    let studio = place.open();
    let model = cached(studio.as_ref()).unwrap();
    let item = ItemRef { kind: ItemKind::Model, id: model.id.clone() };
    for for_good in ["one", "all"] {
        studio.delete(item.clone()).unwrap();
        assert_eq!((cached(studio.as_ref()), studio.list_bin(()).unwrap().len()), (None, 1));
        match for_good {
            "one" => studio.delete_for_good(item.clone()).unwrap(),
            _ => studio.empty_bin(()).unwrap(),
        }
        assert_eq!((cached(studio.as_ref()), studio.list_bin(()).unwrap().len()), (None, 0));
        assert_eq!(studio.restore(item.clone()).unwrap_err().code, ErrorCode::NotFound);
        studio.empty_bin(()).unwrap();
        assert_eq!(cached(studio.as_ref()), None, "an empty bin forgets nothing");
        let again = studio.add_model(AddModel { path: folder.as_path().into() }).unwrap();
        assert_eq!((again.id, again.name), (model.id.clone(), "someone/tiny".to_owned()));
        assert_eq!(cached(studio.as_ref()).unwrap().id, model.id);
    }
    studio.delete(item.clone()).unwrap();
    studio.delete_for_good(item).unwrap();
    studio.shutdown();
    drop(studio);
    assert_eq!(cached(place.open().as_ref()), None, "the next program, too");
}

#[test]
fn the_starter_model_is_unpacked_and_a_damaged_file_of_it_is_replaced() {
    let place = Place::new();
    let starter = |studio: &dyn Api| studio.list_models(()).unwrap().into_iter().find(|model| model.id == "starter");
    // A build without one lists none.
    let Some(model) = starter(place.open().as_ref()) else { return };
    assert_eq!((model.problem, model.has_chat_template), (None, true));
    let weights = Path::new(&model.path).join("model.safetensors");
    let whole = fs::read(&weights).unwrap();
    fs::write(&weights, &whole[..1000]).unwrap();
    let model = starter(place.open().as_ref()).unwrap();
    assert_eq!(model.problem, None);
    assert!(fs::read(&weights).unwrap() == whole, "byte for byte");
    assert_eq!(fs::read_dir(place.home().join("models")).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn a_folder_in_the_place_of_the_starter_model_is_put_aside_and_not_removed() {
    let place = Place::new();
    drop(place.open());
    let models = place.home().join("models");
    let _ = fs::remove_dir_all(models.join("starter"));
    fs::create_dir(models.join("starter")).unwrap();
    fs::write(models.join("starter/letter.txt"), "mine").unwrap();
    if place.open().list_models(()).unwrap().iter().all(|model| model.id != "starter") {
        return; // a build without one
    }
    let folders = fs::read_dir(&models).unwrap().map(|entry| entry.unwrap().path());
    assert!(
        folders
            .into_iter()
            .any(|folder| fs::read_to_string(folder.join("letter.txt")).is_ok_and(|text| text == "mine"))
    );
}

#[test]
fn one_folder_is_one_model_however_its_path_is_spelled() {
    let place = Place::new();
    let studio = place.open();
    let folder = place.model_folder();
    let link = place.path().join("link");
    #[cfg(unix)]
    std::os::unix::fs::symlink(&folder, &link).unwrap();
    #[cfg(not(unix))]
    let link = std::path::PathBuf::from(&folder);
    let spellings = [
        folder.clone(),
        format!("{folder}/"),
        format!("{folder}/../tiny"),
        format!("{folder}/./config.json"),
        link.to_string_lossy().into_owned(),
    ];
    let ids: Vec<String> =
        spellings.iter().map(|path| studio.add_model(AddModel { path: path.as_str().into() }).unwrap().id).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let added = studio.list_models(()).unwrap().into_iter().filter(|model| model.source == ModelSource::Folder);
    assert_eq!(added.count(), 1);
}

/// A tiny model of which one weight is multiplied with `factor`.
fn changed_model(place: &Place, name: &str, factor: f64) -> String {
    let folder = place.path().join("changed");
    tunesmith_tests::tiny_model(&folder).unwrap();
    let mut decoder = Decoder::scratch(ModelConfig::read(&folder).unwrap(), 7, &Device::Cpu).unwrap();
    decoder.set_parameter(name, decoder.parameters()[name].affine(factor, 0.0).unwrap()).unwrap();
    decoder.save(&folder, DType::F32).unwrap();
    folder.to_string_lossy().into_owned()
}

fn evaluation(place: &Place, folder: String) -> Evaluate {
    Evaluate { folder: Some(folder.into()), ..measuring(place) }
}

#[test]
fn a_model_with_weights_that_are_no_numbers_is_not_measured() {
    let place = Place::new();
    let studio = place.open();
    let name = "model.layers.0.mlp.up_proj.weight";
    let folder = changed_model(&place, name, f64::NAN);
    let error = studio.evaluate(evaluation(&place, folder)).unwrap_err().to_string();
    assert!(error.contains(name) && error.contains("NaN"), "{error}");
}

#[test]
fn a_loss_that_is_no_number_is_an_error() {
    let place = Place::new();
    let studio = place.open();
    let folder = changed_model(&place, "model.norm.weight", f64::from(f32::MAX));
    let error = studio.evaluate(evaluation(&place, folder)).unwrap_err();
    assert!(error.to_string().contains("not a number") && !error.hint.is_empty(), "{error}");
}

#[test]
fn a_models_page_tells_where_config_and_weights_disagree() {
    let place = Place::new();
    let studio = place.open();
    let folder = place.model_folder();
    let add = || studio.add_model(AddModel { path: folder.clone().into() }).unwrap();
    assert!(add().remarks.is_empty());
    let path = Path::new(&folder).join("config.json");
    let tie = |tied: bool| {
        let mut config: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        config["tie_word_embeddings"] = tied.into();
        fs::write(&path, config.to_string()).unwrap();
    };
    tie(false);
    let folder_path = Path::new(&folder);
    let decoder = Decoder::scratch(ModelConfig::read(folder_path).unwrap(), 7, &Device::Cpu).unwrap();
    decoder.save(folder_path, DType::F32).unwrap();
    tie(true);
    let remarks = add().remarks;
    assert!(remarks.len() == 1 && remarks[0].contains("tie_word_embeddings"), "{remarks:?}");
}

#[test]
fn an_evaluation_tells_of_rows_that_the_model_cannot_read_whole() {
    let place = Place::new();
    let studio = place.open();
    let long = "word ".repeat(2000);
    let row = |question: &str, answer: &str| serde_json::json!({"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]});
    let rows = [row("q", "a"), row(&long, "a"), row("q", &long)].map(|row| row.to_string()).join("\n");
    let path = place.path().join("long.jsonl");
    fs::write(&path, rows).unwrap();
    let data = vec![path.to_str().unwrap().into()];
    let ask = Evaluate { data, answers: true, ..evaluation(&place, place.model_folder()) };
    let evaluated = studio.evaluate(ask).unwrap();
    assert!(evaluated.remarks.iter().any(|remark| remark.contains("2 rows are longer")), "{:?}", evaluated.remarks);
    assert_eq!((evaluated.answers.len(), evaluated.rows_refused), (2, 1), "{:?}", evaluated.refused);
    let refused = evaluated.refused.unwrap();
    assert!(refused.contains("line 2 of long.jsonl: its question has"), "{refused}");
}

#[test]
fn an_evaluation_tells_of_a_base_model_that_is_not_the_one_trained_on() {
    let place = Place::new();
    let studio = place.open();
    let (model, dataset) = place.stocked(studio.as_ref());
    let run = studio.start_run(wish(&model, &dataset, settings(1))).unwrap();
    wait_for(studio.as_ref(), &run.id, is_done);
    let ask = || Evaluate { run: Some(run.id.clone()), folder: None, ..evaluation(&place, String::new()) };
    assert_eq!(studio.evaluate(ask()).unwrap().remarks, [""; 0]);
    let other = Decoder::scratch(ModelConfig::read(Path::new(&model.path)).unwrap(), 8, &Device::Cpu).unwrap();
    other.save(Path::new(&model.path), DType::F32).unwrap();
    let remarks = studio.evaluate(ask()).unwrap().remarks;
    assert!(remarks.len() == 1 && remarks[0].contains("has changed since this run was trained"), "{remarks:?}");
}

#[test]
fn a_models_page_tells_of_chat_templates_that_are_not_used() {
    let place = Place::new();
    let studio = place.open();
    let folder = place.model_folder();
    let add = || studio.add_model(AddModel { path: folder.clone().into() }).unwrap();
    let set = |template: serde_json::Value| {
        let path = Path::new(&folder).join("tokenizer_config.json");
        let mut config: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        config["chat_template"] = template;
        fs::write(&path, config.to_string()).unwrap();
    };
    let named = |name: &str| serde_json::json!({"name": name, "template": "{{ messages }}"});
    set(serde_json::json!([named("chat")]));
    assert_eq!(add().remarks, [""; 0], "the only one is the default");
    set(serde_json::json!([named("default"), named("tool_use"), named("rag")]));
    let more = Path::new(&folder).join("additional_chat_templates");
    fs::create_dir(&more).unwrap();
    fs::write(more.join("short.jinja"), "{{ messages }}").unwrap();
    let remarks = add().remarks;
    assert!(
        remarks.len() == 1 && remarks[0].contains("2 chat templates") && remarks[0].contains("rag, short"),
        "{remarks:?}"
    );
    fs::remove_dir_all(&more).unwrap();
    set("{{ messages[0] }}".into());
    fs::write(Path::new(&folder).join("chat_template.jinja"), "{{ messages }}").unwrap();
    let remarks = add().remarks;
    assert!(remarks.len() == 1 && remarks[0].contains("another chat template"), "{remarks:?}");
    set("{{ messages }}\n".into());
    assert_eq!(add().remarks, [""; 0], "the same twice");
    set(serde_json::json!([named("default"), named("tool_use"), named("rag")]));
    let list = "The list of chat templates in tokenizer_config.json is not used: chat_template.jinja counts before it, as in \
        transformers";
    assert_eq!(add().remarks, [list]);
    fs::remove_file(Path::new(&folder).join("chat_template.jinja")).unwrap();
    set("{{ messages[0] }}".into());
    let legacy = serde_json::json!({"chat_template": "{{ messages }}"}).to_string();
    fs::write(Path::new(&folder).join("chat_template.json"), legacy).unwrap();
    let other = "chat_template.json has another chat template than tokenizer_config.json; the latter is used, as transformers \
        does";
    assert_eq!(add().remarks, [other]);
}

#[test]
fn a_models_page_tells_of_generation_settings_that_are_not_used() {
    let place = Place::new();
    let studio = place.open();
    let folder = place.model_folder();
    let remarks = |config: serde_json::Value| {
        fs::write(Path::new(&folder).join("generation_config.json"), config.to_string()).unwrap();
        studio.add_model(AddModel { path: folder.clone().into() }).unwrap().remarks
    };
    let nothing = serde_json::json!({
        "eos_token_id": 2, "temperature": 0.6, "do_sample": true, "num_beams": 1, "min_length": 0, "suppress_tokens": [],
        "repetition_penalty": 1.0, "forced_eos_token_id": null
    });
    assert_eq!(remarks(nothing), [""; 0]);
    let told = remarks(serde_json::json!({"stop_strings": ["\n"], "num_beams": 4, "repetition_penalty": 1.1}));
    assert!(told.len() == 2 && told[0].contains("num_beams, stop_strings") && told[1].contains("1.1"), "{told:?}");
}

#[cfg(unix)]
#[test]
fn a_pipe_among_a_models_files_is_refused_at_once() {
    for name in ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"] {
        let place = Place::new();
        let studio = place.open();
        let folder = place.model_folder();
        let path = Path::new(&folder).join(name);
        fs::remove_file(&path).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let error = studio.add_model(AddModel { path: folder.into() }).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
}

/// The file is sparse: it takes no room on the disk.
#[test]
fn an_adapter_that_does_not_fit_into_memory_is_not_read() {
    let place = Place::new();
    let adapter = place.path().join("adapter");
    fs::create_dir(&adapter).unwrap();
    let config = r#"{"peft_type": "LORA", "r": 2, "lora_alpha": 4, "target_modules": ["q_proj"]}"#;
    fs::write(adapter.join("adapter_config.json"), config).unwrap();
    let (module, columns) = ("base_model.model.model.layers.0.self_attn.q_proj", 100_000_000_000_u64);
    let bytes = 8 * columns;
    let header = format!(
        r#"{{"{module}.lora_A.weight": {{"dtype": "F32", "shape": [2, {columns}], "data_offsets": [0, {bytes}]}}}}"#
    );
    let path = adapter.join("adapter_model.safetensors");
    fs::write(&path, [&(header.len() as u64).to_le_bytes(), header.as_bytes()].concat()).unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_len(8 + header.len() as u64 + bytes).unwrap();
    let go_on = &mut |_| std::ops::ControlFlow::Continue(());
    let model = tunesmith_studio::load_model(&place.home(), &place.model_folder(), None, go_on).unwrap();
    let error = model.adapter(&adapter).unwrap_err();
    assert_eq!(error.code, ErrorCode::TooBig);
    assert!(error.message.contains("of memory"), "{}", error.message.text);
}

#[test]
fn a_tokenizer_config_that_is_no_object_is_an_error_and_the_list_goes_on() {
    let place = Place::new();
    let studio = place.open();
    for odd in ["[1]", "\"abc\"", "5"] {
        let folder = place.model_folder();
        std::fs::write(Path::new(&folder).join("tokenizer_config.json"), odd).unwrap();
        let told = match studio.add_model(AddModel { path: folder.into() }) {
            Ok(model) => model.problem.map(|problem| problem.text).unwrap_or_default(),
            Err(error) => error.message.text,
        };
        assert!(told.contains("tokenizer_config.json") && told.contains("no JSON object"), "{odd}: {told}");
        studio.list_models(()).unwrap();
    }
}
