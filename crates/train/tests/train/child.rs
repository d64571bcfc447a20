//! Runs in a process of their own, with a disk that takes no more.

use std::env;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::tempdir;
use tunesmith_protocol::Method;
use tunesmith_train::{Outcome, Progress, StopRequest};

use crate::tiny::{contents, job, train, train_until};

/// The folder that a child trains in.
pub const FOLDER: &str = "TUNESMITH_TEST_FOLDER";

/// The test in the other process passed; else what it printed is told.
pub fn passed(output: &Output) {
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_full_disk_pauses_the_run_and_loses_nothing() {
    let folder = tempdir().unwrap();
    train(job(folder.path(), "whole", Method::Lora)).0.unwrap();
    // No file may be longer than 4 kB: what a full disk does to a write, without a disk to fill.
    let command = "trap '' XFSZ; ulimit -S -f 8; exec \"$0\" \"$@\"";
    let output = child(folder.path(), "child::meet_a_full_disk", &["sh", "-c", command]).output().unwrap();
    passed(&output);
    let (whole, paused) = (folder.path().join("whole/result"), folder.path().join("killed/result"));
    assert!(contents(&whole) == contents(&paused), "the result of the paused run differs");
}

#[test]
fn a_disk_without_room_is_noticed_before_a_checkpoint_is_begun() {
    let folder = tempdir().unwrap();
    train(job(folder.path(), "whole", Method::Lora)).0.unwrap();
    let disk = folder.path().join("killed");
    fs::create_dir(&disk).unwrap();
    let command = format!("mount -t tmpfs -o size=1m none {} && exec \"$0\" \"$@\"", disk.display());
    if !Command::new("unshare").args(["-rm", "true"]).status().is_ok_and(|status| status.success()) {
        eprintln!("skipped: this system lets nobody but root mount a small disk");
        return;
    }
    let output =
        child(folder.path(), "child::meet_a_disk_without_room", &["unshare", "-rm", "sh", "-c", &command]).output();
    passed(&output.unwrap());
}

#[test]
#[ignore = "run by other tests, on a disk of 1 MB"]
fn meet_a_disk_without_room() {
    let Ok(folder) = env::var(FOLDER) else { return };
    let disk = Path::new(&folder).join("killed");
    let filler = disk.join("filler");
    fs::write(&filler, vec![1; 960 << 10]).unwrap();
    let mut messages = vec![];
    let (outcome, told) = train_until(job(folder.as_ref(), "killed", Method::Lora), |progress| {
        if let Progress::DiskFull { message } = progress {
            messages.push(message.clone());
            fs::remove_file(&filler).unwrap();
        }
        ControlFlow::<StopRequest>::Continue(())
    });
    assert!(matches!(outcome.unwrap(), Outcome::Done { step: 10, .. }));
    assert!(matches!(&messages[..], [message] if message.contains("are free")), "{messages:?}");
    assert_eq!(told.steps.len(), 10, "no step was lost or repeated");
    // Seen from here only: the disk goes with this process.
    assert!(contents(&disk.join("result")) == contents(&Path::new(&folder).join("whole/result")), "the result differs");
}

#[test]
#[ignore = "run by other tests, in a process that may write short files only"]
fn meet_a_full_disk() {
    let Ok(folder) = env::var(FOLDER) else { return };
    let job = job(folder.as_ref(), "killed", Method::Lora);
    let mut messages = vec![];
    let (outcome, told) = train_until(job, |progress| {
        if let Progress::DiskFull { message } = progress {
            messages.push(message.clone());
            assert!(!left_unfinished(folder.as_ref()), "what could not be finished takes room");
            if messages.len() == 2 {
                lift_the_limit();
            }
        }
        ControlFlow::<StopRequest>::Continue(())
    });
    assert!(matches!(outcome.unwrap(), Outcome::Done { step: 10, .. }));
    assert_eq!(messages.len(), 2, "the disk was full at the first try and at the second");
    assert!(messages[0].contains("disk is full"), "{}", messages[0]);
    assert_eq!(told.steps.len(), 10, "no step was lost or repeated");
}

#[test]
fn a_stop_on_a_full_disk_is_remembered_until_there_is_room() {
    let folder = tempdir().unwrap();
    job(folder.path(), "killed", Method::Lora);
    let command = "trap '' XFSZ; ulimit -S -f 8; exec \"$0\" \"$@\"";
    let output = child(folder.path(), "child::stop_on_a_full_disk", &["sh", "-c", command]).output().unwrap();
    passed(&output);
}

#[test]
#[ignore = "run by other tests, in a process that may write short files only"]
fn stop_on_a_full_disk() {
    let Ok(folder) = env::var(FOLDER) else { return };
    let mut tries = 0;
    let (outcome, told) = train_until(job(folder.as_ref(), "killed", Method::Lora), |progress| {
        if !matches!(progress, Progress::DiskFull { .. }) {
            return ControlFlow::Continue(());
        }
        tries += 1;
        if tries == 3 {
            lift_the_limit();
        }
        // Said once: the run remembers it by itself.
        if tries == 1 { ControlFlow::Break(StopRequest::Save) } else { ControlFlow::Continue(()) }
    });
    let Outcome::Stopped { step: 2, checkpoint, result } = outcome.unwrap() else { panic!("it was stopped") };
    assert_eq!((tries, told.steps.len()), (3, 2), "it trained no further");
    assert!(checkpoint.join("manifest.json").is_file() && result.join("adapter_model.safetensors").is_file());
}

fn left_unfinished(folder: &Path) -> bool {
    let names = fs::read_dir(folder.join("killed")).unwrap();
    names.filter_map(Result::ok).any(|entry| entry.file_name().to_string_lossy().ends_with(".tmp"))
}

/// Raises this process's own limit back to what it may be.
fn lift_the_limit() {
    let pid = std::process::id().to_string();
    assert!(Command::new("prlimit").args(["--pid", &pid, "--fsize=unlimited:"]).status().unwrap().success());
}

/// This test program, running one of its tests.
pub fn child(folder: &Path, test: &str, before: &[&str]) -> Command {
    let program = env::current_exe().unwrap();
    let mut words = before.iter().map(|word| (*word).into()).chain([program.into_os_string()]);
    let mut command = Command::new(words.next().unwrap());
    command.args(words).args(["--exact", test, "--ignored", "--nocapture"]);
    command.env(FOLDER, folder).stderr(Stdio::piped()).stdout(Stdio::piped());
    command
}
