//! The frozen tokens of a run on disk.

use std::path::Path;

use crate::{Tokens, TokensFileError};

/// Writes the rows.
pub fn write_tokens(path: &Path, _rows: &[Tokens]) -> Result<(), TokensFileError> {
    Err(TokensFileError::Damaged { path: path.into(), reason: "" })
}

/// Reads the rows back and verifies them.
pub fn read_tokens(path: &Path) -> Result<Vec<Tokens>, TokensFileError> {
    Err(TokensFileError::Damaged { path: path.into(), reason: "" })
}
