//! The result of a check-up.

use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::statistics::Statistics;

/// What the doctor found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The most severe first. The same rows always give the same findings.
    pub findings: Vec<Finding>,
    /// How long rows and answers are.
    pub statistics: Statistics,
    /// Rows looked at.
    pub rows: u64,
}
