//! Facts about the data doctor.

#![expect(clippy::expect_used, reason = "a test ends by panicking")]

#[path = "data-doctor/answers.rs"]
mod answers;
#[path = "data-doctor/checkup.rs"]
mod checkup;
#[path = "data-doctor/columns.rs"]
mod columns;
#[path = "data-doctor/duplicates.rs"]
mod duplicates;
#[path = "data-doctor/personal.rs"]
mod personal;
#[path = "data-doctor/repairs.rs"]
mod repairs;
#[path = "data-doctor/support.rs"]
mod support;
#[path = "data-doctor/texts.rs"]
mod texts;
