//! How fast a home with a thousand runs and two hundred datasets opens and lists them: one JSON line.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use tunesmith_protocol::*;
use tunesmith_studio::{Opened, open};

const RUNS: usize = 1000;
const DATASETS: usize = 200;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let place = tempfile::tempdir()?;
    let home = place.path().join("home");
    make_one_of_each(place.path(), &home)?;
    multiply(&home.join("runs"), "run.json", RUNS)?;
    multiply(&home.join("datasets"), "dataset.json", DATASETS)?;
    // The first time, what lies in the folders is put into the database.
    let (studio, indexed_ms) = open_timed(&home)?;
    drop(studio);
    let (studio, opened_ms) = open_timed(&home)?;
    let mut listed = Vec::new();
    for _ in 0..3 {
        let (runs, runs_ms) = timed(|| studio.list_runs(()))?;
        let (datasets, datasets_ms) = timed(|| studio.list_datasets(()))?;
        assert_eq!((runs.len(), datasets.len()), (RUNS, DATASETS), "all are listed");
        listed.push(serde_json::json!({ "runs_ms": runs_ms, "datasets_ms": datasets_ms }));
    }
    println!(
        "{}",
        serde_json::json!({ "runs": RUNS, "datasets": DATASETS, "first_open_ms": indexed_ms, "open_ms": opened_ms, "listed": listed })
    );
    Ok(())
}

fn open_timed(home: &Path) -> Result<(std::sync::Arc<tunesmith_studio::Studio>, u128), Box<dyn std::error::Error>> {
    let opening = Instant::now();
    match open(home)? {
        Opened::Owner(studio) => Ok((studio, opening.elapsed().as_millis())),
        Opened::Guest(_) => Err("another process has the home".into()),
    }
}

/// A dataset, and a run of a few steps with it.
fn make_one_of_each(place: &Path, home: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let model = place.join("tiny");
    tunesmith_tests::TinyModel::default().write(&model)?;
    let rows = place.join("rows.jsonl");
    let row = r#"{"messages":[{"role":"user","content":"1 2"},{"role":"assistant","content":"3 4"}]}"#;
    fs::write(&rows, format!("{row}\n").repeat(30))?;
    let Opened::Owner(studio) = open(home)? else { return Err("another process has the home".into()) };
    let model = studio.add_model(AddModel { path: model.into() })?;
    let dataset = studio.import_dataset(ImportDataset {
        paths: vec![rows.into()],
        name: None,
        mapping: Mapping::default(),
        validation: Validation::Auto,
        seed: None,
        job: None,
        reuse: false,
    })?;
    let training = TrainSettings { max_steps: Some(5), max_length: 96, ..TrainSettings::default() };
    let run = studio.start_run(StartRun {
        name: None,
        preset: None,
        model: model.id,
        dataset: dataset.id,
        version: None,
        training,
    })?;
    while studio.get_run(run.id.clone())?.status != RunState::Done {
        std::thread::sleep(Duration::from_millis(50));
    }
    studio.shutdown();
    Ok(())
}

/// Copies the one folder until there are so many, each with an id of its own.
fn multiply(folder: &Path, facts: &str, count: usize) -> Result<(), Box<dyn std::error::Error>> {
    let first = fs::read_dir(folder)?.next().ok_or("there is one")??.path();
    let id = first.file_name().unwrap_or_default().to_string_lossy().into_owned();
    for number in 1..count {
        let copy = folder.join(format!("{id}-{number}"));
        copy_folder(&first, &copy)?;
        let text = fs::read_to_string(copy.join(facts))?;
        fs::write(copy.join(facts), text.replace(&format!("\"id\": \"{id}\""), &format!("\"id\": \"{id}-{number}\"")))?;
    }
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &to)?
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

fn timed<T>(work: impl FnOnce() -> Result<T, WireError>) -> Result<(T, u128), WireError> {
    let started = Instant::now();
    let done = work()?;
    Ok((done, started.elapsed().as_millis()))
}
