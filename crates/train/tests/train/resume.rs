//! A resumed run is the run that was never stopped.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use tempfile::tempdir;
use tunesmith_protocol::{AutoOr, ErrorCode, Method, Optimizer};
use tunesmith_train::{Job, Outcome, Progress, TrainPlan};

use crate::tiny::{Told, contents, each_optimizer, job, list_anew, resumed, rows, stop_after, train, train_until};

#[test]
fn five_steps_and_five_resumed_are_ten() {
    for method in [Method::Lora, Method::Full, Method::Scratch] {
        let folder = tempdir().unwrap();
        let (whole, told_whole) = train(job(folder.path(), "whole", method));
        let (first, told_first) = train_until(job(folder.path(), "halves", method), stop_after(5));
        assert!(matches!(first.unwrap(), Outcome::Stopped { step: 5, .. }));
        let (second, told_second) = train(resumed(job(folder.path(), "halves", method)));
        assert!(matches!((whole.unwrap(), second.unwrap()), (Outcome::Done { .. }, Outcome::Done { step: 10, .. })));
        assert_same_result(folder.path(), "whole", "halves");
        assert_eq!([told_first.numbers(), told_second.numbers()].concat(), told_whole.numbers(), "{method:?}");
        assert_eq!([told_first.evals, told_second.evals].concat(), told_whole.evals, "{method:?}");
        assert_eq!(told_second.rewinds, [5]);
    }
}

#[test]
fn what_an_optimizer_remembers_is_resumed_too() {
    for settings in each_optimizer() {
        let folder = tempdir().unwrap();
        let job = |output| Job { settings: settings.clone(), ..job(folder.path(), output, Method::Lora) };
        train(job("whole")).0.unwrap();
        train_until(job("halves"), stop_after(5)).0.unwrap();
        train(resumed(job("halves"))).0.unwrap();
        assert_same_result(folder.path(), "whole", "halves");
    }
}

#[test]
fn a_run_can_be_stopped_and_resumed_after_every_step() {
    let folder = tempdir().unwrap();
    let (_, told_whole) = train(job(folder.path(), "whole", Method::Lora));
    let (mut numbers, mut evals) = (vec![], vec![]);
    for last in 1..=10 {
        let next = Job { resume: last > 1, ..job(folder.path(), "interrupted", Method::Lora) };
        let (outcome, told) = train_until(next, stop_after(last));
        assert!(matches!(outcome.unwrap(), Outcome::Stopped { step, .. } if step == last));
        numbers.extend(told.numbers());
        evals.extend(told.evals);
    }
    let (outcome, told) = train(resumed(job(folder.path(), "interrupted", Method::Lora)));
    assert!(matches!(outcome.unwrap(), Outcome::Done { step: 10, .. }));
    evals.extend(told.evals);
    assert_eq!((numbers, evals), (told_whole.numbers(), told_whole.evals));
    assert_same_result(folder.path(), "whole", "interrupted");
}

#[test]
fn a_finished_run_resumed_is_still_finished() {
    let folder = tempdir().unwrap();
    let (first, _) = train(job(folder.path(), "run", Method::Lora));
    let before = contents(&folder.path().join("run/result"));
    let (second, told) = train(resumed(job(folder.path(), "run", Method::Lora)));
    assert_eq!(first.unwrap(), second.unwrap());
    assert!(told.steps.is_empty() && told.evals.is_empty());
    assert!(before == contents(&folder.path().join("run/result")));
}

