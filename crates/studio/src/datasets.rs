//! Datasets: an import copies the rows, split into training and validation, into a folder that is never changed again.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tunesmith_data::{Example, ImportOptions, Imported, ImportedRow, SplitRows, import, split};
use tunesmith_protocol::{
    Dataset, DatasetProblems, Format, ImportDataset, ItemKind, RowProblem, Split, Validation, WireError,
};

use crate::home::{self, DatasetFolder};
use crate::tasks::Task;
use crate::{Studio, clock, explain, samples};

/// Splitting is a fact of the dataset, not of a run: the same rows are always held out.
pub(crate) const SPLIT_SEED: u64 = 42;
const PROBLEMS_PER_PAGE: u32 = 500;

/// `dataset.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DatasetFacts {
    #[serde(flatten)]
    pub dataset: Dataset,
    /// The rule by which rows were held out.
    pub validation: Validation,
}

/// Rows read and split, not yet written.
pub(crate) struct Gathered {
    pub imported: Imported,
    pub training: Vec<ImportedRow>,
    pub validation: Vec<ImportedRow>,
}

/// All datasets, the newest first.
pub(crate) fn list(studio: &Studio) -> Result<Vec<Dataset>, WireError> {
    let items = studio.db.items(ItemKind::Dataset)?.into_iter().filter(|item| !item.deleted);
    let datasets = items.filter_map(|item| {
        let facts: DatasetFacts = serde_json::from_str(&item.facts).ok()?;
        Some(Dataset { name: item.name, tags: item.tags, added_ms: item.added_ms, ..facts.dataset })
    });
    Ok(datasets.collect())
}

/// One dataset with its rule of validation.
pub(crate) fn get(studio: &Studio, id: &str) -> Result<DatasetFacts, WireError> {
    let gone = || WireError::not_found(format!("There is no dataset “{id}”"));
    let item = studio.db.item(ItemKind::Dataset, id)?.filter(|item| !item.deleted).ok_or_else(gone)?;
    let facts: DatasetFacts = serde_json::from_str(&item.facts).map_err(|_| gone())?;
    Ok(DatasetFacts {
        dataset: Dataset { name: item.name, tags: item.tags, ..facts.dataset },
        validation: facts.validation,
    })
}

/// Imports files chosen by the user.
pub(crate) fn import_files(studio: &Studio, args: ImportDataset) -> Result<Dataset, WireError> {
    let mut task = Task::start(args.task, &studio.tasks, &studio.board);
    let mut progress = |done, total| task.progress("Reading the file", done, total);
    let absolute = |path: &String| std::path::absolute(path).map_err(explain::io("the dataset file"));
    let paths = args.paths.iter().map(absolute).collect::<Result<Vec<_>, _>>()?;
    let validation = match &args.validation {
        Validation::File(path) => Validation::File(absolute(path)?.to_string_lossy().into_owned()),
        rule => rule.clone(),
    };
    let gathered = gather(&paths, args.format, &validation, &mut progress)?;
    if args.reuse
        && let Some(known) = same_rows(studio, &gathered)?
    {
        return Ok(known);
    }
    let stem = || paths.first().and_then(|path| path.file_stem()).map(|stem| stem.to_string_lossy().into_owned());
    let name = args.name.filter(|name| !name.trim().is_empty()).or_else(stem).unwrap_or_else(|| "Dataset".into());
    keep(studio, &name, &paths, validation, gathered)
}

/// Imports a bundled sample.
pub(crate) fn import_sample(studio: &Studio, id: &str) -> Result<Dataset, WireError> {
    let sample = samples::list().into_iter().find(|sample| sample.id == id);
    let sample = sample.ok_or_else(|| WireError::not_found(format!("There is no sample “{id}”")))?;
    let rows = samples::rows(id)?;
    let folder = tempfile::tempdir().map_err(explain::io("a temporary folder"))?;
    let path = folder.path().join(format!("{id}.jsonl"));
    fs::write(&path, &rows).map_err(explain::io(&path))?;
    let paths = [path];
    let gathered = gather(&paths, Format::Auto, &Validation::Auto, &mut |_, _| std::ops::ControlFlow::Continue(()))?;
    keep(studio, &sample.title, &paths, Validation::Auto, gathered)
}

