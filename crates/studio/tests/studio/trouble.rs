//! What can go wrong, and what is said then.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tunesmith_protocol::*;
use tunesmith_sentence::Sentence;
use tunesmith_studio::{RunNews, StopRun, open_with, run_config, run_file};
use tunesmith_train::{Outcome, Progress, StopRequest, TrainError, TrainPlan};

use crate::support::*;

type Report<'a> = &'a mut dyn FnMut(Progress) -> ControlFlow<StopRequest>;

fn panics(plan: TrainPlan, report: Report<'_>) -> Result<Outcome, TrainError> {
    tunesmith_train::run(plan, &mut |progress| match progress {
        Progress::Step(metrics) if metrics.step == 2 => panic!("the tensor is on fire"),
        progress => report(progress),
    })
}

fn disk_is_full() -> Sentence {
    Sentence::verbatim("The disk is full: 12 MB are missing")
}

/// Says at the third step that the disk is full, until the caller says to go on twice.
fn meets_a_full_disk(plan: TrainPlan, report: Report<'_>) -> Result<Outcome, TrainError> {
    tunesmith_train::run(plan, &mut |progress| {
        let third = matches!(&progress, Progress::Step(metrics) if metrics.step == 3);
        if third && report(Progress::DiskFull { message: disk_is_full() }).is_break() {
            return ControlFlow::Break(StopRequest::Save);
        }
        report(progress)
    })
}

/// Whether the disk of `finds_no_room` has room by now. The tests run in a process each.
static ROOM: AtomicBool = AtomicBool::new(false);

/// Cannot save its third step until there is room.
fn finds_no_room(plan: TrainPlan, report: Report<'_>) -> Result<Outcome, TrainError> {
    tunesmith_train::run(plan, &mut |progress| {
        if matches!(&progress, Progress::Step(metrics) if metrics.step == 3) {
            while !ROOM.load(Ordering::Relaxed) {
                let answer = report(Progress::DiskFull { message: disk_is_full() });
                if answer == ControlFlow::Break(StopRequest::Abort) {
                    return answer;
                }
            }
        }
        report(progress)
    })
}

/// A studio with a run that waits for room.
fn with_a_full_disk(place: &Place) -> (std::sync::Arc<tunesmith_studio::Studio>, Run) {
    let studio = owner(open_with(&place.home(), finds_no_room).unwrap());
    let (model, dataset) = place.stocked(studio.as_ref());
    let training = TrainSettings { save_every: AutoOr::Steps(2), ..settings(5) };
    let run = studio.start_run(wish(&model, &dataset, training)).unwrap();
    let run = wait_for(studio.as_ref(), &run.id, |state| matches!(state, RunState::Paused { stopping: false, .. }));
    (studio, run)
}

#[test]
fn a_stop_on_a_full_disk_is_carried_out_when_there_is_room() {
    let place = Place::new();
    let (studio, run) = with_a_full_disk(&place);
    studio.stop_run(run.id.clone()).unwrap();
    wait_for(studio.as_ref(), &run.id, |state| matches!(state, RunState::Paused { stopping: true, .. }));
    ROOM.store(true, Ordering::Relaxed);
    // Nobody presses “Try again”: the run looks for room by itself.
    let stopped = wait_for(studio.as_ref(), &run.id, |state| !matches!(state, RunState::Paused { .. }));
    assert_eq!((stopped.status, stopped.step), (RunState::Stopped, 3));
    assert!(stopped.result_path.is_some(), "what was learned is kept");
}

#[test]
fn quitting_on_a_full_disk_leaves_the_run_to_be_resumed() {
    let place = Place::new();
    let (studio, run) = with_a_full_disk(&place);
    let began = Instant::now();
    studio.shutdown();
    assert!(began.elapsed() < Duration::from_secs(30), "it does not wait for room that may never come");
    assert_eq!(studio.get_run(run.id.clone()).unwrap().status, RunState::Interrupted);
    drop(studio);
    ROOM.store(true, Ordering::Relaxed);
    let studio = owner(open_with(&place.home(), finds_no_room).unwrap());
    studio.resume_run(run.id.clone()).unwrap();
    let records = records_until(studio.as_ref(), &run.id, |record| matches!(record, RunRecord::Done { .. }));
    assert!(records.contains(&RunRecord::Rewind { step: 2 }), "it goes on from its checkpoint");
}