#[test]
fn a_run_from_before_goes_on_by_the_warm_up_that_it_began_with() {
    let folder = tempdir().unwrap();
    let job = |resume| {
        let mut job = Job { resume, ..job(folder.path(), "run", Method::Lora) };
        job.settings.warmup_ratio = 0.5;
        job
    };
    let (_, told) = train_until(job(false), stop_after(2));
    let rates = |told: &Told| told.steps.iter().map(|step| step.learning_rate / 5e-3).collect::<Vec<_>>();
    assert_eq!(rates(&told), [0.2, 0.4], "step k of 5 takes k fifths");
    // A checkpoint of before says nothing of the rule.
    let checkpoint = folder.path().join("run/ckpt-2");
    let text = fs::read_to_string(checkpoint.join("state.json")).unwrap();
    let mut state: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(state["frozen"].as_object_mut().unwrap().remove("warm_up"), Some("every_step_learns".into()));
    fs::write(checkpoint.join("state.json"), state.to_string()).unwrap();
    list_anew(&checkpoint, "state.json");
    let (_, told) = train_until(job(true), stop_after(4));
    assert_eq!(rates(&told), [0.4, 0.6], "transformers' rule: step k takes k - 1 fifths");
    let (outcome, told) = train(job(true));
    assert!(matches!(outcome.unwrap(), Outcome::Done { step: 10, .. }));
    assert_eq!(rates(&told)[0], 0.8, "its later checkpoints say the old rule");
}

#[test]
fn a_run_from_before_goes_on_measuring_as_it_began() {
    let folder = tempdir().unwrap();
    let job = |resume| {
        let mut job = Job { resume, ..job(folder.path(), "run", Method::Lora) };
        job.settings.eval_every = AutoOr::Auto;
        job.validation = rows(400).into();
        job
    };
    let plan = |resume| TrainPlan::new(job(resume)).unwrap().summary();
    let (every, measured) = (plan(false).training.eval_every, plan(false).measured_rows);
    assert!(every == AutoOr::Steps(4) && measured < 400, "{every:?} {measured}");
    let (_, told) = train_until(job(false), stop_after(2));
    assert_eq!(told.evals.len(), 1, "before the first step");
    assert_eq!((plan(true).training.eval_every, plan(true).measured_rows), (every, measured), "decided as before");

    let checkpoint = folder.path().join("run/ckpt-2");
    let text = fs::read_to_string(checkpoint.join("state.json")).unwrap();
    let mut state: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(state["frozen"].as_object_mut().unwrap().remove("evaluation"), Some("tenth_of_the_run".into()));
    fs::write(checkpoint.join("state.json"), state.to_string()).unwrap();
    list_anew(&checkpoint, "state.json");
    assert_eq!((plan(true).training.eval_every, plan(true).measured_rows), (AutoOr::Steps(1), 400), "all rows at each");
    let (outcome, told) = train(job(true));
    assert!(matches!(outcome.unwrap(), Outcome::Done { step: 10, .. }));
    assert_eq!(told.evals.iter().map(|(step, _)| *step).collect::<Vec<_>>(), (2..=10).collect::<Vec<_>>());
}

#[test]
fn without_a_checkpoint_a_resumed_run_starts_at_the_beginning() {
    let folder = tempdir().unwrap();
    let (outcome, told) = train(resumed(job(folder.path(), "run", Method::Lora)));
    assert!(outcome.is_ok() && told.rewinds == [0] && told.steps.len() == 10);
}

#[test]
fn a_damaged_checkpoint_falls_back_to_the_one_before() {
    type Damage = fn(&Path);
    let damages: &[(&str, Damage)] = &[
        ("one byte of the adapter", |checkpoint| flip_a_byte(&checkpoint.join("adapter_model.safetensors"))),
        ("a truncated optimizer", |checkpoint| truncate(&checkpoint.join("optimizer.safetensors"))),
        ("one byte of the state", |checkpoint| flip_a_byte(&checkpoint.join("state.json"))),
        ("no manifest", |checkpoint| fs::remove_file(checkpoint.join("manifest.json")).unwrap()),
        ("another state", |checkpoint| fs::write(checkpoint.join("state.json"), "{}").unwrap()),
        // Sparse: it takes no room on the disk, and would take some for ever to read.
        ("an optimizer without end", |checkpoint| stretch(&checkpoint.join("optimizer.safetensors"))),
        ("a manifest without end", |checkpoint| stretch(&checkpoint.join("manifest.json"))),
        #[cfg(unix)]
        ("a pipe as optimizer", |checkpoint| pipe(&checkpoint.join("optimizer.safetensors"))),
    ];
    let folder = tempdir().unwrap();
    let (_, told_whole) = train(job(folder.path(), "whole", Method::Lora));
    for (index, (what, damage)) in damages.iter().enumerate() {
        let output = format!("run-{index}");
        train_until(job(folder.path(), &output, Method::Lora), stop_after(5)).0.unwrap();
        damage(&folder.path().join(&output).join("ckpt-5"));
        let (outcome, told) = train(resumed(job(folder.path(), &output, Method::Lora)));
        assert!(matches!(outcome.unwrap(), Outcome::Done { step: 10, .. }), "{what}");
        assert_eq!(told.rewinds, [4], "{what}");
        let [(5, reason, kept)] = told.damaged.as_slice() else { panic!("{what} is told: {:?}", told.damaged) };
        assert!(reason.contains("ckpt-5") && kept == "ckpt-5.damaged", "{what}: {reason}, {kept}");
        assert!(folder.path().join(&output).join(kept).is_dir(), "{what}");
        assert_eq!(told.numbers(), told_whole.numbers()[4..], "{what}");
        assert_same_result(folder.path(), "whole", &output);
    }
}

