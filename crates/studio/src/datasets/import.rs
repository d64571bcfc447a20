//! Imports: files become a folder with a copy of their rows, split into training and validation. Rows go from the files
//! to the disk one by one, so that a file of any size fits.

use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;

use serde_json::Value;
use tunesmith_data::{ImportError, ImportOptions, Summary, inspect};
use tunesmith_protocol::{
    Dataset, ErrorCode, ImportDataset, InspectFiles, Inspection, ItemKind, JobKind, Mapping, RawRow, ReadPath,
    Validation, WireError,
};
use tunesmith_sentence::say;

use super::Datasets;
use super::incoming::{Incoming, lasting};
use super::reading::{HoldOut, Origin, Progress, SPLIT_SEED, distinct, read};
use super::rows::bubbles;
use crate::format::byte_size;
use crate::jobs::NewJob;
use crate::platform::free_disk_bytes;
use crate::{bundled, errors, home, names};

/// Rows shown before anything is imported.
const FIRST_ROWS: usize = 50;
/// Of these, so many as they lie in the file, each with so many columns of so many bytes.
const RAW_ROWS: usize = 20;
const MOST_CELLS: usize = 200;
const LONGEST_CELL: usize = 400;
/// A copy of the rows takes about as much as the files; what is compressed takes more, and is noticed on the way.
const LEAST_FREE: u64 = 64 << 20;

/// What becomes a dataset: the name it gets, the sample that it is, and its files.
struct Source<'a> {
    name: &'a str,
    sample: Option<&'a str>,
    paths: &'a [PathBuf],
}

impl Datasets {
    /// Imports files chosen by the user.
    pub fn import(&self, args: ImportDataset) -> Result<Dataset, WireError> {
        let absolute = |path: &ReadPath| match path.as_str() {
            "" => Err(ImportError::NoFile.into()),
            path => std::path::absolute(path).map_err(errors::io(path)),
        };
        let paths = args.paths.iter().map(absolute).collect::<Result<Vec<_>, _>>()?;
        let validation = match &args.validation {
            Validation::File(path) => Validation::File(absolute(path)?.into()),
            rule => rule.clone(),
        };
        let stem = || paths.first().and_then(|path| path.file_stem()).map(|stem| stem.to_string_lossy().into_owned());
        let name = match args.name.filter(|name| !name.trim().is_empty()) {
            Some(name) => names::checked(&name)?.to_owned(),
            None => {
                self.db.free_name(ItemKind::Dataset, &names::of_file(&stem().unwrap_or_else(|| "Dataset".into())))?
            }
        };
        let hold_out = HoldOut { validation, seed: args.seed.unwrap_or(SPLIT_SEED) };
        self.jobs.run(NewJob::new(JobKind::Import, &name).id_of_call(args.job), |job| {
            let note = say!("job-reading-file", "Reading the file");
            let mut progress = |done, total, rows| job.bytes(&note, done, total, rows);
            let source = Source { name: &name, sample: None, paths: &paths };
            self.keep(source, &args.mapping, hold_out, args.reuse, &mut progress)
        })
    }

    /// Imports a bundled sample.
    pub fn import_sample(&self, id: &str) -> Result<Dataset, WireError> {
        let rows = bundled::rows(id)?;
        let title = bundled::list()?.into_iter().find(|sample| sample.id == id).map(|sample| sample.title);
        let folder = tempfile::tempdir().map_err(errors::io(std::env::temp_dir()))?;
        let path = folder.path().join(format!("{id}.jsonl"));
        fs::write(&path, &rows).map_err(errors::io(&path))?;
        let go_on = &mut |_, _, _| ControlFlow::Continue(());
        let name = self.db.free_name(ItemKind::Dataset, title.as_deref().unwrap_or(id))?;
        let source = Source { name: &name, sample: Some(id), paths: &[path] };
        self.keep(source, &Mapping::default(), HoldOut::default(), false, go_on)
    }

