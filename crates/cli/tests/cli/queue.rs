//! `tunesmith runs start|queue|move|hold|release`, beside a studio that is open.

use std::time::{Duration, Instant};

use tunesmith_protocol::{Api, Job, JobKind, JobState};
use tunesmith_studio::{Opened, Studio, open};

use crate::shell::{Running, Shell, run_file};

/// The ids of the runs that are trained or queued, in order.
fn queue(shell: &Shell) -> Vec<String> {
    let jobs = shell.run(&["runs", "queue", "--json"]).lines();
    jobs.iter().map(|job| job["id"].as_str().unwrap().to_owned()).collect()
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn the_line_is_filled_shown_reordered_and_held_from_the_shell() {
    let shell = Shell::new();
    shell.write("long.yaml", &run_file("max_steps: 4000\n  eval_every: 4000"));
    let mut studio = shell.start(&["studio", "--port", "0", "--json"]);
    studio.until("ready");
    let start = |file: &str| {
        let run = &shell.run(&["runs", "start", file, "--json"]).lines()[0];
        run["id"].as_str().unwrap().to_owned()
    };
    let first = start("long.yaml");
    let (second, third) = (start("run.yaml"), start("run.yaml"));
    assert_eq!(queue(&shell), [first.as_str(), &second, &third]);
    assert!(shell.run(&["runs", "queue"]).stdout.contains("queued"));

    assert_eq!(shell.run(&["runs", "move", &third, "first"]).code, 0);
    assert_eq!(queue(&shell), [first.as_str(), &third, &second]);
    assert_eq!(shell.run(&["runs", "hold", &third]).code, 0);
    assert!(shell.run(&["runs", "list"]).stdout.contains("held"));
    let wrong = shell.run(&["runs", "move", &first, "up"]);
    assert_eq!(wrong.code, 1, "a run that is trained is not queued");

    assert_eq!(shell.run(&["runs", "stop", &first]).code, 0);
    let state = |id: &str| shell.run(&["runs", "show", id, "--json"]).lines()[0]["status"]["state"].clone();
    wait_until("the next one starts by itself", || state(&second) == "done");
    assert_eq!(state(&third), "queued", "who is held lets the others pass");
    assert_eq!(shell.run(&["runs", "release", &third]).code, 0);
    wait_until("it starts when it is released", || state(&third) == "done");
    assert_eq!(queue(&shell), [""; 0]);
    studio.interrupt();
    assert_eq!(studio.end().code(), Some(0));
}

/// The steps that a training has told, to its end.
fn steps(training: &mut Running) -> Vec<u64> {
    let mut steps = Vec::new();
    loop {
        let event = training.next();
        match event["type"].as_str() {
            Some("step") => steps.push(event["step"].as_u64().unwrap()),
            Some("done") => return steps,
            Some("stopped" | "error") => panic!("{event}"),
            _ => {}
        }
    }
}

#[test]
fn trainings_that_wait_take_the_home_over_when_the_one_before_them_leaves() {
    let shell = Shell::new();
    shell.write("long.yaml", &run_file("max_steps: 4000\n  eval_every: 4000"));
    let mut first = shell.start(&["train", "long.yaml", "--json"]);
    first.until("step");
    let mut waiting =
        [5, 7].map(|steps| shell.start(&["train", "run.yaml", "--json", "--set", &format!("max_steps={steps}")]));
    wait_until("both wait", || queue(&shell).len() == 3);
    first.interrupt();
    first.until("stopped");
    assert_eq!(first.end().code(), Some(130));
    let told = waiting.each_mut().map(|training| steps(training).len());
    assert_eq!(told, [5, 7], "each is trained from its first step to its last");
    assert_eq!(waiting.each_mut().map(|training| training.end().code()), [Some(0), Some(0)]);
    let runs = shell.run(&["runs", "list", "--json"]).lines();
    let mut states: Vec<&str> = runs.iter().map(|run| run["status"]["state"].as_str().unwrap()).collect();
    states.sort_unstable();
    assert_eq!(states, ["done", "done", "stopped"]);
}

#[test]
fn three_trainings_at_once_on_one_home_all_end_well() {
    let shell = Shell::new();
    let mut trainings = [9, 6, 3]
        .map(|steps| (steps, shell.start(&["train", "run.yaml", "--json", "--set", &format!("max_steps={steps}")])));
    for (most, training) in &mut trainings {
        assert_eq!(steps(training), (1..=*most).collect::<Vec<u64>>());
        assert_eq!(training.end().code(), Some(0));
    }
}

#[test]
fn a_training_that_a_closing_studio_breaks_off_goes_on_where_it_was_asked_for() {
    let shell = Shell::new();
    shell.write("long.yaml", &run_file("max_steps: 1500\n  eval_every: 1500"));
    let mut studio = shell.start(&["studio", "--port", "0", "--json"]);
    studio.until("ready");
    let mut training = shell.start(&["train", "long.yaml", "--json"]);
    training.until("step");
    studio.interrupt();
    assert_eq!(studio.end().code(), Some(130));
    let stopped = training.until("stopped")["step"].as_u64().unwrap();
    assert_eq!(steps(&mut training), (stopped + 1..=1500).collect::<Vec<u64>>());
    assert_eq!(training.end().code(), Some(0));
}

#[test]
fn a_run_queued_when_the_program_ended_is_resumed_from_the_shell() {
    let shell = Shell::new();
    shell.write("long.yaml", &run_file("max_steps: 4000\n  eval_every: 4000"));
    let mut first = shell.start(&["train", "long.yaml", "--json"]);
    first.until("step");
    let queued = shell.run(&["runs", "start", "run.yaml", "--json"]).lines()[0]["id"].as_str().unwrap().to_owned();
    first.interrupt();
    assert_eq!(first.end().code(), Some(130));
    let state = &shell.run(&["runs", "show", &queued, "--json"]).lines()[0]["status"]["state"];
    assert_eq!(state, "queued", "nothing of it was trained");
    let resumed = shell.run(&["runs", "resume", &queued, "--json"]);
    assert_eq!(resumed.lines().iter().filter(|event| event["type"] == "step").count(), 6);
}

fn owner(shell: &Shell) -> std::sync::Arc<Studio> {
    match open(&shell.path("home")).unwrap() {
        Opened::Owner(studio) => studio,
        Opened::Guest(_) => panic!("another process has the home"),
    }
}

fn cut_short(jobs: &[Job]) -> Vec<JobKind> {
    let interrupted = |job: &&Job| job.state == JobState::Interrupted;
    jobs.iter().filter(interrupted).map(|job| job.kind).collect()
}

#[test]
fn an_import_cut_short_by_a_power_cut_is_told_until_it_was_seen() {
    let shell = Shell::new();
    let row = r#"{"messages":[{"role":"user","content":"Say it"},{"role":"assistant","content":"It is so."}]}"#;
    shell.write("rows.jsonl", &format!("{row}\n").repeat(400_000));
    let mut training = shell.start(&["train", "run.yaml", "--json"]);
    let database = shell.path("home/tunesmith.db");
    let listed = || {
        let connection = rusqlite::Connection::open(&database).ok()?;
        connection.query_row("SELECT COUNT(*) FROM jobs", [], |row| row.get::<_, u32>(0)).ok()
    };
    wait_until("the import is at work", || database.is_file() && listed() == Some(1));
    training.kill();

    let studio = owner(&shell);
    assert_eq!(cut_short(&studio.list_jobs(()).unwrap()), [JobKind::Import]);
    assert!(studio.list_datasets(()).unwrap().is_empty(), "nothing of it was kept");
    studio.shutdown();
    drop(studio);
    let studio = owner(&shell);
    let jobs = studio.list_jobs(()).unwrap();
    assert_eq!(cut_short(&jobs), [JobKind::Import], "it is told until somebody has seen it");
    studio.cancel_job(jobs[0].id.clone()).unwrap();
    drop(studio);
    assert!(owner(&shell).list_jobs(()).unwrap().is_empty(), "and then no more");
}