/// Reads the files and splits their rows.
pub(crate) fn gather(
    paths: &[PathBuf],
    format: Format,
    validation: &Validation,
    progress: &mut dyn FnMut(u64, u64) -> std::ops::ControlFlow<()>,
) -> Result<Gathered, WireError> {
    let mut imported = import(paths, &ImportOptions { format }, progress)?;
    let rows = std::mem::take(&mut imported.rows);
    let (training, validation) = match validation {
        Validation::File(path) => {
            let held_out = import(&[PathBuf::from(path)], &ImportOptions { format }, progress)?;
            imported.rows_read += held_out.rows_read;
            imported.problems.extend(held_out.problems);
            (rows, held_out.rows)
        }
        rule => {
            let sides = split(&rows, rule, SPLIT_SEED)?;
            apart(rows, &sides)
        }
    };
    Ok(Gathered { imported, training, validation })
}

/// Some dropped or repaired rows.
pub(crate) fn problems(studio: &Studio, args: &DatasetProblems) -> Result<Vec<RowProblem>, WireError> {
    get(studio, &args.dataset)?;
    let path = studio.home.dataset(&args.dataset)?.problems();
    read_lines(&path, args.offset, u64::from(args.limit.min(PROBLEMS_PER_PAGE)))
}

/// Some rows of a file with one JSON object per line.
pub(crate) fn read_lines<T: DeserializeOwned>(path: &Path, offset: u64, limit: u64) -> Result<Vec<T>, WireError> {
    let reader = BufReader::new(File::open(path).map_err(explain::io(path))?);
    let mut rows = Vec::new();
    for line in reader.lines().skip(offset as usize).take(limit as usize) {
        let line = line.map_err(explain::io(path))?;
        rows.push(serde_json::from_str(&line).map_err(explain::damaged(path))?);
    }
    Ok(rows)
}

/// All examples on one side of a dataset.
pub(crate) fn examples(folder: &DatasetFolder, split: Split) -> Result<Vec<Example>, WireError> {
    let rows: Vec<ImportedRow> = read_lines(&folder.rows(split), 0, u64::MAX)?;
    Ok(rows.into_iter().map(|row| row.example).collect())
}

/// The system prompt that most examples share.
pub(crate) fn system_prompt<'a>(examples: impl Iterator<Item = &'a Example>) -> Option<String> {
    let mut counts = std::collections::HashMap::<&str, usize>::new();
    let mut rows = 0;
    for example in examples {
        rows += 1;
        if let Example::Chat { messages, .. } = example
            && let Some(first) = messages.first().filter(|first| first.role == "system")
        {
            *counts.entry(&first.content).or_default() += 1;
        }
    }
    let (prompt, count) = counts.into_iter().max_by_key(|(prompt, count)| (*count, std::cmp::Reverse(*prompt)))?;
    (count * 2 > rows).then(|| prompt.to_owned())
}

/// The hash of a sequence of rows: what was learned from and what was held out.
pub(crate) fn version(training: &[ImportedRow], validation: &[ImportedRow]) -> Result<String, WireError> {
    let mut hash = Sha256::new();
    for (side, rows) in [("training\n", training), ("validation\n", validation)] {
        hash.update(side);
        for row in rows {
            hash.update(line(&row.example)?);
        }
    }
    Ok(clock::hex(&hash.finalize()))
}

/// The newest dataset of the very same rows, learned from and held out alike.
fn same_rows(studio: &Studio, gathered: &Gathered) -> Result<Option<Dataset>, WireError> {
    let version = version(&gathered.training, &gathered.validation)?;
    Ok(list(studio)?.into_iter().find(|dataset| dataset.version == version))
}

/// Writes a dataset: complete under a temporary name first, so that there is never half of one.
fn keep(
    studio: &Studio,
    name: &str,
    paths: &[PathBuf],
    validation: Validation,
    gathered: Gathered,
) -> Result<Dataset, WireError> {
    let id = clock::new_id(name);
    let folder = studio.home.dataset(&id)?;
    let fresh = DatasetFolder(folder.0.with_extension("tmp"));
    fs::create_dir_all(&fresh.0).map_err(explain::io(&fresh.0))?;
    let write = || {
        write_lines(&fresh.rows(Split::Training), &gathered.training)?;
        write_lines(&fresh.rows(Split::Validation), &gathered.validation)?;
        write_lines(&fresh.problems(), &gathered.imported.problems)?;
        let lasting = |(number, path): (usize, &PathBuf)| {
            Ok(lasting(number, path, &fresh, &folder)?.to_string_lossy().into_owned())
        };
        let files = paths.iter().enumerate().map(lasting).collect::<Result<Vec<String>, WireError>>()?;
        let validation = match validation {
            Validation::File(path) => Validation::File(lasting((paths.len(), &PathBuf::from(path)))?),
            rule => rule,
        };
        let facts = DatasetFacts { dataset: describe(&id, name, files, &gathered, home::size(&fresh.0))?, validation };
        let text = serde_json::to_string_pretty(&facts).map_err(|error| WireError::internal(error.to_string()))?;
        home::write_whole(&fresh.facts(), text.as_bytes())?;
        fs::rename(&fresh.0, &folder.0).map_err(explain::io(&folder.0))?;
        home::sync_folder(&studio.home.datasets()).map_err(explain::io(&folder.0))?;
        Ok((facts.dataset, text))
    };
    let (dataset, text) = write().inspect_err(|_: &WireError| {
        if let Err(error) = fs::remove_dir_all(&fresh.0) {
            tracing::warn!("{} could not be removed: {error}", fresh.0.display());
        }
    })?;
    studio.db.add(ItemKind::Dataset, &id, name, &text, dataset.added_ms)?;
    studio.library_changed();
    Ok(dataset)
}

