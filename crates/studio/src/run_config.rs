//! Training straight from a run file into any folder, without a home's owner. The run gets the same folder as a clicked
//! one, and the same code carries it out.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tunesmith_protocol::{DataConfig, Dataset, ErrorCode, RunConfig, RunRecord, WireError};

use crate::carry::{Order, carry_out};
use crate::datasets::Gathered;
use crate::frozen::Frozen;
use crate::home::{Home, RunFolder};
use crate::{clock, datasets, explain, models, prepare};

/// Without anyone to press a button, a paused run tries again by itself.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// How a run can be told to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopRun {
    /// Write a checkpoint and keep the result.
    Save,
    /// Leave now.
    Leave,
}

/// What is told while a run goes on.
pub enum RunNews<'a> {
    /// A record, already written to `metrics.jsonl`. `status` and `preparing` records may come before the plan.
    Record(&'a RunRecord),
    /// Nothing new; a chance to stop.
    Tick,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// Whether it was stopped before its last step.
    pub stopped: bool,
    /// The last step.
    pub step: u32,
    /// The adapter or model.
    pub result: PathBuf,
}

/// Trains as `config` says into the folder `output`, which gets the layout of any run. `home` is where ids of models
/// are looked up. Refuses an `output` that holds a run, unless `resume`; then settings, data or model that differ from
/// the frozen ones are an error that names the difference.
pub fn run_config(
    home: &Path,
    config: &RunConfig,
    output: &Path,
    resume: bool,
    report: &mut dyn FnMut(RunNews<'_>) -> ControlFlow<StopRun>,
) -> Result<Finished, WireError> {
    let problems = config.training.problems();
    if !problems.is_empty() {
        let sentences: Vec<String> = problems.into_iter().map(|problem| problem.message).collect();
        return Err(WireError::invalid(sentences.join("; "), "Change the run file"));
    }
    let home = Home::create(home)?;
    let model = models::folder_of(&home, &config.base_model)?;
    let (Gathered { training, validation }, dataset) = match &config.data {
        DataConfig::Files(files) => (datasets::gather(files)?, None),
        DataConfig::Dataset(wanted) => {
            let dataset = datasets::find(&home, wanted)?;
            (datasets::gather_version(&home, &dataset)?, Some(dataset))
        }
    };
    let version = match &dataset {
        Some(dataset) => dataset.version.clone(),
        None => datasets::version_of_examples(&training, &validation),
    };
    let output = std::path::absolute(output).map_err(explain::io(output))?;
    let folder = RunFolder::at(output);
    let frozen = Frozen {
        data_version: version,
        system_prompt: datasets::shared_by(&training),
        ..describe(config, &model, dataset.as_ref(), folder.path())?
    };
    let frozen = settle(&folder, frozen, resume)?;
    let renderer = models::open_renderer(&model)?;
    carry_out(Order {
        folder: &folder,
        frozen: &frozen,
        device: "auto".into(),
        threads: 0,
        resume,
        trainer: tunesmith_train::run,
        prepare: &mut |progress| {
            prepare::both(&training, &validation, &*renderer, &config.training, progress).map(Arc::new)
        },
        report,
        retry: &mut |paused| paused.as_secs() > 0 && paused.as_secs() % RETRY_AFTER.as_secs() == 0,
    })
}

fn describe(config: &RunConfig, model: &Path, dataset: Option<&Dataset>, output: &Path) -> Result<Frozen, WireError> {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let dataset_name = match (&config.data, dataset) {
        (_, Some(dataset)) => dataset.name.clone(),
        (DataConfig::Files(files), None) => {
            files.path.all().iter().map(|path| name(path.as_ref())).collect::<Vec<_>>().join(", ")
        }
        (DataConfig::Dataset(wanted), None) => wanted.dataset.clone(),
    };
    Ok(Frozen {
        id: name(output),
        name: name(output),
        config: config.clone(),
        model: config.base_model.clone(),
        model_name: if config.base_model == "starter" { "Tunesmith starter".into() } else { name(model) },
        model_path: model.to_path_buf(),
        model_hash: models::fingerprint(model)?,
        dataset: dataset.map(|dataset| dataset.id.clone()).unwrap_or_default(),
        dataset_name,
        dataset_version: dataset.map(|dataset| dataset.number),
        data_version: String::new(),
        system_prompt: None,
        started_ms: clock::now_ms(),
        tunesmith: env!("CARGO_PKG_VERSION").into(),
    })
}

/// Makes the folder for a new run, or checks that the run in it was started with the same.
fn settle(folder: &RunFolder, frozen: Frozen, resume: bool) -> Result<Frozen, WireError> {
    let path = folder.path();
    match (folder.frozen().is_file(), resume) {
        (true, false) => Err(WireError::new(
            ErrorCode::Invalid,
            format!("{} holds a run already", path.display()),
            "Go on with it with --resume, or choose another folder",
        )),
        (true, true) => {
            let old = Frozen::read(folder)?;
            match old.differences(&frozen).as_slice() {
                [] => Ok(old),
                differences => Err(WireError::invalid(
                    format!(
                        "The run in {} was started with something else: {}",
                        path.display(),
                        differences.join("; ")
                    ),
                    "Resume with what it was started with, or choose another folder",
                )),
            }
        }
        (false, _) => {
            fs::create_dir_all(path).map_err(explain::io(path))?;
            frozen.write(folder)?;
            Ok(frozen)
        }
    }
}
