//! Makes the starter model: corpus → tokenizer → training from scratch, stage by stage, with this project's own trainer.
//! Every stage is a run folder; interrupted work goes on from its newest checkpoint, finished stages are kept.

use std::fs;
use std::ops::{ControlFlow, Range, RangeInclusive};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use candle_core::{DType, Device};
use serde_json::Value;
use tunesmith_data::{Example, Message, Renderer, Tokens};
use tunesmith_model::Decoder;
use tunesmith_protocol::{AutoOr, LearnFrom, Method, Scheduler, TrainSettings};
use tunesmith_train::{Job, Outcome, Progress, StopReason, TrainPlan};

use crate::corpus::{self, Conversation, Mix};
use crate::random::Random;
use crate::tokenizer::SPECIAL;
use crate::{shape, tokenizer};

/// The seed of the corpus and of the training.
pub const SEED: u64 = 1;
/// Conversations that the tokenizer is learned from.
const TOKENIZER_CONVERSATIONS: u64 = 20_000;
/// Longer conversations are left out, in tokens.
const LONGEST: usize = 224;
/// The first token that is no special token and no single byte.
const FIRST_MERGED: usize = SPECIAL.len() + 256;
/// Conversations measured during training; they lie far behind the learned ones.
const VALIDATION: Range<u64> = 10_000_000..10_000_100;

/// A stretch of the training.
pub struct Stage {
    /// Its folder's name.
    pub name: &'static str,
    /// What it learns from.
    pub lesson: Lesson,
    /// The learning rate at its peak.
    pub learning_rate: f64,
    /// How the learning rate falls.
    pub scheduler: Scheduler,
}

/// What a stage learns from.
pub enum Lesson {
    /// This many rows that say random tokens again, at least and at most so many of them.
    Echoes(usize, RangeInclusive<usize>),
    /// These conversations of a mix.
    Conversations(Mix, Range<u64>),
}

/// The whole training. Copying is learned first, from one token to many: started at full length, the circuit that
/// finds where it was in the prompt takes ten times as long to form.
pub const STAGES: &[Stage] = &[
    stage("a", Lesson::Echoes(2_880, 1..=2), 2e-3, Scheduler::Constant),
    stage("b", Lesson::Echoes(2_880, 1..=5), 2e-3, Scheduler::Constant),
    stage("c", Lesson::Echoes(2_880, 1..=10), 2e-3, Scheduler::Constant),
    stage("d", Lesson::Echoes(2_880, 1..=15), 2e-3, Scheduler::Constant),
    stage("e", Lesson::Echoes(9_600, 1..=24), 2e-3, Scheduler::Constant),
    stage("f", Lesson::Echoes(19_200, 2..=20), 2e-3, Scheduler::Constant),
    stage("g", Lesson::Conversations(Mix::Echoing, 0..3_000), 2e-3, Scheduler::Constant),
    stage("h", Lesson::Conversations(Mix::Full, 10_000..18_000), 2e-3, Scheduler::Cosine),
    stage("i", Lesson::Conversations(Mix::Copying, 26_000..32_000), 2e-3, Scheduler::Cosine),
    stage("j", Lesson::Conversations(Mix::Copying, 32_000..40_000), 2e-3, Scheduler::Constant),
    stage("k", Lesson::Conversations(Mix::Full, 40_000..60_000), 1.5e-3, Scheduler::Cosine),
];

const fn stage(name: &'static str, lesson: Lesson, learning_rate: f64, scheduler: Scheduler) -> Stage {
    Stage { name, lesson, learning_rate, scheduler }
}

/// What a maker of models decides.
pub struct Choices {
    /// Where the work is done and kept.
    pub out: PathBuf,
    /// Where the finished model goes.
    pub assets: PathBuf,
    /// Threads to compute on.
    pub threads: usize,
}

/// Makes the model, or goes on making it, and puts it into the assets.
pub fn make(choices: &Choices) -> Result<()> {
    let base = choices.out.join("base");
    if !base.join("tokenizer.json").is_file() {
        write_base(&base)?;
    }
    let mut model = base.clone();
    for stage in STAGES {
        let run = choices.out.join(format!("stage-{}", stage.name));
        let method = if model.join("model.safetensors").is_file() { Method::Full } else { Method::Scratch };
        model = train(stage, method, &model, run, choices.threads)?;
    }
    publish(&model, &base, &choices.assets)
}

/// Puts the weights of a model or a checkpoint into the assets, in bf16, with the other files of the base.
pub fn publish(model: &Path, base: &Path, assets: &Path) -> Result<()> {
    fs::create_dir_all(assets)?;
    Decoder::load(model, &Device::Cpu, &mut |_| ControlFlow::Continue(()))?.save(assets, DType::BF16)?;
    for name in ["config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"] {
        fs::copy(base.join(name), assets.join(name))?;
    }
    Ok(())
}

/// Everything of a model but its weights.
fn write_base(folder: &Path) -> Result<()> {
    eprintln!("Learning the tokenizer from {TOKENIZER_CONVERSATIONS} conversations…");
    fs::create_dir_all(folder)?;
    let write_json = |name: &str, value: Value| fs::write(folder.join(name), format!("{value:#}\n"));
    write_json("config.json", shape::config())?;
    write_json("generation_config.json", shape::generation_config())?;
    write_json("tokenizer_config.json", tokenizer::config(shape::CONTEXT_LENGTH))?;
    let texts = (0..TOKENIZER_CONVERSATIONS).flat_map(|index| texts(corpus::conversation(Mix::Full, SEED, index)));
    // Last, because its presence says that the folder is complete.
    fs::write(folder.join("tokenizer.json"), tokenizer::learn(texts)?)?;
    Ok(())
}