/// Where a file will still be tomorrow: a sample or an upload lies in a temporary folder, so the dataset keeps a copy.
fn lasting(number: usize, path: &Path, fresh: &DatasetFolder, folder: &DatasetFolder) -> Result<PathBuf, WireError> {
    if !path.starts_with(std::env::temp_dir()) {
        return Ok(path.to_path_buf());
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    fs::create_dir_all(fresh.originals()).map_err(explain::io(fresh.originals()))?;
    // Two uploads may have the same name.
    if fresh.originals().join(&name).exists() {
        name = format!("{}-{}", number + 1, name.to_string_lossy()).into();
    }
    fs::copy(path, fresh.originals().join(&name)).map_err(explain::io(path))?;
    Ok(folder.originals().join(name))
}

fn describe(
    id: &str,
    name: &str,
    files: Vec<String>,
    gathered: &Gathered,
    size_bytes: u64,
) -> Result<Dataset, WireError> {
    let Gathered { imported, training, validation } = gathered;
    let kept = (training.len() + validation.len()) as u64;
    Ok(Dataset {
        id: id.into(),
        name: name.into(),
        files,
        format: imported.format,
        reason: imported.reason.clone(),
        rows_read: imported.rows_read,
        rows_kept: kept,
        rows_dropped: imported.rows_read.saturating_sub(kept),
        dropped_because: imported.dropped_because(),
        training_rows: training.len() as u64,
        validation_rows: validation.len() as u64,
        system_prompt: system_prompt(training.iter().map(|row| &row.example)),
        size_bytes,
        version: version(training, validation)?,
        tags: Vec::new(),
        added_ms: clock::now_ms(),
    })
}

fn apart(rows: Vec<ImportedRow>, sides: &SplitRows) -> (Vec<ImportedRow>, Vec<ImportedRow>) {
    let mut rows: Vec<Option<ImportedRow>> = rows.into_iter().map(Some).collect();
    let mut take = |indices: &[usize]| -> Vec<ImportedRow> {
        indices.iter().filter_map(|index| rows.get_mut(*index).and_then(Option::take)).collect()
    };
    (take(&sides.training), take(&sides.validation))
}

fn write_lines(path: &Path, rows: &[impl Serialize]) -> Result<(), WireError> {
    let mut file = BufWriter::new(File::create(path).map_err(explain::io(path))?);
    for row in rows {
        file.write_all(&line(row)?).map_err(explain::io(path))?;
    }
    file.flush().map_err(explain::io(path))?;
    file.get_ref().sync_all().map_err(explain::io(path))
}

fn line(row: &impl Serialize) -> Result<Vec<u8>, WireError> {
    let mut line = serde_json::to_vec(row).map_err(|error| WireError::internal(error.to_string()))?;
    line.push(b'\n');
    Ok(line)
}

/// Puts datasets whose folders are there back into a database that does not know them.
pub(crate) fn rebuild(studio: &Studio) -> Result<(), WireError> {
    for path in home::entries(&studio.home.datasets()) {
        let facts = DatasetFolder(path).facts();
        let Ok(text) = fs::read_to_string(&facts) else { continue };
        match serde_json::from_str::<DatasetFacts>(&text) {
            Ok(DatasetFacts { dataset, .. }) => {
                studio.db.add(ItemKind::Dataset, &dataset.id, &dataset.name, &text, dataset.added_ms)?;
            }
            Err(error) => tracing::warn!("{} is damaged: {error}", facts.display()),
        }
    }
    Ok(())
}
