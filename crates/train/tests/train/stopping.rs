//! How a run is stopped, by its owner or by the world.

use std::fs;
use std::ops::ControlFlow;

use tempfile::tempdir;
use tunesmith_protocol::{ErrorCode, Method};
use tunesmith_train::{Outcome, Progress, StopRequest, TrainError};

use crate::tiny::{job, resumed, train, train_until};

#[test]
fn stop_between_two_batches_keeps_checkpoint_and_result() {
    let folder = tempdir().unwrap();
    let mut ticks = 0;
    let (outcome, told) = train_until(job(folder.path(), "run", Method::Lora), |progress| {
        ticks += u32::from(matches!(progress, Progress::Working { .. }));
        if ticks == 9 { ControlFlow::Break(StopRequest::Save) } else { ControlFlow::Continue(()) }
    });
    let Outcome::Stopped { step, checkpoint, result } = outcome.unwrap() else { panic!("it was stopped") };
    assert_eq!(step as usize, told.steps.len());
    assert!(checkpoint.ends_with(format!("ckpt-{step}")) && checkpoint.join("manifest.json").is_file());
    assert!(result.join("adapter_model.safetensors").is_file() && result.join("adapter_config.json").is_file());
    assert!(matches!(
        train(resumed(job(folder.path(), "run", Method::Lora))).0.unwrap(),
        Outcome::Done { step: 10, .. }
    ));
}

#[test]
fn stop_before_the_first_step_can_be_resumed() {
    let folder = tempdir().unwrap();
    let (outcome, _) = train_until(job(folder.path(), "run", Method::Lora), |progress| match progress {
        Progress::Eval { .. } => ControlFlow::Break(StopRequest::Save),
        _ => ControlFlow::Continue(()),
    });
    assert!(matches!(outcome.unwrap(), Outcome::Stopped { step: 0, .. }));
    assert!(matches!(
        train(resumed(job(folder.path(), "run", Method::Lora))).0.unwrap(),
        Outcome::Done { step: 10, .. }
    ));
}

#[test]
fn abort_leaves_at_once_and_writes_nothing_more() {
    let folder = tempdir().unwrap();
    let (outcome, _) = train_until(job(folder.path(), "run", Method::Lora), |progress| match progress {
        Progress::Step(metrics) if metrics.step == 3 => ControlFlow::Break(StopRequest::Abort),
        _ => ControlFlow::Continue(()),
    });
    let error = outcome.unwrap_err();
    assert!(matches!(error, TrainError::Aborted) && error.code() == ErrorCode::Cancelled);
    let names: Vec<_> =
        fs::read_dir(folder.path().join("run")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["ckpt-2"], "only the checkpoint that was there before");
}

#[test]
fn cancelled_loading_is_cancelled() {
    let folder = tempdir().unwrap();
    let (outcome, told) = train_until(job(folder.path(), "run", Method::Lora), |progress| match progress {
        Progress::Loading(_) => ControlFlow::Break(StopRequest::Save),
        _ => ControlFlow::Continue(()),
    });
    assert_eq!(outcome.unwrap_err().code(), ErrorCode::Cancelled);
    assert!(told.steps.is_empty());
}
