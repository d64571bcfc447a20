//! The application: what the user owns and what is going on. It knows no window and no HTTP; the desktop shell, the
//! server and the command line are adapters around `protocol::Api`, which `Studio` implements.
//!
//! Floors, from the top; a file imports only what is below its own:
//! `studio` (wires everything) → `items` → `chats` → `runs` → `datasets` → `models` (the nouns) → `planning` →
//! `pool`, `jobs` → `topics` → `home` → `bundled` → `platform` → `errors`, `ids`, `format`.

mod bundled;
mod chats;
mod datasets;
mod errors;
mod format;
mod home;
mod ids;
mod items;
mod jobs;
mod models;
mod planning;
mod platform;
mod pool;
mod runs;
mod studio;
mod topics;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use tunesmith_protocol::WireError;

/// The bundled samples, for the shell.
pub mod samples {
    pub use crate::bundled::{held_out, list, rows, run_file};
}
/// Run files: read, written, and what a typo in one meant.
pub mod run_file {
    pub use crate::planning::run_file::{load, nearest, parse, write};
}

pub use datasets::{Counting, DataFacts, data_facts, named};
pub use home::default_home;
pub use home::holder::{Holder, holder};
pub use home::socket::SocketWire;
pub use platform::share_heaps;
pub use pool::{Adapter, Answered, LoadedModel, Measured, open_renderer, render_with};
pub use runs::{Finished, RunNews, StopRun, Trainer, run_config};
#[doc(hidden)]
pub use studio::open_with;
pub use studio::{Opened, Studio, open};

/// The folder of a model named by the id of one in the home, or by its path. Needs no owner of the home.
///
/// # Errors
/// There is no such model.
pub fn model_folder(home: &Path, name: &str) -> Result<PathBuf, WireError> {
    models::folder_of(&home::Home::create(home)?, name)
}

/// Loads a model named by the id of one in the home, or by its path, onto the fastest device, if it fits into memory.
/// `progress` gets 0 to 1; its `Break` cancels.
///
/// # Errors
/// There is no such model, it does not fit, or it was cancelled.
pub fn load_model(
    home: &Path,
    name: &str,
    progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<LoadedModel, WireError> {
    pool::load_alone(&model_folder(home, name)?, progress)
}
