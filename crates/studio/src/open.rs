//! Opening a home: the first process owns it, the others talk to the first.
use std::path::Path;
use std::sync::Arc;

use tunesmith_protocol::{Api, Remote, WireError};

use crate::{SocketWire, Studio};

/// How this process got at the home.
pub enum Opened {
    /// This process owns the home.
    Owner(Arc<Studio>),
    /// Another process owns it; this one talks to it.
    Guest(Remote<SocketWire>),
}

impl Opened {
    /// The commands, wherever they are carried out.
    pub fn api(self) -> Arc<dyn Api> {
        match self {
            Self::Owner(studio) => studio,
            Self::Guest(remote) => Arc::new(remote),
        }
    }
}

/// Opens the home in this folder, making it when it does not exist.
pub fn open(home: &Path) -> Result<Opened, WireError> {
    let _ = home;
    Err(WireError::internal("not yet"))
}
