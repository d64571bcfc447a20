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
