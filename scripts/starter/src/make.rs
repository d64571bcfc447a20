//! Makes the starter model: corpus → tokenizer → initial weights → training, with this project's own trainer. The model
//! first learns to write lists of random tokens again, then the corpus, then the wider corpus with forms, letters and
//! queries. Interrupted, each run goes on from its newest checkpoint.

use std::fs;
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use candle_core::{DType, Device};
use serde_json::Value;
use tunesmith_data::{Example, Message, Renderer, Tokens};
use tunesmith_model::{Decoder, WeightFormat};
use tunesmith_protocol::{AutoOr, LearnFrom, Method, Scheduler, TrainSettings};
use tunesmith_train::{Job, Outcome, Progress, StopRequest, TrainPlan};

use crate::corpus::{self, Conversation};
use crate::random::Random;
use crate::tokenizer::SPECIAL;
use crate::{initial, shape, tokenizer};

/// The seed of the corpus and of the training.
pub const SEED: u64 = 1;
/// Conversations that the tokenizer is learned from.
const TOKENIZER_CONVERSATIONS: u64 = 20_000;
/// Longer conversations are left out, in tokens.
const LONGEST: usize = 256;
/// Tokens of a single byte each, which come after the special ones.
const BYTES: usize = 256;
/// Conversations measured during training; they lie far behind the learned ones.
const VALIDATION: Range<u64> = 10_000_000..10_000_100;

/// Conversations that are learned from.
const CONVERSATIONS: Range<u64> = 0..100_000;
/// More of them, learned from at a lower rate.
const MORE: Range<u64> = 100_000..240_000;
/// Conversations of the wider corpus, which are learned last.
const LATER: Range<u64> = 240_000..249_000;
/// Lists of random tokens that are learned before them. From conversations alone the circuit that copies did not form in
/// a million tokens; these lists are 0.7 million, and after them it works in conversations within half a million more.
const LISTS: u64 = 19_200;
/// What stands between the items of such a list.
const SEPARATORS: [&[u8]; 5] = [b",", b";", b";-", b"|*", b".|*"];
/// What stands between them in the answer.
const ANSWER_SEPARATORS: [&[u8]; 2] = [b",", b";"];

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
    let renderer = Renderer::open(&base, None)?;
    let renderer = &renderer;
    let lists = || (0..LISTS).map(|row| list(renderer, row)).collect();
    let early = |range: Range<u64>| move || tokens(renderer, range, corpus::conversation);
    let copying = train(choices, &base, "lists", settings(24, 0.08, 1.5e-3), lists)?;
    let talking = train(choices, &copying, "conversations", settings(20, 0.03, 1.5e-3), early(CONVERSATIONS))?;
    let able = train(choices, &talking, "more conversations", settings(20, 0.03, 1e-3), early(MORE))?;
    // The first starter model ended here; the last part began with its weights, as they were published.
    let first = choices.out.join("first");
    if !first.join("tokenizer_config.json").is_file() {
        publish(&able, &base, &first)?;
    }
    let later = || tokens(renderer, LATER, corpus::later_conversation);
    let model = train(choices, &first, "later conversations", settings(20, 0.03, 1e-3), later)?;
    publish(&model, &base, &choices.assets)
}

/// Puts the weights of a model or a checkpoint into the assets, in bf16, with the other files of the base.
pub fn publish(model: &Path, base: &Path, assets: &Path) -> Result<()> {
    fs::create_dir_all(assets)?;
    Decoder::load(model, WeightFormat::F32, &Device::Cpu, &mut |_| ControlFlow::Continue(()))?
        .save(assets, DType::BF16)?;
    for name in ["config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"] {
        fs::copy(base.join(name), assets.join(name))?;
    }
    Ok(())
}

/// A model that has learned nothing yet.
fn write_base(folder: &Path) -> Result<()> {
    eprintln!("Learning the tokenizer from {TOKENIZER_CONVERSATIONS} conversations…");
    fs::create_dir_all(folder)?;
    let write_json = |name: &str, value: Value| fs::write(folder.join(name), format!("{value:#}\n"));
    write_json("config.json", shape::config())?;
    write_json("generation_config.json", shape::generation_config())?;
    write_json("tokenizer_config.json", tokenizer::config(shape::CONTEXT_LENGTH))?;
    let texts = (0..TOKENIZER_CONVERSATIONS).flat_map(|index| texts(corpus::conversation(SEED, index)));
    initial::write(folder, SEED)?;
    // Last, because its presence says that the folder is complete.
    fs::write(folder.join("tokenizer.json"), tokenizer::learn(texts)?)?;
    Ok(())
}

fn texts(conversation: Conversation) -> Vec<String> {
    let turns = conversation.turns.into_iter().flat_map(|turn| [turn.user, turn.assistant]);
    conversation.system.into_iter().chain(turns).collect()
}

