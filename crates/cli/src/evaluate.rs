//! `tunesmith eval`: the loss of a model on a dataset file, and its answers beside the expected ones.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use tunesmith_protocol::{Evaluate, EvaluatedAnswer, Evaluation, MeasuredLoss, ReadPath, Sampling, WireError};
use tunesmith_sentence::say;

use crate::data::FormatWord;
use crate::home::{Home, absolute, typed_path};
use crate::interrupt::{Interrupt, stopping};
use crate::job::with_bar;
use crate::language::translate;
use crate::model_choice::Choice;
use crate::terminal::{labelled, one_line};
use crate::{Ended, Out};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    choice: Choice,
    /// The dataset file to measure on
    #[arg(long, value_name = "FILE", required = true, value_parser = typed_path())]
    data: Vec<PathBuf>,
    /// The shape of a row
    #[arg(long, value_enum, default_value = "auto")]
    format: FormatWord,
    /// Also print the model's answer to each row beside the expected one
    #[arg(long)]
    generate: bool,
}

pub(crate) fn evaluate(arguments: &Arguments, out: &Out) -> anyhow::Result<Ended> {
    let interrupt = Interrupt::listen(stopping())?;
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
    tell_left_out(&found, out);
    found.answers.iter().for_each(|answer| tell_answer(answer, out));
    if let Some(loss) = &found.loss {
        tell_loss(loss, out);
    }
    Ok(Ended::Done)
}

/// Says of how many rows nothing was measured.
fn tell_left_out(found: &Evaluation, out: &Out) {
    found.remarks.iter().for_each(|remark| out.note(remark.clone()));
    if let Some(first) = &found.refused {
        out.json(&json!({ "type": "refused", "rows": found.rows_refused, "first": first }));
        out.note(say!(
            "shell-eval-rows-refused",
            rows;
            "1 of {all} rows is left out: {first}",
            "{rows} of {all} rows are left out; the first: {first}",
            rows = found.rows_refused,
            all = found.rows_read - found.rows_dropped,
            first
        ));
    }
    if found.not_asked > 0 {
        out.note(say!(
            "shell-eval-rows-not-asked",
            rows;
            "1 of {all} rows is not asked: it is plain text, begins with its answer, or expects a tool call that this model's \
            chat template does not show",
            "{rows} of {all} rows are not asked: they are plain text, begin with their answer, or expect a tool call that this \
            model's chat template does not show",
            rows = found.not_asked,
            all = found.rows_read - found.rows_dropped
        ));
    }
}

fn tell_loss(measured: &MeasuredLoss, out: &Out) {
    out.json(measured);
    if !out.is_json() {
        let MeasuredLoss { loss, perplexity, learned_tokens, rows } = measured;
        out.line(say!("shell-eval-loss", "Loss: {loss} nats a token", loss = format!("{loss:.4}")));
        out.line(say!("shell-eval-perplexity", "Perplexity: {perplexity}", perplexity = format!("{perplexity:.3}")));
        out.line(say!(
            "shell-eval-measured",
            rows;
            "Measured on {tokens} learned tokens in 1 row",
            "Measured on {tokens} learned tokens in {rows} rows",
            tokens = learned_tokens,
            rows
        ));
    }
}

fn tell_answer(EvaluatedAnswer { file, line, question, expected, text }: &EvaluatedAnswer, out: &Out) {
    out.json(&json!({
        "type": "answer", "file": file, "line": line, "question": question, "expected": expected, "text": text,
    }));
    if !out.is_json() {
        out.plain(format!("{}:{line}", one_line(file)));
        let parts = [
            (translate(&say!("shell-eval-question", "question:")), question.as_str()),
            (translate(&say!("shell-eval-expected", "expected:")), expected),
            (translate(&say!("shell-eval-answer", "answer:")), text),
        ];
        labelled(&parts).iter().for_each(|line| out.plain(format!("  {line}")));
        out.plain("");
    }
}
