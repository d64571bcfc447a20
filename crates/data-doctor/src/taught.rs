//! Rows of which a run learns nothing, and whether enough other rows are left.

use crate::finding::{Finding, FindingKind, Severity};
use crate::seen_rows::SeenRows;
use tunesmith_data::Example;
use tunesmith_protocol::Split;
use tunesmith_sentence::say;

/// The minimum of OpenAI and Azure, and the number that OpenAI advises to start with.
const LEAST_ROWS: usize = 10;
const ROWS_TO_START: usize = 50;

/// The rows of which nothing is learned.
#[derive(Default)]
pub(crate) struct Taught {
    nothing: Vec<u32>,
}

impl Taught {
    pub(crate) fn look(&mut self, index: u32, example: &Example) {
        if !teaches(example) {
            self.nothing.push(index);
        }
    }

    pub(crate) fn findings(self, seen: &SeenRows) -> Vec<Finding> {
        let to_learn = seen.count(Split::Training);
        let idle = self.nothing.iter().filter(|index| seen.split(**index) == Split::Training).count();
        let nothing = (!self.nothing.is_empty()).then(|| nothing_taught(seen.numbers(&self.nothing)));
        nothing.into_iter().chain(too_few(to_learn - idle)).collect()
    }
}

/// Whether a run learns anything of a row, under the setting to learn from answers.
fn teaches(example: &Example) -> bool {
    match example.taught().as_deref() {
        Some(Example::Chat { messages, .. }) => {
            messages.iter().any(|message| message.role == "assistant" && message.weight != Some(0.0))
        }
        said => said.is_some(),
    }
}

fn nothing_taught(rows: Vec<u32>) -> Finding {
    let sentence = say!(
        "doctor-nothing-taught", rows;
        "1 row only shows what not to say (judged bad, or all answers with the weight 0), so a run leaves it out",
        "{rows} rows only show what not to say (judged bad, or all answers with the weight 0), so a run leaves them out",
        rows = rows.len()
    );
    let advice = say!(
        "doctor-nothing-taught-advice",
        "Fine if that is meant: they are kept, and runs learn from the other rows"
    );
    Finding::new(FindingKind::NothingTaught, Severity::Note, rows, sentence, advice)
}

fn too_few(rows: usize) -> Option<Finding> {
    let severity = match rows {
        ..LEAST_ROWS => Severity::Warning,
        LEAST_ROWS..ROWS_TO_START => Severity::Note,
        _ => return None,
    };
    let sentence = match rows {
        0 => say!("doctor-no-rows", "There is no row to learn from"),
        _ => say!(
            "doctor-few-rows", rows;
            "There is only 1 row to learn from, which is little",
            "There are only {rows} rows to learn from, which is little",
            rows
        ),
    };
    let advice = say!("doctor-few-rows-advice", "Start with 50 to 100 good rows; OpenAI and Azure ask for 10 at least");
    Some(Finding::new(FindingKind::TooFewRows, severity, Vec::new(), sentence, advice))
}
