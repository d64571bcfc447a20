//! Which paths of this computer a page may name. It acts for the user, but a browser runs code of many strangers, so what
//! is not allowed here is refused, whatever the command and whatever its arguments are called.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use tunesmith_protocol::{Api, PathPolicy, Preview, ReadPath, Run, SettingProblem, WireError, WritePath};
use tunesmith_sentence::say;

use crate::uploads::Uploads;

/// What one page may name, asked while its command is parsed.
pub(crate) struct PagePaths<'a> {
    pub uploads: &'a Uploads,
    /// Folders below which a page may name models.
    pub model_folders: &'a [PathBuf],
    pub api: &'a dyn Api,
    /// The adapter to continue from was refused.
    pub refused_adapter: Cell<bool>,
}

impl PathPolicy for PagePaths<'_> {
    fn check_read(&self, command: &str, path: &ReadPath) -> Result<(), WireError> {
        match command {
            "import_dataset" | "inspect_files" | "edit_dataset" => self.check_data(path),
            "add_model" => self.check_model(path.as_ref()),
            "start_run" | "preview_run" | "estimate_run" | "run_yaml" => self.check_adapter(path),
            _ => Err(WireError::invalid(
                say!("page-path-refused", "A browser cannot name this path"),
                say!("page-path-refused-hint", "Use the window or the command line for that"),
            )),
        }
    }

    fn check_write(&self, _command: &str, _path: &WritePath) -> Result<(), WireError> {
        Err(WireError::invalid(
            say!("page-path-not-chosen", "A browser cannot choose a path on this computer"),
            say!("page-path-not-chosen-hint", "Download the file instead"),
        ))
    }
}

impl PagePaths<'_> {
    /// Rows come from what was uploaded, and from files that a dataset was made of: these may be read again, in another way.
    fn check_data(&self, path: &ReadPath) -> Result<(), WireError> {
        let of_a_dataset = || {
            let datasets = self.api.list_datasets(()).unwrap_or_default();
            datasets.iter().any(|dataset| dataset.files.iter().any(|file| file == path.as_str()))
        };
        // The owner of the home may be another process, in another folder: a path must mean the same to both.
        let is_absolute = AsRef::<Path>::as_ref(path).is_absolute();
        match is_absolute && (self.uploads.holds(path.as_ref()) || of_a_dataset()) {
            true => Ok(()),
            false => Err(WireError::invalid(
                say!("page-path-not-uploaded", "This file was not uploaded"),
                say!("page-path-not-uploaded-hint", "Drop the file on the window, or choose it with the button"),
            )),
        }
    }

    /// The answer is the same whether there is something at the path or not: a page must not learn that.
    fn check_model(&self, path: &Path) -> Result<(), WireError> {
        let below = |folder: &PathBuf| {
            path.is_absolute()
                && folder
                    .canonicalize()
                    .is_ok_and(|folder| path.canonicalize().is_ok_and(|path| path.starts_with(folder)))
        };
        match self.model_folders.iter().any(below) {
            true => Ok(()),
            false => Err(WireError::invalid(
                say!(
                    "page-path-outside-model-folders",
                    "A browser may only add models from folders that were named when the studio was started, by their full path"
                ),
                say!(
                    "page-path-outside-model-folders-hint",
                    "Add it in a terminal with `tunesmith models add FOLDER`, or start the studio with `--models FOLDER`"
                ),
            )),
        }
    }

    /// A run goes on from adapters that were trained here: results, and the good checkpoints of runs that diverged.
    fn check_adapter(&self, path: &ReadPath) -> Result<(), WireError> {
        let runs = self.api.list_runs(()).unwrap_or_default();
        let trained = |run: &Run| {
            let checkpoint = run.continue_from.as_ref().map(|checkpoint| checkpoint.path.as_str());
            [run.result_path.as_deref(), checkpoint].contains(&Some(path.as_str()))
        };
        if runs.iter().any(trained) {
            return Ok(());
        }
        self.refused_adapter.set(true);
        Err(WireError::invalid(
            say!(
                "page-path-no-result",
                "From a browser, a run can only continue from the result of a run in this home"
            ),
            say!(
                "page-path-no-result-hint",
                "Copy the path from the page of that run, or start the run with `tunesmith train`"
            ),
        ))
    }
}

/// The preview of a run that would continue from a path which was refused: told beside the setting, as the studio tells
/// every setting that cannot be used.
pub(crate) fn preview_without_adapter(error: &WireError) -> Preview {
    let blocker = error.clone().sentence();
    let problem = SettingProblem { name: "init_adapter".into(), message: error.message.clone() };
    Preview { plan: None, problems: vec![problem], blockers: vec![blocker], warnings: Vec::new(), disk: None }
}
