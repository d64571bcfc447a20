//! `tunesmith eval`: the loss of a model on a dataset file, and its answers beside the expected ones.

use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use tunesmith_data::{Example, ImportOptions, ImportedRow, Question, RenderError, import, prepare};
use tunesmith_protocol::{Sampling, TrainSettings, WireError};

use crate::data::FormatWord;
use crate::interrupt::Interrupt;
use crate::speaker::{Choice, Speaker, rows_bar};
use crate::{Ended, Out};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    choice: Choice,
    /// The dataset file to measure on
    #[arg(long, value_name = "FILE", required = true)]
    data: Vec<PathBuf>,
    /// The shape of a row
    #[arg(long, value_enum, default_value = "auto")]
    format: FormatWord,
    /// Also print the model's answer to each row beside the expected one
    #[arg(long)]
    generate: bool,
}

pub(crate) fn evaluate(arguments: &Arguments, out: &Out) -> anyhow::Result<Ended> {
    let interrupt = Interrupt::listen("Stopping")?;
    let stop = || if interrupt.asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let options = ImportOptions::of(arguments.format.into());
    let imported = import(&arguments.data, &options, &mut |_, _| stop()).map_err(WireError::from)?;
    if imported.rows.is_empty() {
        return Err(
            WireError::invalid("No row of the file can be measured", "`tunesmith data inspect FILE` says why").into()
        );
    }
    let dropped = imported.summary.rows_dropped();
    if dropped > 0 {
        out.note(format!(
            "{dropped} of {} rows cannot be read and are left out; `tunesmith data inspect` says why",
            imported.summary.rows_read
        ));
    }
    let speaker = arguments.choice.load()?;
    if arguments.generate {
        answers(&speaker, &imported.rows, &stop, out)?;
    }
    measure(&speaker, &imported.rows, &stop, out)?;
    Ok(Ended::Done)
}

fn measure(
    speaker: &Speaker,
    rows: &[ImportedRow],
    stop: &dyn Fn() -> ControlFlow<()>,
    out: &Out,
) -> anyhow::Result<()> {
    let examples: Vec<Example> = rows.iter().map(|row| row.example.clone()).collect();
    // Rows are measured whole, as far as the model can read.
    let settings = TrainSettings { max_length: speaker.model.context_length(), ..TrainSettings::default() };
    let prepared =
        prepare(&examples, speaker.model.renderer(), &settings, &mut |_, _| stop()).map_err(WireError::from)?;
    let bar = rows_bar(prepared.rows.len(), "Measuring");
    let measured = speaker.model.measure(&speaker.adapter, &prepared.rows, &mut |done, _| {
        bar.set_position(done);
        stop()
    });
    bar.finish_and_clear();
    let measured = measured?;
    out.json(&measured);
    if !out.is_json() {
        out.line(format!("Loss: {:.4} nats a token", measured.loss));
        out.line(format!("Perplexity: {:.3}", measured.perplexity));
        out.line(format!("Measured on {} learned tokens in {} rows", measured.learned_tokens, measured.rows));
    }
    Ok(())
}

fn answers(
    speaker: &Speaker,
    rows: &[ImportedRow],
    stop: &(dyn Fn() -> ControlFlow<()> + Sync),
    out: &Out,
) -> anyhow::Result<()> {
    let (mut asked, mut questions) = (Vec::new(), Vec::new());
    for row in rows {
        let at = |error: RenderError| WireError::invalid(format!("{}:{}: {error}", row.file, row.line), error.hint());
        if let Some(question) = Question::of(&row.example, speaker.model.renderer()).map_err(at)? {
            asked.push(row);
            questions.push(question);
        }
    }
    if asked.len() < rows.len() {
        out.note(format!(
            "{} of {} rows are not asked: they are plain text, begin with their answer, or expect a tool call that this model's chat template does not show",
            rows.len() - asked.len(),
            rows.len()
        ));
    }
    let bar = rows_bar(questions.len(), "Answering");
    let said = speaker.model.answer_all(&speaker.adapter, &questions, &Sampling::default(), &mut || {
        bar.inc(1);
        stop()
    });
    bar.finish_and_clear();
    for ((row, Question { messages, expected, .. }), said) in asked.iter().zip(&questions).zip(said?) {
        let question = messages.last().map(|message| message.content.as_str()).unwrap_or_default();
        out.json(&json!({
            "type": "answer", "file": row.file, "line": row.line, "question": question, "expected": expected, "text": said.text,
        }));
        if !out.is_json() {
            out.line(format!(
                "{}:{}\n  question: {question}\n  expected: {expected}\n  answer:   {}\n",
                row.file, row.line, said.text
            ));
        }
    }
    Ok(())
}