#[test]
fn a_panic_in_training_is_a_failed_run_and_the_studio_lives_on() {
    let place = Place::new();
    let studio = owner(open_with(&place.home(), panics).unwrap());
    let (model, dataset) = place.stocked(studio.as_ref());
    let run = studio.start_run(wish(&model, &dataset, settings(5))).unwrap();
    let run = wait_for(studio.as_ref(), &run.id, |state| matches!(state, RunState::Failed { .. }));
    let RunState::Failed { message, hint } = run.status else { unreachable!() };
    assert!(message.contains("the tensor is on fire") && !hint.is_empty(), "{message} {hint}");
    while studio.running() {
        std::thread::yield_now();
    }
    let next = studio.start_run(wish(&model, &dataset, settings(1))).unwrap();
    wait_for(studio.as_ref(), &next.id, is_done);
}

/// Diverges at its third step, as training does with too high a rate.
fn diverges(plan: TrainPlan, report: Report<'_>) -> Result<Outcome, TrainError> {
    let mut checkpoint = None;
    let ended = tunesmith_train::run(plan, &mut |progress| match progress {
        Progress::Step(metrics) if metrics.step == 3 => ControlFlow::Break(StopRequest::Abort),
        Progress::Checkpoint { step, path } => {
            checkpoint = Some((step, path.clone()));
            report(Progress::Checkpoint { step, path })
        }
        progress => report(progress),
    });
    let reason = Sentence::verbatim("the loss is no longer a number");
    ended.map_err(|_| TrainError::Diverged { step: 3, reason, checkpoint })
}

#[test]
fn a_diverged_run_names_a_checkpoint_that_a_new_run_continues_from() {
    let place = Place::new();
    let studio = owner(open_with(&place.home(), diverges).unwrap());
    let (model, dataset) = place.stocked(studio.as_ref());
    let training = TrainSettings { save_every: AutoOr::Steps(1), ..settings(5) };
    let run = studio.start_run(wish(&model, &dataset, training)).unwrap();
    let run = wait_for(studio.as_ref(), &run.id, |state| matches!(state, RunState::Failed { .. }));
    let checkpoint = run.continue_from.unwrap();
    assert_eq!(checkpoint.step, 2);
    assert_eq!(Path::new(&checkpoint.path), Path::new(&run.path).join("ckpt-2"));
    while studio.running() {
        std::thread::yield_now();
    }
    let calm = TrainSettings { init_adapter: Some(checkpoint.path.as_str().into()), ..settings(1) };
    let again = studio.start_run(wish(&model, &dataset, calm)).unwrap();
    let again = wait_for(studio.as_ref(), &again.id, is_done);
    assert_eq!(again.continue_from, None);
    std::fs::remove_dir_all(&checkpoint.path).unwrap();
    assert_eq!(studio.get_run(run.id).unwrap().continue_from, None, "it is gone");
}

#[test]
fn an_adapter_made_for_another_base_model_is_told_of() {
    let place = Place::new();
    let studio = place.open();
    let (model, dataset) = place.stocked(studio.as_ref());
    let run = studio.start_run(wish(&model, &dataset, settings(1))).unwrap();
    let run = wait_for(studio.as_ref(), &run.id, is_done);
    let adapter = run.result_path.unwrap();
    let config = Path::new(&adapter).join("adapter_config.json");
    let warned = |base: Option<&str>| {
        if let Some(base) = base {
            let mut changed: serde_json::Value =
                serde_json::from_str(&std::fs::read_to_string(&config).unwrap()).unwrap();
            changed["base_model_name_or_path"] = base.into();
            std::fs::write(&config, changed.to_string()).unwrap();
        }
        let training = TrainSettings { init_adapter: Some(adapter.as_str().into()), ..settings(1) };
        let preview = studio.preview_run(wish(&model, &dataset, training).into()).unwrap();
        assert_eq!(preview.blockers, [""; 0]);
        preview.warnings.iter().any(|warning| warning.contains("was made for"))
    };
    let folder = Path::new(&model.path).file_name().unwrap().to_str().unwrap();
    assert!(!warned(None), "its own");
    assert!(!warned(Some(&format!("owner/{folder}"))));
    assert!(!warned(Some(&format!("C:\\\\models\\\\{}\\\\", folder.to_uppercase()))));
    assert!(!warned(Some(&format!("/x/models--owner--{folder}/snapshots/abc"))));
    assert!(!warned(Some("")));
    assert!(warned(Some(&format!("owner/{folder}-Instruct"))));
    assert!(warned(Some("/x/models--owner--other/snapshots/abc")));
}

