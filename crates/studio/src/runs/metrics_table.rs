//! What a run measured as a table for spreadsheets and notebooks: one line a step, as CSV. All of it are numbers, so
//! nothing has to be quoted.

use std::collections::BTreeMap;
use std::fmt::Write;

use tunesmith_protocol::{RunRecord, StepMetrics};

use crate::home::RunFolder;
use crate::home::journal::Tail;

const HEAD: &str = "step,epoch,training_loss,validation_loss,learning_rate,gradient_norm,learned_tokens,\
                    tokens_per_second,elapsed_seconds\n";

/// The measurements of one step. Step 0 is before the first and has only a validation loss.
#[derive(Default)]
struct Line {
    metrics: Option<StepMetrics>,
    validation_loss: Option<f64>,
}

/// The table of a run as its records tell it; what a rewind took back is not in it.
pub(super) fn metrics_csv(folder: &RunFolder) -> Vec<u8> {
    let mut lines: BTreeMap<u32, Line> = BTreeMap::new();
    Tail::new(folder.metrics(), 0).read_all(|_, record| match record {
        RunRecord::Step(metrics) => {
            let step = metrics.step;
            lines.entry(step).or_default().metrics = Some(metrics);
        }
        RunRecord::Eval { step, loss, .. } => lines.entry(step).or_default().validation_loss = Some(loss),
        RunRecord::Rewind { step } => lines.retain(|at, _| *at <= step),
        _ => {}
    });
    let mut text = HEAD.to_owned();
    for (step, line) in &lines {
        write_line(&mut text, *step, line);
    }
    text.into_bytes()
}

fn write_line(text: &mut String, step: u32, Line { metrics, validation_loss }: &Line) {
    let validation = validation_loss.map_or_else(String::new, |loss| loss.to_string());
    let written = match metrics {
        None => writeln!(text, "{step},,,{validation},,,,,"),
        Some(at) => writeln!(
            text,
            "{step},{},{},{validation},{},{},{},{},{}",
            at.epoch,
            at.loss,
            at.learning_rate,
            at.grad_norm,
            at.learned_tokens,
            at.tokens_per_second,
            at.elapsed_ms as f64 / 1000.0
        ),
    };
    debug_assert!(written.is_ok(), "a text can always be written to");
}
