//! From examples to the tokens of a run, training and validation alike, kept for the next preview.

use std::ops::ControlFlow;
use std::sync::Arc;

use parking_lot::Mutex;
use tunesmith_data::{Example, PrepareError, Prepared, Render, RenderedRows, learned_in, render_rows};
use tunesmith_protocol::{LearnFrom, Split, TrainSettings, WireError};
use tunesmith_sentence::{Sentence, say};

use super::template_check::{row_name, told};
use super::unused;
use crate::home::ModelFiles;
use crate::pool::fingerprint;

/// How far a preparation is: rows done, rows in all. `Break` cancels.
pub(crate) type Preparing<'a> = &'a mut dyn FnMut(u64, u64) -> ControlFlow<()>;

/// Where the rows of a dataset's version come from.
pub(crate) struct RowSource<'a> {
    /// The hash of the version.
    pub version: &'a str,
    pub examples: &'a dyn Fn(Split) -> Result<Vec<Example>, WireError>,
    pub place: PlaceOf<'a>,
}

/// The file and the line that a row on one side, counted from 1, came from; none if that cannot be looked up.
pub(crate) type PlaceOf<'a> = &'a dyn Fn(Split, u64) -> Option<(String, u64)>;

/// Training and validation rows in a model's tokens.
pub(crate) struct SplitTokens {
    pub training: Prepared,
    pub validation: Prepared,
    /// The tokens that a row has at most.
    pub limit: u32,
    /// What the model's template makes of the rows: those that it refuses, what it does not show, and where a chat will ask
    /// otherwise.
    pub remarks: Vec<Sentence>,
}

/// The settings by which rows are cut for a model that reads so many tokens at most.
pub(crate) fn within_context(settings: &TrainSettings, context: u32) -> TrainSettings {
    // A config that does not say how much its model reads says 0.
    let max_length = if context > 0 { settings.max_length.min(context) } else { settings.max_length };
    TrainSettings { max_length, ..settings.clone() }
}

/// The same before the length rule.
struct Rendered {
    training: RenderedRows,
    validation: Option<RenderedRows>,
    remarks: Vec<Sentence>,
}

/// What tokens depend on before a limit cuts them.
#[derive(Clone, PartialEq)]
struct Key {
    version: String,
    model: String,
    learn_from: LearnFrom,
}

/// The latest tokens: a start follows its preview, and a preview the last one. Another limit needs no tokenizer.
#[derive(Default)]
pub(crate) struct TokenCache {
    latest: Mutex<Option<(Key, Arc<Rendered>)>>,
}

impl TokenCache {
    /// The tokens of a dataset, made anew when dataset, model or what is learned of a row are others than the last time.
    pub fn get(
        &self,
        rows: &RowSource<'_>,
        model: &ModelFiles,
        renderer: &dyn Render,
        settings: &TrainSettings,
        progress: Preparing<'_>,
    ) -> Result<SplitTokens, WireError> {
        let learn_from = learned_in(settings);
        let key = Key { version: rows.version.into(), model: fingerprint(model)?, learn_from };
        let known = self.latest.lock().clone().filter(|(known, _)| *known == key);
        let rendered = match known {
            Some((_, rendered)) => rendered,
            None => {
                let (training, validation) = ((rows.examples)(Split::Training)?, (rows.examples)(Split::Validation)?);
                let rendered = Arc::new(render(&training, &validation, renderer, learn_from, rows.place, progress)?);
                *self.latest.lock() = Some((key, rendered.clone()));
                rendered
            }
        };
        fit(&rendered, settings)
    }
}

/// Prepares training and validation rows.
pub(crate) fn prepare_split(
    training: &[Example],
    validation: &[Example],
    renderer: &dyn Render,
    settings: &TrainSettings,
    place: PlaceOf<'_>,
    progress: Preparing<'_>,
) -> Result<SplitTokens, WireError> {
    fit(&render(training, validation, renderer, learned_in(settings), place, progress)?, settings)
}

fn render(
    training: &[Example],
    validation: &[Example],
    renderer: &dyn Render,
    learn_from: LearnFrom,
    place: PlaceOf<'_>,
    progress: Preparing<'_>,
) -> Result<Rendered, WireError> {
    let total = (training.len() + validation.len()) as u64;
    let done = training.len() as u64;
    let rows = (training, validation);
    let training = render_rows(training, renderer, learn_from, &mut |rows, _| progress(rows, total))?;
    let validation = match render_rows(validation, renderer, learn_from, &mut |rows, _| progress(done + rows, total)) {
        // Nothing is held out: then there is no validation loss.
        Err(PrepareError::Empty) => None,
        other => Some(other?),
    };
    let sides = [(Split::Training, Some(&training)), (Split::Validation, validation.as_ref())];
    let refused = refused(&sides, place);
    let judged_bad = training.untaught() + validation.as_ref().map_or(0, RenderedRows::untaught);
    let unused = unused::told(rows.0, rows.1, judged_bad);
    let found = told(training.check(), &|row| row_name(place(Split::Training, row), row));
    Ok(Rendered { remarks: refused.into_iter().chain(unused).chain(found).collect(), training, validation })
}

/// Which rows the model's template refuses, of which the first is named.
fn refused(sides: &[(Split, Option<&RenderedRows>)], place: PlaceOf<'_>) -> Option<Sentence> {
    let all = || sides.iter().filter_map(|(split, rows)| Some((*split, (*rows)?.refused())));
    let rows: usize = all().map(|(_, refused)| refused.len()).sum();
    let (split, first) = all().find_map(|(split, refused)| Some((split, refused.first()?.clone())))?;
    let first = match place(split, first.row) {
        Some((file, line)) => {
            say!("run-row-in-line", "line {line} of {file}: {why}", line, file, why = first.why)
        }
        None => say!("run-row-numbered", "row {row}: {why}", row = first.row, why = first.why),
    };
    Some(say!(
        "run-rows-refused", rows;
        "1 row is left out, {first}", "{rows} rows are left out; the first, {first}", rows, first
    ))
}

fn fit(rendered: &Rendered, settings: &TrainSettings) -> Result<SplitTokens, WireError> {
    let training = rendered.training.fit(settings)?;
    let validation = match rendered.validation.as_ref().map(|validation| validation.fit(settings)) {
        None => Prepared::default(),
        // Nothing in it counts: then there is no validation loss.
        Some(Err(PrepareError::NoLearnableToken { .. } | PrepareError::AllRefused { .. })) => {
            let refused = rendered.validation.as_ref().map(RenderedRows::refused).unwrap_or_default();
            Prepared { refused, ..Prepared::default() }
        }
        Some(other) => other?,
    };
    Ok(SplitTokens { training, validation, limit: settings.max_length, remarks: rendered.remarks.clone() })
}