#[test]
fn a_full_disk_pauses_the_run_until_there_is_space() {
    let place = Place::new();
    let studio = owner(open_with(&place.home(), meets_a_full_disk).unwrap());
    let (model, dataset) = place.stocked(studio.as_ref());
    let run = studio.start_run(wish(&model, &dataset, settings(5))).unwrap();
    let paused = wait_for(studio.as_ref(), &run.id, |state| matches!(state, RunState::Paused { .. }));
    assert_eq!(paused.status, RunState::Paused { reason: disk_is_full(), stopping: false });
    assert_eq!(studio.delete(ItemRef { kind: ItemKind::Run, id: run.id.clone() }).unwrap_err().code, ErrorCode::Busy);
    studio.resume_run(run.id.clone()).unwrap();
    let run = wait_for(studio.as_ref(), &run.id, is_done);
    assert_eq!(run.step, 5);
}

#[test]
fn a_paused_run_can_be_stopped() {
    let place = Place::new();
    let studio = owner(open_with(&place.home(), meets_a_full_disk).unwrap());
    let (model, dataset) = place.stocked(studio.as_ref());
    let run = studio.start_run(wish(&model, &dataset, settings(5))).unwrap();
    wait_for(studio.as_ref(), &run.id, |state| matches!(state, RunState::Paused { .. }));
    studio.stop_run(run.id.clone()).unwrap();
    wait_for(studio.as_ref(), &run.id, |state| *state == RunState::Stopped);
}

#[test]
fn what_stands_in_the_way_is_said_before_the_start() {
    let place = Place::new();
    let studio = place.open();
    let (model, dataset) = place.stocked(studio.as_ref());
    let blockers = |training| studio.preview_run(wish(&model, &dataset, training).into()).unwrap();
    let wrong = blockers(TrainSettings { lora_rank: 0, ..settings(5) });
    assert_eq!((wrong.problems[0].name.as_str(), wrong.plan), ("lora_rank", None));
    assert!(!wrong.blockers.is_empty());
    assert_eq!(
        studio.start_run(wish(&model, &dataset, TrainSettings { lora_rank: 0, ..settings(5) })).unwrap_err().code,
        ErrorCode::Invalid
    );

    let short = blockers(TrainSettings { max_length: 8, ..settings(5) });
    assert!(short.blockers[0].contains("token to learn"), "{:?}", short.blockers);

    let few = blockers(settings(2));
    assert!(
        few.blockers.is_empty() && few.warnings.iter().any(|warning| warning.contains("2 steps")),
        "{:?}",
        few.warnings
    );

    let cut = blockers(TrainSettings { max_length: 40, ..settings(20) });
    assert!(cut.warnings.iter().any(|warning| warning.contains("lose their end")), "{:?}", cut.warnings);

    let gone =
        studio.preview_run(StartRun { model: "nothing".into(), ..wish(&model, &dataset, settings(5)) }.into()).unwrap();
    assert!(gone.blockers[0].contains("nothing"), "{:?}", gone.blockers);
}

