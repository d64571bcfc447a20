//! `control.json`: how one process asks another to stop a run that it trains.

use std::fs;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tunesmith_data::own_file;
use tunesmith_protocol::WireError;

use super::{RunFolder, write_whole};
use crate::errors;

const BETWEEN_LOOKS: Duration = Duration::from_millis(200);
const LONGEST: u64 = 1 << 10;

#[derive(Serialize, Deserialize)]
struct Control {
    stop: bool,
}

/// Asks whoever trains the run to stop it.
pub(crate) fn ask_to_stop(folder: &RunFolder) -> Result<(), WireError> {
    let text = serde_json::to_string(&Control { stop: true }).map_err(errors::unwritable)?;
    write_whole(&folder.control(), text.as_bytes())
}

/// Looks for such a request now and then.
pub(crate) struct StopRequests<'a> {
    folder: &'a RunFolder,
    looked: Instant,
}

impl<'a> StopRequests<'a> {
    /// Forgets requests to an earlier process.
    pub fn new(folder: &'a RunFolder) -> Self {
        forget(folder);
        Self { folder, looked: Instant::now() }
    }

    pub fn stop(&mut self) -> bool {
        if self.looked.elapsed() < BETWEEN_LOOKS {
            return false;
        }
        self.looked = Instant::now();
        let text = own_file::read(&self.folder.control(), LONGEST);
        text.is_ok_and(|text| serde_json::from_slice::<Control>(&text).is_ok_and(|control| control.stop))
    }
}

impl Drop for StopRequests<'_> {
    fn drop(&mut self) {
        forget(self.folder);
    }
}

fn forget(folder: &RunFolder) {
    match fs::remove_file(folder.control()) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!("{}: {error}", folder.control().display())
        }
        _ => {}
    }
}
