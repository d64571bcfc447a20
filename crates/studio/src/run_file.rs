//! Run files: YAML that names what to train, on what, and how.
use std::path::Path;

use tunesmith_protocol::{RunConfig, WireError};

/// Reads a run file; an unknown key or wrong value is an error that names its line and the nearest valid key.
pub fn parse(yaml: &str) -> Result<RunConfig, WireError> {
    let _ = yaml;
    Err(WireError::internal("not yet"))
}

/// Reads a run file from disk; relative paths in it start at its folder.
pub fn load(path: &Path) -> Result<RunConfig, WireError> {
    let _ = path;
    Err(WireError::internal("not yet"))
}

/// Writes a run file, with each setting's help as a comment.
pub fn write(config: &RunConfig) -> String {
    let _ = config;
    String::new()
}
