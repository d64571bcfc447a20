//! Facts about the vocabulary.

use tunesmith_protocol::{ReadPath, user_home, with_tilde};

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

#[test]
fn only_paths_below_the_users_home_are_shown_with_a_tilde() {
    let home = user_home().unwrap();
    let shown = |text: &str| with_tilde(&text.replace('H', home));
    assert_eq!(shown("H/models/a"), "~/models/a");
    assert_eq!(shown("“H/a b” and H"), "“~/a b” and ~");
    assert_eq!(shown("It lies in H. Look there"), "It lies in ~. Look there");
    for other in ["Hm/a", "/mnt/H/a", "H.old/a", "H-2", "xH/a"] {
        assert_eq!(shown(other), other.replace('H', home));
    }
}

#[test]
fn a_typed_tilde_is_the_users_home_before_a_policy_is_asked() {
    let home = user_home().unwrap();
    let read = |path: &str| serde_json::from_value::<ReadPath>(path.into()).unwrap().as_str().to_owned();
    assert_eq!(read("~/rows.csv"), format!("{home}/rows.csv"));
    assert_eq!(read("~"), home);
    for name in ["~ada/rows.csv", "a/~/rows.csv", "~rows.csv", "", "/a"] {
        assert_eq!(read(name), name);
    }
}
