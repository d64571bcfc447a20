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

#[test]
fn a_home_that_cannot_be_one_is_told() {
    let shell = Shell::new();
    let run = |home: &str| {
        let user = shell.path("user");
        shell.run_in(&[("TUNESMITH_HOME", home), ("HOME", user.to_str().unwrap())], &["runs", "list"])
    };
    let empty = run("");
    assert!(empty.code == 2 && empty.stderr.contains("TUNESMITH_HOME is set and empty"), "{}", empty.stderr);
    let device = run("/dev/null");
    assert!(device.code == 1 && device.stderr.contains("/dev/null is no folder"), "{}", device.stderr);
    let below = run("~/studio");
    assert_eq!(below.code, 0, "{}", below.stderr);
    assert!(shell.path("user/studio/tunesmith.db").is_file(), "it lies in the user's own folder");
    assert!(!shell.path("~").exists());
}

#[test]
fn what_is_missing_or_unclear_is_told_before_anything_starts() {
    let shell = Shell::new();
    let studio = shell.run(&["studio", "--port", "0", "--models", "nope"]);
    assert!(studio.code == 2 && studio.stderr.contains("nope is not a folder"), "{}", studio.stderr);
    let cold = shell.run(&["chat", "--model", "model", "--prompt", "x", "--temperature", "-1"]);
    assert!(cold.code == 2 && cold.stderr.contains("--temperature must be 0 or more"), "{}", cold.stderr);
    let unnamed = shell.run(&["runs", "show", ""]);
    assert!(unnamed.code == 1 && unnamed.stderr.contains("There is no run “”"), "{}", unnamed.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn too_few_open_files_are_told_at_once() {
    let shell = Shell::new();
    let mut few = shell.start_with_files(16, &["train", "run.yaml", "--json"]);
    let error = few.until("error");
    assert_eq!(few.end().code(), Some(1));
    assert!(error["message"].as_str().unwrap().contains("only 16 files open"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("ulimit -n"), "{error}");
}
