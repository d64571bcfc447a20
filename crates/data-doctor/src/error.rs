//! What can go wrong in a check-up.

use std::io;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum DoctorError {
    /// The user cancelled.
    #[error("The check-up was cancelled")]
    Cancelled,
    /// The scratch folder cannot be written or read.
    #[error("The check-up cannot use its scratch folder: {0}")]
    Io(#[from] io::Error),
}
