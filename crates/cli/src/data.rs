//! `tunesmith data`.

use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use tunesmith_protocol::{Format, LearnFrom, Mapping, Validation};
use tunesmith_studio::{Counting, DataFacts, data_facts};

use crate::speaker::model_folder;
use crate::{Ended, Out};

/// Problems shown to people; scripts get all.
const PROBLEMS_SHOWN: usize = 10;
/// The batch size of a new run.
const BATCH_SIZE: u32 = 2;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Say what dataset files hold: rows read, kept and dropped, and why
    Inspect(Inspect),
}

#[derive(Args)]
pub(crate) struct Inspect {
    /// Dataset files and folders: .jsonl, .json, .csv, .tsv, .parquet, .txt, .md, also .gz and .zst
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The shape of a row
    #[arg(long, value_enum, default_value = "auto")]
    format: FormatWord,
    /// The column that stands for a part of a row, such as prompt=question; can be given several times
    #[arg(long = "column", value_name = "PART=COLUMN", value_parser = part)]
    columns: Vec<(String, String)>,
    /// Count tokens as this model does: an id of `tunesmith models list`, or a folder
    #[arg(long, value_name = "ID|DIR")]
    model: Option<String>,
    /// Count rows longer than this many tokens (with --model)
    #[arg(long, value_name = "N", default_value_t = 1024)]
    max_length: u32,
}

fn part(text: &str) -> Result<(String, String), String> {
    let (part, column) = text.split_once('=').ok_or("write it as PART=COLUMN, such as prompt=question")?;
    Ok((part.trim().into(), column.into()))
}

/// The words of `--format`.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum FormatWord {
    /// Recognised from the rows
    Auto,
    /// messages: [{role, content}]
    Chat,
    /// instruction, input, output
    Instruction,
    /// prompt, completion
    Completion,
    /// text
    Text,
    /// prompt, chosen, rejected
    Preference,
    /// prompt, completion, label: true or false
    Unpaired,
    /// text, label
    Classification,
}

impl From<FormatWord> for Format {
    fn from(word: FormatWord) -> Self {
        match word {
            FormatWord::Auto => Self::Auto,
            FormatWord::Chat => Self::Chat,
            FormatWord::Instruction => Self::Instruction,
            FormatWord::Completion => Self::Completion,
            FormatWord::Text => Self::Text,
            FormatWord::Preference => Self::Preference,
            FormatWord::Unpaired => Self::Unpaired,
            FormatWord::Classification => Self::Classification,
        }
    }
}

pub(crate) fn inspect(arguments: &Inspect, out: &Out) -> anyhow::Result<Ended> {
    let mapping = Mapping { format: arguments.format.into(), columns: arguments.columns.iter().cloned().collect() };
    let renderer = match &arguments.model {
        Some(model) => Some(tunesmith_studio::open_renderer(&model_folder(model)?)?),
        None => None,
    };
    let counting = renderer.as_deref().map(|renderer| Counting {
        renderer,
        learn_from: LearnFrom::Assistant,
        batch_size: BATCH_SIZE,
        max_length: arguments.max_length,
    });
    let go_on = &mut |_: &str, _, _| ControlFlow::Continue(());
    let facts = data_facts(&arguments.files, &mapping, &Validation::Auto, counting, go_on)?;
    let tokens = facts.tokens.as_ref().map(|(tokens, _)| tokens);
    let cuts = facts.tokens.as_ref().map(
        |(_, cuts)| json!({ "max_length": arguments.max_length, "rows": cuts.rows_cut, "answers": cuts.answers_cut }),
    );
    out.json(&json!({
        "format": facts.dataset.format,
        "reason": facts.dataset.reason,
        "columns": facts.dataset.columns,
        "mapping": facts.dataset.mapping,
        "rows_read": facts.dataset.rows_read,
        "rows_kept": facts.dataset.rows_kept,
        "rows_dropped": facts.dataset.rows_dropped,
        "dropped_because": facts.dataset.dropped_because,
        "system_prompt": facts.dataset.system_prompt,
        "training_rows": facts.dataset.training_rows,
        "validation_rows": facts.dataset.validation_rows,
        "version": facts.dataset.version,
        "problems": facts.problems,
        "findings": facts.report.findings,
        "distributions": facts.report.distributions,
        "tokens": tokens,
        "cuts": cuts,
    }));
    if !out.is_json() {
        tell(&facts, arguments.max_length, out);
    }
    Ok(Ended::Done)
}

fn tell(facts: &DataFacts, max_length: u32, out: &Out) {
    let DataFacts { dataset, problems, report, tokens } = facts;
    out.line(format!("Format: {} ({})", dataset.format.word(), dataset.reason));
    out.line(format!("Rows: {} read, {} kept, {} dropped", dataset.rows_read, dataset.rows_kept, dataset.rows_dropped));
    for because in &dataset.dropped_because {
        out.line(format!("  {} dropped: {}", because.count, because.what));
    }
    for problem in problems.iter().take(PROBLEMS_SHOWN) {
        out.line(format!("  {}:{}: {}", problem.file, problem.line, problem.message));
    }
    if problems.len() > PROBLEMS_SHOWN {
        out.line(format!("  … and {} more; --json lists all", problems.len() - PROBLEMS_SHOWN));
    }
    out.line(format!("Split: {} to learn from, {} held out", dataset.training_rows, dataset.validation_rows));
    if report.findings.is_empty() {
        out.line("The doctor found nothing");
    }
    for finding in &report.findings {
        out.line(format!("  {}: {}. {}", finding.kind, finding.sentence, finding.advice));
    }
    if let Some((tokens, cuts)) = tokens {
        let within = |percent| {
            let found = tokens.percentiles.iter().find(|known| known.percent == percent);
            found.map_or(0, |known| known.tokens)
        };
        out.line(format!("Tokens: {} in all, {} learned", tokens.tokens, tokens.learned_tokens));
        let (median, p95) = (within(50), within(95));
        out.line(format!("Row length: median {median}, 95 % within {p95}, longest {}", tokens.longest));
        out.line(format!(
            "Longer than {max_length} tokens: {} rows; {} answers are cut",
            cuts.rows_cut, cuts.answers_cut
        ));
        if tokens.failed > 0 {
            out.line(format!("{} rows cannot be said with this model's chat template", tokens.failed));
        }
    }
}
