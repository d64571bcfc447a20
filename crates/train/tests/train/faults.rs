//! One checkpoint, and the result, under strace, which kills the process, or fails the call, at each call that changes
//! the disk: before and after it there is nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::{TempDir, tempdir};
use tunesmith_protocol::Method;
use tunesmith_train::{Progress, StopRequest, TrainError};

use crate::child::{child, passed};
use crate::killed::{assert_nothing_is_half, checkpoints, job_of_this_process};
use crate::resume::assert_same_result;
use crate::tiny::{contents, job, resumed, stop_after, train, train_until};

/// The calls that change names or wait for the disk, under all names that systems have for them.
const CALLS: &str = "?fsync,?fdatasync,?rename,?renameat,?renameat2,?unlink,?unlinkat,?mkdir,?mkdirat,?rmdir";
/// A piece of a run that is watched, from a checkpoint to the next or to the end.
#[derive(Debug, Clone, Copy)]
struct Piece {
    /// The test that goes on with the run to there.
    child: &'static str,
    /// After the checkpoint of this step.
    from: u32,
    /// How often it syncs, renames and unlinks at least.
    least: [usize; 3],
}

/// Of five files in one folder; one checkpoint appears, another goes away.
const CHECKPOINT: Piece = Piece { child: "faults::save_one_checkpoint", from: 6, least: [7, 2, 5] };
/// Of two files in one folder; it takes the place of an earlier result.
const RESULT: Piece = Piece { child: "faults::write_the_result", from: 10, least: [4, 2, 3] };

#[test]
fn a_kill_at_any_call_of_a_checkpoint_or_the_result_leaves_it_whole_or_not_there() {
    at_each_call("signal=KILL", |output, call| {
        assert!(!output.status.success(), "it was not killed at {call:?}");
    });
}

#[test]
fn an_error_of_the_disk_at_any_call_of_either_is_told_and_loses_nothing() {
    at_each_call("error=EIO", |output, call| {
        passed(output);
        // A folder that is there already may be made in vain.
        let told = String::from_utf8_lossy(&output.stderr);
        let in_vain = call.name == "mkdir" && told.contains("saved");
        assert!(in_vain || told.contains("the disk cannot read or write it"), "{call:?}: {told}");
    });
}

#[test]
fn a_disk_that_is_full_at_any_call_of_either_pauses_the_run_and_loses_nothing() {
    at_each_call("error=ENOSPC", |output, call| {
        passed(output);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.contains("saved"), "{call:?}: {told}");
    });
}

#[test]
#[ignore = "run by other tests, under strace"]
fn save_one_checkpoint() {
    go_on(|progress| match progress {
        Progress::Checkpoint { .. } => {
            eprintln!("saved");
            ControlFlow::Break(StopRequest::Abort)
        }
        Progress::DiskFull { message } => {
            eprintln!("{message}");
            ControlFlow::Continue(())
        }
        _ => ControlFlow::Continue(()),
    });
}

#[test]
#[ignore = "run by other tests, under strace"]
fn write_the_result() {
    go_on(|_| ControlFlow::Continue(()));
}

/// Whatever happens is an outcome, and no panic.
fn go_on(answer: impl FnMut(&Progress) -> ControlFlow<StopRequest>) {
    let Some(job) = job_of_this_process() else { return };
    match train_until(job, answer).0 {
        Ok(_) => eprintln!("saved"),
        Err(error) => eprintln!("{error}"),
    }
}

/// Lets the fault happen at each call of both pieces, one after another; `check` sees how it ended. Then what lies
/// there must be whole, and the run, resumed without faults, the run that never met any.
fn at_each_call(fault: &str, check: impl Fn(&Output, &Call)) {
    if strace_works() {
        [CHECKPOINT, RESULT].into_iter().for_each(|piece| at_each_call_of(piece, fault, &check));
    }
}

fn at_each_call_of(piece: Piece, fault: &str, check: &impl Fn(&Output, &Call)) {
    let folder = up_to(piece.from);
    let saved = checkpoints(&folder.path().join("killed"));
    passed(&trace(folder.path(), piece, None));
    let calls = calls(folder.path());
    let count = |word: &str| calls.iter().filter(|call| call.name.contains(word)).count();
    let found = ["fsync", "rename", "unlink"].map(count);
    assert!(found.iter().zip(piece.least).all(|(found, least)| *found >= least), "{piece:?}: {calls:#?}");
    println!("{fault} at each of {} calls of {}", calls.len(), piece.child);
    for call in &calls {
        println!("{call:?}");
        begin_again(folder.path());
        check(&trace(folder.path(), piece, Some(&format!("inject={}:{fault}:when={}", call.name, call.number))), call);
        let written = fs::read_to_string(folder.path().join("calls")).unwrap();
        assert!(written.contains("INJECTED") || written.contains("killed by SIGKILL"), "nothing happened at {call:?}");
        assert_nothing_is_half(folder.path(), &saved);
        let (outcome, told) = train(resumed(job(folder.path(), "killed", Method::Lora)));
        outcome.unwrap();
        let latest = (piece.from + 2).min(10);
        assert!(told.rewinds == [piece.from] || told.rewinds == [latest], "{call:?}: went on from {:?}", told.rewinds);
        assert_same_result(folder.path(), "whole", "killed");
    }
}

/// A whole run, and one that was stopped, which gave it a result, resumed, and left after the checkpoint of a step.
fn up_to(last: u32) -> TempDir {
    let folder = tempdir().unwrap();
    train(job(folder.path(), "whole", Method::Lora)).0.unwrap();
    train_until(job(folder.path(), "begun", Method::Lora), stop_after(3)).0.unwrap();
    let (outcome, _) = train_until(resumed(job(folder.path(), "begun", Method::Lora)), |progress| match progress {
        Progress::Checkpoint { step, .. } if *step == last => ControlFlow::Break(StopRequest::Abort),
        _ => ControlFlow::Continue(()),
    });
    assert!(matches!(outcome, Err(TrainError::Aborted)));
    begin_again(folder.path());
    folder
}

fn begin_again(folder: &Path) {
    let (begun, killed) = (folder.join("begun"), folder.join("killed"));
    let _ = fs::remove_dir_all(&killed);
    for name in fs::read_dir(&begun).unwrap().map(|entry| entry.unwrap().file_name()) {
        fs::create_dir_all(killed.join(&name)).unwrap();
        for (file, bytes) in contents(&begun.join(&name)) {
            fs::write(killed.join(&name).join(file), bytes).unwrap();
        }
    }
}

fn trace(folder: &Path, piece: Piece, fault: Option<&str>) -> Output {
    let to = folder.join("calls");
    let calls = format!("trace={CALLS}");
    let mut strace = vec!["strace", "-f", "-o", to.to_str().unwrap(), "-e", &calls];
    strace.extend(fault.iter().flat_map(|fault| ["-e", fault]));
    child(folder, piece.child, &strace).output().unwrap()
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
    // strace writes ??? for what a thread was doing that ended with the process, and a call during which another thread
    // was heard of in two parts, of which the first has its name.
    let no_call = |line: &str| ["+++", "---", "???(", " resumed>"].iter().any(|mark| line.contains(mark));
    let lines = text.lines().filter(|line| line.contains('(') && !no_call(line));
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
