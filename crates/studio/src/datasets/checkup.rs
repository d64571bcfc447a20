//! The doctor's visits: after every import and change in the background, or when someone asks. What was found is kept
//! beside the version.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tunesmith_data::doctor::{self, Doctor, DoctorError, Report, Side, Spread};
use tunesmith_protocol::{CheckDataset, Dataset, DatasetReport, Distribution, ErrorCode, Finding, Severity, WireError};

use super::shelf::get;
use super::store::{Entry, RowReader, read_entries};
use crate::follow::Board;
use crate::home::{self, DatasetFolder};
use crate::tasks::Task;
use crate::{Studio, explain};

/// Rows of a finding that are named at once; the others are found by the search.
const FIRST: usize = 20;
/// Rows between two looks at whether someone cancelled.
const ROWS_BETWEEN: usize = 256;

/// Has the doctor look at the version in use, unless that was done.
pub(crate) fn check(studio: &Studio, args: CheckDataset) -> Result<DatasetReport, WireError> {
    let task = args.task.unwrap_or_else(|| own_task(&args.dataset));
    Visit::to(studio, &args.dataset)?.carry_out(Task::start(Some(task), &studio.tasks, &studio.board))
}

/// The same on a thread of its own; who wants to follow or cancel it knows the task `check-ID`.
pub(crate) fn in_background(studio: &Studio, id: &str) {
    let task = Task::start(Some(own_task(id)), &studio.tasks, &studio.board);
    let visit = Visit::to(studio, id);
    let id = id.to_owned();
    std::thread::spawn(move || match visit.and_then(|visit| visit.carry_out(task)) {
        Ok(_) => {}
        // Cancelled, or deleted or closed meanwhile: nobody waits for it.
        Err(error) if matches!(error.code, ErrorCode::Cancelled | ErrorCode::NotFound) => {}
        Err(error) => tracing::warn!("{id} could not be checked: {error}"),
    });
}

/// A visit to the version that was in use when it was planned. It never holds the studio, so that a home can be closed
/// while the doctor looks.
struct Visit {
    studio: Weak<Studio>,
    board: Arc<Board>,
    /// One visit at a time: each takes hundreds of megabytes for a large dataset.
    one: Arc<Mutex<()>>,
    dataset: Dataset,
    folder: DatasetFolder,
}

impl Visit {
    fn to(studio: &Studio, id: &str) -> Result<Self, WireError> {
        Ok(Self {
            studio: studio.weak(),
            board: studio.board.clone(),
            one: studio.shelf.checking.clone(),
            dataset: get(studio, id)?.dataset,
            folder: studio.home.dataset(id)?,
        })
    }

    fn carry_out(self, mut task: Task) -> Result<DatasetReport, WireError> {
        let _one = self.one.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.folder.report(self.dataset.number);
        if let Some(known) = read(&path)? {
            return Ok(told(&self.dataset, &known));
        }
        let all = read_entries(&self.folder.version(self.dataset.number))?;
        let report = look(&self.folder, &all, &mut |what, done, total| match self.studio.strong_count() {
            0 => ControlFlow::Break(()),
            _ => task.counted(what, done, total, done),
        })?;
        let text = serde_json::to_vec(&report).map_err(|error| WireError::internal(error.to_string()))?;
        home::write_whole(&path, &text)?;
        self.board.library_changed();
        Ok(told(&self.dataset, &report))
    }
}

/// What was found in the version in use; none before the doctor has looked.
pub(crate) fn report(studio: &Studio, id: &str) -> Result<Option<DatasetReport>, WireError> {
    let dataset = get(studio, id)?.dataset;
    Ok(known(studio, &dataset)?.map(|report| told(&dataset, &report)))
}

/// What was found, with all rows.
pub(crate) fn known(studio: &Studio, dataset: &Dataset) -> Result<Option<Report>, WireError> {
    read(&studio.home.dataset(&dataset.id)?.report(dataset.number))
}

