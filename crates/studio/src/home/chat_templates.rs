//! The chat templates that were chosen for base models which bring none, a file each: the folder of a model is the user's, and
//! nothing is written into it.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;
use tunesmith_data::{LONGEST_TEMPLATE, has_chat_template, own_file};
use tunesmith_protocol::WireError;

use super::{Home, unfinished, write_whole};
use crate::errors;
use crate::format::hex;

/// What a model is read from.
#[derive(Debug, Clone)]
pub(crate) struct ModelFiles {
    pub folder: PathBuf,
    /// The file of the chat template that was chosen; none where the folder brings one itself.
    pub template: Option<PathBuf>,
}

impl ModelFiles {
    /// The chat template that was chosen.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn chosen_template(&self) -> Result<Option<String>, WireError> {
        let Some(path) = &self.template else { return Ok(None) };
        let bytes = own_file::read(path, LONGEST_TEMPLATE as u64).map_err(errors::io(path))?;
        // Where it is no text, its renderer says so.
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }
}

impl Home {
    /// The folder of a model, with the chat template that was chosen for it.
    pub fn model_files(&self, folder: &Path) -> ModelFiles {
        let template = Some(self.template_file(folder)).filter(|file| file.is_file() && !has_chat_template(folder));
        ModelFiles { folder: folder.into(), template }
    }

    /// Keeps the chat template of a model.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn choose_template(&self, model: &Path, text: &str) -> Result<(), WireError> {
        let path = self.template_file(model);
        own_file::check_folder(&self.templates()).map_err(errors::io(self.templates()))?;
        write_whole(&path, text.as_bytes())
    }

    /// Removes the chat template that was chosen for a model.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn forget_template(&self, model: &Path) -> Result<(), WireError> {
        let path = self.template_file(model);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(errors::io_at(&path, &error)),
            _ => Ok(()),
        }
    }

    /// A file with a chat template to be tried; it goes when it is dropped.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn draft_template(&self, text: &str) -> Result<NamedTempFile, WireError> {
        let draft = || {
            let mut file = unfinished(&self.templates())?;
            file.write_all(text.as_bytes())?;
            Ok(file)
        };
        draft().map_err(errors::io(self.templates()))
    }

    /// Where the chat template of the model in this folder lies, if one was chosen.
    fn template_file(&self, model: &Path) -> PathBuf {
        let hash = hex(&Sha256::digest(resolved(model).as_os_str().as_encoded_bytes()));
        self.templates().join(format!("{hash}.jinja"))
    }

    pub(super) fn templates(&self) -> PathBuf {
        self.root.join("chat-templates")
    }
}

/// A path without links, as far as it leads: what was chosen for a folder is found again when the folder is gone.
fn resolved(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => resolved(parent).join(name),
        _ => path.into(),
    })
}
