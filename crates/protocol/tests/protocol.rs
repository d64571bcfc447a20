//! Facts about the vocabulary.

#[test]
fn the_screens_types_are_fresh() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ui/src/lib/protocol/index.ts");
    let fresh = tunesmith_protocol::typescript();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(std::path::Path::new(path).parent().unwrap()).unwrap();
        std::fs::write(path, &fresh).unwrap();
    }
    let stored = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(
        stored, fresh,
        "run `UPDATE=1 cargo nextest run -p tunesmith-protocol` and commit ui/src/lib/protocol/index.ts"
    );
}

#[test]
fn settings_have_defaults_in_range() {
    assert_eq!(tunesmith_protocol::TrainSettings::default().problems(), vec![]);
}

#[test]
fn a_setting_out_of_range_is_named() {
    let settings = tunesmith_protocol::TrainSettings { lora_rank: 0, ..Default::default() };
    let problems = settings.problems();
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].name, "lora_rank");
    assert!(problems[0].message.contains("from 1 to 1024"), "{}", problems[0].message);
}

#[test]
fn words_and_numbers_round_trip() {
    let text = r#"{"target_modules":["q_proj"],"eval_every":7,"optimizer":"adamw"}"#;
    let settings: tunesmith_protocol::TrainSettings = serde_json::from_str(text).unwrap();
    assert_eq!(settings.eval_every, tunesmith_protocol::AutoOr::Steps(7));
    let back: tunesmith_protocol::TrainSettings =
        serde_json::from_str(&serde_json::to_string(&settings).unwrap()).unwrap();
    assert_eq!(back, settings);
}

#[test]
fn layers_are_written_as_people_write_them() {
    let read = |value: serde_json::Value| serde_json::from_value::<tunesmith_protocol::Layers>(value);
    for (written, of_12) in [
        (serde_json::json!("all"), None),
        (serde_json::json!("last-2"), Some(vec![10, 11])),
        (serde_json::json!("0, 4..6"), Some(vec![0, 4, 5, 6])),
        (serde_json::json!(3), Some(vec![3])),
        (serde_json::json!([7, "2", 7]), Some(vec![2, 7])),
    ] {
        let layers = read(written).unwrap();
        assert_eq!(layers.of(12), Ok(of_12));
        assert_eq!(read(serde_json::to_value(&layers).unwrap()).unwrap(), layers);
    }
    for wrong in ["", "last-0", "last-", "5..2", "some", "-1", "1,,2"] {
        assert!(read(wrong.into()).is_err(), "{wrong}");
    }
    assert!(read("last-13".into()).unwrap().of(12).is_err() && read(12.into()).unwrap().of(12).is_err());
}
