//! Changes of rows. None touches what was imported: each writes new rows behind it, where there are any, and makes a new
//! version of the list of rows. Undoing is putting an older version in use.

use std::ops::ControlFlow;
use std::sync::PoisonError;

use tunesmith_data::doctor::{self, RepairKind};
use tunesmith_data::{Example, ImportedRow, RowKey, draw, split_keys};
use tunesmith_protocol::{Dataset, DatasetVersion, Edit, EditDataset, Split, UseVersion, Validation, WireError};

use super::checkup::{self, cancelled};
use super::prompts;
use super::reading::{HoldOut, distinct};
use super::rows::no_row;
use super::shelf::{at_version, counts, get, lasting, take_over, write_facts};
use super::store::{Entry, RowReader, RowWriter, version_of, write_entries};
use super::{entries, reading};
use crate::home::{self, DatasetFolder};
use crate::tasks::Task;
use crate::{Studio, clock, explain};

/// A row that was typed in came from no file.
const TYPED: &str = "typed in";

/// Changes a dataset.
pub(crate) fn edit(studio: &Studio, args: EditDataset) -> Result<Dataset, WireError> {
    let mut task = Task::start(args.task, &studio.tasks, &studio.board);
    let _one = studio.shelf.changing.lock().unwrap_or_else(PoisonError::into_inner);
    let dataset = get(studio, &args.dataset)?;
    require_version(&dataset, args.version)?;
    let mut rows = Rows::of(studio, &dataset)?;
    let mut progress = |done, total| match task.progress("Changing the rows", done, total) {
        ControlFlow::Break(()) => Err(cancelled()),
        ControlFlow::Continue(()) => Ok(()),
    };
    let change = apply(studio, &dataset, &mut rows, args.edit, &mut progress)?;
    if rows.entries.is_empty() {
        return Err(WireError::invalid("No row would be left", "Keep at least one row"));
    }
    let dataset = rows.keep(studio, dataset, change)?;
    checkup::in_background(studio, &dataset.id);
    Ok(dataset)
}

/// Places are of one version: in another there may be other rows.
fn require_version(dataset: &Dataset, meant: Option<u32>) -> Result<(), WireError> {
    match meant.filter(|meant| *meant != dataset.number) {
        None => Ok(()),
        Some(meant) => Err(WireError::invalid(
            format!("Version {} is in use by now, and this change was meant for version {meant}", dataset.number),
            "Look at the rows as they are now, and make the change there",
        )),
    }
}

/// Puts another version in use.
pub(crate) fn use_version(studio: &Studio, args: &UseVersion) -> Result<Dataset, WireError> {
    let _one = studio.shelf.changing.lock().unwrap_or_else(PoisonError::into_inner);
    let mut dataset = at_version(get(studio, &args.dataset)?, args.number)?;
    let rows = Rows::of(studio, &dataset)?;
    dataset.system_prompt = rows.system_prompt()?;
    write_facts(studio, &dataset)?;
    checkup::in_background(studio, &args.dataset);
    Ok(dataset)
}

/// The rows of a version while they are changed.
struct Rows {
    folder: DatasetFolder,
    entries: Vec<Entry>,
    /// The names of the files that rows came from.
    files: Vec<String>,
    /// The rule by which rows are held out; a change keeps it, unless it is about that.
    hold_out: HoldOut,
    /// Problems of rows that were read for this change.
    problems: u64,
}

type Progress<'a> = &'a mut dyn FnMut(u64, u64) -> Result<(), WireError>;

/// What was changed, in a sentence.
fn apply(
    studio: &Studio,
    dataset: &Dataset,
    rows: &mut Rows,
    edit: Edit,
    progress: Progress,
) -> Result<String, WireError> {
    Ok(match edit {
        Edit::Replace { row, example } => {
            let old = *rows.entries.get(row as usize).ok_or_else(|| no_row(row, rows.entries.len()))?;
            let kept = RowReader::open(&rows.folder.rows())?.row(&old)?;
            let new = ImportedRow { example: meant(example)?, ..kept };
            rows.entries[row as usize] = rows.write(&[(new, old.held_out)])?[0];
            format!("Row {} edited", row + 1)
        }
        Edit::Add { example, split } => {
            let line = rows.entries.len() as u64 + 1;
            let row = ImportedRow { file: TYPED.into(), line, example: meant(example)?, extra: Default::default() };
            let new = rows.write(&[(row, split == Split::Validation)])?;
            rows.entries.extend(new);
            rows.files.push(TYPED.into());
            "A row added".into()
        }
        Edit::Delete { rows: gone } => rows.delete(&gone.iter().map(|row| *row as usize).collect::<Vec<_>>())?,
        Edit::Merge { dataset: other } => rows.merge(studio, &other, progress)?,
        Edit::Sample { rows: count, seed } => {
            let before = rows.entries.len();
            let count = (count as usize).min(before);
            let mut kept: Vec<usize> = draw(seed, before).take(count).collect();
            kept.sort_unstable();
            rows.entries = kept.into_iter().map(|row| rows.entries[row]).collect();
            format!("{count} of {before} rows drawn")
        }
        Edit::Shuffle { seed } => {
            rows.entries = draw(seed, rows.entries.len()).map(|row| rows.entries[row]).collect();
            "Rows shuffled".into()
        }
        Edit::Split { validation: Validation::File(path), seed } => {
            rows.hold_out_file(dataset, &path, seed, progress)?
        }
        Edit::Split { validation, seed } => rows.hold_out(studio, dataset, HoldOut { validation, seed }, progress)?,
        Edit::Repair { finding } => rows.repair(studio, dataset, &finding, progress)?,
    })
}

