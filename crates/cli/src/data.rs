//! `tunesmith data`: what dataset files hold, as the window shows it.

mod repair;
mod tell;
pub(crate) mod template;

use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use tunesmith_data::part_names;
use tunesmith_protocol::{ErrorCode, Format, LearnFrom, Mapping, Validation, WireError};
use tunesmith_sentence::{NOTHING, say};
use tunesmith_studio::{Counting, DataFacts, data_facts, default_home};

use crate::home::{typed_name, typed_path};
use crate::interrupt::Interrupt;
use crate::language::translate;
use crate::out::WrongUsage;
use crate::{Ended, Out, show};
pub(crate) use repair::{Repair, repair};
pub(crate) use template::{Template, template};

/// The batch size of a new run.
const BATCH_SIZE: u32 = 2;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Say what dataset files hold: rows read, kept and dropped, and why
    Inspect(Inspect),
    /// Write a file that shows a shape of rows, to be filled in
    Template(Template),
    /// Repair all that one click repairs in the window, and write the rows to a new file
    Repair(Repair),
}

/// Which files are read, and how.
#[derive(Args)]
pub(crate) struct Rows {
    /// Dataset files and folders: .jsonl, .json, .csv, .tsv, .xlsx, .parquet, .txt, .md, also .gz and .zst
    #[arg(required = true, value_parser = typed_path())]
    files: Vec<PathBuf>,
    /// The shape of a row
    #[arg(long, value_enum, default_value = "auto")]
    format: FormatWord,
    /// The column that stands for a part of a row, such as prompt=question; can be given several times
    #[arg(long = "column", value_name = "PART=COLUMN", value_parser = part)]
    columns: Vec<(String, String)>,
    /// The sheet of a workbook; its first one with rows where this is not given
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
}

impl Rows {
    fn mapping(&self) -> Result<Mapping, WrongUsage> {
        check_parts(self.format.into(), &self.columns)?;
        Ok(Mapping {
            format: self.format.into(),
            columns: self.columns.iter().cloned().collect(),
            sheet: self.sheet.clone(),
        })
    }
}

#[derive(Args)]
pub(crate) struct Inspect {
    #[command(flatten)]
    rows: Rows,
    /// Count tokens as this model does: an id of `tunesmith models list`, or a folder
    #[arg(long, value_name = "ID|DIR", value_parser = typed_name())]
    model: Option<String>,
    /// Count rows longer than this many tokens (with --model)
    #[arg(long, value_name = "N", default_value_t = 1024, requires = "model", value_parser = clap::value_parser!(u32).range(1..))]
    max_length: u32,
}

fn part(text: &str) -> Result<(String, String), String> {
    let wrong = || say!("shell-column-unclear", "write it as PART=COLUMN, such as prompt=question");
    let (part, column) = text.split_once('=').ok_or_else(|| translate(&wrong()))?;
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

/// Refuses columns for parts that rows of the format do not have.
fn check_parts(format: Format, columns: &[(String, String)]) -> Result<(), WrongUsage> {
    let repeated = |(at, (part, _)): &(usize, &(String, String))| columns[..*at].iter().any(|(other, _)| other == part);
    if let Some((_, (part, _))) = columns.iter().enumerate().find(repeated) {
        return Err(WrongUsage {
            message: say!("shell-part-twice", "--column: “{part}” is given twice", part),
            hint: say!("shell-part-twice-hint", "Name one column for each part of a row"),
        });
    }
    let known = part_names(format);
    match columns.iter().find(|(part, _)| !known.contains(&part.as_str())) {
        None => Ok(()),
        Some((part, _)) => Err(WrongUsage {
            message: say!("shell-part-unknown", "--column: a row has no part “{part}”", part),
            hint: say!("shell-part-unknown-hint", "Its parts are {parts}", parts = known.join(", ")),
        }),
    }
}

pub(crate) fn inspect(arguments: &Inspect, out: &Out) -> anyhow::Result<Ended> {
    let mapping = arguments.rows.mapping()?;
    let renderer = match &arguments.model {
        Some(model) => Some(tunesmith_studio::open_renderer(&default_home(), model)?),
        None => None,
    };
    let context = arguments.model.as_deref().map(|model| tunesmith_studio::context_length(&default_home(), model));
    // A run cuts rows at what the model reads.
    let max_length = context.transpose()?.filter(|context| *context > 0).unwrap_or(u32::MAX).min(arguments.max_length);
    let counting = renderer.as_deref().map(|renderer| Counting {
        renderer,
        learn_from: LearnFrom::Assistant,
        batch_size: BATCH_SIZE,
        max_length,
    });
    let Some(facts) = look(&arguments.rows.files, &mapping, counting)? else { return Ok(Ended::Interrupted) };
    let tokens = facts.tokens.as_ref().map(|(tokens, _)| tokens);
    let cuts = facts
        .tokens
        .as_ref()
        .map(|(_, cuts)| json!({ "max_length": max_length, "rows": cuts.rows_cut, "answers": cuts.answers_cut }));
    out.json(&json!({
        "format": facts.dataset.format,
        "reason": facts.dataset.reason,
        "remarks": facts.dataset.remarks,
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
        "all_repairs": facts.report.all_repairs,
        "tokens": tokens,
        "cuts": cuts,
        "model_remarks": facts.remarks,
    }));
    if !out.is_json() {
        tell::facts(&facts, max_length, out);
    }
    match facts.dataset.rows_kept {
        0 => Err(unusable().into()),
        _ => Ok(Ended::Done),
    }
}

/// An import would keep no row.
fn unusable() -> WireError {
    WireError::invalid(
        say!("shell-rows-unusable", "No row can be used"),
        say!(
            "shell-rows-unusable-hint",
            "Say which column is which part of a row with --column PART=COLUMN, or name the shape with --format"
        ),
    )
}

/// Reads and checks files with a bar; none once the user has stopped it.
fn look(files: &[PathBuf], mapping: &Mapping, counting: Option<Counting<'_>>) -> anyhow::Result<Option<DataFacts>> {
    let interrupt = Interrupt::listen(NOTHING)?;
    let bar = show::bar(0, "{msg} {wide_bar} {percent} %");
    let facts = data_facts(files, mapping, &Validation::Auto, counting, &mut |what, done, total| {
        show::advance(&bar, what, done, total);
        if interrupt.asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    bar.finish_and_clear();
    match facts {
        Err(error) if error.code == ErrorCode::Cancelled && interrupt.asked() => Ok(None),
        facts => Ok(Some(facts?)),
    }
}
