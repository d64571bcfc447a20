//! Run files and their typos.

use tunesmith_protocol::*;
use tunesmith_studio::run_file::{self, parse, write};

use crate::support::*;

const GOOD: &str = "base_model: starter
data:
  path: [a.jsonl, b.jsonl]
  format: chat        # of each row
  validation: 0.1
training:
  epochs: 2
  learning_rate: 2.0e-4
  gradient_checkpointing: on
  target_modules: [q_proj, v_proj]
  eval_every: 5
";

fn complaint(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from));
    parse(&GOOD.replace(from, to)).unwrap_err().to_string()
}

#[test]
fn a_run_file_is_read() {
    let config = parse(GOOD).unwrap();
    let DataConfig::Files(files) = config.data else { panic!("{:?}", config.data) };
    assert_eq!(files.path.all(), ["a.jsonl", "b.jsonl"]);
    assert_eq!(files.validation, Validation::Share(0.1));
    let TrainSettings { epochs, learning_rate, gradient_checkpointing, eval_every, .. } = config.training;
    assert_eq!((epochs, learning_rate), (2.0, 2e-4));
    assert_eq!((gradient_checkpointing, eval_every), (Switch::On, AutoOr::Steps(5)));
}

#[test]
fn a_typo_names_its_line_and_what_was_meant() {
    for (from, to, line, meant) in [
        ("learning_rate", "learning_rat", "Line 8", "learning_rate"),
        ("epochs", "epoch", "Line 7", "epochs"),
        ("  path", "  paths", "Line 3", "path"),
        ("base_model", "base-model", "Line 1", "base_model"),
        ("training:", "trainig:", "Line 6", "training"),
        ("format: chat", "format: chta", "Line 4", "chat"),
    ] {
        let said = complaint(from, to);
        assert!(said.contains(line) && said.contains(&format!("“{meant}”")), "{to}: {said}");
    }
}

#[test]
fn the_name_that_another_trainer_has_for_a_setting_leads_to_ours() {
    for (theirs, ours) in [
        ("warmup_steps: 100", "“warmup_ratio” here: The share of the steps"),
        ("num_train_epochs: 2", "“epochs” here"),
        ("per_device_train_batch_size: 2", "“batch_size” here"),
        ("gradient_accumulation_steps: 2", "“gradient_accumulation” here"),
        ("lr: 1.0e-4", "“learning_rate” here"),
    ] {
        let error = parse(&GOOD.replace("epochs: 2", theirs)).unwrap_err();
        let told = format!("{} {}", error.message, error.hint);
        assert!(told.contains("Line 7") && told.contains(ours), "{theirs}: {told}");
        assert!(!told.contains("max_steps"), "{told}");
    }
}

#[test]
fn a_wrong_value_names_its_line_and_what_is_expected() {
    for (from, to, line, expected) in [
        ("epochs: 2", "epochs: many", "Line 7", "a number from 0.01 to 1000"),
        ("epochs: 2", "epochs: -1", "Line 7", "a number from 0.01 to 1000"),
        ("gradient_checkpointing: on", "gradient_checkpointing: maybe", "Line 9", "one of auto, on, off"),
        ("[q_proj, v_proj]", "[q_prj]", "Line 10", "all-linear or a list of q_proj"),
        ("eval_every: 5", "eval_every: 5.5", "Line 11", "auto or a whole number"),
        ("validation: 0.1", "validation: 1.5", "Line 5", "below 1"),
        ("path: [a.jsonl, b.jsonl]", "path: 7", "Line 3", "a file or a list of files"),
        (
            "data:\n  path: [a.jsonl, b.jsonl]\n  format: chat        # of each row\n  validation: 0.1",
            "data: a.jsonl",
            "Line 2",
            "group of keys",
        ),
        ("  epochs: 2", "  epochs: [2", "Line", "not YAML"),
    ] {
        let said = complaint(from, to);
        assert!(said.contains(line) && said.contains(expected), "{to}: {said}");
    }
    assert!(parse("data:\n  path: a.jsonl\n").unwrap_err().message.contains("base_model"));
    assert!(parse("base_model: starter\n").unwrap_err().message.contains("data"));
    assert!(parse("").is_err() && parse("- a\n- b\n").is_err());
}

