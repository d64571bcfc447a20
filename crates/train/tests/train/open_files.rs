//! A process that has too many files open.

use std::ops::ControlFlow;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tempfile::tempdir;
use tunesmith_protocol::Method;
use tunesmith_train::Progress;

use crate::resume::assert_same_result;
use crate::tiny::{job, train, train_until};

#[test]
fn a_run_that_may_open_no_file_waits_and_loses_nothing() {
    let folder = tempdir().unwrap();
    train(job(folder.path(), "whole", Method::Lora)).0.unwrap();
    let usual = getrlimit(Resource::Nofile);
    let allow = |files: Option<u64>| setrlimit(Resource::Nofile, Rlimit { current: files, ..usual }).unwrap();
    let mut waited = Vec::new();
    let (outcome, _) = train_until(job(folder.path(), "short", Method::Lora), |progress| {
        match progress {
            Progress::Step(metrics) if metrics.step == 1 => allow(Some(3)),
            Progress::DiskFull { message } => {
                waited.push(message.to_string());
                if waited.len() == 2 {
                    allow(usual.current);
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    });
    allow(usual.current);
    outcome.unwrap();
    assert_eq!(waited.len(), 2, "{waited:?}");
    assert!(waited[0].starts_with("Too many files are open: ") && waited[0].contains("short"), "{waited:?}");
    assert_same_result(folder.path(), "whole", "short");
}