#[test]
fn a_second_damaged_checkpoint_of_a_step_does_not_take_the_place_of_the_first() {
    let folder = tempdir().unwrap();
    train_until(job(folder.path(), "run", Method::Lora), stop_after(5)).0.unwrap();
    for name in ["ckpt-5.damaged", "ckpt-5.damaged-2"] {
        fs::write(folder.path().join("run/ckpt-5/state.json"), "{}").unwrap();
        let (_, told) = train_until(resumed(job(folder.path(), "run", Method::Lora)), stop_after(5));
        assert_eq!(told.damaged.iter().map(|(_, _, kept)| kept.as_str()).collect::<Vec<_>>(), [name]);
    }
}

#[test]
fn a_best_checkpoint_that_is_damaged_at_the_end_is_told() {
    let folder = tempdir().unwrap();
    let mut job = job(folder.path(), "run", Method::Lora);
    (job.settings.learning_rate, job.settings.max_steps) = (0.05, Some(40));
    let mut best = (0, f64::INFINITY);
    let (outcome, told) = train_until(job, |progress| {
        match progress {
            Progress::Eval { step, loss } if *step > 0 && *loss < best.1 => best = (*step, *loss),
            Progress::Step(metrics) if metrics.step == 39 => {
                fs::write(folder.path().join(format!("run/ckpt-{}/state.json", best.0)), "{}").unwrap();
            }
            _ => {}
        }
        ControlFlow::Continue(())
    });
    assert!(matches!(outcome.unwrap(), Outcome::Done { step: 40, best_step: 40, .. }), "the last weights are kept");
    assert_eq!(told.damaged.iter().map(|(step, ..)| *step).collect::<Vec<_>>(), [best.0]);
}

#[test]
fn when_no_checkpoint_is_whole_the_run_says_so() {
    let folder = tempdir().unwrap();
    train_until(job(folder.path(), "run", Method::Lora), stop_after(3)).0.unwrap();
    for step in [2, 3] {
        flip_a_byte(&folder.path().join(format!("run/ckpt-{step}/adapter_model.safetensors")));
    }
    let (outcome, _) = train(resumed(job(folder.path(), "run", Method::Lora)));
    let error = outcome.unwrap_err();
    assert!(error.to_string().contains("adapter_model.safetensors: its contents have changed"), "{error}");
}

#[test]
fn a_manifest_cannot_point_outside_its_folder() {
    let folder = tempdir().unwrap();
    train_until(job(folder.path(), "run", Method::Lora), stop_after(1)).0.unwrap();
    let manifest = folder.path().join("run/ckpt-1/manifest.json");
    let text = fs::read_to_string(&manifest).unwrap().replace("state.json", "../../base/config.json");
    fs::write(&manifest, text).unwrap();
    let error = train(resumed(job(folder.path(), "run", Method::Lora))).0.unwrap_err();
    assert!(error.to_string().contains("is not a file name"), "{error}");
}

