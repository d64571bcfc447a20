//! What a model in memory holds of the conversations that go on with it: their adapters, and the keys and values of what was
//! read. Between two messages both stay, the least recently used go first.

use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use tunesmith_model::{Adapter, Session};
use tunesmith_protocol::WireError;

use super::stamp::{Stamp, stamp};

/// Conversations kept for a model: some chats, two sides each.
const KEPT: usize = 8;
/// Adapters kept beside a model.
const ADAPTERS: usize = 4;

/// The conversations of a model, the most recently used last.
#[derive(Default)]
pub(super) struct Conversations {
    kept: Mutex<Vec<Kept>>,
    adapters: Mutex<Vec<(PathBuf, Stamp, Adapter)>>,
}

/// A conversation and what was read of it.
pub(super) struct Kept {
    name: String,
    /// The adapter as its files were when it was loaded.
    adapter: Option<(PathBuf, Stamp)>,
    pub session: Session,
}

impl Conversations {
    /// Takes a conversation out to go on with it; none where it is new, or its adapter is another by now.
    pub fn take(&self, name: &str, adapter: Option<&Path>) -> Option<Kept> {
        let mut kept = self.kept.lock();
        let place = kept.iter().position(|known| known.name == name)?;
        let known = kept.remove(place);
        (known.adapter == adapter.map(stamped)).then_some(known)
    }

    /// A conversation in which nothing was read yet.
    pub fn begin(&self, name: &str, session: Session) -> Kept {
        Kept { name: name.into(), adapter: None, session }
    }

    /// Keeps a conversation for the next message.
    pub fn put_back(&self, conversation: Kept, adapter: Option<&Path>) {
        let mut kept = self.kept.lock();
        kept.retain(|known| known.name != conversation.name);
        kept.push(Kept { adapter: adapter.map(stamped), ..conversation });
        if kept.len() > KEPT {
            kept.remove(0);
        }
    }

    /// The adapter in a folder, loaded once as long as its files stay the same.
    pub fn adapter(
        &self,
        folder: &Path,
        load: impl FnOnce() -> Result<Adapter, WireError>,
    ) -> Result<Adapter, WireError> {
        let (path, now) = stamped(folder);
        let find = |known: &&(PathBuf, Stamp, Adapter)| known.0 == path && known.1 == now;
        if let Some((_, _, adapter)) = self.adapters.lock().iter().find(find) {
            return Ok(adapter.clone());
        }
        let adapter = load()?;
        let mut adapters = self.adapters.lock();
        adapters.retain(|known| known.0 != path);
        adapters.push((path, now, adapter.clone()));
        if adapters.len() > ADAPTERS {
            adapters.remove(0);
        }
        Ok(adapter)
    }

    /// What their keys and values, and the adapters, take, in bytes.
    pub fn bytes(&self) -> u64 {
        let adapters: u64 = self.adapters.lock().iter().map(|(_, _, adapter)| adapter.size_bytes()).sum();
        adapters + self.kept.lock().iter().map(|kept| kept.session.size_bytes()).sum::<u64>()
    }

    pub fn clear(&self) {
        self.kept.lock().clear();
        self.adapters.lock().clear();
    }
}

fn stamped(folder: &Path) -> (PathBuf, Stamp) {
    (folder.into(), stamp(folder))
}
