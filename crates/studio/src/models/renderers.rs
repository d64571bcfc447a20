//! Renderers that are open, each as long as the files that it was made from do not change: a chat template may be
//! edited while the window is open.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tunesmith_data::Renderer;
use tunesmith_protocol::WireError;

use super::facts::{Stamp, stamp};

/// A vocabulary takes tens of megabytes; two models are compared at most.
const KEPT: usize = 2;

/// The renderers used last.
#[derive(Default)]
pub(crate) struct Renderers {
    open: Mutex<Vec<Open>>,
}

struct Open {
    folder: PathBuf,
    stamp: Stamp,
    renderer: Arc<Renderer>,
}

impl Renderers {
    /// The renderer of a model folder as its files are now.
    pub fn get(&self, folder: &Path) -> Result<Arc<Renderer>, WireError> {
        // Taken before the files are read: what changes meanwhile is noticed the next time.
        let stamp = stamp(folder);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = open.iter().find(|known| known.folder == folder && known.stamp == stamp) {
            return Ok(known.renderer.clone());
        }
        let renderer = Arc::new(Renderer::open(folder)?);
        open.retain(|known| known.folder != folder);
        open.truncate(KEPT - 1);
        open.insert(0, Open { folder: folder.into(), stamp, renderer: renderer.clone() });
        Ok(renderer)
    }
}
