//! The rows that a person looks for. A search that reads rows tells how far it is, can be cancelled, and only what it found
//! in the end is remembered.

use std::borrow::Cow;
use std::ops::ControlFlow;
use std::sync::Arc;

use serde::Deserialize;
use tunesmith_data::ImportedRow;
use tunesmith_protocol::{Dataset, DatasetRows, ItemKind, JobKind, RowMessage, RowQuery, WireError};
use tunesmith_sentence::say;

use super::Datasets;
use super::prefilter::Prefilter;
use super::rows::messages;
use super::store::{RowReader, RowRef};
use crate::home::DatasetFolder;
use crate::jobs::{Claim, NewJob, cancelled};

/// Bytes of rows between two looks at whether someone cancelled.
const BYTES_BETWEEN: u64 = 256 << 10;

type Progress<'a> = &'a mut dyn FnMut(u64, u64) -> ControlFlow<()>;

impl Datasets {
    /// The places of the rows that are asked for, in order. An answer is remembered until another is found.
    pub(super) fn search(
        &self,
        dataset: &Dataset,
        all: &[RowRef],
        args: &DatasetRows,
    ) -> Result<Arc<Vec<u32>>, WireError> {
        let on_side = |number: &u32| args.split.is_none_or(|split| all[*number as usize].split() == split);
        let Some(query) = args.find.as_ref().filter(|query| **query != RowQuery::default()) else {
            self.jobs.never_begins(args.job.as_deref());
            return Ok(Arc::new((0..all.len() as u32).filter(on_side).collect()));
        };
        let folder = self.home.dataset(&dataset.id)?;
        let question = question(&folder, dataset, args, query);
        if let Some(known) = self.cache.found.get(&question) {
            self.jobs.never_begins(args.job.as_deref());
            return Ok(known);
        }
        let job = NewJob::new(JobKind::Search, &dataset.name).id_of_call(args.job.clone()).claims(Claim::Search);
        self.jobs.run(job.on(ItemKind::Dataset, &dataset.id), |job| {
            // The search before may have been for the same.
            if let Some(known) = self.cache.found.get(&question) {
                return Ok(known);
            }
            let numbers: Vec<u32> = match &query.finding {
                Some(kind) => {
                    let rows = self.finding(dataset, kind)?.map(|finding| finding.rows).unwrap_or_default();
                    rows.into_iter().filter(on_side).collect()
                }
                None => (0..all.len() as u32).filter(on_side).collect(),
            };
            let note = say!("job-searching", "Looking through the rows");
            let progress: Progress = &mut |done, total| job.rows(&note, done, total);
            let rows = match (RowQuery { finding: None, ..query.clone() }) == RowQuery::default() {
                true => numbers,
                false => look(&mut RowReader::open(&folder.rows())?, all, numbers, query, progress)?,
            };
            Ok(self.cache.found.keep(question, rows))
        })
    }
}

/// What an answer is to. Of a finding there is none before the doctor has been there, and then another.
fn question(folder: &DatasetFolder, dataset: &Dataset, args: &DatasetRows, query: &RowQuery) -> String {
    let checked = query.finding.is_some() && folder.report(dataset.number).exists();
    format!("{} {checked} {:?} {query:?}", folder.version(dataset.number).display(), args.split)
}

/// Those of the rows with these numbers that a person looks for.
fn look(
    reader: &mut RowReader,
    all: &[RowRef],
    mut numbers: Vec<u32>,
    query: &RowQuery,
    progress: Progress,
) -> Result<Vec<u32>, WireError> {
    // After a shuffle, too, the file is read from its beginning to its end.
    numbers.sort_by_key(|number| all[*number as usize].at);
    let text = query.text.to_lowercase();
    let prefilter = Prefilter::of(&text);
    let from_file = query.file.is_some() || query.line.is_some();
    let mut found = Vec::new();
    let mut unasked = BYTES_BETWEEN;
    for (done, &number) in numbers.iter().enumerate() {
        let entry = &all[number as usize];
        unasked += u64::from(entry.bytes);
        if unasked >= BYTES_BETWEEN {
            unasked = 0;
            if progress(done as u64, numbers.len() as u64).is_break() {
                return Err(cancelled());
            }
        }
        let bytes = reader.bytes(entry)?;
        // Where it came from is read in a fraction of the time that the whole row takes.
        // A row that is damaged is told when it is read whole.
        let of_file = || serde_json::from_slice::<Origin>(bytes).map_or(true, |origin| origin.fits(query));
        if prefilter.may_match(bytes) && (!from_file || of_file()) && fits(&reader.row(entry)?, query, &text) {
            found.push(number);
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Where a row came from, and nothing else of it.
#[derive(Deserialize)]
struct Origin<'a> {
    #[serde(borrow)]
    file: Cow<'a, str>,
    line: u64,
}

impl Origin<'_> {
    fn fits(&self, query: &RowQuery) -> bool {
        query.line.is_none_or(|line| self.line == line) && query.file.as_ref().is_none_or(|file| self.file == *file)
    }
}

fn fits(row: &ImportedRow, query: &RowQuery, text: &str) -> bool {
    let messages = messages(&row.example);
    let characters = || messages.iter().map(|message| message.content.chars().count() as u64).sum::<u64>();
    query.role.as_ref().is_none_or(|role| messages.iter().any(|message| message.role == *role))
        && query.least_characters.is_none_or(|least| characters() >= least)
        && query.most_characters.is_none_or(|most| characters() <= most)
        && (text.is_empty() || messages.iter().any(|message| says(message, text)))
}

/// Whether a message says a text, or thinks it before.
fn says(message: &RowMessage, text: &str) -> bool {
    let reasoning = message.reasoning.as_deref().unwrap_or_default();
    message.content.to_lowercase().contains(text) || reasoning.to_lowercase().contains(text)
}
