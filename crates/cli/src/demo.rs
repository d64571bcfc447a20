//! `tunesmith demo`: the main job in a terminal. Tunes the starter model on the bundled samples, then shows held-out
//! questions with the answers of the base model and of the tuned one, and scores both on all held-out rows. It does so in a
//! home of its own, by the same commands as the window.

mod columns;
mod score;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use tunesmith_protocol::{
    AddModel, Api, Dataset, Evaluate, EvaluatedAnswer, Run, RunState, Sample, StartRun, TrainSettings, WireError,
};
use tunesmith_sentence::{NOTHING, Sentence, say};
use tunesmith_studio::samples;

use crate::data::template::unwritten;
use crate::home::{Home, typed_path};
use crate::interrupt::{Interrupt, stopping};
use crate::job::with_bar;
use crate::language::translate;
use crate::model_choice::{model_folder, nothing_to_evaluate};
use crate::out::WrongUsage;
use crate::{Ended, Out, table, train};
use score::{Figures, Tried};

const STARTER: &str = "starter";
/// The preset that a sample brings along.
const OWN: &str = "sample";
/// Questions shown in full.
const SHOWN: usize = 4;
/// Longest answer, in tokens: the longest expected one has about half of that.
const LONGEST_ANSWER: u32 = 96;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The samples to tune on, one after the other; all of them when none is named
    #[arg(value_name = "SAMPLE")]
    samples: Vec<String>,
    /// Keep the runs and their files in this folder
    #[arg(long, value_name = "DIR", value_parser = typed_path())]
    output: Option<PathBuf>,
    /// Tune another base model: an id of `tunesmith models list`, or a folder
    #[arg(long, value_name = "ID|DIR")]
    model: Option<String>,
    /// Tune with this preset: sample, quick, balanced or thorough. By default each sample's own, and balanced for another
    /// base model
    #[arg(long, value_name = "PRESET")]
    preset: Option<String>,
    /// Fail where a sample does not convince: too few held-out rows right, answers without an end, or over three minutes
    #[arg(long)]
    check: bool,
    /// Write the table to this file, as JSON
    #[arg(long, value_name = "FILE", value_parser = typed_path())]
    table: Option<PathBuf>,
}

/// What every sample is tuned with.
struct Demo<'a> {
    home: Home,
    folder: PathBuf,
    model: String,
    arguments: &'a Arguments,
    interrupt: Interrupt,
    out: &'a Out,
}

pub(crate) fn demo(arguments: &Arguments, out: &Out) -> anyhow::Result<Ended> {
    let started = Instant::now();
    let chosen = chosen(&arguments.samples)?;
    let interrupt = Interrupt::listen(stopping())?;
    let temporary = tempfile::tempdir()?;
    let folder = arguments.output.clone().unwrap_or_else(|| temporary.path().to_owned());
    std::fs::create_dir_all(&folder)?;
    let folder = std::path::absolute(folder)?;
    for sample in &chosen {
        put(&held_out(&folder, sample), samples::held_out(&sample.id)?.as_ref())?;
    }
    let home = Home::at(&folder.join("home"))?;
    if !home.is_owner() {
        return Err(another_demo().into());
    }
    let model = match &arguments.model {
        Some(name) => home.api.add_model(AddModel { path: model_folder(name)?.into() })?.id,
        None => STARTER.into(),
    };
    let demo = Demo { home, folder, model, arguments, interrupt, out };
    let mut tried = Vec::new();
    for sample in &chosen {
        match demo.sample(sample)? {
            Ok(one) => tried.push(one),
            Err(ended) => return Ok(ended),
        }
    }
    drop(demo);
    score::tell(&tried, out);
    out.plain("");
    out.line(say!("shell-demo-done", "Done in {time}", time = table::duration(started.elapsed().as_secs_f64())));
    if let Some(path) = &arguments.table {
        score::write(path, &tried)?;
    }
    if arguments.output.is_none() {
        out.note(say!("shell-demo-not-kept", "Nothing is kept; --output DIR keeps the run"));
    }
    let shortcomings: Vec<Sentence> = tried.iter().filter_map(Tried::shortcoming).collect();
    match shortcomings.is_empty() || !arguments.check {
        true => Ok(Ended::Done),
        false => Err(not_convincing(shortcomings).into()),
    }
}

/// The samples with these ids; all of them when none is named.
fn chosen(ids: &[String]) -> anyhow::Result<Vec<Sample>> {
    let all = samples::list()?;
    if ids.is_empty() {
        return Ok(all);
    }
    let known = all.iter().map(|sample| sample.id.as_str()).collect::<Vec<_>>().join(", ");
    let find = |id: &String| {
        let found = all.iter().find(|sample| sample.id == *id).cloned();
        found.ok_or_else(|| {
            let message = say!("shell-demo-no-sample", "There is no sample “{id}”", id);
            WrongUsage { message, hint: say!("shell-demo-no-sample-hint", "There are {known}", known = &known) }.into()
        })
    };
    ids.iter().map(find).collect()
}

/// Where the held-out rows of a sample lie.
fn held_out(folder: &Path, sample: &Sample) -> PathBuf {
    folder.join(format!("{}-heldout.jsonl", sample.id))
}

/// Writes a file where there is none. One that is there is left as it is: it is the same, or somebody else's.
fn put(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let new = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
    match new {
        Ok(mut file) => Ok(file.write_all(bytes).map_err(|error| unwritten(path, &error))?),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let is_same = path.symlink_metadata()?.is_file() && std::fs::read(path)? == bytes;
            if is_same {
                return Ok(());
            }
            let message = say!("shell-demo-in-the-way", "{path} is there already and is something else", path);
            Err(WireError::invalid(message, say!("shell-demo-in-the-way-hint", "Name an empty folder")).into())
        }
        Err(error) => Err(unwritten(path, &error).into()),
    }
}