#[test]
fn a_resumed_run_refuses_other_settings_data_or_model_by_name() {
    let folder = tempdir().unwrap();
    train_until(job(folder.path(), "run", Method::Lora), stop_after(2)).0.unwrap();
    let refused = |change: &dyn Fn(&mut Job)| {
        let mut job = resumed(job(folder.path(), "run", Method::Lora));
        change(&mut job);
        let error = train(job).0.unwrap_err();
        assert_eq!(error.code(), ErrorCode::Invalid);
        error.to_string()
    };
    let message = refused(&|job| job.settings.learning_rate = 0.001);
    assert!(message.contains("learning_rate was 0.005, now 0.001"), "{message}");
    let message = refused(&|job| (job.settings.lora_rank, job.settings.seed) = (8, 1));
    assert!(message.contains("lora_rank was 4, now 8") && message.contains("seed was 42, now 1"), "{message}");
    let message = refused(&|job| job.settings.optimizer = Optimizer::Lion);
    assert!(message.contains("optimizer was \"adamw\", now \"lion\""), "{message}");
    let message = refused(&|job| job.training = rows(11).into());
    assert!(message.contains("the data is not the same"), "{message}");
    let message = refused(&|job| std::sync::Arc::make_mut(&mut job.validation)[0].learn.fill(true));
    assert!(message.contains("the data is not the same"), "{message}");
    let message = refused(&|job| {
        let other = folder.path().join("other");
        fs::create_dir_all(&other).unwrap();
        for (name, bytes) in contents(&job.base) {
            fs::write(other.join(name), bytes).unwrap();
        }
        let weights = other.join("model.safetensors");
        let mut bytes = fs::read(&weights).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&weights, bytes).unwrap();
        job.base = other;
    });
    assert!(message.contains("the base model is not the same"), "{message}");
}

#[test]
fn the_newest_two_and_the_best_checkpoints_are_kept() {
    let folder = tempdir().unwrap();
    let mut job = job(folder.path(), "run", Method::Lora);
    (job.settings.learning_rate, job.settings.max_steps) = (0.05, Some(40));
    let (outcome, told) = train(job);
    let Outcome::Done { best_step, .. } = outcome.unwrap() else { panic!("it should end by itself") };
    assert!(best_step < 38, "this test needs a run whose best step is an early one, not {best_step}");
    assert_eq!(told.checkpoints.last(), Some(&40));
    let names = fs::read_dir(folder.path().join("run")).unwrap().map(|entry| entry.unwrap().file_name());
    let mut kept: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
    kept.sort();
    let mut expected = vec![format!("ckpt-{best_step}"), "ckpt-38".into(), "ckpt-40".into(), "result".into()];
    expected.sort();
    assert_eq!(kept, expected);
}

#[test]
fn what_an_interrupted_write_left_is_removed() {
    let folder = tempdir().unwrap();
    let leftover = folder.path().join("run/ckpt-2.tmp");
    fs::create_dir_all(&leftover).unwrap();
    fs::write(leftover.join("adapter_model.safetensors"), "half").unwrap();
    train(resumed(job(folder.path(), "run", Method::Lora))).0.unwrap();
    assert!(!leftover.exists());
}

/// The results and last checkpoints of two runs are the same bytes.
pub fn assert_same_result(folder: &Path, one: &str, other: &str) {
    for part in ["result", "ckpt-10"] {
        let files = |run: &str| contents(&folder.join(run).join(part));
        for ((name, one), (_, other)) in files(one).into_iter().zip(files(other)) {
            // These two hold times.
            let timed = ["state.json", "manifest.json"].contains(&name.as_str());
            assert!(timed || one == other, "{part}/{name} differs");
        }
    }
}

fn flip_a_byte(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

fn stretch(path: &Path) {
    fs::File::options().write(true).open(path).unwrap().set_len(1 << 40).unwrap();
}

#[cfg(unix)]
fn pipe(path: &Path) {
    fs::remove_file(path).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
}

fn truncate(path: &Path) {
    let bytes = fs::read(path).unwrap();
    fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
}
