//! Imports dataset files: every row is kept as an example or dropped with a reason, and passed on at once, so that files of
//! any size can be read. Reading bytes is left to `source`, understanding rows to `columns` and `checks`.

mod file_import;
mod summary;

use std::collections::HashMap;
use std::ffi::OsStr;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use tunesmith_protocol::{Format, Mapping, RowProblem};
use tunesmith_sentence::say;

use crate::{ImportError, ImportedRow, is_named_for_holding_out, source};
pub(crate) use file_import::FileImport;
pub(crate) use summary::SummaryBuilder;
pub use summary::{Summary, Taken};

/// How to read dataset files.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// The shape of a row and its columns; what is left out is recognised.
    pub mapping: Mapping,
}

impl ImportOptions {
    /// Rows of this shape, whose columns are recognised.
    pub fn of(format: Format) -> Self {
        Self { mapping: Mapping { format, ..Mapping::default() } }
    }
}

/// A small import, held in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// The rows kept, in order.
    pub rows: Vec<ImportedRow>,
    /// Rows dropped, and kept rows with something worth knowing.
    pub problems: Vec<RowProblem>,
    /// What was read.
    pub summary: Summary,
}

/// Imports files into memory, as [`import_into`] does.
///
/// # Errors
///
/// The same as those of [`import_into`].
pub fn import(
    paths: &[PathBuf],
    options: &ImportOptions,
    progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<Imported, ImportError> {
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    let summary = import_into(paths, options, progress, &mut |taken| {
        match taken {
            Taken::Row(row) => rows.push(row),
            Taken::Problem(problem) => problems.push(problem),
        }
        Ok(())
    })?;
    Ok(Imported { rows, problems, summary })
}

/// Imports the files one after another, each with the shape that its own rows have. `progress(bytes_read,
/// bytes_total)` is called as the files are read; its `Break` cancels. `sink` takes rows and problems as they come; its
/// error ends the import and is the import's error. A folder stands for the dataset files below it; of several files one
/// without a row is left out. Only the first rows of a file are held in memory.
///
/// # Errors
///
/// When a file is missing, cannot be read or is no dataset, when far too many rows are bad, and when `progress` breaks.
pub fn import_into(
    paths: &[PathBuf],
    options: &ImportOptions,
    progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
    sink: &mut dyn FnMut(Taken) -> Result<(), ImportError>,
) -> Result<Summary, ImportError> {
    if paths.is_empty() {
        return Err(ImportError::NoFile);
    }
    let source::Found { files, left_out } = source::expand(paths)?;
    let paths = files.as_slice();
    let sizes = paths.iter().map(|path| source::size(path)).collect::<Result<Vec<u64>, ImportError>>()?;
    let total = sizes.iter().sum();
    let (mut builder, mut empty) = (SummaryBuilder::default(), None);
    left_out.into_iter().for_each(|sentence| builder.remark(sentence));
    let names = FileNames::of(paths);
    let mut before = 0;
    for (path, size) in paths.iter().zip(sizes) {
        let name = names.of_file(path);
        let rows = FileImport::new(path, name.clone(), &options.mapping, &mut builder, sink);
        let read =
            read_file(path, options.mapping.sheet.as_deref(), rows, &mut |bytes| progress(before + bytes, total));
        match read.and_then(|()| require_whole(path, size)) {
            // Others may have rows.
            Err(error @ ImportError::Empty { .. }) => {
                builder.remark(say!("import-file-left-out", "“{name}” is empty and left out", name));
                empty.get_or_insert(error);
            }
            read => read?,
        }
        before += size;
    }
    let mut summary = builder.summary();
    summary.mapping.sheet.clone_from(&options.mapping.sheet);
    if let Some(error) = empty.filter(|_| summary.rows_read == 0) {
        return Err(error);
    }
    summary.files = paths.iter().map(|path| names.of_file(path)).collect();
    Ok(summary)
}

/// Refuses a file that became shorter while it was read.
fn require_whole(path: &Path, size: u64) -> Result<(), ImportError> {
    if source::size(path)? < size { Err(ImportError::Shrunk { path: path.into() }) } else { Ok(()) }
}

/// Hands the rows of one file on.
fn read_file(
    path: &Path,
    sheet: Option<&str>,
    mut rows: FileImport<'_>,
    progress: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<(), ImportError> {
    let mut failed = None;
    let read = source::read(path, sheet, progress, &mut |record| match rows.push(record) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            failed = Some(error);
            ControlFlow::Break(())
        }
    });
    // What was sampled comes before what is wrong with the rest of the file.
    match failed {
        Some(error) => Err(error),
        None => rows.finish().and(read),
    }
}

/// The names by which rows say which file they came from.
pub(crate) struct FileNames<'a> {
    /// How many files have a name.
    counts: HashMap<Option<&'a OsStr>, usize>,
    are_several: bool,
}

impl<'a> FileNames<'a> {
    pub(crate) fn of(paths: &'a [PathBuf]) -> Self {
        let mut counts = HashMap::new();
        for path in paths {
            *counts.entry(path.file_name()).or_insert(0) += 1;
        }
        Self { counts, are_several: paths.len() > 1 }
    }

    /// The file's name, with its folder's where that alone says that it is held out; its whole path where another file has
    /// the same name.
    pub(crate) fn of_file(&self, path: &Path) -> String {
        let is_alone = self.counts.get(&path.file_name()) == Some(&1);
        let Some(name) = path.file_name().filter(|_| is_alone) else { return path.display().to_string() };
        let name = name.to_string_lossy().into_owned();
        let Some(folder) = path.parent().and_then(Path::file_name).filter(|_| self.are_several) else { return name };
        let within = format!("{}/{name}", folder.to_string_lossy());
        if is_named_for_holding_out(&within) && !is_named_for_holding_out(&name) { within } else { name }
    }
}