#[test]
fn the_plan_counts_the_rows_that_training_leaves_out() {
    let place = Place::new();
    let studio = place.open();
    let model = studio.add_model(AddModel { path: place.model_folder().into() }).unwrap();
    let long = "on and on ".repeat(30);
    let row = |question: &str, answer: &str, weight: u8| {
        let messages = serde_json::json!([
            { "role": "user", "content": question },
            { "role": "assistant", "content": answer, "weight": weight },
        ]);
        serde_json::json!({ "messages": messages }).to_string()
    };
    let short: Vec<String> = (0..6).map(|number| row(&number.to_string(), "a", 1)).collect();
    let cut = ["q", "r", "s"].map(|question| row(question, &long, 1));
    let cut_to_nothing = ["q", "r"].map(|end| row(&format!("{long}{end}"), "a", 1));
    let unlearned = [row(&format!("{long}never"), "a", 0)];
    let rows = [&short[..], &cut, &cut_to_nothing, &unlearned].concat().join("\n");
    let import = import_of(&[&place.write("rows.jsonl", &rows)]);
    let dataset = studio.import_dataset(ImportDataset { validation: Validation::Share(0.0), ..import }).unwrap();
    assert_eq!(dataset.training_rows, 12);
    let cases = [
        (TooLong::Truncate, [9, 5, 2], ["3 of 12 rows are longer", "2 of 12 rows are left out", "1 row has no token"]),
        (TooLong::Drop, [6, 5, 5], ["5 of 12 rows are longer", "and are left out", "1 row has no token"]),
    ];
    for (rule, counts, sentences) in cases {
        let training = TrainSettings { max_length: 96, too_long: rule, ..settings(2) };
        let preview = studio.preview_run(wish(&model, &dataset, training.clone()).into()).unwrap();
        let told = preview.warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        assert!(sentences.iter().all(|sentence| told.contains(sentence)), "{rule:?}: {told}");
        let count = |plan: &Plan| [plan.rows, plan.rows_too_long, plan.rows_left_out];
        assert_eq!(count(&preview.plan.unwrap()), counts, "{rule:?}");
        let run = studio.start_run(wish(&model, &dataset, training)).unwrap();
        let run = wait_for(studio.as_ref(), &run.id, is_done);
        assert_eq!(count(&run.plan.unwrap()), counts, "what is trained, {rule:?}");
        while studio.running() {
            std::thread::yield_now();
        }
    }
}

#[test]
fn what_cannot_fit_is_refused_with_numbers() {
    let place = Place::new();
    let studio = place.open();
    let folder = place.path().join("wide");
    // Long rows through wide feed-forward layers: nothing of this is ever allocated.
    tunesmith_tests::TinyModel { hidden: 64, middle: 1 << 14, layers: 2, context: 131_072, ..Default::default() }
        .write(&folder)
        .unwrap();
    let model = studio.add_model(AddModel { path: folder.as_path().into() }).unwrap();
    let long = format!("{{\"text\": \"{}\"}}\n", "a".repeat(100_000));
    let path = place.write("long.jsonl", &long.repeat(4));
    let dataset =
        studio.import_dataset(ImportDataset { validation: Validation::Share(0.0), ..import_of(&[&path]) }).unwrap();
    let training =
        TrainSettings { max_length: 131_072, batch_size: 4, task: Task::Text, method: Method::Full, ..settings(3) };
    let preview = studio.preview_run(wish(&model, &dataset, training).into()).unwrap();
    assert!(
        preview.blockers.iter().any(|blocker| blocker.contains("GB") && blocker.contains("free")),
        "{:?}",
        preview.blockers
    );
}

#[test]
fn files_that_cannot_be_read_say_so() {
    let place = Place::new();
    let studio = place.open();
    let missing = studio.import_dataset(import_of(&["/nowhere/data.jsonl"])).unwrap_err();
    assert_eq!(missing.code, ErrorCode::NotFound);
    assert!(missing.message.contains("/nowhere/data.jsonl"), "{missing}");
    let empty = studio.import_dataset(import_of(&[&place.write("empty.jsonl", "")])).unwrap_err();
    assert_eq!(empty.code, ErrorCode::Invalid);
    assert!(studio.list_datasets(()).unwrap().is_empty(), "nothing half-imported stays");
    assert_eq!(std::fs::read_dir(place.home().join("datasets")).unwrap().count(), 0);
    for id in ["../../etc", "a/b", ""] {
        assert_eq!(studio.get_run(id.into()).unwrap_err().code, ErrorCode::NotFound);
        assert_eq!(studio.subscribe(Topic::Run(id.into()), 0).err().unwrap().code, ErrorCode::NotFound);
    }
}

