//! From examples to the tokens of a run, both sides of a dataset alike, remembered for the next preview.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tunesmith_data::{Example, PrepareError, Prepared, Render, prepare};
use tunesmith_protocol::{Dataset, Split, TrainSettings, WireError};

use crate::{Studio, datasets, models};

/// How far a preparation is: rows done, rows in all. `Break` cancels.
pub(crate) type Preparing<'a> = &'a mut dyn FnMut(u64, u64) -> ControlFlow<()>;

/// Both sides of a dataset in a model's tokens.
pub(crate) struct Sides {
    pub training: Prepared,
    pub validation: Prepared,
}

/// What tokens depend on.
#[derive(Clone, PartialEq)]
struct Key {
    version: String,
    model: String,
    settings: String,
}

/// The latest preparation: a start follows its preview, and a preview the last one.
#[derive(Default)]
pub(crate) struct Latest {
    sides: Mutex<Option<(Key, Arc<Sides>)>>,
}

impl Latest {
    /// The tokens of a dataset, prepared anew when dataset, model or length settings are others than the last time.
    pub fn get(
        &self,
        studio: &Studio,
        dataset: &Dataset,
        model: &Path,
        renderer: &dyn Render,
        settings: &TrainSettings,
        progress: Preparing<'_>,
    ) -> Result<Arc<Sides>, WireError> {
        let (version, model) = (dataset.version.clone(), models::fingerprint(model)?);
        let key = Key { version, model, settings: what_counts(settings) };
        let known = self.lock().clone();
        if let Some((_, sides)) = known.filter(|(known, _)| *known == key) {
            return Ok(sides);
        }
        let training = datasets::examples(studio, dataset, Split::Training)?;
        let validation = datasets::examples(studio, dataset, Split::Validation)?;
        let sides = Arc::new(both(&training, &validation, renderer, settings, progress)?);
        *self.lock() = Some((key, sides.clone()));
        Ok(sides)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(Key, Arc<Sides>)>> {
        self.sides.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Prepares both sides.
pub(crate) fn both(
    training: &[Example],
    validation: &[Example],
    renderer: &dyn Render,
    settings: &TrainSettings,
    progress: Preparing<'_>,
) -> Result<Sides, WireError> {
    let total = (training.len() + validation.len()) as u64;
    let done = training.len() as u64;
    let training = prepare(training, renderer, settings, &mut |rows, _| progress(rows, total))?;
    let validation = match prepare(validation, renderer, settings, &mut |rows, _| progress(done + rows, total)) {
        // Nothing held out, or nothing in it that counts: then there is no validation loss.
        Err(PrepareError::Empty | PrepareError::NoLearnableToken { .. }) => Prepared::default(),
        other => other?,
    };
    Ok(Sides { training, validation })
}

fn what_counts(settings: &TrainSettings) -> String {
    let TrainSettings { task, max_length, too_long, learn_from, .. } = settings;
    format!("{} {max_length} {} {}", task.word(), too_long.word(), learn_from.word())
}
