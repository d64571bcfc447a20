//! Datasets as files of other tools.

use std::fs;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use tunesmith_data::{ExportKind, Exporter};
use tunesmith_protocol::{ExportDataset, ExportedDataset, WireError};

use super::checkup::cancelled;
use super::entries;
use super::shelf::get;
use super::store::RowReader;
use crate::tasks::Task;
use crate::{Studio, explain};

/// Writes the rows of a dataset; the file is there whole or not at all.
pub(crate) fn export(studio: &Studio, args: ExportDataset) -> Result<ExportedDataset, WireError> {
    let mut task = Task::start(args.task, &studio.tasks, &studio.board);
    let dataset = get(studio, &args.dataset)?.dataset;
    let kind = ExportKind::of(&args.format).ok_or_else(|| {
        WireError::invalid(format!("There is no kind of file “{}”", args.format), "Take one of those that are offered")
    })?;
    let path = match &args.path {
        Some(path) => std::path::absolute(path).map_err(explain::io(path))?,
        None => free_name(&studio.home.exports(), &dataset.name, kind.extension()),
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    let file = tempfile::NamedTempFile::new_in(folder).map_err(explain::io(folder))?;
    let mut exporter = Exporter::new(kind, BufWriter::new(file));
    let all = entries(studio, &dataset)?;
    let mut reader = RowReader::open(&studio.home.dataset(&dataset.id)?.rows())?;
    let wanted: Vec<_> = all.iter().filter(|entry| args.split.is_none_or(|split| entry.split() == split)).collect();
    for (number, entry) in wanted.iter().enumerate() {
        if task.counted("Writing the file", number as u64, wanted.len() as u64, number as u64).is_break() {
            return Err(cancelled());
        }
        exporter.row(&reader.row(entry)?).map_err(explain::io(&path))?;
    }
    let (rows, reasons) = (exporter.written(), exporter.left_out());
    let written = exporter.finish().map_err(explain::io(&path))?;
    let file = written.into_inner().map_err(|error| explain::io_at(&path, error.error()))?;
    file.as_file().sync_all().map_err(explain::io(&path))?;
    let bytes = file.as_file().metadata().map_err(explain::io(&path))?.len();
    file.persist(&path).map_err(|error| explain::io_at(&path, &error.error))?;
    Ok(ExportedDataset { path: path.to_string_lossy().into_owned(), rows, left_out: reasons, bytes })
}

/// A name that no file of the folder has, made of the dataset's.
fn free_name(folder: &Path, name: &str, extension: &str) -> PathBuf {
    let plain: String = name.chars().map(|c| if c.is_alphanumeric() || " -_.".contains(c) { c } else { '-' }).collect();
    let plain = plain.trim().trim_matches('.').chars().take(80).collect::<String>();
    let stem = if plain.is_empty() { "dataset".to_owned() } else { plain };
    let numbered = |number: u32| match number {
        1 => folder.join(format!("{stem}.{extension}")),
        _ => folder.join(format!("{stem} {number}.{extension}")),
    };
    (1..).map(numbered).find(|path| !fs::exists(path).unwrap_or(true)).unwrap_or_else(|| numbered(1))
}
