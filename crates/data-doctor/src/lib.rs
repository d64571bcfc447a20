//! The data doctor looks at every row once, tells what is likely wrong with the dataset, and can repair single rows.
//! Each check is a file beside this one. Removing and replacing rows is left to whoever owns the dataset.

mod all_repairs;
mod answers;
mod columns;
mod common;
mod conflicts;
mod doctor;
mod duplicates;
mod error;
mod finding;
mod html;
mod invisible;
mod labels;
mod language;
mod mojibake;
mod near;
mod parts;
mod personal;
mod repair;
mod report;
mod seen_rows;
mod sketch;
mod spill;
mod statistics;
mod system;
mod taught;
mod texts;
mod turns;

pub use all_repairs::{AllRepairs, repair_with};
pub use doctor::Doctor;
pub use error::DoctorError;
pub use finding::{Finding, FindingKind, RepairKind, Severity};
pub use repair::repair;
pub use report::Report;
pub use statistics::{Spread, Statistics};
