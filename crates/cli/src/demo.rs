//! `tunesmith demo`: the main job in a terminal. Tunes the starter model on the recipes sample, then shows held-out
//! questions with the answers of the base model and of the tuned one, and scores both on all held-out rows. It does so in a
//! home of its own, by the same commands as the window.

mod columns;

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use serde_json::json;
use tunesmith_data::ListScore;
use tunesmith_protocol::{
    AddModel, Evaluate, EvaluatedAnswer, ImportDataset, Mapping, Run, RunConfig, RunState, StartRun, Validation,
    WireError,
};
use tunesmith_sentence::{NOTHING, Sentence, say};
use tunesmith_studio::{run_file, samples};

use crate::home::Home;
use crate::interrupt::{Interrupt, stopping};
use crate::job::with_bar;
use crate::language::translate;
use crate::model_choice::{model_folder, nothing_to_evaluate};
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

/// The files of the sample.
struct Files {
    rows: PathBuf,
    held_out: PathBuf,
    config: RunConfig,
}

pub(crate) fn demo(arguments: &Arguments, out: &Out) -> anyhow::Result<Ended> {
    let started = Instant::now();
    let interrupt = Interrupt::listen(stopping())?;
    let temporary = tempfile::tempdir()?;
    let folder = arguments.output.clone().unwrap_or_else(|| temporary.path().to_owned());
    let files = unpack(&folder)?;
    let home = Home::at(&folder.join("home"))?;
    if !home.is_owner() {
        return Err(another_demo().into());
    }
    let api = home.api.as_ref();
    let model = match &arguments.model {
        Some(name) => api.add_model(AddModel { path: model_folder(name)?.into() })?.id,
        None => files.config.base_model.clone(),
    };
    let named = arguments.model.clone().unwrap_or_else(|| model.clone());
    tell_beginning(&named, out);
    let run = match tune(&home, &files, &model, &interrupt, out)? {
        (Ended::Done, run) => run,
        (ended, _) => return Ok(ended),
    };
    let asked = |wanted: Evaluate| -> Result<Vec<EvaluatedAnswer>, WireError> {
        let held_out = vec![files.held_out.as_path().into()];
        let wanted = Evaluate { data: held_out, answers: true, max_new_tokens: LONGEST_ANSWER, ..wanted };
        Ok(with_bar(api, &interrupt, |job| api.evaluate(Evaluate { job: Some(job), ..wanted }))?.answers)
    };
    // The base is held as the run has held it, so that only the adapter differs.
    let base = asked(Evaluate { model: Some(model), ..nothing_to_evaluate() })?;
    let tuned = asked(Evaluate { run: Some(run.id.clone()), ..nothing_to_evaluate() })?;
    drop(home);
    compare(&base, &tuned, out);
    tell_scores(&score(&base), &score(&tuned), started, out);
    out.note(match (arguments.output.is_some(), run.result_path) {
        (true, Some(result)) => train::talk_to_it(&format!("tunesmith chat --model {named} --adapter {result}")),
        _ => say!("shell-demo-not-kept", "Nothing is kept; --output DIR keeps the run"),
    });
    Ok(Ended::Done)
}

fn tell_beginning(model: &str, out: &Out) {
    out.note(say!(
        "shell-demo-tuning",
        "Tuning {model} on the recipes sample: from a messy ingredient list to the plain names",
        model
    ));
    out.note(NOTHING);
}

