//! Training straight from a run file into any folder, without a home's owner. The run gets the same folder as a clicked
//! one, and the same code carries it out.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use tunesmith_data::Example;
use tunesmith_protocol::{DataConfig, Dataset, RunConfig, WireError};
use tunesmith_sentence::{Sentence, say};
use tunesmith_train::{Speed, TrainPlan};

use super::execution::{Order, carry_out};
use super::{Finished, RunNews, StopRun, sentences};
use crate::datasets::{self, Gathered};
use crate::home::manifest::RunManifest;
use crate::home::{self, Home, ModelFiles, RunFolder, journal};
use crate::jobs::MemoryGuard;
use crate::planning::{disk_need, disk_told, prepare_split, run_time, time_told, warnings, within_context};
use crate::platform::{free_disk_bytes, write_privately};
use crate::pool::{fingerprint, open_renderer};
use crate::{errors, ids, models};

/// Without anyone to press a button, a paused run tries again by itself.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// Trains as `config` says into the folder `output`, which gets the layout of any run. `home` is where ids of models
/// are looked up. Refuses an `output` that holds a run, unless `resume`; then settings, data or model that differ from
/// those it was started with are an error that names the difference.
///
/// # Errors
/// Settings, model or data cannot be used, and what training fails with; the folder tells how the run has ended.
pub fn run_config(
    home: &Path,
    config: &RunConfig,
    output: &Path,
    resume: bool,
    report: &mut dyn FnMut(RunNews<'_>) -> ControlFlow<StopRun>,
) -> Result<Finished, WireError> {
    let problems = config.training.problems();
    if !problems.is_empty() {
        let message = Sentence::joined(problems.into_iter().map(|problem| problem.message));
        return Err(WireError::invalid(message, say!("run-file-settings-hint", "Change the run file")));
    }
    let home = Home::create(home)?;
    let model = models::folder_of(&home, &config.base_model)?;
    let files = home.model_files(&model);
    let (gathered, dataset) = match &config.data {
        DataConfig::Files(files) => (datasets::gather(files)?, None),
        DataConfig::Dataset(wanted) => {
            let dataset = datasets::find(&home, wanted)?;
            (datasets::gather_version(&home, &dataset)?, Some(dataset))
        }
    };
    let version = match &dataset {
        Some(dataset) => dataset.version.clone(),
        None => datasets::version_of_examples(&gathered.training, &gathered.validation),
    };
    let output = std::path::absolute(output).map_err(errors::io(output))?;
    if output.starts_with(home.root()) {
        write_privately();
    }
    let folder = RunFolder::at(output);
    let manifest = RunManifest {
        data_version: version,
        system_prompt: datasets::shared_by(&gathered.training),
        ..describe(config, &files, dataset.as_ref(), folder.path())?
    };
    journal::check(&folder)?;
    let manifest = settle(&folder, manifest, resume, report)?;
    let chats = gathered.training.iter().any(|row| !matches!(row, Example::Text { .. }));
    let names = [&*config.base_model, &*manifest.model_name];
    let adapter = config.training.init_adapter.as_ref().map(|folder| Path::new(folder.as_str()));
    let opened = models::Opened { model: &model, names: &names, adapter, run: None, chats };
    let remarks = models::remarks_alone(&home, opened)?;
    let renderer = open_renderer(&files)?;
    let context = tunesmith_model::facts(&model).map_err(errors::model_error)?.context_length;
    let cut = within_context(&config.training, context);
    let remarks = [&remarks[..], &gathered.left_out].concat();
    carry_out(Order {
        folder: &folder,
        manifest: &manifest,
        chat_template: files.chosen_template()?,
        device: "auto".into(),
        threads: 0,
        resume,
        trainer: tunesmith_train::run,
        memory: MemoryGuard::default(),
        look_at: &|plan, go_on| look_at(plan, folder.path(), go_on),
        prepare: &mut |progress| {
            let Gathered { training, validation, .. } = &gathered;
            let place = |split, row| gathered.place(split, row);
            let mut tokens = prepare_split(training, validation, &*renderer, &cut, &place, progress)?;
            tokens.remarks = warnings(training.len() as u64, &config.training, &remarks, &tokens);
            Ok(tokens)
        },
        report,
        retry: &mut |paused| paused.as_secs() > 0 && paused.as_secs() % RETRY_AFTER.as_secs() == 0,
    })
}

/// How long the run takes, and how much of the disk: nobody has seen a preview of it.
fn look_at(
    plan: &TrainPlan,
    folder: &Path,
    go_on: &mut dyn FnMut() -> ControlFlow<()>,
) -> Result<Vec<Sentence>, WireError> {
    let speed = Speed::measure(plan, &mut |_| go_on())?;
    let free = Some(free_disk_bytes(folder)).filter(|free| *free > 0);
    Ok(vec![time_told(&run_time(&plan.estimate(&speed)), false), disk_told(&disk_need(plan, free))])
}

fn describe(
    config: &RunConfig,
    files: &ModelFiles,
    dataset: Option<&Dataset>,
    output: &Path,
) -> Result<RunManifest, WireError> {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let dataset_name = match (&config.data, dataset) {
        (_, Some(dataset)) => dataset.name.clone(),
        (DataConfig::Files(files), None) => {
            files.path.all().iter().map(|path| name(path.as_ref())).collect::<Vec<_>>().join(", ")
        }
        (DataConfig::Dataset(wanted), None) => wanted.dataset.clone(),
    };
    Ok(RunManifest {
        id: name(output),
        name: name(output),
        preset: None,
        config: config.clone(),
        model: config.base_model.clone(),
        model_name: if config.base_model == "starter" { "Tunesmith starter".into() } else { name(&files.folder) },
        model_path: files.folder.clone(),
        model_hash: fingerprint(files)?,
        dataset: dataset.map(|dataset| dataset.id.clone()).unwrap_or_default(),
        dataset_name,
        dataset_version: dataset.map(|dataset| dataset.number),
        data_version: String::new(),
        system_prompt: None,
        started_ms: ids::now_ms(),
        tunesmith: env!("CARGO_PKG_VERSION").into(),
    })
}

/// Makes the folder for a new run, or checks that the run in it was started with the same.
fn settle(
    folder: &RunFolder,
    manifest: RunManifest,
    resume: bool,
    report: &mut dyn FnMut(RunNews<'_>) -> ControlFlow<StopRun>,
) -> Result<RunManifest, WireError> {
    let path = folder.path();
    match (folder.manifest().exists(), resume) {
        (true, false) => Err(WireError::invalid(
            say!("run-folder-occupied", "{path} holds a run already", path),
            say!("run-folder-occupied-hint", "Go on with it with --resume, or choose another folder"),
        )),
        (true, true) => {
            let old = match RunManifest::read_or_damage(folder)? {
                Ok(old) => old,
                Err(damage) => return write_anew(folder, manifest, damage, report),
            };
            let differences = old.differences(&manifest);
            if differences.is_empty() {
                return Ok(old);
            }
            let differences = Sentence::joined(differences);
            Err(WireError::invalid(
                say!(
                    "run-folder-other",
                    "The run in {path} was started with something else: {differences}",
                    path,
                    differences
                ),
                say!("run-folder-other-hint", "Resume with what it was started with, or choose another folder"),
            ))
        }
        (false, false) if holds_others(folder)? => Err(WireError::invalid(
            say!("run-folder-of-others", "{path} holds files that a run would write over", path),
            say!("run-folder-of-others-hint", "Choose another folder"),
        )),
        (false, _) => {
            fs::create_dir_all(path).map_err(errors::io(path))?;
            manifest.write(folder)?;
            Ok(manifest)
        }
    }
}

/// Whether something that is no run's lies where a run writes. Nothing of it is touched.
fn holds_others(folder: &RunFolder) -> Result<bool, WireError> {
    let tokens = folder.path().join("tokens");
    let places = [folder.metrics(), folder.result(), tokens];
    let is_taken = places.iter().any(|place| place.symlink_metadata().is_ok());
    Ok(is_taken || !tunesmith_train::checkpoints(folder.path())?.is_empty())
}

/// Puts a damaged `run.json` aside and writes it anew, as where there is none: whether the run was started with the same, its
/// checkpoints know as well.
fn write_anew(
    folder: &RunFolder,
    manifest: RunManifest,
    damage: WireError,
    report: &mut dyn FnMut(RunNews<'_>) -> ControlFlow<StopRun>,
) -> Result<RunManifest, WireError> {
    let path = folder.manifest();
    let aside = home::aside(&path);
    fs::rename(&path, &aside).map_err(errors::io(&path))?;
    manifest.write(folder)?;
    // Who asks to stop is heard again at the next news.
    let _ = report(RunNews::Warning(&sentences::manifest_made_anew(damage.message, &aside)));
    Ok(manifest)
}