fn texts(conversation: Conversation) -> Vec<String> {
    let turns = conversation.turns.into_iter().flat_map(|turn| [turn.user, turn.assistant]);
    conversation.system.into_iter().chain(turns).collect()
}

/// Trains one stage and returns the folder of the resulting model.
fn train(stage: &Stage, method: Method, base: &Path, run: PathBuf, threads: usize) -> Result<PathBuf> {
    let result = run.join("result");
    if result.join("model.safetensors").is_file() && run.join("done").is_file() {
        return Ok(result);
    }
    fs::create_dir_all(&run)?;
    let renderer = Renderer::open(base)?;
    let job = Job {
        base: base.to_owned(),
        base_name: "starter".into(),
        settings: settings(stage, method),
        output: run.clone(),
        training: rows(&renderer, &stage.lesson)?,
        validation: tokens(&renderer, Mix::Full, VALIDATION)?,
        rows_too_long: 0,
        threads,
        resume: true,
        available_bytes: 8 << 30,
    };
    let plan = TrainPlan::new(job)?;
    let (steps, tokens) = (plan.summary().steps, plan.summary().tokens);
    eprintln!("Stage {}: {steps} steps, {:.1} million tokens", stage.name, tokens as f64 / 1e6);
    match tunesmith_train::run(plan, &mut |progress| tell(steps, &progress))? {
        Outcome::Done { result, .. } => {
            fs::write(run.join("done"), "")?;
            Ok(result)
        }
        Outcome::Stopped { step, .. } => bail!("stage {} stopped at step {step}", stage.name),
    }
}

fn settings(stage: &Stage, method: Method) -> TrainSettings {
    // Rows of random tokens are short: more of them make a step.
    let batch_size = if matches!(stage.lesson, Lesson::Echoes(..)) { 24 } else { 8 };
    TrainSettings {
        method,
        epochs: 1.0,
        learning_rate: stage.learning_rate,
        batch_size,
        gradient_accumulation: 2,
        max_length: LONGEST as u32,
        scheduler: stage.scheduler,
        // Long enough for the optimiser to know its gradients again: each stage begins with fresh moments.
        warmup_ratio: 0.06,
        weight_decay: 0.01,
        eval_every: AutoOr::Steps(250),
        save_every: AutoOr::Steps(250),
        seed: SEED,
        ..TrainSettings::default()
    }
}

fn rows(renderer: &Renderer, lesson: &Lesson) -> Result<Vec<Tokens>> {
    match lesson {
        Lesson::Echoes(rows, lengths) => (0..*rows as u64).map(|row| echo(renderer, lengths, row)).collect(),
        Lesson::Conversations(mix, conversations) => tokens(renderer, *mix, conversations.clone()),
    }
}

/// A message of random tokens that is answered by itself. Some tokens are frequent and most are rare, as in a language:
/// drawn evenly, no token comes often enough for its copying to be learned.
fn echo(renderer: &Renderer, lengths: &RangeInclusive<usize>, row: u64) -> Result<Tokens> {
    let random = &mut Random::new(SEED, (lengths.end() * 1_000_000) as u64 + row);
    let frame = renderer.prompt(&[Message::new("user", "")])?; // <|user|> <|end|> <|assistant|>
    let end = frame[1];
    let length = random.between(*lengths.start(), *lengths.end());
    let merged = (renderer.vocabulary() - FIRST_MERGED) as f64;
    // Zipf's law: the n-th token comes 1 / (n + 3) as often.
    let mut token = || FIRST_MERGED + (3.0 * (1.0 + merged / 3.0).powf(random.unit()) - 3.0) as usize;
    let said: Vec<u32> = (0..length).map(|_| token() as u32).collect();
    let ids: Vec<u32> = [&frame[..1], &said, &frame[1..], &said, &[end]].concat();
    let learn = (0..ids.len()).map(|at| at >= frame.len() + length).collect();
    Ok(Tokens { ids, learn })
}

/// The tokens of these conversations, without those that are too long.
fn tokens(renderer: &Renderer, mix: Mix, conversations: Range<u64>) -> Result<Vec<Tokens>> {
    let mut rows = Vec::new();
    for index in conversations {
        let row = renderer.tokens(&example(corpus::conversation(mix, SEED, index)), LearnFrom::Assistant)?;
        if row.ids.len() <= LONGEST {
            rows.push(row);
        }
    }
    Ok(rows)
}

/// A conversation as a row to learn from.
pub fn example(conversation: Conversation) -> Example {
    let system = conversation.system.map(|content| Message::new("system", content));
    let turns = conversation
        .turns
        .into_iter()
        .flat_map(|turn| [Message::new("user", turn.user), Message::new("assistant", turn.assistant)]);
    Example::Chat { messages: system.into_iter().chain(turns).collect() }
}

fn tell(steps: u32, progress: &Progress) -> ControlFlow<StopReason> {
    match progress {
        Progress::Step(step) if step.step.is_multiple_of(20) => {
            let minutes = step.elapsed_ms as f64 / 60_000.0;
            eprintln!(
                "{}/{steps}  loss {:.3}  {:.0} tokens/s  {minutes:.1} min",
                step.step, step.loss, step.tokens_per_second
            );
        }
        Progress::Eval { step, loss } => eprintln!("{step}/{steps}  loss on unseen conversations {loss:.3}"),
        Progress::DiskFull { message } => {
            eprintln!("{message}");
            return ControlFlow::Break(StopReason::Stop);
        }
        _ => {}
    }
    ControlFlow::Continue(())
}
