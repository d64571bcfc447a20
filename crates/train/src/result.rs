//! The result: an adapter as PEFT writes it, or a whole model folder that is a usable base model itself.

use std::fs;
use std::path::{Path, PathBuf};

use candle_core::DType;

use crate::files::{at, fresh_folder, names_in, remove_folder, require_space, sync_file, sync_folder};
use crate::learner::Learner;
use crate::run_folder::result_path;
use crate::{TrainError, TrainPlan};

/// Files that are copied from the base, where it has them, so that the result is a whole model folder.
const COMPANIONS: [&str; 10] = [
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "tokenizer.model",
    "vocab.json",
    "merges.txt",
    TEMPLATE,
    "chat_template.json",
    "generation_config.json",
];

/// Where transformers looks for the chat template, also beside an adapter.
const TEMPLATE: &str = "chat_template.jinja";
/// The folder of a base's further chat templates, such as the one for tools.
const TEMPLATES: &str = "additional_chat_templates";

/// Writes the result, replacing an earlier one only once the new one is on the disk.
pub(crate) fn save(plan: &TrainPlan, learner: &Learner) -> Result<PathBuf, TrainError> {
    let run = &plan.job().output;
    let (path, unfinished, old) = (result_path(run), run.join("result.tmp"), run.join("result.old"));
    require_space(run, 2 * learner.size_bytes())?;
    let written = fill(plan, learner, &unfinished);
    if let Err(error) = written {
        // Best effort, as for checkpoints.
        let _ = remove_folder(&unfinished);
        return Err(error);
    }
    remove_folder(&old)?;
    if path.exists() {
        fs::rename(&path, &old).map_err(at(&path))?;
    }
    fs::rename(&unfinished, &path).map_err(at(&path))?;
    sync_folder(run)?;
    remove_folder(&old)?;
    Ok(path)
}

fn fill(plan: &TrainPlan, learner: &Learner, folder: &Path) -> Result<(), TrainError> {
    let job = plan.job();
    fresh_folder(folder)?;
    // Whatever the base is stored in: rounded to it, small steps of the weights would be lost.
    learner.save(folder, DType::F32)?;
    if !job.settings.method.is_adapter() {
        for name in COMPANIONS.iter().filter(|name| job.base.join(name).is_file()) {
            let source = job.base.join(name);
            fs::copy(&source, folder.join(name)).map_err(at(folder.join(name)))?;
        }
        copy_templates(&job.base.join(TEMPLATES), &folder.join(TEMPLATES))?;
    }
    if let Some(template) = &job.chat_template {
        let path = folder.join(TEMPLATE);
        fs::write(&path, template).map_err(at(&path))?;
    }
    for name in names_in(folder)? {
        sync_file(&folder.join(name))?;
    }
    sync_folder(folder)
}

/// Copies the templates that a base has besides its default one.
fn copy_templates(from: &Path, to: &Path) -> Result<(), TrainError> {
    if !from.is_dir() {
        return Ok(());
    }
    fs::create_dir(to).map_err(at(to))?;
    for name in names_in(from)?.iter().filter(|name| name.ends_with(".jinja")) {
        fs::copy(from.join(name), to.join(name)).map_err(at(to.join(name)))?;
        sync_file(&to.join(name))?;
    }
    sync_folder(to)
}
