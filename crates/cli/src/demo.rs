//! `tunesmith demo`: the main job in a terminal. Tunes the starter model on the recipes sample, then shows held-out
//! questions with the answers of the base model and of the tuned one, and scores both on all held-out rows.

mod columns;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use serde_json::json;
use tunesmith_data::{Example, ImportOptions, ListScore, Question, RenderError, import};
use tunesmith_protocol::{RunConfig, Sampling, WireError};
use tunesmith_studio::{Adapter, LoadedModel, run_file, samples};

use crate::interrupt::Interrupt;
use crate::speaker::{load, rows_bar};
use crate::{Ended, Out, table, train};

const SAMPLE: &str = "recipes";
/// Questions shown in full.
const SHOWN: usize = 6;
/// Longest answer, in tokens: the longest list of the sample has about half of that.
const LONGEST_ANSWER: u32 = 96;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Keep the run and its files in this folder
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Tune another base model: an id of `tunesmith models list`, or a folder
    #[arg(long, value_name = "ID|DIR")]
    model: Option<String>,
}

pub(crate) fn demo(arguments: &Arguments, out: &Out) -> anyhow::Result<Ended> {
    let started = Instant::now();
    let interrupt = Interrupt::listen("Stopping")?;
    let temporary = tempfile::tempdir()?;
    let folder = arguments.output.clone().unwrap_or_else(|| temporary.path().to_owned());
    let (mut config, held_out) = unpack(&folder)?;
    if let Some(model) = &arguments.model {
        config.base_model.clone_from(model);
    }
    let model = &config.base_model;
    out.note(format!("Tuning {model} on the recipes sample: from a messy ingredient list to the plain names\n"));
    let run = folder.join("run");
    let (ended, result) = train::into_folder(&config, &run, arguments.output.is_some(), &interrupt, out)?;
    if ended == Ended::Interrupted {
        return Ok(ended);
    }
    let model = load(&config.base_model)?;
    let tuned = model.adapter(&result)?;
    let questions = held_out.iter().map(|row| Question::of(row, model.renderer()));
    let questions: Vec<Question> =
        questions.filter_map(Result::transpose).collect::<Result<_, RenderError>>().map_err(WireError::from)?;
    let base_answers = answer(&model, &Adapter::none(), &questions, "Asking the base model", &interrupt)?;
    let tuned_answers = answer(&model, &tuned, &questions, "Asking the tuned model", &interrupt)?;
    compare(&questions, &base_answers, &tuned_answers, out);
    tell_scores(&score(&questions, &base_answers), &score(&questions, &tuned_answers), started, out);
    match arguments.output {
        Some(_) => {
            out.note(format!("Talk to it: tunesmith chat --model {} --adapter {}", config.base_model, result.display()))
        }
        None => out.note("Nothing is kept; --output DIR keeps the run"),
    }
    Ok(Ended::Done)
}

/// Writes the sample's files into the folder, and reads its run file and its held-out rows.
fn unpack(folder: &Path) -> anyhow::Result<(RunConfig, Vec<Example>)> {
    std::fs::create_dir_all(folder)?;
    let missing = || WireError::internal("the recipes sample is not whole in this build");
    let write = |name: &str, bytes: &[u8]| -> std::io::Result<PathBuf> {
        let path = folder.join(name);
        std::fs::write(&path, bytes)?;
        Ok(path)
    };
    write("recipes.jsonl", &samples::rows(SAMPLE)?)?;
    let held_out = write("recipes-heldout.jsonl", &samples::held_out(SAMPLE)?.ok_or_else(missing)?)?;
    let run_file = write("recipes.yaml", &samples::run_file(SAMPLE)?.ok_or_else(missing)?)?;
    let rows = import(&[held_out], &ImportOptions::default(), &mut |_, _| ControlFlow::Continue(()))
        .map_err(WireError::from)?
        .rows;
    Ok((run_file::load(&run_file)?, rows.into_iter().map(|row| row.example).collect()))
}

fn answer(
    model: &LoadedModel,
    adapter: &Adapter,
    questions: &[Question],
    what: &str,
    interrupt: &Interrupt,
) -> anyhow::Result<Vec<String>> {
    let bar = rows_bar(questions.len(), what);
    let sampling = Sampling { temperature: 0.0, max_new_tokens: LONGEST_ANSWER, ..Sampling::default() };
    let said = model.answer_all(adapter, questions, &sampling, &mut || {
        bar.inc(1);
        if interrupt.asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    bar.finish_and_clear();
    Ok(said?.into_iter().map(|said| said.text).collect())
}

fn compare(questions: &[Question], base: &[String], tuned: &[String], out: &Out) {
    for ((question, base), tuned) in questions.iter().zip(base).zip(tuned).take(SHOWN) {
        let asked = question.messages.last().map(|message| message.content.as_str()).unwrap_or_default();
        columns::question(asked, out.width()).iter().for_each(|line| out.line(line));
        columns::side_by_side(
            ["Base model", "Tuned model", "Expected"],
            [base, tuned, &question.expected],
            out.width(),
        )
        .iter()
        .for_each(|line| out.line(line));
        out.line("");
    }
}

fn score(questions: &[Question], answers: &[String]) -> ListScore {
    let mut score = ListScore::default();
    questions.iter().zip(answers).for_each(|(question, answer)| score.add(&question.expected, answer));
    score
}

fn tell_scores(base: &ListScore, tuned: &ListScore, started: Instant, out: &Out) {
    let seconds = started.elapsed().as_secs_f64();
    let of = |score: &ListScore| json!({ "f1": score.f1(), "exact": score.exact_share(), "rows": score.rows });
    out.json(&json!({ "type": "scores", "base": of(base), "tuned": of(tuned), "seconds": seconds }));
    let line = |name: &str, score: &ListScore| {
        vec![name.to_owned(), format!("{:.2}", score.f1()), format!("{:.0} %", score.exact_share() * 100.0)]
    };
    let heading = ["", "F1 of the names", "rows exactly right"].map(String::from).to_vec();
    out.line(format!("On all {} held-out rows", tuned.rows));
    table::columns(&[heading, line("Base model", base), line("Tuned model", tuned)])
        .iter()
        .for_each(|line| out.line(line));
    out.line(format!("\nDone in {}", table::duration(seconds)));
}
