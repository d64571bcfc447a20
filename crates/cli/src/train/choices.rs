//! What a run file says, with ids of the home: its model is added, its files are imported.

use std::path::Path;

use tunesmith_protocol::{
    AddModel, Api, DataConfig, DataFiles, Dataset, ErrorCode, ImportDataset, Mapping, Model, RunConfig, StartRun,
    WireError,
};
use tunesmith_sentence::say;
use tunesmith_studio::left_out;

use super::tell_damage;
use crate::Out;
use crate::home::absolute;
use crate::interrupt::Interrupt;
use crate::job::with_bar;

/// What the run file says, with ids of the home.
pub(super) fn choices(api: &dyn Api, config: &RunConfig, interrupt: &Interrupt, out: &Out) -> anyhow::Result<StartRun> {
    let model = base_model(api, &config.base_model)?;
    let (dataset, version) = match &config.data {
        DataConfig::Files(files) => {
            let before = api.list_notices(())?;
            let dataset = import(api, files, interrupt)?;
            // Rows may have been damaged, and were read again.
            tell_damage(api, &before, out)?;
            left_out(&dataset).into_iter().for_each(|sentence| out.note(sentence));
            let version = dataset.number;
            (dataset, version)
        }
        DataConfig::Dataset(wanted) => {
            let dataset = tunesmith_studio::named(&api.list_datasets(())?, &wanted.dataset)?.clone();
            let version = wanted.version.unwrap_or(dataset.number);
            (dataset, version)
        }
    };
    Ok(StartRun {
        name: None,
        preset: None,
        model: model.id,
        dataset: dataset.id,
        version: Some(version),
        training: config.training.clone(),
    })
}

/// The model in the home that the run file names; a folder is added.
fn base_model(api: &dyn Api, name: &str) -> Result<Model, WireError> {
    let models = api.list_models(())?;
    if let Some(model) = models.into_iter().find(|model| model.id == name || model.path == name) {
        return Ok(model);
    }
    if Path::new(name).is_dir() {
        return api.add_model(AddModel { path: absolute(Path::new(name))?.into() });
    }
    Err(WireError::new(
        ErrorCode::NotFound,
        say!("shell-base-model-missing", "base_model: “{name}” is neither a model in this home nor a folder", name),
        say!("shell-base-model-missing-hint", "`tunesmith models list` shows what there is"),
    ))
}

/// Imports the files, with a bar. The same rows as before stay one dataset.
fn import(api: &dyn Api, files: &DataFiles, interrupt: &Interrupt) -> Result<Dataset, WireError> {
    let paths = files.path.all().iter().map(|path| absolute(Path::new(path)));
    let paths = paths.map(|path| Ok(path?.into())).collect::<Result<_, WireError>>()?;
    let ask = |job| ImportDataset {
        paths,
        name: None,
        mapping: Mapping { format: files.format, columns: files.columns.clone(), sheet: files.sheet.clone() },
        validation: files.validation.clone(),
        seed: None,
        job: Some(job),
        reuse: true,
    };
    with_bar(api, interrupt, |job| api.import_dataset(ask(job)))
}