#[test]
fn a_dataset_of_the_home_takes_the_place_of_files() {
    let named = |data: &str| parse(&format!("base_model: starter\ndata:\n{data}"));
    let config = named("  dataset: Rezepte 🍲\n  version: 3\n").unwrap();
    let DataConfig::Dataset(DataVersion { dataset, version }) = &config.data else { panic!("{:?}", config.data) };
    assert_eq!((dataset.as_str(), *version), ("Rezepte 🍲", Some(3)));
    assert_eq!(parse(&write(&config)).unwrap(), config);
    assert!(named("  dataset: rows\n").is_ok(), "without a version it is the one in use");
    for (data, line, wrong) in [
        ("  dataset: rows\n  path: a.jsonl\n", "Line 4", "path is for files"),
        ("  dataset: 7\n", "Line 3", "id or the name"),
        ("  dataset: rows\n  version: 0\n", "Line 4", "from 1 on"),
        ("  path: a.jsonl\n  version: 2\n", "Line 4", "names no dataset"),
        ("  format: chat\n", "Line 2", "no path and no dataset"),
    ] {
        let said = named(data).unwrap_err().to_string();
        assert!(said.contains(line) && said.contains(wrong), "{data}: {said}");
    }
}

#[test]
fn what_is_written_reads_back_the_same() {
    for path in ["plain.jsonl", "with space.jsonl", "it's: #1.jsonl", "\"q\" \\ ü 🍲.jsonl", "yes", "12", "- a"] {
        let config = RunConfig {
            base_model: format!("/models/{path}"),
            data: DataConfig::Files(DataFiles {
                path: Paths::Many(vec![path.into(), "b.jsonl".into()]),
                format: Format::Instruction,
                columns: [("output".into(), path.into())].into(),
                sheet: Some(path.into()),
                validation: Validation::File(path.into()),
            }),
            training: TrainSettings {
                target_modules: TargetModules::Named(vec!["q_proj".into()]),
                gradient_checkpointing: Switch::Off,
                max_steps: Some(3),
                learning_rate: 1e-7,
                ..TrainSettings::default()
            },
        };
        let text = write(&config);
        assert_eq!(parse(&text).unwrap(), config, "{text}");
    }
}

#[test]
fn no_text_makes_the_reader_panic() {
    for end in (0..GOOD.len()).filter(|end| GOOD.is_char_boundary(*end)) {
        drop(parse(&GOOD[..end]));
        drop(parse(&GOOD[end..]));
        for noise in ["[", "{", ":", "- ", "&a ", "*a", "\"", "\t", "\u{0}", "🍲", "\n"] {
            drop(parse(&format!("{}{noise}{}", &GOOD[..end], &GOOD[end..])));
        }
    }
}

#[test]
fn a_preset_gives_what_the_window_gives_and_written_settings_come_before_it() {
    let place = Place::new();
    let studio = place.open();
    let (model, _) = place.stocked(studio.as_ref());
    let folder = place.path().join("run.yaml");
    let read = |text: &str| {
        std::fs::write(&folder, format!("base_model: tiny\ndata:\n  path: counting.jsonl\n{text}")).unwrap();
        run_file::load(&folder)
    };
    let form = studio.train_form(model.id).unwrap();
    for preset in &form.presets {
        assert_eq!(read(&format!("preset: {}\n", preset.id)).unwrap().training, preset.training, "{}", preset.id);
    }
    let thorough = &form.presets.iter().find(|preset| preset.id == "thorough").unwrap().training;
    let changed = read("preset: thorough\ntraining:\n  epochs: 2\n").unwrap().training;
    assert_eq!(changed, TrainSettings { epochs: 2.0, ..thorough.clone() });
    assert_eq!(read("").unwrap().training, TrainSettings::default(), "without a preset nothing has changed");
    let typo = read("preset: balanced\n".replace("balanced", "balancd").as_str()).unwrap_err();
    assert!(typo.message.contains("Line 4") && typo.hint.contains("balanced"), "{typo}");
}

