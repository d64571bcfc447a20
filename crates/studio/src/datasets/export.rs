//! Datasets as files of other tools.

use std::fs;
use std::io::BufWriter;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use tunesmith_data::{ExportKind, Exporter, Others, Survey};
use tunesmith_protocol::{Dataset, ExportDataset, ExportedDataset, ItemKind, JobKind, LeftOut, Split, WireError};
use tunesmith_sentence::{Sentence, say};

use super::Datasets;
use super::store::{RowReader, RowRef};
use crate::jobs::{JobHandle, NewJob, cancelled};
use crate::{errors, home};

/// The longest name of a dataset that becomes one of a file, in bytes; file systems allow 255 for all of it.
const LONGEST_NAME: usize = 160;

impl Datasets {
    /// Writes the rows of a dataset; the file is there whole or not at all.
    pub fn export(&self, args: ExportDataset) -> Result<ExportedDataset, WireError> {
        let dataset = self.get(&args.dataset)?;
        let kind = ExportKind::of(&args.format).ok_or_else(|| {
            WireError::invalid(
                say!("export-kind-unknown", "There is no kind of file “{kind}”", kind = &args.format),
                say!("export-kind-unknown-hint", "Take one of those that are offered"),
            )
        })?;
        let job =
            NewJob::new(JobKind::Export, &dataset.name).id_of_call(args.job.clone()).on(ItemKind::Dataset, &dataset.id);
        self.jobs.run(job, |job| self.write_export(&args, &dataset, kind, job))
    }

    fn write_export(
        &self,
        args: &ExportDataset,
        dataset: &Dataset,
        kind: ExportKind,
        job: &JobHandle,
    ) -> Result<ExportedDataset, WireError> {
        let path = match &args.path {
            Some(path) => std::path::absolute(path).map_err(errors::io(path))?,
            None => free_name(&self.home.exports(), &stem(&dataset.name, args.split), kind.extension()),
        };
        let all = self.entries(dataset)?;
        let wanted: Vec<_> = all.iter().filter(|entry| args.split.is_none_or(|split| entry.split() == split)).collect();
        let others = if args.other_columns { Others::Keep } else { Others::Leave };
        let note = say!("job-writing-file", "Writing the file");
        let rows = Exported { rows: &self.home.dataset(&dataset.id)?.rows(), wanted: &wanted };
        rows.write(Survey::new(kind, others), &path, &mut |done, total| job.rows(&note, done, total))
    }
}

/// Rows that are written to a file.
pub(super) struct Exported<'a> {
    /// The file that they lie in.
    pub rows: &'a Path,
    pub wanted: &'a [&'a RowRef],
}

impl Exported<'_> {
    /// Writes them; the file is there whole or not at all.
    pub fn write(
        &self,
        mut survey: Survey,
        path: &Path,
        progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
    ) -> Result<ExportedDataset, WireError> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let file = home::unfinished(folder).map_err(errors::io(folder))?;
        let (mut reader, wanted) = (RowReader::open(self.rows)?, self.wanted);
        let looks = u64::from(survey.has_to_look());
        let total = wanted.len() as u64 * (looks + 1);
        let mut step = |number: u64| match progress(number, total) {
            ControlFlow::Break(()) => Err(cancelled()),
            ControlFlow::Continue(()) => Ok(()),
        };
        if survey.has_to_look() {
            for (number, entry) in (0..).zip(wanted) {
                step(number)?;
                survey.see(&reader.row(entry)?);
            }
        }
        let mut exporter = Exporter::new(survey, BufWriter::new(file));
        for (number, entry) in (wanted.len() as u64 * looks..).zip(wanted) {
            step(number)?;
            exporter.row(&reader.row(entry)?).map_err(errors::io(path))?;
        }
        let notes = exporter.renamed().map(renamed).collect();
        let (rows, reasons) = (exporter.written(), exporter.left_out());
        if rows == 0 {
            return Err(nothing_written(&reasons));
        }
        let written = exporter.finish().map_err(errors::io(path))?;
        let file = written.into_inner().map_err(|error| errors::io_at(path, error.error()))?;
        file.as_file().sync_all().map_err(errors::io(path))?;
        let bytes = file.as_file().metadata().map_err(errors::io(path))?.len();
        file.persist(path).map_err(|error| errors::io_at(path, &error.error))?;
        Ok(ExportedDataset { path: path.to_string_lossy().into_owned(), rows, left_out: reasons, notes, bytes })
    }
}

/// A file without a row helps nobody.
fn nothing_written(reasons: &[LeftOut]) -> WireError {
    match reasons.first() {
        Some(LeftOut { why, .. }) => WireError::invalid(
            say!("export-no-row", "No row can be written to such a file: {reason}", reason = why),
            say!("export-no-row-hint", "Take another kind of file, such as chat as JSONL"),
        ),
        None => WireError::invalid(
            say!("export-side-empty", "There is no row to write"),
            say!(
                "export-side-empty-hint",
                "Take both sides; if there are no rows at all, `tunesmith data inspect FILE` says why"
            ),
        ),
    }
}

fn renamed((column, name): (&str, &str)) -> Sentence {
    say!(
        "export-column-renamed",
        "The column “{column}” is called “{name}” in the file: under its own name it would be read as a part of the row",
        column,
        name
    )
}

/// What a file of a dataset, or of one of its sides, is called.
fn stem(name: &str, split: Option<Split>) -> String {
    // Characters that one file system or another does not take.
    let fine = |letter: char| !letter.is_control() && !"\\/:*?\"<>|".contains(letter);
    let plain: String = name.chars().map(|letter| if fine(letter) { letter } else { '-' }).collect();
    let plain = plain.trim().trim_matches('.');
    let plain = plain[..plain.floor_char_boundary(LONGEST_NAME)].trim_end();
    let side = match split {
        Some(Split::Training) => "-training",
        Some(Split::Validation) => "-validation",
        None => "",
    };
    format!("{}{side}", if plain.is_empty() { "dataset" } else { plain })
}

/// A name that no file of the folder has.
fn free_name(folder: &Path, stem: &str, extension: &str) -> PathBuf {
    let numbered = |number: u32| match number {
        1 => folder.join(format!("{stem}.{extension}")),
        _ => folder.join(format!("{stem} {number}.{extension}")),
    };
    (1..).map(numbered).find(|path| !fs::exists(path).unwrap_or(true)).unwrap_or_else(|| numbered(1))
}