impl Demo<'_> {
    /// Tunes on one sample, compares and scores; or says how the training ended otherwise.
    fn sample(&self, sample: &Sample) -> anyhow::Result<Result<Tried, Ended>> {
        let (preset, training) = self.preset(sample)?;
        self.tell_beginning(sample);
        let known: Vec<String> = self.home.api.list_runs(())?.into_iter().map(|run| run.id).collect();
        let busy_before = score::processor_seconds();
        let (run, foretold_seconds) = match self.tune(sample, training)? {
            ((Ended::Done, run), foretold) => (run, foretold),
            ((ended, _), _) => return Ok(Err(ended)),
        };
        let busy = match (score::processor_seconds(), busy_before) {
            (Some(now), Some(before)) if !known.contains(&run.id) => now - before,
            // Some of it was trained before.
            _ => f64::INFINITY,
        };
        let held_out = held_out(&self.folder, sample);
        // The base is held as the run has held it, so that only the adapter differs.
        let base = self.ask(&held_out, Evaluate { model: Some(self.model.clone()), ..nothing_to_evaluate() })?;
        let tuned = self.ask(&held_out, Evaluate { run: Some(run.id.clone()), ..nothing_to_evaluate() })?;
        compare(&base, &tuned, self.out);
        let tried = Tried {
            sample: sample.id.clone(),
            preset,
            base: Figures::of(&base),
            tuned: Figures::of(&tuned),
            parameters: run.plan.as_ref().map_or(0, |plan| plan.trainable_parameters),
            foretold_seconds,
            seconds: (run.elapsed_ms as f64 / 1000.0).min(busy).round(),
        };
        self.out.json(&tried.line());
        if let (true, Some(result)) = (self.arguments.output.is_some(), &run.result_path) {
            let model = self.arguments.model.as_deref().unwrap_or(STARTER);
            self.out.note(train::talk_to_it(&format!("tunesmith chat --model {model} --adapter {result}")));
        }
        Ok(Ok(tried))
    }

    /// The preset by its id, and its settings.
    fn preset(&self, sample: &Sample) -> anyhow::Result<(String, TrainSettings)> {
        let own = if self.model == sample.model { OWN } else { "balanced" };
        let id = self.arguments.preset.as_deref().unwrap_or(own);
        if id == OWN {
            return Ok((id.into(), sample.preset.training.clone()));
        }
        let presets = self.home.api.train_form(self.model.clone())?.presets;
        match presets.into_iter().find(|preset| preset.id == id) {
            Some(preset) => Ok((preset.id, preset.training)),
            None => {
                let message = say!("shell-demo-no-preset", "There is no preset “{id}”", id);
                let hint = say!("shell-demo-no-preset-hint", "There are sample, quick, balanced and thorough");
                Err(WrongUsage { message, hint }.into())
            }
        }
    }

    fn tell_beginning(&self, sample: &Sample) {
        let model = self.arguments.model.as_deref().unwrap_or(STARTER);
        let Sample { title, summary, .. } = sample;
        self.out.note(say!("shell-demo-tuning", "Tuning {model} on the sample “{title}”", model, title));
        self.out.note(Sentence::verbatim(summary.as_str()));
        self.out.note(NOTHING);
    }

    /// Imports the sample and trains on it; goes on with a run that was begun in this folder before. Of a new one comes with it
    /// how many seconds it was said to take.
    fn tune(&self, sample: &Sample, training: TrainSettings) -> anyhow::Result<((Ended, Run), Option<f64>)> {
        let (home, api) = (&self.home, self.home.api.as_ref());
        let dataset = imported(api, sample)?;
        let start = StartRun {
            name: None,
            preset: None,
            model: self.model.clone(),
            version: Some(dataset.number),
            dataset: dataset.id,
            training,
        };
        let same = |run: &Run| {
            run.dataset == start.dataset && run.config.training == start.training && run.model == start.model
        };
        let done = |run: &Run| run.status == RunState::Done && same(run);
        if let Some(run) = api.list_runs(())?.into_iter().find(done) {
            return Ok(((Ended::Done, run), None));
        }
        match train::resumable(api, &start)? {
            Some(run) => Ok((train::resume_and_follow(home, &run, &self.interrupt, self.out)?, None)),
            None => {
                let time = train::estimate(api, &start, &self.interrupt)?.time;
                let foretold = time.map(|time| (time.ms as f64 / 1000.0).round());
                Ok((train::start_and_follow(home, start, &self.interrupt, self.out)?, foretold))
            }
        }
    }

    /// The answers to the held-out questions.
    fn ask(&self, held_out: &Path, wanted: Evaluate) -> Result<Vec<EvaluatedAnswer>, WireError> {
        let api = self.home.api.as_ref();
        let data = vec![held_out.into()];
        let wanted = Evaluate { data, answers: true, max_new_tokens: LONGEST_ANSWER, ..wanted };
        Ok(with_bar(api, &self.interrupt, |job| api.evaluate(Evaluate { job: Some(job), ..wanted }))?.answers)
    }
}

/// The sample as a dataset of this home, as the window imports it.
fn imported(api: &dyn Api, sample: &Sample) -> Result<Dataset, WireError> {
    let is_it = |dataset: &Dataset| dataset.sample.as_ref() == Some(&sample.id);
    match api.list_datasets(())?.into_iter().find(is_it) {
        Some(dataset) => Ok(dataset),
        None => api.import_sample(sample.id.clone()),
    }
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

fn not_convincing(shortcomings: Vec<Sentence>) -> WireError {
    let listed = Sentence::listed(shortcomings);
    WireError::invalid(say!("shell-demo-not-convincing", "Not every sample convinces: {listed}", listed), NOTHING)
}
