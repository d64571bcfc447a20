//! The doctor's checks: after every import and change in the background, or when someone asks. What was found is kept
//! beside the version.

use std::ops::ControlFlow;
use std::path::Path;

use tunesmith_data::own_file;
use tunesmith_data_doctor::{self as doctor, Doctor, DoctorError, Report, Spread};
use tunesmith_protocol::{
    AllRepairs, Dataset, DatasetReport, Distribution, ErrorCode, Finding, ItemKind, JobKind, Severity, WireError,
};
use tunesmith_sentence::{Sentence, say};

use super::Datasets;
use super::store::{ListReader, RowReader};
use crate::errors;
use crate::home::{self, DatasetFolder};
use crate::jobs::{Claim, NewJob, Ticket, cancelled};

/// Rows of a finding that are named at once; the others are found by the search.
const FIRST: usize = 20;
/// The longest report that is read.
const LONGEST_REPORT: u64 = 1 << 30;
/// Bytes of rows between two looks at whether someone cancelled.
const BYTES_BETWEEN: u64 = 256 << 10;

impl Datasets {
    /// What the doctor finds in the version in use: known already, being looked for, or looked for now.
    pub fn check(&self, id: &str) -> Result<DatasetReport, WireError> {
        let dataset = self.get(id)?;
        if let Some(known) = self.known_report(&dataset)? {
            return Ok(described(&dataset, &known));
        }
        self.start_check(&dataset)?.wait()?;
        let report = self.known_report(&dataset)?;
        report.map(|report| described(&dataset, &report)).ok_or_else(cancelled)
    }

    /// The same without waiting for it; the job `check-DATASET-VERSION` tells how far it is and can be cancelled.
    pub(super) fn check_in_background(&self, id: &str) {
        if let Err(error) = self.get(id).and_then(|dataset| self.start_check(&dataset)) {
            tracing::warn!("{id} could not be checked: {error}");
        }
    }

    /// What was found in the version in use; none before the doctor has looked, and none of a dataset that is gone. A check
    /// that the end of the program cut short begins anew when somebody asks for what it found; one that was cancelled does
    /// not.
    pub fn report(&self, id: &str) -> Result<Option<DatasetReport>, WireError> {
        let dataset = match self.get(id) {
            Err(error) if error.code == ErrorCode::NotFound => return Ok(None),
            found => found?,
        };
        let report = self.known_report(&dataset)?.map(|report| described(&dataset, &report));
        if report.is_none() && self.checked.lock().get(id) != Some(&dataset.number) {
            self.start_check(&dataset)?;
        }
        Ok(report)
    }

    /// Ends the check of a dataset that goes, and forgets it: should the dataset come back, it is checked anew.
    pub fn forget_check(&self, id: &str) {
        if let Some(number) = self.checked.lock().remove(id) {
            self.jobs.cancel_running(&job_id(id, number));
        }
    }

    /// A finding of this kind in the version in use.
    pub(super) fn finding(&self, dataset: &Dataset, kind: &str) -> Result<Option<doctor::Finding>, WireError> {
        let findings = self.known_report(dataset)?.map(|report| report.findings).unwrap_or_default();
        Ok(findings.into_iter().find(|finding| word(&finding.kind) == kind))
    }

    /// Rows that say the same or nearly, in groups.
    pub(super) fn alike(&self, dataset: &Dataset) -> Result<Vec<Vec<u32>>, WireError> {
        let findings = self.known_report(dataset)?.map(|report| report.findings).unwrap_or_default();
        Ok(findings.into_iter().flat_map(|finding| finding.groups).collect())
    }

    /// What was found, with all rows.
    pub(super) fn known_report(&self, dataset: &Dataset) -> Result<Option<Report>, WireError> {
        let report = read(&self.home.dataset(&dataset.id)?.report(dataset.number));
        if matches!(report, Ok(Kept::Damaged)) {
            // Whoever asks next sends the doctor again.
            self.checked.lock().remove(&dataset.id);
        }
        Ok(report?.whole())
    }