    /// Reads files into a new dataset, or finds that there is one of the very same rows.
    fn keep(
        &self,
        Source { name, sample, paths }: Source<'_>,
        mapping: &Mapping,
        mut hold_out: HoldOut,
        reuse: bool,
        progress: Progress,
    ) -> Result<Dataset, WireError> {
        self.require_disk(paths, &hold_out.validation)?;
        let incoming = Incoming::begin(self, name)?;
        let place = incoming.place(self)?;
        let read = read(&incoming.folder, paths, mapping, &hold_out, progress)?;
        if reuse && let Some(known) = self.list()?.into_iter().find(|known| known.version == read.listed.version) {
            if let Err(damage) = self.check_rows(&known) {
                self.mend(&known, &incoming.folder, damage)?;
            }
            // What was left out depends on the columns that were named this time.
            let Summary { reason, remarks, rows_read, dropped_because, .. } = read.summary;
            let remarks = distinct(remarks.into_iter());
            return Ok(Dataset { reason, remarks, rows_read, dropped_because, ..known });
        }
        let lasting = |(number, path): (usize, &PathBuf)| {
            Ok(lasting(number, path, &incoming.folder, &place)?.to_string_lossy().into_owned())
        };
        let files = paths.iter().enumerate().map(lasting).collect::<Result<Vec<String>, WireError>>()?;
        if let Validation::File(path) = &hold_out.validation {
            hold_out.validation = Validation::File(lasting((paths.len(), &PathBuf::from(path.as_str())))?.into());
        }
        let size = home::size(&incoming.folder.0);
        let origin = Origin { id: &incoming.id, name, sample, files, size_bytes: size, hold_out };
        let dataset = read.describe(origin);
        incoming.keep(self, &dataset)?;
        self.check_in_background(&dataset.id);
        Ok(dataset)
    }

    /// Refuses early what would fill the disk.
    fn require_disk(&self, paths: &[PathBuf], validation: &Validation) -> Result<(), WireError> {
        let held_out = match validation {
            Validation::File(path) => home::size(path.as_ref()),
            _ => 0,
        };
        let needed = paths.iter().map(|path| home::size(path)).sum::<u64>() + held_out;
        match free_disk_bytes(self.home.root()) {
            free if free > 0 && free < needed + LEAST_FREE => Err(WireError::new(
                ErrorCode::DiskFull,
                say!(
                    "import-no-space",
                    "The copy of these rows needs about {needed} and {spare} to spare, and {free} are free where Tunesmith \
                     keeps its files",
                    needed = byte_size(needed),
                    spare = byte_size(LEAST_FREE),
                    free = byte_size(free)
                ),
                say!("home-disk-full-hint", "Free some space and try again"),
            )),
            _ => Ok(()),
        }
    }
}

/// The beginning of files, as they would be imported.
pub(crate) fn inspect_files(args: &InspectFiles) -> Result<Inspection, WireError> {
    let paths: Vec<PathBuf> = args.paths.iter().map(|path| PathBuf::from(path.as_str())).collect();
    let found = inspect(&paths, &ImportOptions { mapping: args.mapping.clone() }, FIRST_ROWS)?;
    let rows = found.rows.into_iter().enumerate();
    let rows = rows.map(|(number, row)| bubbles(number as u64, tunesmith_protocol::Split::Training, row, None));
    Ok(Inspection {
        files: found.files,
        columns: found.columns,
        parts: found.parts,
        mapping: found.mapping,
        reason: found.reason,
        remarks: found.remarks,
        rows: rows.collect(),
        problems: found.problems,
        raw: found.raw.iter().take(RAW_ROWS).map(raw).collect(),
        suggested: found.suggested,
    })
}

/// A row as it lies in its file, as text.
fn raw(row: &tunesmith_data::RawRow) -> RawRow {
    let text = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => cut(text),
        other => cut(&other.to_string()),
    };
    let cells = row.columns.iter().take(MOST_CELLS).map(|(column, value)| (column.clone(), text(value)));
    RawRow { line: row.line, cells: cells.collect() }
}

/// The beginning of a text, which says enough of what its column holds.
fn cut(text: &str) -> String {
    match text.len() > LONGEST_CELL {
        true => format!("{}…", &text[..text.floor_char_boundary(LONGEST_CELL)]),
        false => text.to_owned(),
    }
}
