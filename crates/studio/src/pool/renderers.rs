//! Renderers that are open, each as long as the files that it was made from do not change: a chat template may be
//! edited while the window is open.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use tunesmith_data::{Render, RenderError, RenderWorker, Renderer};
use tunesmith_protocol::WireError;

use super::stamp::{Stamp, stamp_with_template};
use crate::home::{Home, ModelFiles};

/// A vocabulary takes tens of megabytes; two models are compared at most.
const KEPT: usize = 2;

/// The program that renders in worker processes.
static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Lets conversations be rendered, and Parquet files be read, by worker processes of this program, which understands
/// `--worker`, instead of in this process; to be called first. Whoever uses this crate as a library and trusts its
/// models and files need not.
pub fn render_with(program: PathBuf) {
    tunesmith_data::read_tables_with(program.clone());
    // The first who says so decides.
    let _ = PROGRAM.set(program);
}

/// Opens the renderer of a model, in a worker process where one was named.
///
/// # Errors
/// The folder has no tokenizer or template that can be used.
pub(crate) fn open_renderer(files: &ModelFiles) -> Result<Arc<dyn Render>, WireError> {
    Ok(open(files)?)
}

/// The same, for one who looks at what is wrong with it.
///
/// # Errors
/// As `open_renderer`.
pub(crate) fn open(ModelFiles { folder, template }: &ModelFiles) -> Result<Arc<dyn Render>, RenderError> {
    let chosen = template.as_deref();
    Ok(match PROGRAM.get() {
        Some(program) => Arc::new(RenderWorker::open(program, folder, chosen)?),
        None => Arc::new(Renderer::open(folder, chosen)?),
    })
}

/// The renderers used last.
pub(crate) struct Renderers {
    home: Home,
    open: Mutex<Vec<Open>>,
}

struct Open {
    folder: PathBuf,
    stamp: Stamp,
    renderer: Arc<dyn Render>,
}

impl Renderers {
    pub fn new(home: Home) -> Self {
        Self { home, open: Mutex::default() }
    }

    /// The renderer of a model folder as its files are now.
    pub fn get(&self, folder: &Path) -> Result<Arc<dyn Render>, WireError> {
        let files = self.home.model_files(folder);
        // Taken before the files are read: what changes meanwhile is noticed the next time.
        let stamp = stamp_with_template(&files);
        let mut open = self.open.lock();
        if let Some(known) = open.iter().find(|known| known.folder == folder && known.stamp == stamp) {
            return Ok(known.renderer.clone());
        }
        let renderer = open_renderer(&files)?;
        open.retain(|known| known.folder != folder);
        open.truncate(KEPT - 1);
        open.insert(0, Open { folder: folder.into(), stamp, renderer: renderer.clone() });
        Ok(renderer)
    }
}