#[test]
fn an_import_can_be_cancelled_and_tells_how_far_it_is() {
    let place = Place::new();
    let studio = place.open();
    let path = place.data_file(20_000);
    let task = studio.subscribe(Topic::Job("import".into()), 0).unwrap();
    studio.cancel_job("import".into()).unwrap();
    let error = studio.import_dataset(ImportDataset { job: Some("import".into()), ..import_of(&[&path]) }).unwrap_err();
    assert_eq!(error.code, ErrorCode::Cancelled);
    assert!(studio.list_datasets(()).unwrap().is_empty());
    let mut last = None;
    while let Some(group) = task.next() {
        last = group.into_iter().last().or(last);
    }
    assert!(matches!(last.unwrap().body, EventBody::Job { job } if job.state == JobState::Cancelled), "the topic ends");
}

#[test]
fn a_run_file_trains_into_any_folder_and_refuses_what_has_changed() {
    let place = Place::new();
    place.model_folder();
    place.data_file(30);
    let yaml = place.write("run.yaml", "base_model: tiny\ndata:\n  path: counting.jsonl\ntraining:\n  max_steps: 4\n  max_length: 96\n  lora_rank: 2\n");
    let config = run_file::load(Path::new(&yaml)).unwrap();
    let output = place.path().join("out");
    let mut stop_at = Some(2);
    let mut report = |news: RunNews<'_>| match news {
        RunNews::Record(RunRecord::Step(metrics)) if Some(metrics.step) == stop_at => {
            stop_at = None;
            ControlFlow::Break(StopRun::Save)
        }
        _ => ControlFlow::Continue(()),
    };
    let finished = run_config(&place.home(), &config, &output, false, &mut report).unwrap();
    assert!(finished.stopped && finished.result.is_dir());
    let again = run_config(&place.home(), &config, &output, false, &mut report).unwrap_err();
    assert!(again.message.contains("holds a run already"), "{again}");

    let mut other = config.clone();
    other.training.learning_rate = 0.1;
    let changed = run_config(&place.home(), &other, &output, true, &mut report).unwrap_err();
    assert!(changed.message.contains("learning_rate was 0.0002 and is 0.1 now"), "{changed}");

    let finished = run_config(&place.home(), &config, &output, true, &mut report).unwrap();
    assert_eq!((finished.stopped, finished.step), (false, 4));
}

#[test]
fn a_run_of_another_process_is_seen_and_can_be_stopped() {
    let place = Place::new();
    let studio = place.open();
    place.model_folder();
    place.data_file(30);
    let yaml = "base_model: tiny\ndata:\n  path: counting.jsonl\ntraining:\n  epochs: 1000\n  max_length: 96\n";
    let config = run_file::load(Path::new(&place.write("run.yaml", yaml))).unwrap();
    let (home, output) = (place.home(), place.home().join("runs").join("from-the-shell"));
    // Locks belong to open files, so a thread stands for a process here.
    let shell = std::thread::spawn(move || {
        run_config(&home, &config, &output, false, &mut |_| ControlFlow::Continue(())).unwrap()
    });
    while studio.list_runs(()).unwrap().is_empty() {
        std::thread::yield_now();
    }
    let run = studio.list_runs(()).unwrap().remove(0);
    assert_eq!((run.id.as_str(), run.dataset_name.as_str()), ("from-the-shell", "counting.jsonl"));
    records_until(studio.as_ref(), &run.id, |record| matches!(record, RunRecord::Step(_)));
    assert!(!studio.running(), "it is not this process that trains");
    studio.stop_run(run.id.clone()).unwrap();
    assert!(shell.join().unwrap().stopped);
    wait_for(studio.as_ref(), &run.id, |state| *state == RunState::Stopped);
}
