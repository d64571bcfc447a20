//! A home, a tiny model and a few rows to try things with.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tunesmith_protocol::*;
use tunesmith_studio::{Opened, Studio, open};

/// Long enough for a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A temporary folder with a home in it.
pub struct Place {
    folder: TempDir,
}

impl Place {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn home(&self) -> PathBuf {
        self.path().join("home")
    }

    pub fn open(&self) -> Arc<Studio> {
        owner(open(&self.home()).unwrap())
    }

    /// A folder with a tiny model.
    pub fn model_folder(&self) -> String {
        let folder = self.path().join("tiny");
        tunesmith_tests::tiny_model(&folder).unwrap();
        folder.to_string_lossy().into_owned()
    }

    /// A dataset file with that many conversations, and one line that is none.
    pub fn data_file(&self, rows: usize) -> String {
        self.write("counting.jsonl", &format!("{}\n{{\"messages\": 7}}\n", counting(rows)))
    }

    /// The same without the row that is none.
    pub fn whole_file(&self, rows: usize) -> String {
        self.write("whole.jsonl", &counting(rows))
    }

    pub fn write(&self, name: &str, text: &str) -> String {
        let path = self.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_string_lossy().into_owned()
    }

    /// A model and a dataset in the home.
    pub fn stocked(&self, api: &dyn Api) -> (Model, Dataset) {
        let model = api.add_model(AddModel { path: self.model_folder().into() }).unwrap();
        let dataset = api.import_dataset(import_of(&[&self.data_file(40)])).unwrap();
        (model, dataset)
    }
}

pub fn owner(opened: Opened) -> Arc<Studio> {
    match opened {
        Opened::Owner(studio) => studio,
        Opened::Guest(_) => panic!("another process owns this home"),
    }
}

pub fn import_of(paths: &[&str]) -> ImportDataset {
    ImportDataset {
        paths: paths.iter().map(|path| (*path).into()).collect(),
        name: None,
        mapping: Mapping::default(),
        validation: Validation::Share(0.2),
        seed: None,
        job: None,
        reuse: false,
    }
}

/// A few quick steps.
pub fn settings(steps: u32) -> TrainSettings {
    TrainSettings {
        max_steps: Some(steps),
        epochs: 100.0,
        batch_size: 2,
        gradient_accumulation: 1,
        learning_rate: 5e-3,
        max_length: 96,
        lora_rank: 4,
        ..TrainSettings::default()
    }
}

pub fn wish(model: &Model, dataset: &Dataset, training: TrainSettings) -> StartRun {
    StartRun {
        name: Some("Counting".into()),
        preset: None,
        model: model.id.clone(),
        dataset: dataset.id.clone(),
        version: None,
        training,
    }
}

/// Waits until the run is where it should be.
pub fn wait_for(api: &dyn Api, run: &str, state: impl Fn(&RunState) -> bool) -> Run {
    let started = Instant::now();
    loop {
        let run = api.get_run(run.into()).unwrap();
        if state(&run.status) {
            return run;
        }
        assert!(started.elapsed() < PATIENCE, "waited too long; the run is {:?}", run.status);
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub fn is_done(state: &RunState) -> bool {
    match state {
        RunState::Failed { message, .. } => panic!("the run failed: {message}"),
        state => *state == RunState::Done,
    }
}

/// The records of a run until one is as wanted, in order and without gaps.
pub fn records_until(api: &dyn Api, run: &str, last: impl Fn(&RunRecord) -> bool) -> Vec<RunRecord> {
    let subscription = api.subscribe(Topic::Run(run.into()), 0).unwrap();
    let started = Instant::now();
    let (mut records, mut seq) = (Vec::new(), 0);
    while started.elapsed() < PATIENCE {
        let group = subscription.next_within(Duration::from_secs(1)).unwrap().unwrap_or_default();
        for event in group {
            assert_eq!(event.seq, seq + 1, "records are numbered without gaps");
            seq = event.seq;
            let EventBody::Run { record } = event.body else { panic!("{:?} is not about a run", event.body) };
            let found = last(&record);
            records.push(record);
            if found {
                return records;
            }
        }
    }
    panic!("waited too long; so far: {records:?}");
}

pub fn steps(records: &[RunRecord]) -> Vec<u32> {
    let step = |record: &RunRecord| match record {
        RunRecord::Step(metrics) => Some(metrics.step),
        _ => None,
    };
    records.iter().filter_map(step).collect()
}

/// Measures the loss of a few rows, of what is named besides.
pub fn measuring(place: &Place) -> Evaluate {
    Evaluate {
        run: None,
        model: None,
        folder: None,
        adapter: None,
        data: vec![place.whole_file(3).into()],
        format: Format::Auto,
        loss: true,
        answers: false,
        max_new_tokens: 8,
        job: None,
    }
}

/// Rows that count.
fn counting(rows: usize) -> String {
    let row = |index: usize| {
        serde_json::json!({ "messages": [
            { "role": "system", "content": "Count." },
            { "role": "user", "content": format!("What comes after {index}?") },
            { "role": "assistant", "content": format!("{} comes next", index + 1) },
        ] })
    };
    let lines: Vec<String> = (0..rows).map(|index| row(index).to_string()).collect();
    lines.join("\n")
}
