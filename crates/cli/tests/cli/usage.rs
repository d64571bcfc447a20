//! Help, versions and wrong usage.

use crate::shell::Shell;

#[test]
fn wrong_usage_is_2_and_help_is_0() {
    let shell = Shell::new();
    let wrong = [
        &["no-such-command"][..],
        &["train"],
        &["chat", "--prompt", "x"],
        &["chat", "--model", "m", "--run", "r", "--adapter", "a"],
        &["data", "inspect"],
        &["data", "inspect", "x", "--format", "parquet"],
        &["runs", "show"],
        &["studio", "--port", "99999"],
    ];
    for arguments in wrong {
        let ran = shell.run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.stderr);
        assert!(ran.stdout.is_empty(), "{arguments:?}");
    }
    for arguments in
        [&["--help"][..], &["--version"], &["train", "--help"], &["runs", "--help"], &["data", "inspect", "--help"]]
    {
        assert_eq!(shell.run(arguments).code, 0, "{arguments:?}");
    }
}

#[test]
fn the_help_names_what_exists_and_nothing_else() {
    let shell = Shell::new();
    let help = shell.run(&["--help"]).stdout;
    for command in ["studio", "models", "data", "train", "runs", "eval", "chat", "doctor", "demo"] {
        assert!(help.contains(command), "{command}");
    }
    for later in ["export", "serve", "import-config", "download"] {
        assert!(!help.contains(&format!("  {later}")), "{later} does not exist yet");
    }
}

#[test]
fn the_help_of_train_lists_every_setting() {
    let help = Shell::new().run(&["train", "--help"]).stdout;
    for field in tunesmith_protocol::TrainSettings::fields() {
        assert!(help.contains(&format!("  {} = ", field.name)) && help.contains(&*field.help), "{}", field.name);
    }
}

#[test]
fn a_key_is_set_once_and_to_what_it_takes() {
    let shell = Shell::new();
    let told = |sets: &[&str]| {
        let mut arguments = vec!["train", "run.yaml", "--output", "out"];
        sets.iter().for_each(|set| arguments.extend(["--set", set]));
        let ran = shell.run(&arguments);
        assert_eq!(ran.code, 2, "{sets:?}: {}", ran.stderr);
        ran.stderr
    };
    assert!(told(&["epochs=3", "epochs=4"]).contains("epochs is given twice"));
    assert!(told(&["epochs=3", "training.epochs=4"]).contains("epochs is given twice"));
    assert!(told(&["data.format=bogus"]).contains("format must be one of auto, chat"));
    assert!(told(&["data.path="]).contains("data.path must not be empty"));
    assert!(told(&["layers=0,0,0"]).contains("named once"));
    for (modules, named) in [("q_proj,v_proj", vec!["q_proj", "v_proj"]), ("q_proj", vec!["q_proj"])] {
        let set = format!("target_modules={modules}");
        let ran = shell.run(&["train", "run.yaml", "--json", "--set", "max_steps=1", "--set", &set]);
        let plan = ran.lines().into_iter().find(|line| line["type"] == "plan").unwrap();
        assert_eq!(plan["target_modules"], serde_json::json!(named));
    }
}
