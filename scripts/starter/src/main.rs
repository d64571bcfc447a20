//! `tunesmith-starter`: makes the starter model and the sample datasets, and scores models on the held-out recipes.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use serde_json::{Value, json};
use tunesmith_data::AnswerScore;
use tunesmith_starter::corpus;
use tunesmith_starter::evaluate::{Model, Question, questions};
use tunesmith_starter::make::{self, Choices};
use tunesmith_starter::samples;

#[derive(Parser)]
#[command(about = "Makes the starter model and the sample datasets", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write the sample datasets
    Samples {
        /// The folder to write to
        #[arg(long, default_value = "assets/samples")]
        out: PathBuf,
    },
    /// Print conversations of the corpus as JSON lines
    Corpus {
        /// How many
        #[arg(default_value_t = 20)]
        count: u64,
        /// Those of the last part of the training
        #[arg(long)]
        later: bool,
    },
    /// Make the starter model, or go on making it
    Make {
        /// Where the work is done and kept
        #[arg(long, default_value = "target/starter")]
        out: PathBuf,
        /// Where the finished model goes
        #[arg(long, default_value = "assets/starter")]
        assets: PathBuf,
        /// Threads to compute on; 0 takes all cores
        #[arg(long, default_value_t = 0)]
        threads: usize,
    },
    /// Put a checkpoint's weights into the assets, while the rest is still being made
    Publish {
        /// A checkpoint or a result of `make`
        model: PathBuf,
        /// Where the work is done and kept
        #[arg(long, default_value = "target/starter")]
        out: PathBuf,
        /// Where the model goes
        #[arg(long, default_value = "assets/starter")]
        assets: PathBuf,
    },
    /// Ask a model the held-out questions and score its answers
    Evaluate {
        /// The model's folder
        #[arg(long, default_value = "assets/starter")]
        model: PathBuf,
        /// An adapter's folder
        #[arg(long)]
        adapter: Option<PathBuf>,
        /// The held-out rows
        #[arg(long, default_value = "assets/samples/recipes-heldout.jsonl")]
        data: PathBuf,
        /// Keep the answers in this file, a line of JSON each
        #[arg(long)]
        answers: Option<PathBuf>,
    },
    /// Score answers: lines of JSON with a text each
    Score {
        /// The file of answers
        answers: PathBuf,
        /// The held-out rows
        #[arg(long, default_value = "assets/samples/recipes-heldout.jsonl")]
        data: PathBuf,
    },
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Samples { out } => samples::write(&out),
        Command::Corpus { count, later } => print_corpus(count, later),
        Command::Make { out, assets, threads } => make::make(&Choices { out, assets, threads }),
        Command::Publish { model, out, assets } => make::publish(&model, &out.join("base"), &assets),
        Command::Evaluate { model, adapter, data, answers } => {
            evaluate(&model, adapter.as_deref(), &data, answers.as_deref())
        }
        Command::Score { answers, data } => print_score(&questions(&data)?, &read_answers(&answers)?),
    }
}

fn print_corpus(count: u64, later: bool) -> Result<()> {
    let draw = if later { corpus::later_conversation } else { corpus::conversation };
    for index in 0..count {
        println!("{}", serde_json::to_string(&make::example(draw(make::SEED, index)))?);
    }
    Ok(())
}

fn evaluate(model: &Path, adapter: Option<&Path>, data: &Path, keep: Option<&Path>) -> Result<()> {
    let (started, questions) = (Instant::now(), questions(data)?);
    let answers = Model::open(model, adapter)?.answers(&questions)?;
    if let Some(path) = keep {
        let lines: String = answers.iter().map(|text| format!("{}\n", json!({ "text": text }))).collect();
        fs::write(path, lines).with_context(|| format!("could not write {}", path.display()))?;
    }
    eprintln!("{} answers in {:.1} s", answers.len(), started.elapsed().as_secs_f64());
    print_score(&questions, &answers)
}

fn read_answers(path: &Path) -> Result<Vec<String>> {
    let text = fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()))?;
    let answer = |line: &str| -> Result<String> {
        let value: Value = serde_json::from_str(line)?;
        Ok(value["text"].as_str().context("a line has no text")?.to_owned())
    };
    text.lines().map(answer).collect()
}

fn print_score(questions: &[Question], answers: &[String]) -> Result<()> {
    anyhow::ensure!(questions.len() == answers.len(), "{} rows but {} answers", questions.len(), answers.len());
    let mut score = AnswerScore::default();
    for (question, answer) in questions.iter().zip(answers) {
        score.add(&question.expected, answer);
    }
    let exact = 100.0 * score.exact_share();
    println!("token F1 {:.3}, {exact:.0} % of {} rows exactly right", score.f1(), score.rows);
    Ok(())
}
