//! `tunesmith eval`: the loss of a model on a dataset file, and its answers beside the expected ones.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use tunesmith_protocol::{Evaluate, EvaluatedAnswer, MeasuredLoss, ReadPath, Sampling, WireError};

use crate::data::FormatWord;
use crate::home::{Home, absolute};
use crate::interrupt::Interrupt;
use crate::job::with_bar;
use crate::model_choice::Choice;
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
    let home = Home::open()?;
    let paths = arguments.data.iter().map(|path| Ok(absolute(path)?.into()));
    let args = Evaluate {
        data: paths.collect::<Result<Vec<ReadPath>, WireError>>()?,
        format: arguments.format.into(),
        loss: true,
        answers: arguments.generate,
        max_new_tokens: Sampling::default().max_new_tokens,
        ..arguments.choice.to_evaluate(&home)?
    };
    let api = home.api.as_ref();
    let found = with_bar(api, &interrupt, |job| api.evaluate(Evaluate { job: Some(job), ..args }))?;
    if found.rows_dropped > 0 {
        out.note(format!(
            "{} of {} rows cannot be read and are left out; `tunesmith data inspect` says why",
            found.rows_dropped, found.rows_read
        ));
    }
    if found.not_asked > 0 {
        out.note(format!(
            "{} of {} rows are not asked: they are plain text, begin with their answer, or expect a tool call that this model's chat template does not show",
            found.not_asked,
            found.rows_read - found.rows_dropped
        ));
    }
    found.answers.iter().for_each(|answer| tell_answer(answer, out));
    if let Some(loss) = &found.loss {
        tell_loss(loss, out);
    }
    Ok(Ended::Done)
}

fn tell_loss(measured: &MeasuredLoss, out: &Out) {
    out.json(measured);
    if !out.is_json() {
        out.line(format!("Loss: {:.4} nats a token", measured.loss));
        out.line(format!("Perplexity: {:.3}", measured.perplexity));
        out.line(format!("Measured on {} learned tokens in {} rows", measured.learned_tokens, measured.rows));
    }
}

fn tell_answer(EvaluatedAnswer { file, line, question, expected, text }: &EvaluatedAnswer, out: &Out) {
    out.json(&json!({
        "type": "answer", "file": file, "line": line, "question": question, "expected": expected, "text": text,
    }));
    if !out.is_json() {
        out.line(format!("{file}:{line}\n  question: {question}\n  expected: {expected}\n  answer:   {text}\n"));
    }
}
