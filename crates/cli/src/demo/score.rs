//! What came of each sample: figures for a row of the table, and whether they convince.

use std::fs;
use std::path::Path;

use serde::Serialize;
use serde_json::json;
use tunesmith_data::AnswerScore;
use tunesmith_protocol::EvaluatedAnswer;
use tunesmith_sentence::{Sentence, say};

use crate::data::template::unwritten;
use crate::language::translate;
use crate::{Out, table};

/// What a sample must reach on its held-out rows: this share of them exactly right, or this token F1, where the base
/// model has less than the last.
const EXACT: f64 = 0.4;
const F1: f64 = 0.85;
const BASE: f64 = 0.2;
/// How long its training may take, in seconds, on two cores that do nothing else.
const LONGEST: f64 = 180.0;

/// One sample tuned with one preset.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Tried {
    pub sample: String,
    pub preset: String,
    pub base: Figures,
    pub tuned: Figures,
    /// Weights that were trained.
    pub parameters: u64,
    /// How long it was said to take before it began; none where it had begun before.
    #[serde(skip)]
    pub foretold_seconds: Option<f64>,
    /// How long the training took, or would have taken at most on cores that do nothing else: it cannot take longer
    /// there than the processor was busy with it.
    pub seconds: f64,
}

/// How long the processor has been busy with this process; none where the system does not say.
pub(super) fn processor_seconds() -> Option<f64> {
    // The kernel counts in hundredths of a second here on every platform.
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let numbers: Vec<f64> =
        stat.rsplit(')').next()?.split_whitespace().skip(11).take(2).map_while(|field| field.parse().ok()).collect();
    (numbers.len() == 2).then(|| numbers.iter().sum::<f64>() / 100.0)
}

/// How good the answers to the held-out rows are.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Figures {
    /// The share of rows exactly right.
    pub exact: f64,
    /// Over words and signs.
    pub f1: f64,
    /// Answers more than twice as long as the longest expected one.
    pub endless: u64,
    pub rows: u64,
}

impl Figures {
    pub(super) fn of(answers: &[EvaluatedAnswer]) -> Self {
        let mut score = AnswerScore::default();
        answers.iter().for_each(|answer| score.add(&answer.expected, &answer.text));
        let longest = answers.iter().map(|answer| answer.expected.len()).max().unwrap_or(0);
        let endless = answers.iter().filter(|answer| answer.text.len() > 2 * longest).count() as u64;
        let in_thousandths = |share: f64| (share * 1000.0).round() / 1000.0;
        let (exact, f1) = (in_thousandths(score.exact_share()), in_thousandths(score.f1()));
        Self { exact, f1, endless, rows: score.rows }
    }
}

impl Tried {
    /// A line of JSON for scripts.
    pub(super) fn line(&self) -> serde_json::Value {
        json!({
            "type": "scores", "sample": self.sample, "preset": self.preset, "base": self.base, "tuned": self.tuned,
            "parameters": self.parameters, "foretold_seconds": self.foretold_seconds, "seconds": self.seconds,
        })
    }

    /// What keeps it from convincing; none where nothing does.
    pub(super) fn shortcoming(&self) -> Option<Sentence> {
        let Self { sample, preset, base, tuned, seconds, .. } = self;
        let learned = (tuned.exact >= EXACT && base.exact < BASE) || (tuned.f1 >= F1 && base.f1 < BASE);
        if !learned {
            return Some(say!(
                "shell-demo-not-learned",
                "{sample} with {preset}: too few held-out rows are right",
                sample,
                preset
            ));
        }
        if tuned.endless > 0 {
            let endless = tuned.endless;
            return Some(say!(
                "shell-demo-endless",
                endless;
                "{sample} with {preset}: 1 answer does not end",
                "{sample} with {preset}: {endless} answers do not end",
                sample, preset, endless
            ));
        }
        (*seconds > LONGEST).then(|| {
            let time = table::duration(*seconds);
            say!("shell-demo-slow", "{sample} with {preset}: training took {time}", sample, preset, time)
        })
    }
}

/// Prints the table sample × preset.
pub(super) fn tell(tried: &[Tried], out: &Out) {
    let heading = [
        say!("shell-demo-sample", "Sample"),
        say!("shell-demo-preset", "Preset"),
        say!("shell-demo-exact", "Exactly right"),
        say!("shell-demo-base", "before"),
        say!("shell-demo-f1", "Token F1"),
        say!("shell-demo-base", "before"),
        say!("shell-demo-trained", "Weights trained"),
        say!("shell-demo-time", "Training time"),
    ];
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    let row = |tried: &Tried| {
        let Tried { sample, preset, base, tuned, parameters, seconds, .. } = tried;
        let figures =
            [percent(tuned.exact), percent(base.exact), format!("{:.2}", tuned.f1), format!("{:.2}", base.f1)];
        let names = [sample.clone(), preset.clone()];
        let rest = [table::count(*parameters), table::duration(*seconds)];
        names.into_iter().chain(figures).chain(rest).collect()
    };
    let heading = heading.iter().map(translate).collect();
    out.table(&[vec![heading], tried.iter().map(row).collect()].concat());
}

/// Writes the table as JSON, each row with the fingerprint of what it was measured with.
pub(super) fn write(path: &Path, tried: &[Tried]) -> anyhow::Result<()> {
    let row = |tried: &Tried| -> anyhow::Result<serde_json::Value> {
        let mut row = serde_json::to_value(tried)?;
        row["fingerprint"] = json!(tunesmith_studio::samples::fingerprint(&tried.sample)?);
        Ok(row)
    };
    let rows = tried.iter().map(row).collect::<anyhow::Result<Vec<_>>>()?;
    fs::write(path, format!("{}\n", serde_json::to_string_pretty(&rows)?)).map_err(|error| unwritten(path, &error))?;
    Ok(())
}