impl Rows {
    fn of(studio: &Studio, dataset: &Dataset) -> Result<Self, WireError> {
        Ok(Self {
            folder: studio.home.dataset(&dataset.id)?,
            entries: entries(studio, dataset)?.to_vec(),
            files: dataset.row_files.clone(),
            hold_out: hold_out(dataset),
            problems: 0,
        })
    }

    /// Writes rows behind those that are there.
    fn write(&self, rows: &[(ImportedRow, bool)]) -> Result<Vec<Entry>, WireError> {
        let mut writer = RowWriter::open(&self.folder.rows())?;
        let entries = rows.iter().map(|(row, held_out)| writer.push(row, *held_out)).collect::<Result<_, _>>()?;
        writer.finish()?;
        Ok(entries)
    }

    fn delete(&mut self, gone: &[usize]) -> Result<String, WireError> {
        if let Some(row) = gone.iter().find(|row| **row >= self.entries.len()) {
            return Err(no_row(*row as u64, self.entries.len()));
        }
        let mut keep = vec![true; self.entries.len()];
        gone.iter().for_each(|row| keep[*row] = false);
        let before = self.entries.len();
        let mut kept = keep.into_iter();
        self.entries.retain(|_| kept.next().unwrap_or(true));
        Ok(deleted(before - self.entries.len()))
    }

    fn merge(&mut self, studio: &Studio, other: &str, progress: Progress) -> Result<String, WireError> {
        let other = get(studio, other)?;
        let theirs = entries(studio, &other)?;
        let mut reader = RowReader::open(&studio.home.dataset(&other.id)?.rows())?;
        let mut writer = RowWriter::open(&self.folder.rows())?;
        for (number, entry) in theirs.iter().enumerate() {
            progress(number as u64, theirs.len() as u64)?;
            self.entries.push(writer.copy(reader.bytes(entry)?, entry)?);
        }
        writer.finish()?;
        self.files.extend(other.row_files);
        Ok(format!("{} rows of “{}” added", theirs.len(), other.name))
    }

    fn hold_out(
        &mut self,
        studio: &Studio,
        dataset: &Dataset,
        hold_out: HoldOut,
        progress: Progress,
    ) -> Result<String, WireError> {
        let mut reader = RowReader::open(&self.folder.rows())?;
        let mut keys = Vec::with_capacity(self.entries.len());
        for (number, entry) in self.entries.iter().enumerate() {
            progress(number as u64, self.entries.len() as u64)?;
            keys.push(RowKey::of(&reader.row(entry)?.example));
        }
        let held_out = split_keys(&keys, &checkup::alike(studio, dataset)?, &hold_out.validation, hold_out.seed)?;
        self.entries.iter_mut().zip(held_out).for_each(|(entry, held_out)| entry.held_out = held_out);
        self.hold_out = hold_out;
        Ok(format!("{} held out", number_of(counts(&self.entries).1 as usize, "row")))
    }

