//! The application: what the user owns and what is going on. It knows no window and no HTTP; the desktop shell, the
//! server and the command line are adapters around `protocol::Api`, which `Studio` implements.
//!
//! Floors, from the top; a file imports only what is below its own:
//! `studio` (wires everything) → `items` → `evaluations`, `chats` → `runs` → `datasets` → `models` (the nouns) → `planning` →
//! `pool` → `jobs` → `topics` → `home` → `bundled` → `platform` → `errors`, `ids`, `names`, `format`.

mod bundled;
mod chats;
mod datasets;
mod errors;
mod evaluations;
mod format;
mod home;
mod ids;
mod items;
mod jobs;
mod models;
mod names;
mod planning;
mod platform;
mod pool;
mod runs;
mod studio;
mod topics;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tunesmith_data::Render;
use tunesmith_protocol::{TrainSettings, WireError};
use tunesmith_sentence::Sentence;

use home::manifest::RunManifest;

/// The bundled samples, for the shell.
pub mod samples {
    pub use crate::bundled::{fingerprint, held_out, list, rows, run_file};
}
/// Run files: read, written, and what a typo in one meant.
pub mod run_file {
    use std::path::Path;

    use tunesmith_protocol::{RunConfig, WireError};

    use crate::planning::run_file;
    pub use crate::planning::run_file::{data_problem, nearest, our_name, write};

    /// Reads a run file from disk; relative paths in it start at its folder, and ids are those of the usual home.
    ///
    /// # Errors
    /// The file cannot be read, has an unknown key or a wrong value, or a preset for a model that is not there.
    pub fn load(path: &Path) -> Result<RunConfig, WireError> {
        run_file::load(path, &weight_count)
    }

    /// Reads the text of a run file.
    ///
    /// # Errors
    /// An unknown key or a wrong value, or a preset for a model that is not there.
    pub fn parse(yaml: &str) -> Result<RunConfig, WireError> {
        run_file::parse(yaml, &weight_count)
    }

    fn weight_count(model: &str) -> Result<u64, WireError> {
        let folder = crate::model_folder(&crate::default_home(), model)?;
        Ok(tunesmith_model::facts(&folder).map_err(crate::errors::model_error)?.parameters)
    }
}

pub use datasets::{Counting, DataFacts, RepairedFile, data_facts, left_out, named, repair_files};
pub use home::holder::{Holder, holder};
pub use home::losses::{Losses, is_no_better};
pub use home::socket::SocketWire;
pub use home::{default_home, uploads_folder};
pub use planning::{disk_told, not_shown, run_time, time_told};
pub use platform::{check_address_space, check_open_files, raise_open_files, share_heaps, survive_large_files};
pub use pool::{Adapter, Answered, Fitted, LoadedModel, render_with};
pub use runs::{Damage, Finished, RunNews, StopRun, Trainer, run_config};
#[doc(hidden)]
pub use studio::open_with;
pub use studio::{Opened, Studio, Successor, open};

/// The folder of a model named by the id of one in the home, or by its path. Needs no owner of the home.
///
/// # Errors
/// There is no such model.
pub fn model_folder(home: &Path, name: &str) -> Result<PathBuf, WireError> {
    models::folder_of(&home::Home::create(home)?, name)
}

/// Opens the renderer of a model named by the id of one in the home, or by its path, in a worker process where one was named.
///
/// # Errors
/// There is no such model, or it has no tokenizer or template that can be used.
pub fn open_renderer(home: &Path, name: &str) -> Result<Arc<dyn Render>, WireError> {
    let home = home::Home::create(home)?;
    pool::open_renderer(&home.model_files(&models::folder_of(&home, name)?))
}

/// What is to be known of a model named by its id or path, and of an adapter for it, which may be the result of the run in a
/// folder: what of their files is not used, and what does not belong together.
///
/// # Errors
/// There is no such model, or it or the run cannot be read.
pub fn remarks(
    home: &Path,
    name: &str,
    adapter: Option<&Path>,
    run: Option<&Path>,
) -> Result<Vec<Sentence>, WireError> {
    let home = home::Home::create(home)?;
    let model = models::folder_of(&home, name)?;
    let run = run.map(|folder| RunManifest::read(&home::RunFolder::at(folder.into()))).transpose()?;
    let names = [name];
    let opened = models::Opened { model: &model, names: &names, adapter, run: run.as_ref(), chats: true };
    models::remarks_alone(&home, opened)
}

/// The most tokens that a model reads, named by the id of one in the home or by its path.
///
/// # Errors
/// There is no such model, or its files cannot be read.
pub fn context_length(home: &Path, name: &str) -> Result<u32, WireError> {
    let home = home::Home::create(home)?;
    let facts = tunesmith_model::facts(&models::folder_of(&home, name)?).map_err(errors::model_error)?;
    Ok(facts.context_length)
}

/// What the run of an adapter's folder was started with, and the system prompt that its rows share; none where it is of no run.
pub fn run_of_adapter(folder: &Path) -> Option<(TrainSettings, Option<String>)> {
    let manifest = RunManifest::of_result(folder)?;
    Some((manifest.config.training, manifest.system_prompt))
}

/// Loads a model named by the id of one in the home, or by its path, onto the fastest device, if it fits into memory.
/// `trained` says how the run was trained whose model it is: the weights are held in the same format. `progress` gets 0 to 1;
/// its `Break` cancels.
///
/// # Errors
/// There is no such model, it does not fit, or it was cancelled.
pub fn load_model(
    home: &Path,
    name: &str,
    trained: Option<&TrainSettings>,
    progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<LoadedModel, WireError> {
    let format = trained.map(tunesmith_train::weight_format);
    let home = home::Home::create(home)?;
    pool::load_alone(&home.model_files(&models::folder_of(&home, name)?), format, progress)
}