/// Imports the sample and trains on it; goes on with a run that was begun in this folder before.
fn tune(home: &Home, files: &Files, model: &str, interrupt: &Interrupt, out: &Out) -> anyhow::Result<(Ended, Run)> {
    let api = home.api.as_ref();
    let dataset = api.import_dataset(ImportDataset {
        paths: vec![files.rows.as_path().into()],
        name: None,
        mapping: Mapping::default(),
        validation: match &files.config.data {
            tunesmith_protocol::DataConfig::Files(files) => files.validation.clone(),
            tunesmith_protocol::DataConfig::Dataset(_) => Validation::Auto,
        },
        seed: None,
        job: None,
        reuse: true,
    })?;
    let start = StartRun {
        name: None,
        preset: None,
        model: model.into(),
        version: Some(dataset.number),
        dataset: dataset.id,
        training: files.config.training.clone(),
    };
    let same =
        |run: &Run| run.dataset == start.dataset && run.config.training == start.training && run.model == start.model;
    let done = |run: &Run| run.status == RunState::Done && same(run);
    if let Some(run) = api.list_runs(())?.into_iter().find(done) {
        return Ok((Ended::Done, run));
    }
    match train::resumable(api, &start)? {
        Some(run) => train::resume_and_follow(home, &run, interrupt, out),
        None => train::start_and_follow(home, start, interrupt, out),
    }
}

/// Writes the sample's files into the folder, and reads its run file.
fn unpack(folder: &Path) -> anyhow::Result<Files> {
    std::fs::create_dir_all(folder)?;
    let folder = std::path::absolute(folder)?;
    let missing =
        || WireError::internal(say!("shell-demo-incomplete", "the recipes sample is not whole in this build"));
    let write = |name: &str, bytes: &[u8]| -> std::io::Result<PathBuf> {
        let path = folder.join(name);
        std::fs::write(&path, bytes)?;
        Ok(path)
    };
    let rows = write("recipes.jsonl", &samples::rows(SAMPLE)?)?;
    let held_out = write("recipes-heldout.jsonl", &samples::held_out(SAMPLE)?.ok_or_else(missing)?)?;
    let config = run_file::load(&write("recipes.yaml", &samples::run_file(SAMPLE)?.ok_or_else(missing)?)?)?;
    Ok(Files { rows, held_out, config })
}

fn compare(base: &[EvaluatedAnswer], tuned: &[EvaluatedAnswer], out: &Out) {
    for (base, tuned) in base.iter().zip(tuned).take(SHOWN) {
        columns::question(&base.question, out.width()).iter().for_each(|line| out.plain(line));
        let headings = [base_model(), tuned_model(), say!("shell-expected", "Expected")].map(|name| translate(&name));
        let texts = [&base.text, &tuned.text, &tuned.expected].map(String::as_str);
        columns::side_by_side(headings, texts, out.width()).iter().for_each(|line| out.plain(line));
        out.plain("");
    }
}

fn score(answers: &[EvaluatedAnswer]) -> ListScore {
    let mut score = ListScore::default();
    answers.iter().for_each(|answer| score.add(&answer.expected, &answer.text));
    score
}

fn tell_scores(base: &ListScore, tuned: &ListScore, started: Instant, out: &Out) {
    let seconds = started.elapsed().as_secs_f64();
    let of = |score: &ListScore| json!({ "f1": score.f1(), "exact": score.exact_share(), "rows": score.rows });
    out.json(&json!({ "type": "scores", "base": of(base), "tuned": of(tuned), "seconds": seconds }));
    let line = |name: Sentence, score: &ListScore| {
        vec![translate(&name), format!("{:.2}", score.f1()), format!("{:.0} %", score.exact_share() * 100.0)]
    };
    let measures = [say!("shell-demo-f1", "F1 of the names"), say!("shell-demo-exact", "rows exactly right")];
    let heading = [vec![String::new()], measures.iter().map(translate).collect()].concat();
    out.line(say!("shell-demo-rows", rows; "On 1 held-out row", "On all {rows} held-out rows", rows = tuned.rows));
    out.table(&[heading, line(base_model(), base), line(tuned_model(), tuned)]);
    out.plain("");
    out.line(say!("shell-demo-done", "Done in {time}", time = table::duration(seconds)));
}

fn base_model() -> Sentence {
    say!("shell-base-model", "Base model")
}

fn tuned_model() -> Sentence {
    say!("shell-tuned-model", "Tuned model")
}

fn another_demo() -> WireError {
    WireError::invalid(
        say!("shell-demo-busy", "Another demo is running in this folder"),
        say!("shell-demo-busy-hint", "Choose another"),
    )
}