    /// The check of a version that is going, or a new one. A check of another version of the dataset ends: nobody needs what
    /// it would find.
    fn start_check(&self, dataset: &Dataset) -> Result<Ticket, WireError> {
        let (id, number) = (dataset.id.as_str(), dataset.number);
        let mut checked = self.checked.lock();
        if let Some(going) = self.jobs.find(&job_id(id, number)) {
            if !self.jobs.is_cancelled(&job_id(id, number)) {
                return Ok(going);
            }
            // It was cancelled and is about to end; how it ends does not matter any more.
            let _ = going.wait();
        }
        if let Some(before) = checked.insert(id.into(), number).filter(|before| *before != number) {
            self.jobs.cancel_running(&job_id(id, before));
        }
        let folder = self.home.dataset(id)?;
        let topics = self.topics.clone();
        let job = NewJob::new(JobKind::Check, &dataset.name).id(job_id(id, number)).claims(Claim::Doctor);
        self.jobs.spawn(job.on(ItemKind::Dataset, id), move |job| {
            let path = folder.report(number);
            if read(&path)?.whole().is_some() {
                return Ok(());
            }
            let report = look(&folder, number, &mut |what, done, total| job.rows(what, done, total))?;
            let text = serde_json::to_vec(&report).map_err(errors::unwritable)?;
            home::write_whole(&path, &text)?;
            topics.library_changed();
            Ok(())
        })
    }
}

fn job_id(dataset: &str, number: u32) -> String {
    format!("check-{dataset}-{number}")
}

/// What lies beside a version.
enum Kept {
    Nothing,
    Whole(Box<Report>),
    Damaged,
}

impl Kept {
    /// A report that is damaged counts for none: it can be made anew from the rows.
    fn whole(self) -> Option<Report> {
        match self {
            Self::Whole(report) => Some(*report),
            Self::Nothing | Self::Damaged => None,
        }
    }
}

fn read(path: &Path) -> Result<Kept, WireError> {
    match own_file::read(path, LONGEST_REPORT) {
        Ok(text) => Ok(serde_json::from_slice(&text).map_or_else(
            |error| {
                tracing::warn!("{} is damaged and is made anew: {error}", path.display());
                Kept::Damaged
            },
            |report| Kept::Whole(Box::new(report)),
        )),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Kept::Nothing),
        Err(error) if own_file::refused(&error).is_some() => {
            tracing::warn!("{} is made anew: {error}", path.display());
            Ok(Kept::Damaged)
        }
        Err(error) => Err(errors::io_at(path, &error)),
    }
}

/// Has the doctor look at the rows of a version. `progress(what, done, total)` can cancel.
pub(super) fn look(
    folder: &DatasetFolder,
    version: u32,
    progress: &mut dyn FnMut(&Sentence, u64, u64) -> ControlFlow<()>,
) -> Result<Report, WireError> {
    // Its name says that it is to be swept away should the program end meanwhile.
    let scratch = tempfile::Builder::new().suffix(".tmp").tempdir_in(folder.versions());
    let scratch = scratch.map_err(errors::io(folder.versions()))?;
    let mut reader = RowReader::open(&folder.rows())?;
    let mut doctor = Doctor::new(scratch.path()).map_err(errors::io(scratch.path()))?;
    let list = ListReader::open(&folder.version(version))?;
    let total = list.left();
    let checking = say!("job-checking-rows", "Checking the rows");
    let mut unasked = BYTES_BETWEEN;
    for (number, entry) in list.enumerate() {
        let entry = entry?;
        unasked += u64::from(entry.bytes);
        if unasked >= BYTES_BETWEEN {
            unasked = 0;
            if progress(&checking, number as u64, total).is_break() {
                return Err(cancelled());
            }
        }
        let row = reader.row(&entry)?;
        let split = entry.split();
        doctor.look(number as u32, split, &row.example, &row.extra).map_err(errors::io(scratch.path()))?;
    }
    let comparing = say!("job-comparing-rows", "Comparing the rows");
    doctor.finish(&mut |done, of| progress(&comparing, done, of)).map_err(|error| match error {
        DoctorError::Cancelled => cancelled(),
        DoctorError::Io(error) => errors::io_at(scratch.path(), &error),
    })
}

/// What the screen and the shell are told.
pub(crate) fn described(dataset: &Dataset, report: &Report) -> DatasetReport {
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
        all_repairs: all_repairs(report),
    }
}

/// What all repairs together would do.
fn all_repairs(report: &Report) -> Option<AllRepairs> {
    let findings = report.findings.iter().filter(|finding| finding.repair.is_some()).count() as u32;
    let doctor::AllRepairs { removed, changed } = report.all_repairs();
    (findings > 0).then_some(AllRepairs { findings, removed: removed.len() as u64, changed: changed.len() as u64 })
}

/// The stable name of a kind, as it is written.
fn word(kind: &impl serde::Serialize) -> String {
    match serde_json::to_value(kind) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
