//! From examples to the tokens of a run, training and validation alike, kept for the next preview.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use tunesmith_data::{Example, PrepareError, Prepared, Render, RenderedRows, learned_in, render_rows};
use tunesmith_protocol::{LearnFrom, Split, TrainSettings, WireError};

use crate::pool::fingerprint;

/// How far a preparation is: rows done, rows in all. `Break` cancels.
pub(crate) type Preparing<'a> = &'a mut dyn FnMut(u64, u64) -> ControlFlow<()>;

/// Where the rows of a dataset's version come from.
pub(crate) struct RowSource<'a> {
    /// The hash of the version.
    pub version: &'a str,
    pub examples: &'a dyn Fn(Split) -> Result<Vec<Example>, WireError>,
}

/// Training and validation rows in a model's tokens.
pub(crate) struct SplitTokens {
    pub training: Prepared,
    pub validation: Prepared,
}

/// The same before the length rule.
struct Rendered {
    training: RenderedRows,
    validation: Option<RenderedRows>,
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
        model: &Path,
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
                let rendered = Arc::new(render(&training, &validation, renderer, learn_from, progress)?);
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
    progress: Preparing<'_>,
) -> Result<SplitTokens, WireError> {
    fit(&render(training, validation, renderer, learned_in(settings), progress)?, settings)
}

fn render(
    training: &[Example],
    validation: &[Example],
    renderer: &dyn Render,
    learn_from: LearnFrom,
    progress: Preparing<'_>,
) -> Result<Rendered, WireError> {
    let total = (training.len() + validation.len()) as u64;
    let done = training.len() as u64;
    let training = render_rows(training, renderer, learn_from, &mut |rows, _| progress(rows, total))?;
    let validation = match render_rows(validation, renderer, learn_from, &mut |rows, _| progress(done + rows, total)) {
        // Nothing is held out: then there is no validation loss.
        Err(PrepareError::Empty) => None,
        other => Some(other?),
    };
    Ok(Rendered { training, validation })
}

fn fit(rendered: &Rendered, settings: &TrainSettings) -> Result<SplitTokens, WireError> {
    let training = rendered.training.fit(settings)?;
    let validation = match rendered.validation.as_ref().map(|validation| validation.fit(settings)) {
        // Nothing in it counts: then there is no validation loss.
        None | Some(Err(PrepareError::NoLearnableToken { .. })) => Prepared::default(),
        Some(other) => other?,
    };
    Ok(SplitTokens { training, validation })
}
