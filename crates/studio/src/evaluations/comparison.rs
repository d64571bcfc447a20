//! A run's result beside its base model: what both answer to a few rows that were held out. It is asked once, and kept in the
//! run's folder.

use tunesmith_data::{AnswerScore, Question, own_file, repeats};
use tunesmith_protocol::{
    CompareRun, ComparedAnswer, ComparedRow, Comparison, JobKind, Method, Run, Sampling, Split, StopReason, WireError,
};
use tunesmith_sentence::say;
use tunesmith_train::weight_format;

use super::{Evaluations, Measured, no_result};
use crate::errors;
use crate::home::{RunFolder, checksums, write_whole};
use crate::jobs::{JobHandle, NewJob};
use crate::pool::{Adapter, Answered, Lease};

/// Rows that are compared.
const ROWS: usize = 3;
/// Rows that are looked at to find as many that ask something.
const LOOKED_AT: usize = 24;
/// The fewest and the most tokens that an answer may have before it counts as endless. Between them it may have as many as the
/// longest expected answer has characters, which is several times what it needs.
const TOKENS: (usize, usize) = (48, 256);
/// A comparison is a few answers; a file that claims more is not one.
const LONGEST: u64 = 4 << 20;

impl Evaluations {
    /// What a run's result and its base model answer to the same held-out rows. None where no row asks anything, and where
    /// only what is known was wanted and nothing is.
    pub fn compare(&self, args: &CompareRun) -> Result<Option<Comparison>, WireError> {
        let run = self.runs.get(&args.run)?;
        let folder = RunFolder::at(run.path.clone().into());
        let step = run.best_step.unwrap_or(run.step);
        let known = read(&folder).filter(|known| known.step == step);
        if known.is_some() || args.only_known {
            return Ok(known);
        }
        if run.result_path.is_none() {
            return Err(no_result(&run.id));
        }
        let job = NewJob::new(JobKind::Evaluate, &run.name).id_of_call(args.job.clone());
        let asked = self.jobs.run(job, |job| self.ask(&run, step, job))?;
        if let Some(comparison) = &asked {
            let text = serde_json::to_vec_pretty(comparison).map_err(errors::unwritable)?;
            write_whole(&folder.comparison(), &text)?;
            checksums::add(&folder, &folder.comparison())?;
        }
        Ok(asked)
    }

    fn ask(&self, run: &Run, step: u32, job: &JobHandle) -> Result<Option<Comparison>, WireError> {
        let dataset = self.datasets.at(&run.dataset, run.dataset_version)?;
        let held_out = dataset.validation_rows > 0;
        let side = if held_out { Split::Validation } else { Split::Training };
        let examples = self.datasets.some_examples(&dataset, side, LOOKED_AT)?;
        let (base, tuned) = self.sides(run)?;
        let model = self.load(&tuned, job)?;
        let mut questions = Vec::new();
        for example in &examples {
            match Question::of(example, model.renderer()) {
                Ok(question) => questions.extend(question),
                Err(error) if error.is_of_the_row() => {}
                Err(error) => return Err(WireError::invalid(error.sentence(), error.hint())),
            }
        }
        let questions = spread(questions);
        if questions.is_empty() {
            return Ok(None);
        }
        let adapter = match &tuned.adapter {
            Some(folder) => model.adapter(folder)?,
            None => Adapter::none(),
        };
        let tuned = answer(&model, &adapter, &questions, job)?;
        drop(model);
        let base = match base {
            None => vec![None; questions.len()],
            Some(base) => {
                let model = self.load(&base, job)?;
                answer(&model, &Adapter::none(), &questions, job)?.into_iter().map(Some).collect()
            }
        };
        let rows = questions.iter().zip(base).zip(tuned).map(|((question, base), tuned)| ComparedRow {
            question: question.messages.last().map(|message| message.content.clone()).unwrap_or_default(),
            expected: question.expected.clone(),
            base: base.map(|base| judged(question, base)),
            tuned: judged(question, tuned),
        });
        Ok(Some(Comparison { step, held_out, rows: rows.collect() }))
    }

    /// The base model, and the result of a run.
    fn sides(&self, run: &Run) -> Result<(Option<Measured>, Measured), WireError> {
        let manifest = self.runs.manifest(&run.id)?;
        if manifest.model == "starter" {
            self.models.unpack_starter()?;
        }
        let result = run.result_path.clone().ok_or_else(|| no_result(&run.id))?.into();
        let training = &manifest.config.training;
        let format = Some(weight_format(training));
        let of = |model, adapter| {
            let (settings, remarks) = (training.clone(), Vec::new());
            Measured { model, adapter, format, settings, mapping: None, remarks }
        };
        let base = manifest.model_path.clone();
        Ok(match training.method {
            Method::Lora | Method::Dora => (Some(of(base.clone(), None)), of(base, Some(result))),
            Method::Full => (Some(of(base, None)), of(result, None)),
            Method::Scratch => (None, of(result, None)),
        })
    }
}

/// What was asked before. One that cannot be read is asked again.
fn read(folder: &RunFolder) -> Option<Comparison> {
    let path = folder.comparison();
    checksums::check_file(folder, &path).ok()?;
    serde_json::from_slice(&own_file::read(&path, LONGEST).ok()?).ok()
}

/// A few of many, from all over them.
fn spread(questions: Vec<Question>) -> Vec<Question> {
    let step = (questions.len() / ROWS).max(1);
    questions.into_iter().step_by(step).take(ROWS).collect()
}

fn answer(
    model: &Lease,
    adapter: &Adapter,
    questions: &[Question],
    job: &JobHandle,
) -> Result<Vec<Answered>, WireError> {
    let longest = questions.iter().map(|question| question.expected.chars().count()).max().unwrap_or_default();
    let max_new_tokens = longest.clamp(TOKENS.0, TOKENS.1) as u32;
    let sampling = Sampling { max_new_tokens, ..Sampling::default() };
    let (note, total) = (say!("job-answering", "Answering"), questions.len() as u64);
    let mut done = 0;
    model.answer_all(adapter, questions, &sampling, &mut || {
        done += 1;
        job.rows(&note, done, total)
    })
}

fn judged(question: &Question, answered: Answered) -> ComparedAnswer {
    ComparedAnswer {
        ends: answered.stop_reason == StopReason::End,
        repeats: repeats(&answered.text),
        f1: AnswerScore::of(&question.expected, &answered.text).f1(),
        text: answered.text,
    }
}
