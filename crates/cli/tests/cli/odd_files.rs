//! Damaged checkpoints, limits on files, and run files that are none, as the shell tells of them.

use std::fs;

use crate::shell::{Shell, run_file, text};

#[test]
fn a_damaged_newest_checkpoint_is_told_when_a_run_goes_on() {
    let shell = Shell::new();
    assert_eq!(shell.run(&["train", "run.yaml", "--output", "out"]).code, 0);
    fs::write(shell.path("out/ckpt-6/state.json"), "{}").unwrap();
    let ran = shell.run(&["train", "run.yaml", "--output", "out", "--resume"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("checkpoint of step 6") && ran.stderr.contains("state.json"), "{}", ran.stderr);
    assert!(ran.stderr.contains("ckpt-6.damaged") && shell.path("out/ckpt-6.damaged").is_dir(), "{}", ran.stderr);
}

#[test]
fn a_damaged_newest_checkpoint_is_told_when_a_run_of_the_home_goes_on() {
    let shell = Shell::new();
    shell.write("long.yaml", &run_file("max_steps: 4000\n  save_every: 1\n  eval_every: 4000"));
    let mut running = shell.start(&["train", "long.yaml", "--json"]);
    while running.until("checkpoint")["step"].as_u64() < Some(2) {}
    running.interrupt();
    let stopped = running.until("stopped");
    running.end();
    fs::write(format!("{}/state.json", stopped["checkpoint"].as_str().unwrap()), "{}").unwrap();
    let id = shell.run(&["runs", "list", "--json"]).lines()[0]["id"].as_str().unwrap().to_owned();
    let mut resumed = shell.start(&["runs", "resume", &id, "--json"]);
    assert_eq!(resumed.until("step")["step"], stopped["step"], "from the checkpoint before");
    resumed.interrupt();
    resumed.until("stopped");
    resumed.end();
    let told = resumed.stderr();
    assert!(told.contains("is damaged and not used") && told.contains(".damaged"), "{told}");
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_grow_is_told_and_ends_no_program_without_a_word() {
    let shell = Shell::new();
    for arguments in [&["train", "run.yaml", "--output", "out"][..], &["train", "run.yaml"], &["runs", "list"]] {
        let ran = shell.run_with_file_size(0, arguments);
        assert_eq!(ran.code, 1, "{arguments:?} is not killed: {}", ran.stderr);
        assert!(ran.stderr.contains("ulimit -f"), "{arguments:?}: {}", ran.stderr);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_file_may_come_from_a_pipe_that_somebody_writes_into() {
    let shell = Shell::new();
    let yaml = run_file("max_steps: 1")
        .replace("base_model: model", &format!("base_model: {}", text(&shell.path("model"))))
        .replace("rows.jsonl", text(&shell.path("rows.jsonl")));
    let ran = shell.run_with(&["train", "/dev/stdin", "--output", "out", "--json"], &yaml);
    assert_eq!(ran.types().last().map(String::as_str), Some("done"), "{}", ran.stderr);
    let endless = shell.run_with(&["train", "/dev/stdin"], &"# \n".repeat(400_000));
    assert!(endless.code == 1 && endless.stderr.contains("at most"), "{}", endless.stderr);
}
