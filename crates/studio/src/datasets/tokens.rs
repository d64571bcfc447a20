//! A dataset through a base model's eyes: one row as tokens, and the lengths of all.

use std::cell::RefCell;
use std::ops::ControlFlow;

use tunesmith_data::{Example, ImportedRow, Length, LengthTable, Render, RenderError, TemplateCheck, suggested_epochs};
use tunesmith_protocol::{
    CountTokens, ItemKind, JobKind, LearnFrom, LengthBucket, Percentile, TokenCounts, WireError, Xray, XrayRow,
    XrayToken,
};
use tunesmith_sentence::{Sentence, say};

use super::Datasets;
use super::store::{RowReader, RowRef};
use crate::home::DatasetFolder;
use crate::ids;
use crate::jobs::{NewJob, cancelled};
use crate::planning::{row_name, told};
use crate::pool::fingerprint;

/// Rows handed to the model's tokenizer at once.
const ROWS_AT_ONCE: usize = 512;

impl Datasets {
    /// One row as tokens.
    pub fn xray(&self, args: &XrayRow) -> Result<Xray, WireError> {
        let (_, row) = self.row(&args.dataset, args.row)?;
        let renderer = self.models.renderer(&self.models.usable(&args.model)?)?;
        let seen = renderer.xray(&row.example, args.learn_from)?;
        let length = Length::of(&seen.row());
        let beyond = length.beyond(args.max_length);
        let token = |token: &tunesmith_data::XrayToken| XrayToken {
            id: token.id,
            text: token.text(),
            learned: token.learned,
            special: token.special,
            end_of_turn: token.end_of_turn,
        };
        Ok(Xray {
            tokens: seen.tokens.iter().map(token).collect(),
            learned: length.answers.iter().map(|answer| answer.len() as u32).sum(),
            cut: beyond.tokens,
            learned_cut: beyond.learned,
            answers_cut: beyond.answers,
        })
    }

    /// The lengths of all rows to learn from; counted once for a version and a model.
    pub fn count(&self, args: CountTokens) -> Result<TokenCounts, WireError> {
        let dataset = self.get(&args.dataset)?;
        let folder = self.home.dataset(&dataset.id)?;
        let model = self.models.usable(&args.model)?;
        let files = self.home.model_files(model.path.as_ref());
        let key = format!("{} {}", fingerprint(&files)?, args.learn_from.word());
        let path = folder.lengths(dataset.number, &ids::short_hash(key.as_bytes()));
        if let Some(known) = LengthTable::read(&path, &key) {
            self.jobs.never_begins(args.job.as_deref());
            return Ok(described(&known, args.batch_size));
        }
        let job = NewJob::new(JobKind::Count, &dataset.name).id_of_call(args.job).on(ItemKind::Dataset, &dataset.id);
        self.jobs.run(job, |job| {
            let renderer = self.models.renderer(&model)?;
            let all = self.entries(&dataset)?;
            let note = counting();
            let progress = &mut |done, total| job.rows(&note, done, total);
            let Lengths { table, .. } = lengths(&folder, &all, &*renderer, args.learn_from, progress)?;
            table.write(&path, &key)?;
            Ok(described(&table, args.batch_size))
        })
    }
}

/// What is being done where rows are counted.
pub(super) fn counting() -> Sentence {
    say!("job-counting-tokens", "Counting tokens")
}

/// The lengths of rows.
pub(crate) struct Lengths {
    pub table: LengthTable,
    /// The first row that cannot be rendered, and why.
    pub refused: Option<Sentence>,
    /// What the template makes of the others.
    pub remarks: Vec<Sentence>,
}

/// The lengths of the rows to learn from. `progress(done, total)` can cancel.
pub(crate) fn lengths(
    folder: &DatasetFolder,
    all: &[RowRef],
    renderer: &dyn Render,
    learn_from: LearnFrom,
    progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<Lengths, WireError> {
    let learned: Vec<_> = all.iter().filter(|entry| !entry.held_out).collect();
    let mut reader = RowReader::open(&folder.rows())?;
    let (mut table, mut refused, mut check) = (LengthTable::default(), None, TemplateCheck::default());
    for (number, some) in learned.chunks(ROWS_AT_ONCE).enumerate() {
        if progress((number * ROWS_AT_ONCE) as u64, learned.len() as u64).is_break() {
            return Err(cancelled());
        }
        let rows = some.iter().map(|entry| Ok(reader.row(entry)?.example));
        let examples = rows.collect::<Result<Vec<Example>, WireError>>()?;
        let rendered = renderer.rows(&examples, learn_from).map_err(|lost| lost.source)?;
        for (row, (entry, rendered)) in some.iter().zip(rendered).enumerate() {
            match &rendered {
                Ok(rendered) => check.add((number * ROWS_AT_ONCE + row) as u64, rendered),
                // That is how judged answers are.
                Err(RenderError::NothingTaught) => {}
                Err(error) if refused.is_none() => refused = Some(in_its_line(&reader.row(entry)?, error)),
                Err(_) => {}
            }
            table.push(rendered.ok().map(|rendered| Length::of(&rendered.tokens)));
        }
    }
    let reader = RefCell::new(reader);
    let place = |row: u64| {
        let row = reader.borrow_mut().row(learned.get(usize::try_from(row).ok()?)?).ok()?;
        Some((row.file, row.line))
    };
    Ok(Lengths { table, refused, remarks: told(&check, &|row| row_name(place(row), row + 1)) })
}

fn in_its_line(row: &ImportedRow, error: &RenderError) -> Sentence {
    say!("run-row-in-line", "line {line} of {file}: {why}", line = row.line, file = &row.file, why = error.sentence())
}

/// Groups of rows that a histogram shows.
const BUCKETS: u32 = 400;
const PERCENTILES: [u32; 4] = [50, 90, 95, 99];

/// What the screen and the shell are told.
pub(crate) fn described(table: &LengthTable, batch_size: u32) -> TokenCounts {
    let totals = table.totals();
    let bucket = |bucket: tunesmith_data::Bucket| LengthBucket {
        from: bucket.from,
        to: bucket.to,
        rows: bucket.rows,
        answers: bucket.answers_ending,
        tokens: bucket.tokens,
        learned_tokens: bucket.learned_tokens,
    };
    let lengths = table.percentiles(&PERCENTILES.map(f64::from));
    TokenCounts {
        rows: totals.rows,
        failed: totals.failed,
        answers: totals.answers,
        tokens: totals.tokens,
        learned_tokens: totals.learned_tokens,
        longest: totals.longest,
        buckets: table.histogram(BUCKETS).into_iter().map(bucket).collect(),
        percentiles: PERCENTILES
            .into_iter()
            .zip(lengths)
            .map(|(percent, tokens)| Percentile { percent, tokens })
            .collect(),
        suggested_epochs: suggested_epochs(totals.rows),
        padded_tokens: table.packing(u32::MAX, batch_size.max(1)).padded_tokens,
    }
}