/// Trains `base` on these rows in the folder `name` and returns the folder of the resulting model.
fn train(
    choices: &Choices,
    base: &Path,
    name: &str,
    settings: TrainSettings,
    rows: impl FnOnce() -> Result<Vec<Tokens>>,
) -> Result<PathBuf> {
    let output = choices.out.join(name);
    let (result, done) = (output.join("result"), output.join("done"));
    if done.is_file() {
        return Ok(result);
    }
    fs::create_dir_all(&output)?;
    let job = Job {
        base: base.to_owned(),
        base_name: "starter".into(),
        settings,
        output,
        training: rows()?.into(),
        validation: tokens(&Renderer::open(base, None)?, VALIDATION, corpus::later_conversation)?.into(),
        rows_too_long: 0,
        rows_left_out: 0,
        device: "cpu".into(),
        threads: choices.threads,
        resume: true,
        chat_template: None,
        available_bytes: 8 << 30,
    };
    let plan = TrainPlan::new(job)?;
    let (steps, tokens) = (plan.summary().steps, plan.summary().tokens);
    eprintln!("Learning {name}: {steps} steps, {:.1} million tokens", tokens as f64 / 1e6);
    match tunesmith_train::run(plan, &mut |progress| tell(steps, &progress))? {
        Outcome::Done { .. } => fs::write(done, "")?,
        Outcome::Stopped { step, .. } => bail!("stopped at step {step}; start again to go on"),
    }
    Ok(result)
}

fn settings(batch_size: u32, warmup_ratio: f64, learning_rate: f64) -> TrainSettings {
    TrainSettings {
        method: Method::Full,
        epochs: 1.0,
        learning_rate,
        batch_size,
        gradient_accumulation: 1,
        max_length: LONGEST as u32,
        scheduler: Scheduler::Cosine,
        warmup_ratio,
        weight_decay: 0.01,
        eval_every: AutoOr::Steps(250),
        save_every: AutoOr::Steps(250),
        seed: SEED,
        ..TrainSettings::default()
    }
}

/// A list whose items are random tokens, answered by the same items with other separators. Some tokens are frequent and
/// most are rare, as in a language: drawn evenly, no token comes often enough for its copying to be learned.
fn list(renderer: &Renderer, row: u64) -> Result<Tokens> {
    let random = &mut Random::new(SEED ^ LISTS, row);
    let frame = renderer.prompt(&[Message::new("user", "")], &[])?; // <|user|> <|end|> <|assistant|>
    let first = SPECIAL.len();
    let merged = (renderer.vocabulary() - first - BYTES) as f64;
    // Zipf's law: the n-th token comes 1 / (n + 3) as often.
    let token = |at: f64| (first + BYTES + (3.0 * (1.0 + merged / 3.0).powf(at) - 3.0) as usize) as u32;
    let longest = random.between(1, 7);
    let count = random.between((longest / 3).max(1), longest);
    let mut item = || (0..*random.one(&[1, 2, 3, 3, 4])).map(|_| token(random.unit())).collect::<Vec<u32>>();
    let items: Vec<Vec<u32>> = (0..count).map(|_| item()).collect();
    // In a byte-level vocabulary the visible ASCII characters come first.
    let visible = |byte: &u8| u32::from(byte - b'!') + first as u32;
    let join = |separator: &[u8]| items.join(&separator.iter().map(visible).collect::<Vec<u32>>()[..]);
    let said = join(random.pick(&SEPARATORS));
    let answer = [&join(random.pick(&ANSWER_SEPARATORS))[..], &frame[1..2]].concat();
    let ids = [&frame[..1], &said, &frame[1..], &answer].concat();
    let learn = (0..ids.len()).map(|at| at >= ids.len() - answer.len()).collect();
    Ok(Tokens { ids, learn })
}

/// The tokens of these conversations, without those that are too long.
fn tokens(renderer: &Renderer, indices: Range<u64>, draw: fn(u64, u64) -> Conversation) -> Result<Vec<Tokens>> {
    let mut rows = Vec::new();
    for index in indices {
        let row = renderer.tokens(&example(draw(SEED, index)), LearnFrom::Assistant)?;
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
    Example::chat(system.into_iter().chain(turns).collect())
}

fn tell(steps: u32, progress: &Progress) -> ControlFlow<StopRequest> {
    match progress {
        Progress::Step(step) if step.step.is_multiple_of(20) => {
            let minutes = step.elapsed_ms as f64 / 60_000.0;
            eprintln!(
                "{}/{steps}  loss {:.3}  {:.0} tokens/s  {minutes:.1} min",
                step.step, step.loss, step.tokens_per_second
            );
        }
        Progress::Eval { step, loss } => eprintln!("{step}/{steps}  loss on unseen conversations {loss:.3}"),
        // It is tried again until there is room.
        Progress::DiskFull { message } => eprintln!("{message}"),
        _ => {}
    }
    ControlFlow::Continue(())
}