#[test]
fn a_key_that_stands_twice_and_a_rule_that_is_none_are_told_in_plain_words() {
    let twice = complaint("epochs: 2", "epochs: 2\n  epochs: 3");
    assert!(twice.contains("“epochs”") && twice.contains("second time") && !twice.contains("Policy"), "{twice}");
    let none = complaint("validation: 0.1", "validation: none");
    assert!(none.contains("Line 5") && none.contains("0 is the share"), "{none}");
}

#[test]
fn lists_need_no_brackets_and_name_nothing_twice() {
    let modules = |written: &str| {
        let config = parse(&GOOD.replace("[q_proj, v_proj]", written)).unwrap_or_else(|error| panic!("{error}"));
        serde_json::to_value(config.training.target_modules).unwrap()
    };
    assert_eq!(modules("q_proj"), serde_json::json!(["q_proj"]));
    assert_eq!(modules("q_proj,v_proj"), serde_json::json!(["q_proj", "v_proj"]));
    assert_eq!(modules("all-linear"), "all-linear");
    for layers in ["0,0,0", "0..3, 2"] {
        assert!(complaint("epochs: 2", &format!("layers: \"{layers}\"")).contains("named once"), "{layers}");
    }
    assert!(parse(&GOOD.replace("epochs: 2", "layers: \"0..3, 5\"")).is_ok());
}

#[test]
fn what_is_no_run_file_is_told_for_what_it_is() {
    let nothing = parse("base_model: starter\ndata:\n  path: a.jsonl\ntraining:\n").unwrap();
    assert_eq!(nothing.training, TrainSettings::default(), "a group without a key says nothing");
    let bogus = complaint("format: chat", "format: bogus");
    assert!(bogus.contains("preference, unpaired, classification"), "{bogus}");
    for (from, to, wrong) in [
        ("path: [a.jsonl, b.jsonl]", "path: \"\"", "path must not be empty"),
        ("path: [a.jsonl, b.jsonl]", "path: [a.jsonl, \" \"]", "path must not be empty"),
        ("path: [a.jsonl, b.jsonl]", "path: []", "path must not be empty"),
        ("validation: 0.1", "validation: \"\"", "validation must be auto"),
        ("base_model: starter", "base_model: \"\"", "base_model must be"),
        ("training:", "---\ntraining:", "a second one after ---"),
        ("format: chat", "format: chat\n  columns: messages", "columns must be a group"),
        ("format: chat", "format: chat\n  columns: [messages]", "columns must be a group"),
        ("format: chat", "format: chat\n  columns:\n    mesages: m", "no part “mesages”"),
    ] {
        let said = complaint(from, to);
        assert!(said.contains(wrong), "{to}: {said}");
    }
    let deep = parse(&format!("base_model: {}{}", "[".repeat(90), "]".repeat(90))).unwrap_err().to_string();
    assert!(deep.contains("too deeply nested"), "{deep}");

    let place = Place::new();
    let path = place.path().join("utf16.yaml");
    std::fs::write(&path, GOOD.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()).unwrap();
    let loaded = |path: &std::path::Path| run_file::load(path).unwrap_err().to_string();
    // Of ASCII every second byte is zero, and with the mark before it the text is no UTF-8.
    std::fs::write(&path, [&[0xff, 0xfe][..], &std::fs::read(&path).unwrap()].concat()).unwrap();
    assert!(loaded(&path).contains("not text in UTF-8"), "{}", loaded(&path));
    assert!(loaded(place.path()).contains("is a folder"), "{}", loaded(place.path()));
}
