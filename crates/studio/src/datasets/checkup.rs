//! The doctor's visits: after every import and change in the background, or when someone asks. What was found is kept
//! beside the version.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Weak};

use tunesmith_data_doctor::{self as doctor, Doctor, DoctorError, Report, Spread};
use tunesmith_protocol::{Dataset, DatasetReport, Distribution, ErrorCode, Finding, Severity, Split, WireError};

use super::shelf::get;
use super::store::{ListReader, RowReader};
use super::visits::{Visit, Visits};
use crate::follow::Board;
use crate::home::{self, DatasetFolder};
use crate::tasks::Task;
use crate::{Studio, explain};

/// Rows of a finding that are named at once; the others are found by the search.
const FIRST: usize = 20;
/// Bytes of rows between two looks at whether someone cancelled.
const BYTES_BETWEEN: u64 = 256 << 10;

/// What the doctor finds in the version in use: known already, being looked for, or looked for now.
pub(crate) fn check(studio: &Studio, id: &str) -> Result<DatasetReport, WireError> {
    let dataset = get(studio, id)?;
    match known(studio, &dataset)? {
        Some(known) => Ok(told(&dataset, &known)),
        None => visit(studio, dataset)?.wait(),
    }
}

/// The same without waiting for it; who wants to follow or cancel it knows the task `check-DATASET-VERSION`.
pub(crate) fn in_background(studio: &Studio, id: &str) {
    if let Err(error) = get(studio, id).and_then(|dataset| visit(studio, dataset)) {
        tracing::warn!("{id} could not be checked: {error}");
    }
}

/// The visit to a version, on a thread of its own.
fn visit(studio: &Studio, dataset: Dataset) -> Result<Arc<Visit>, WireError> {
    let (visit, begun) = studio.shelf.visits.join_or_begin(&dataset.id, dataset.number);
    let Some(ending) = begun else { return Ok(visit) };
    // Who cancelled an earlier visit, when it was just over, did not mean this one.
    studio.tasks.forget(&own_task(&dataset));
    let task = Task::start(Some(own_task(&dataset)), &studio.tasks, &studio.board);
    let round = Round {
        studio: studio.weak(),
        board: studio.board.clone(),
        visits: studio.shelf.visits.clone(),
        visit: visit.clone(),
        folder: studio.home.dataset(&dataset.id)?,
        dataset,
    };
    std::thread::spawn(move || {
        let id = round.dataset.id.clone();
        let found = round.carry_out(task);
        match &found {
            // Cancelled, or deleted or closed meanwhile: nobody waits for it.
            Err(error) if !matches!(error.code, ErrorCode::Cancelled | ErrorCode::NotFound) => {
                tracing::warn!("{id} could not be checked: {error}");
            }
            _ => {}
        }
        ending.tell(found);
    });
    Ok(visit)
}

/// What a visit needs. It never holds the studio, so that a home can be closed while the doctor looks.
struct Round {
    studio: Weak<Studio>,
    board: Arc<Board>,
    visits: Arc<Visits>,
    visit: Arc<Visit>,
    dataset: Dataset,
    folder: DatasetFolder,
}

impl Round {
    fn carry_out(self, mut task: Task) -> Result<DatasetReport, WireError> {
        let mut go_on = |what: &str, done, total| match self.studio.strong_count() > 0 && self.visit.is_going() {
            true => task.counted(what, done, total, done),
            false => ControlFlow::Break(()),
        };
        let Some(_turn) = self.visits.turns.take(&mut || go_on("Waiting for another check", 0, 0)) else {
            return Err(cancelled());
        };
        let path = self.folder.report(self.dataset.number);
        if let Some(known) = read(&path)? {
            return Ok(told(&self.dataset, &known));
        }
        let report = look(&self.folder, self.dataset.number, &mut go_on)?;
        let text = serde_json::to_vec(&report).map_err(|error| WireError::internal(error.to_string()))?;
        home::write_whole(&path, &text)?;
        self.board.library_changed();
        Ok(told(&self.dataset, &report))
    }
}

/// What was found in the version in use; none before the doctor has looked, and none of a dataset that is gone. A visit
/// that the end of the program cut short is taken up when somebody asks for what it found; one that was cancelled is not.
pub(crate) fn report(studio: &Studio, id: &str) -> Result<Option<DatasetReport>, WireError> {
    let dataset = match get(studio, id) {
        Err(error) if error.code == ErrorCode::NotFound => return Ok(None),
        found => found?,
    };
    let report = known(studio, &dataset)?.map(|report| told(&dataset, &report));
    if report.is_none() && !studio.shelf.visits.knows(id, dataset.number) {
        visit(studio, dataset)?;
    }
    Ok(report)
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

/// Has the doctor look at the rows of a version. `progress(what, done, total)` can cancel.
pub(crate) fn look(
    folder: &DatasetFolder,
    version: u32,
    progress: &mut dyn FnMut(&str, u64, u64) -> ControlFlow<()>,
) -> Result<Report, WireError> {
    // Its name says that it is to be swept away should the program end meanwhile.
    let scratch = tempfile::Builder::new().suffix(".tmp").tempdir_in(folder.versions());
    let scratch = scratch.map_err(explain::io(folder.versions()))?;
    let mut reader = RowReader::open(&folder.rows())?;
    let mut doctor = Doctor::new(scratch.path()).map_err(explain::io(scratch.path()))?;
    let list = ListReader::open(&folder.version(version))?;
    let total = list.left();
    let mut unasked = BYTES_BETWEEN;
    for (number, entry) in list.enumerate() {
        let entry = entry?;
        unasked += u64::from(entry.bytes);
        if unasked >= BYTES_BETWEEN {
            unasked = 0;
            if progress("Checking the rows", number as u64, total).is_break() {
                return Err(cancelled());
            }
        }
        let row = reader.row(&entry)?;
        let split = if entry.held_out { Split::Validation } else { Split::Training };
        doctor.look(number as u32, split, &row.example).map_err(explain::io(scratch.path()))?;
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

fn own_task(Dataset { id, number, .. }: &Dataset) -> String {
    format!("check-{id}-{number}")
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
