//! One checkpoint under strace, which kills the process, or fails the call, at each call that changes the disk: before
//! and after it there is nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::{TempDir, tempdir};
use tunesmith_protocol::Method;
use tunesmith_train::{Progress, StopReason, TrainError};

use crate::child::{child, passed};
use crate::killed::{assert_nothing_is_half, checkpoints, job_of_this_process};
use crate::resume::assert_same_result;
use crate::tiny::{contents, job, resumed, train, train_until};

/// The calls that change names or wait for the disk, under all names that systems have for them.
const CALLS: &str = "?fsync,?fdatasync,?rename,?renameat,?renameat2,?unlink,?unlinkat,?mkdir,?mkdirat,?rmdir";
/// The checkpoint that is watched; it makes the one of step 4 go away.
const STEP: u32 = 8;

#[test]
fn a_kill_at_any_call_of_a_checkpoint_leaves_it_whole_or_not_there() {
    at_each_call("signal=KILL", |output, call| {
        assert!(!output.status.success(), "it was not killed at {call:?}");
    });
}

#[test]
fn an_error_of_the_disk_at_any_call_of_a_checkpoint_is_told_and_loses_nothing() {
    at_each_call("error=EIO", |output, call| {
        passed(output);
        // A folder that is there already may be made in vain.
        let told = String::from_utf8_lossy(&output.stderr);
        let in_vain = call.name == "mkdir" && told.contains("saved");
        assert!(in_vain || told.contains("Input/output error"), "{call:?}: {told}");
    });
}

#[test]
fn a_disk_that_is_full_at_any_call_of_a_checkpoint_pauses_the_run_and_loses_nothing() {
    at_each_call("error=ENOSPC", |output, call| {
        passed(output);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.contains("saved"), "{call:?}: {told}");
    });
}

#[test]
#[ignore = "run by other tests, under strace"]
fn save_one_checkpoint() {
    let Some(job) = job_of_this_process() else { return };
    let (outcome, _) = train_until(job, |progress| match progress {
        Progress::Checkpoint { step, .. } => {
            eprintln!("saved {step}");
            ControlFlow::Break(StopReason::Abort)
        }
        Progress::DiskFull { message } => {
            eprintln!("{message}");
            ControlFlow::Continue(())
        }
        _ => ControlFlow::Continue(()),
    });
    eprintln!("{}", outcome.unwrap_err());
}

/// Lets the fault happen at each call, one after another; `check` sees how it ended. Then what lies there must be
/// whole, and the run, resumed without faults, the run that never met any.
fn at_each_call(fault: &str, check: impl Fn(&Output, &Call)) {
    if !strace_works() {
        return;
    }
    let folder = up_to_the_checkpoint();
    let saved = checkpoints(&folder.path().join("killed"));
    passed(&trace(folder.path(), None));
    let calls = calls(folder.path());
    let count = |word: &str| calls.iter().filter(|call| call.name.contains(word)).count();
    assert!(count("fsync") >= 7, "five files and two folders: {calls:#?}");
    assert!(count("rename") >= 2 && count("unlink") >= 5, "one appears, another goes away: {calls:#?}");
    println!("{fault} at each of {} calls", calls.len());
    for call in &calls {
        println!("{call:?}");
        begin_again(folder.path());
        check(&trace(folder.path(), Some(&format!("inject={}:{fault}:when={}", call.name, call.number))), call);
        let written = fs::read_to_string(folder.path().join("calls")).unwrap();
        assert!(written.contains("INJECTED") || written.contains("killed by SIGKILL"), "nothing happened at {call:?}");
        assert_nothing_is_half(folder.path(), &saved);
        let (outcome, told) = train(resumed(job(folder.path(), "killed", Method::Lora)));
        outcome.unwrap();
        assert!(told.rewinds[0] == STEP - 2 || told.rewinds[0] == STEP, "{call:?}: went on from {:?}", told.rewinds);
        assert_same_result(folder.path(), "whole", "killed");
    }
}

/// A whole run, and one that was left two steps before the checkpoint.
fn up_to_the_checkpoint() -> TempDir {
    let folder = tempdir().unwrap();
    train(job(folder.path(), "whole", Method::Lora)).0.unwrap();
    let (outcome, _) = train_until(job(folder.path(), "begun", Method::Lora), |progress| match progress {
        Progress::Checkpoint { step, .. } if *step == STEP - 2 => ControlFlow::Break(StopReason::Abort),
        _ => ControlFlow::Continue(()),
    });
    assert!(matches!(outcome, Err(TrainError::Aborted)));
    begin_again(folder.path());
    folder
}

fn begin_again(folder: &Path) {
    let (begun, killed) = (folder.join("begun"), folder.join("killed"));
    let _ = fs::remove_dir_all(&killed);
    let steps: BTreeSet<u32> = checkpoints(&begun);
    for name in steps.iter().map(|step| format!("ckpt-{step}")) {
        fs::create_dir_all(killed.join(&name)).unwrap();
        for (file, bytes) in contents(&begun.join(&name)) {
            fs::write(killed.join(&name).join(file), bytes).unwrap();
        }
    }
}

fn trace(folder: &Path, fault: Option<&str>) -> Output {
    let to = folder.join("calls");
    let calls = format!("trace={CALLS}");
    let mut strace = vec!["strace", "-f", "-o", to.to_str().unwrap(), "-e", &calls];
    strace.extend(fault.iter().flat_map(|fault| ["-e", fault]));
    child(folder, "faults::save_one_checkpoint", &strace).output().unwrap()
}

/// A call as strace counts it.
#[derive(Debug)]
struct Call {
    name: String,
    /// From 1, among the calls of this name.
    number: usize,
    #[expect(dead_code, reason = "printed")]
    written: String,
}

/// The calls that strace wrote down, all of the one thread that saves.
fn calls(folder: &Path) -> Vec<Call> {
    let text = fs::read_to_string(folder.join("calls")).unwrap();
    let lines = text.lines().filter(|line| line.contains('(') && !line.contains("+++") && !line.contains("---"));
    let (mut threads, mut calls) = (BTreeSet::new(), Vec::<Call>::new());
    for line in lines {
        let (thread, written) = line.split_once(' ').unwrap();
        threads.insert(thread);
        let (written, name) = (written.trim().to_owned(), written.trim().split_once('(').unwrap().0.to_owned());
        calls.push(Call { number: 1 + calls.iter().filter(|call| call.name == name).count(), name, written });
    }
    assert_eq!(threads.len(), 1, "strace counts the calls of each thread by itself: {text}");
    calls
}

/// Whether this machine lets one process trace another. That it does not must not look like a test that passed.
fn strace_works() -> bool {
    let tried = Command::new("strace").args(["-o", "/dev/null", "true"]).output();
    if tried.as_ref().is_ok_and(|output| output.status.success()) {
        return true;
    }
    let reason = tried.map_or_else(|error| error.to_string(), |output| String::from_utf8_lossy(&output.stderr).into());
    let without = "TUNESMITH_WITHOUT_STRACE";
    assert!(
        std::env::var(without).is_ok_and(|value| value == "1"),
        "strace does not work here ({}), so faults in a checkpoint cannot be tried. Install it and permit ptrace \
         (in a container: --cap-add=SYS_PTRACE), or set {without}=1 to go without these tests",
        reason.trim()
    );
    eprintln!("NOT TESTED: strace does not work here, and {without}=1 says to go without");
    false
}
