//! What the window says about files, for the shell: read, split, checked and counted by the same code, in a folder that
//! goes away.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use tunesmith_data::{Cuts, ExportKind, Others, Render, Survey};
use tunesmith_data_doctor::Report;
use tunesmith_protocol::{
    Dataset, DatasetReport, ExportedDataset, LearnFrom, Mapping, RowProblem, TokenCounts, Validation, WireError,
};
use tunesmith_sentence::{Sentence, say};

use super::export::Exported;
use super::reading::{self, HoldOut, Origin};
use super::store::read_entries;
use super::{check, edits, read_lines, tokens};
use crate::errors;
use crate::home::DatasetFolder;
use crate::jobs::cancelled;

/// Facts about files.
pub struct DataFacts {
    /// What an import would make of them.
    pub dataset: Dataset,
    /// Dropped rows, and kept ones with something worth knowing.
    pub problems: Vec<RowProblem>,
    /// What the doctor found.
    pub report: DatasetReport,
    /// Lengths in a model's tokens, and what a limit cuts of them, where a model was named.
    pub tokens: Option<(TokenCounts, Cuts)>,
    /// The first row that the model's template refuses, and why.
    pub refused: Option<Sentence>,
    /// What the model's template makes of the rows besides: what it does not show, and where a chat will ask otherwise.
    pub remarks: Vec<Sentence>,
}

/// How rows are counted.
pub struct Counting<'a> {
    /// The model's template and tokenizer.
    pub renderer: &'a dyn Render,
    /// Which tokens are learned.
    pub learn_from: LearnFrom,
    /// Rows of a batch, for what padding would cost.
    pub batch_size: u32,
    /// The longest row, in tokens.
    pub max_length: u32,
}

/// Reads files as an import does and says what the window would say. `progress(what, done, total)` can cancel.
///
/// # Errors
/// A file cannot be read, no row can be used, or `progress` has cancelled.
pub fn data_facts(
    paths: &[PathBuf],
    mapping: &Mapping,
    validation: &Validation,
    counting: Option<Counting<'_>>,
    progress: &mut dyn FnMut(&Sentence, u64, u64) -> ControlFlow<()>,
) -> Result<DataFacts, WireError> {
    let scratch = tempfile::tempdir().map_err(errors::io(std::env::temp_dir()))?;
    let folder = DatasetFolder(scratch.path().into());
    let (dataset, report) = look(&folder, paths, mapping, validation, progress)?;
    let (mut refused, mut remarks) = (None, Vec::new());
    let tokens = match counting {
        Some(Counting { renderer, learn_from, batch_size, max_length }) => {
            let note = tokens::counting();
            let progress = &mut |done, total| progress(&note, done, total);
            let entries = read_entries(&folder.version(dataset.number))?;
            let lengths = tokens::lengths(&folder, &entries, renderer, learn_from, progress)?;
            let table = lengths.table;
            (refused, remarks) = (lengths.refused, lengths.remarks);
            Some((tokens::described(&table, batch_size), table.summary(max_length)))
        }
        None => None,
    };
    let report = check::described(&dataset, &report);
    Ok(DataFacts { problems: read_lines(&folder.problems())?, report, tokens, refused, remarks, dataset })
}

/// A file whose rows were repaired.
pub struct RepairedFile {
    /// What was changed, in a sentence; nothing where there was nothing to repair.
    pub change: Option<Sentence>,
    /// What an import made of the files, before anything was repaired.
    pub dataset: Dataset,
    /// What the doctor found in them.
    pub report: DatasetReport,
    /// The file.
    pub written: ExportedDataset,
}

/// Reads files as an import does, repairs all that one click repairs, and writes the rows to a new file of the kind that its
/// name ends with: .csv, .parquet, or else JSON lines. `progress(what, done, total)` can cancel.
///
/// # Errors
/// A file cannot be read or written, no row can be used or would be left, or `progress` has cancelled.
pub fn repair_files(
    paths: &[PathBuf],
    mapping: &Mapping,
    output: &Path,
    progress: &mut dyn FnMut(&Sentence, u64, u64) -> ControlFlow<()>,
) -> Result<RepairedFile, WireError> {
    let scratch = tempfile::tempdir().map_err(errors::io(std::env::temp_dir()))?;
    let folder = DatasetFolder(scratch.path().into());
    let (dataset, report) = look(&folder, paths, mapping, &Validation::Auto, progress)?;
    let note = say!("job-changing-rows", "Changing the rows");
    let entries = read_entries(&folder.version(dataset.number))?;
    let (entries, change) = edits::repair_all(&folder, entries, &report, &mut |done, total| {
        if progress(&note, done, total).is_break() { Err(cancelled()) } else { Ok(()) }
    })?;
    let ending = output.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let kind = ExportKind::of(&ending).filter(|kind| kind.extension() == ending).unwrap_or(ExportKind::Chat);
    let note = say!("job-writing-file", "Writing the file");
    let rows = Exported { rows: &folder.rows(), wanted: &entries.iter().collect::<Vec<_>>() };
    let survey = Survey::new(kind, Others::Keep);
    let written = rows.write(survey, output, &mut |done, total| progress(&note, done, total))?;
    Ok(RepairedFile { change, report: check::described(&dataset, &report), dataset, written })
}

/// Reads files into a folder that goes away, and has the doctor look at them.
fn look(
    folder: &DatasetFolder,
    paths: &[PathBuf],
    mapping: &Mapping,
    validation: &Validation,
    progress: &mut dyn FnMut(&Sentence, u64, u64) -> ControlFlow<()>,
) -> Result<(Dataset, Report), WireError> {
    std::fs::create_dir(folder.versions()).map_err(errors::io(folder.versions()))?;
    let hold_out = HoldOut { validation: validation.clone(), ..HoldOut::default() };
    let note = say!("job-reading-files", "Reading the files");
    let read = reading::read(folder, paths, mapping, &hold_out, &mut |done, total, _| progress(&note, done, total))?;
    let names = paths.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    let dataset =
        read.describe(Origin { id: "", name: &name(paths), sample: None, files: names, size_bytes: 0, hold_out });
    let report = check::look(folder, dataset.number, progress)?;
    Ok((dataset, report))
}

fn name(paths: &[PathBuf]) -> String {
    let stem = paths.first().and_then(|path: &PathBuf| Path::new(path).file_stem());
    stem.map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}