    /// All rows that are there are learned from, and those of a file held out, in the place of such that were.
    fn hold_out_file(
        &mut self,
        dataset: &Dataset,
        path: &str,
        seed: u64,
        progress: Progress,
    ) -> Result<String, WireError> {
        let path = std::path::absolute(path).map_err(explain::io(path))?;
        if let Validation::File(_) = self.hold_out.validation {
            self.entries.retain(|entry| !entry.held_out);
        }
        self.entries.iter_mut().for_each(|entry| entry.held_out = false);
        let more =
            reading::append(&self.folder, &path, &dataset.mapping, &mut |done, total| match progress(done, total) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            })?;
        self.problems += more.problems;
        self.entries.extend(&more.entries);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let dropped = if more.dropped > 0 { format!(", {} dropped", more.dropped) } else { String::new() };
        let change = format!("{} of “{name}” held out{dropped}", number_of(more.entries.len(), "row"));
        let kept = lasting(dataset.versions.len() + 1, &path, &self.folder, &self.folder)?;
        self.hold_out = HoldOut { validation: Validation::File(kept.to_string_lossy().into_owned()), seed };
        Ok(change)
    }

    fn repair(
        &mut self,
        studio: &Studio,
        dataset: &Dataset,
        kind: &str,
        progress: Progress,
    ) -> Result<String, WireError> {
        let nothing = || WireError::invalid("There is nothing left to repair here", "Let the doctor look again");
        let finding = checkup::finding(studio, dataset, kind)?.ok_or_else(nothing)?;
        match finding.repair.ok_or_else(nothing)? {
            RepairKind::RemoveRows | RepairKind::RemoveDuplicates => {
                self.delete(&finding.rows_to_remove().iter().map(|row| *row as usize).collect::<Vec<_>>())
            }
            repair => self.mend(repair, &finding.rows, progress),
        }
    }

    fn mend(&mut self, repair: RepairKind, rows: &[u32], progress: Progress) -> Result<String, WireError> {
        let mut reader = RowReader::open(&self.folder.rows())?;
        let mut writer = RowWriter::open(&self.folder.rows())?;
        let mut mended = 0;
        for (number, &row) in rows.iter().enumerate() {
            progress(number as u64, rows.len() as u64)?;
            let Some(entry) = self.entries.get_mut(row as usize) else { continue };
            let old = reader.row(entry)?;
            if let Some(example) = doctor::repair(repair, &old.example) {
                *entry = writer.push(&ImportedRow { example, ..old }, entry.held_out)?;
                mended += 1;
            }
        }
        writer.finish()?;
        let what = match repair {
            RepairKind::MaskSecrets => "Keys and passwords masked",
            RepairKind::MaskPersonalData => "Personal data masked",
            RepairKind::StripHtml => "HTML removed",
            RepairKind::FixMojibake => "Garbled text repaired",
            RepairKind::RemoveControlCharacters => "Invisible characters removed",
            RepairKind::MergeSameRole => "Messages of one role joined",
            RepairKind::DropTrailingUser => "Unanswered questions removed",
            RepairKind::RemoveRows | RepairKind::RemoveDuplicates => "Rows removed",
        };
        Ok(format!("{what} in {}", number_of(mended, "row")))
    }

    fn system_prompt(&self) -> Result<Option<String>, WireError> {
        prompts::shared(&self.entries, &mut RowReader::open(&self.folder.rows())?)
    }

    /// Makes these rows the newest version and puts it in use.
    fn keep(mut self, studio: &Studio, mut dataset: Dataset, change: String) -> Result<Dataset, WireError> {
        let number = dataset.versions.iter().map(|version| version.number).max().unwrap_or(0) + 1;
        write_entries(&self.folder.version(number), &self.entries)?;
        let (training_rows, validation_rows) = counts(&self.entries);
        let version = DatasetVersion {
            number,
            version: version_of(self.entries.iter().map(|entry| (&entry.key, entry.held_out))),
            change,
            training_rows,
            validation_rows,
            validation: self.hold_out.validation.clone(),
            seed: self.hold_out.seed,
            made_ms: clock::now_ms(),
        };
        take_over(&mut dataset, &version);
        dataset.versions.push(version);
        // An import of an earlier day has told no names, and some are worse than none.
        if !dataset.row_files.is_empty() {
            dataset.row_files = distinct(std::mem::take(&mut self.files).into_iter());
        }
        dataset.system_prompt = self.system_prompt()?;
        dataset.problems += self.problems;
        dataset.size_bytes = home::size(&self.folder.0);
        write_facts(studio, &dataset)?;
        Ok(dataset)
    }
}

/// The rule of the version in use.
fn hold_out(dataset: &Dataset) -> HoldOut {
    let version = dataset.versions.iter().find(|version| version.number == dataset.number);
    version.map_or(HoldOut::default(), |version| HoldOut { validation: version.validation.clone(), seed: version.seed })
}

/// What was typed in, held to what an import would have accepted.
fn meant(example: serde_json::Value) -> Result<Example, WireError> {
    let example: Example = serde_json::from_value(example)
        .map_err(|error| WireError::invalid(format!("This is not a row: {error}"), "Check roles and texts"))?;
    tunesmith_data::check(example).map_err(|problem| WireError::invalid(problem, "Change the row and save again"))
}

fn deleted(rows: usize) -> String {
    format!("{} removed", number_of(rows, "row"))
}

fn number_of(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
