//! When the validation rows are measured, and how many of them: where the user left the choice to us, measuring takes about a
//! tenth of the run.

use std::path::Path;

use serde::{Deserialize, Serialize};
use tunesmith_data::Tokens;
use tunesmith_protocol::AutoOr;

use crate::checkpoint;
use crate::run_folder::checkpoints;

/// A step computes forward and backward, which costs about three times as much as forward alone.
const STEP_COST: f64 = 3.0;
/// The share of the run that measuring may take.
const SHARE: f64 = 0.1;
/// How often a run is measured where time allows, beside the one before the first step.
const OFTEN: u32 = 10;
/// How often it is measured before rows are saved rather than measurements.
const SELDOM: u32 = 3;
/// With fewer rows than this the loss would mostly be chance.
const FEWEST_ROWS: usize = 16;

/// How `auto` decides. A resumed run goes on by the rule that it was started with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EvaluationRule {
    /// Ten times a run, at least once an epoch, all rows.
    TenTimes,
    /// As often as a tenth of the run allows, at most ten times; of many rows only some.
    #[default]
    TenthOfTheRun,
}

impl EvaluationRule {
    /// The rule of the run in this folder; that of new runs where it has no checkpoint yet.
    pub fn of_run(run: &Path) -> Self {
        let checkpoints = checkpoints(run).unwrap_or_default();
        let states = checkpoints.into_iter().rev().map(|(_, folder)| checkpoint::state(&folder));
        states.flatten().next().map_or_else(Self::default, |state| state.inputs.evaluation())
    }
}

/// When the validation rows are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Evaluations {
    /// After so many steps each.
    pub every: u32,
    /// So many rows, spread over all that are held out.
    pub rows: usize,
}

/// The steps of a run, for their cost.
pub(crate) struct Steps {
    /// How many.
    pub count: u32,
    /// Of one epoch.
    pub per_epoch: u32,
    /// Tokens of all of them.
    pub tokens: f64,
}

impl Evaluations {
    /// What the setting asks for, or what `rule` decides. The rows come from the plan's counts alone, so a resumed run decides
    /// the same.
    pub fn decide(setting: AutoOr, rule: EvaluationRule, validation: &[Tokens], steps: &Steps) -> Self {
        let all = validation.len();
        let at_most = steps.count.div_ceil(OFTEN).min(steps.per_epoch).max(1);
        match (setting, rule) {
            (AutoOr::Steps(every), _) => Self { every, rows: all },
            (AutoOr::Auto, EvaluationRule::TenTimes) => Self { every: at_most, rows: all },
            (AutoOr::Auto, EvaluationRule::TenthOfTheRun) => Self::within_budget(validation, steps, at_most),
        }
    }

    fn within_budget(validation: &[Tokens], steps: &Steps, at_most: u32) -> Self {
        let all = validation.len();
        let tokens: usize = validation.iter().map(|row| row.ids.len()).sum();
        // Measuring costs a tenth of the whole, a ninth of the steps.
        let affordable = steps.tokens * STEP_COST * SHARE / (1.0 - SHARE) / (tokens.max(1) as f64);
        let times = (affordable - 1.0).floor();
        if times >= f64::from(SELDOM) {
            let every = (f64::from(steps.count) / times).round() as u32;
            return Self { every: every.max(at_most), rows: all };
        }
        let rows = (affordable / f64::from(SELDOM + 1) * all as f64).ceil() as usize;
        let every = steps.count.div_ceil(SELDOM).max(at_most);
        Self { every, rows: rows.clamp(FEWEST_ROWS.min(all), all) }
    }

    /// The rows that are measured.
    pub fn measured<'a>(&self, validation: &'a [Tokens]) -> impl Iterator<Item = &'a Tokens> + use<'a> {
        let (rows, all) = (self.rows, validation.len());
        (0..rows).map(move |row| &validation[row * all / rows])
    }
}
