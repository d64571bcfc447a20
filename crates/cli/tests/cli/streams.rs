//! Streams that nothing can be written to, or that nobody reads.

use std::fs::OpenOptions;
use std::process::{Output, Stdio};

use crate::shell::{Ran, Shell};

/// Runs a command whose stdout or stderr is a disk without space.
fn full(shell: &Shell, arguments: &[&str], which: &str) -> Ran {
    let full = || Stdio::from(OpenOptions::new().write(true).open("/dev/full").unwrap());
    let mut command = shell.command(arguments);
    match which {
        "stdout" => command.stdout(full()),
        _ => command.stderr(full()),
    };
    let output: Output = command.output().unwrap();
    Ran::of(output)
}

#[cfg(target_os = "linux")]
#[test]
fn a_training_goes_on_where_nothing_can_be_told_of_it() {
    let shell = Shell::new();
    let ran = full(&shell, &["train", "run.yaml", "--output", "quiet", "--json"], "stderr");
    assert_eq!(ran.code, 0);
    assert_eq!(ran.types().last().map(String::as_str), Some("done"));
    let ran = full(&shell, &["train", "run.yaml", "--output", "mute", "--json"], "stdout");
    assert!(shell.path("mute/result/adapter_model.safetensors").is_file(), "{}", ran.stderr);
    assert_eq!((ran.code, ran.stderr.matches("results cannot be printed").count()), (1, 1), "{}", ran.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_cannot_be_printed_is_an_error_that_says_so() {
    let shell = Shell::new();
    let ran = full(&shell, &["data", "inspect", "rows.jsonl"], "stdout");
    assert!(ran.code == 1 && ran.stderr.contains("results cannot be printed"), "{} {}", ran.code, ran.stderr);
    assert_eq!(full(&shell, &["data", "inspect", "rows.jsonl"], "stderr").code, 0);
}

#[cfg(unix)]
#[test]
fn a_training_whose_reader_has_left_goes_on() {
    let shell = Shell::new();
    let mut child = shell.command(&["train", "run.yaml", "--output", "left", "--json"]).spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
    assert!(shell.path("left/result/adapter_model.safetensors").is_file());
}

#[test]
fn a_question_that_is_not_utf8_ends_no_conversation() {
    use std::io::Write;
    let shell = Shell::new();
    let ask = ["chat", "--model", "model", "--max-new-tokens", "3", "--json"];
    let mut child = shell.command(&ask).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"hi\r\n\xff\xfe\nhello there\n").unwrap();
    let ran = Ran::of(child.wait_with_output().unwrap());
    assert_eq!(ran.lines().len(), 3, "{}", ran.stderr);
}

#[test]
fn a_training_begins_in_no_folder_that_holds_files_of_others() {
    let shell = Shell::new();
    for name in ["metrics.jsonl", "result", "ckpt-999"] {
        let folder = shell.path(&format!("with-{name}"));
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join(name), "mine").unwrap();
        let ran = shell.run(&["train", "run.yaml", "--output", folder.to_str().unwrap()]);
        assert!(ran.code == 1 && ran.stderr.contains("would write over"), "{name}: {}", ran.stderr);
        assert_eq!(std::fs::read_to_string(folder.join(name)).unwrap(), "mine");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "nothing was written");
    }
}

#[test]
fn a_demo_overwrites_nothing_in_its_folder() {
    let shell = Shell::new();
    std::fs::create_dir(shell.path("mine")).unwrap();
    shell.write("mine/recipes-heldout.jsonl", "mine");
    let ran = shell.run(&["demo", "recipes", "--preset", "quick", "--output", "mine"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert_eq!(std::fs::read_to_string(shell.path("mine/recipes-heldout.jsonl")).unwrap(), "mine");
}