fn read(path: &Path) -> Result<Option<Report>, WireError> {
    match fs::read(path) {
        Ok(text) => serde_json::from_slice(&text).map(Some).map_err(explain::damaged(path)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(explain::io_at(path, &error)),
    }
}

/// A finding of this kind in the version in use.
pub(crate) fn finding(studio: &Studio, dataset: &Dataset, kind: &str) -> Result<Option<doctor::Finding>, WireError> {
    let findings = known(studio, dataset)?.map(|report| report.findings).unwrap_or_default();
    Ok(findings.into_iter().find(|finding| word(&finding.kind) == kind))
}

/// Rows that say the same or nearly, in groups.
pub(crate) fn alike(studio: &Studio, dataset: &Dataset) -> Result<Vec<Vec<u32>>, WireError> {
    let findings = known(studio, dataset)?.map(|report| report.findings).unwrap_or_default();
    Ok(findings.into_iter().flat_map(|finding| finding.groups).collect())
}

/// The rows of a finding, in order.
pub(crate) fn rows_of(studio: &Studio, id: &str, kind: &str) -> Result<Vec<u32>, WireError> {
    let dataset = get(studio, id)?.dataset;
    Ok(finding(studio, &dataset, kind)?.map(|finding| finding.rows).unwrap_or_default())
}

/// Has the doctor look at rows. `progress(what, done, total)` can cancel.
pub(crate) fn look(
    folder: &DatasetFolder,
    all: &[Entry],
    progress: &mut dyn FnMut(&str, u64, u64) -> ControlFlow<()>,
) -> Result<Report, WireError> {
    let scratch = tempfile::tempdir_in(folder.versions()).map_err(explain::io(folder.versions()))?;
    let mut reader = RowReader::open(&folder.rows())?;
    let mut doctor = Doctor::new(scratch.path()).map_err(explain::io(scratch.path()))?;
    let total = all.len() as u64;
    for (number, entry) in all.iter().enumerate() {
        if number.is_multiple_of(ROWS_BETWEEN) && progress("Checking the rows", number as u64, total).is_break() {
            return Err(cancelled());
        }
        let row = reader.row(entry)?;
        let side = if entry.held_out { Side::Validation } else { Side::Training };
        doctor.look(number as u32, side, &row.example).map_err(explain::io(scratch.path()))?;
    }
    doctor.finish(&mut |done, of| progress("Comparing the rows", done, of)).map_err(|error| match error {
        DoctorError::Cancelled => cancelled(),
        DoctorError::Io(error) => explain::io_at(scratch.path(), &error),
    })
}

/// Someone cancelled.
pub(crate) fn cancelled() -> WireError {
    WireError::new(ErrorCode::Cancelled, "It was cancelled", "")
}

fn own_task(id: &str) -> String {
    format!("check-{id}")
}

/// What the screen and the shell are told.
pub(crate) fn told(dataset: &Dataset, report: &Report) -> DatasetReport {
    let finding = |finding: &doctor::Finding| Finding {
        kind: word(&finding.kind),
        severity: match finding.severity {
            doctor::Severity::Error => Severity::Error,
            doctor::Severity::Warning => Severity::Warning,
            doctor::Severity::Note => Severity::Note,
        },
        rows: finding.rows.len() as u64,
        first: finding.rows.iter().take(FIRST).map(|row| u64::from(*row)).collect(),
        sentence: finding.sentence.clone(),
        advice: finding.advice.clone(),
        repair: finding.repair.as_ref().map(word),
    };
    let statistics = &report.statistics;
    let spreads = [
        ("messages_per_row", &statistics.messages_per_row),
        ("characters_per_answer", &statistics.characters_per_answer),
        ("words_per_answer", &statistics.words_per_answer),
    ];
    let distribution = |(what, spread): (&str, &Spread)| Distribution {
        what: what.into(),
        min: f64::from(spread.min),
        max: f64::from(spread.max),
        mean: spread.mean,
        median: spread.median,
        p5: spread.p5,
        p95: spread.p95,
    };
    DatasetReport {
        number: dataset.number,
        rows: report.rows,
        findings: report.findings.iter().map(finding).collect(),
        distributions: spreads.into_iter().map(distribution).collect(),
    }
}

/// The stable name of a kind, as it is written.
fn word(kind: &impl serde::Serialize) -> String {
    match serde_json::to_value(kind) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
