//! Evaluations: how well a model predicts the rows of files, and what it answers to them. The model comes from the pool, so
//! that a chat and an evaluation share it.

mod comparison;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tunesmith_data::{
    Example, ImportOptions, Imported, ImportedRow, Prepared, Question, RenderError, import, learned_in, render_rows,
};
use tunesmith_model::WeightFormat;
use tunesmith_protocol::{
    DataConfig, ErrorCode, Evaluate, EvaluatedAnswer, Evaluation, Format, JobKind, Mapping, Method, Sampling,
    TrainSettings, WireError,
};
use tunesmith_sentence::{Sentence, say};
use tunesmith_train::weight_format;

use crate::datasets::{Datasets, left_out_of};
use crate::errors::another_model_hint;
use crate::home::PreferencesStore;
use crate::home::manifest::RunManifest;
use crate::jobs::{JobHandle, Jobs, NewJob, notes};
use crate::models::{Models, Opened, model_folder};
use crate::planning::{bad_answers, row_name, told};
use crate::pool::{Adapter, Lease, ModelRequest, Pool, inference_bytes};
use crate::runs::Runs;

/// Measures models of a home, and of anywhere else.
pub(crate) struct Evaluations {
    pub jobs: Jobs,
    pub models: Arc<Models>,
    pub runs: Arc<Runs>,
    pub datasets: Arc<Datasets>,
    pub pool: Arc<Pool>,
    pub preferences: PreferencesStore,
}

/// What is measured.
struct Measured {
    model: PathBuf,
    adapter: Option<PathBuf>,
    /// How the weights were held in training; none where there was no training.
    format: Option<WeightFormat>,
    /// What counts of a row.
    settings: TrainSettings,
    /// The columns that the run has learned from.
    mapping: Option<Mapping>,
    /// What is to be known of the model and the adapter.
    remarks: Vec<Sentence>,
}

impl Evaluations {
    /// Measures a model on dataset files, and has it answer them.
    pub fn evaluate(&self, args: &Evaluate) -> Result<Evaluation, WireError> {
        let measured = self.measured(args)?;
        let title = measured.model.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let job = NewJob::new(JobKind::Evaluate, title).id_of_call(args.job.clone());
        self.jobs.run(job, |job| {
            let imported = read(args, measured.mapping.as_ref(), job)?;
            let model = self.load(&measured, job)?;
            let adapter = match &measured.adapter {
                Some(folder) => model.adapter(folder)?,
                None => Adapter::none(),
            };
            let mut refused = Refused::default();
            let (answers, not_asked) = match args.answers {
                true => answer(&model, &adapter, &imported.rows, &mut refused, args.max_new_tokens, job)?,
                false => (Vec::new(), 0),
            };
            let mut remarks = left_out_of(&imported.summary);
            remarks.extend(not_measured(&imported.rows));
            remarks.extend(measured.remarks.iter().cloned());
            let loss = match args.loss {
                true => {
                    let (loss, told) =
                        measure(&model, &adapter, &measured.settings, &imported.rows, &mut refused, job)?;
                    remarks.extend(told);
                    Some(loss)
                }
                false => None,
            };
            let (rows_read, rows_dropped) = (imported.summary.rows_read, imported.summary.rows_dropped());
            let (rows_refused, refused) = (refused.0.len() as u64, refused.first(&imported.rows));
            Ok(Evaluation { rows_read, rows_dropped, rows_refused, refused, loss, answers, not_asked, remarks })
        })
    }

    /// The folders of what is measured.
    fn measured(&self, args: &Evaluate) -> Result<Measured, WireError> {
        let named = match (&args.folder, &args.model) {
            (Some(folder), _) => Some(model_folder(folder.as_ref())?),
            (None, Some(id)) => Some(PathBuf::from(self.models.usable(id)?.path)),
            (None, None) => None,
        };
        let Some(id) = &args.run else {
            let model = named.ok_or_else(no_model)?;
            let adapter = args.adapter.as_ref().map(|path| PathBuf::from(path.as_str()));
            let remarks = self.remarks(&model, args.model.as_deref(), adapter.as_deref(), None)?;
            let run = adapter.as_deref().and_then(RunManifest::of_result);
            let mapping = run.as_ref().and_then(|run| self.mapping_of(run));
            let settings = run.map(|run| run.config.training);
            let format = settings.as_ref().map(weight_format);
            let settings = settings.unwrap_or_default();
            return Ok(Measured { model, adapter, format, settings, mapping, remarks });
        };
        let run = self.runs.get(id)?;
        let result = run.result_path.map(PathBuf::from).ok_or_else(|| no_result(&run.id))?;
        let manifest = self.runs.manifest(id)?;
        if manifest.model == "starter" {
            self.models.unpack_starter()?;
        }
        let settings = manifest.config.training.clone();
        let (format, mapping) = (Some(weight_format(&settings)), self.mapping_of(&manifest));
        Ok(match manifest.config.training.method {
            Method::Lora | Method::Dora => {
                let id = args.model.as_deref().or_else(|| named.is_none().then_some(&*manifest.model));
                let model = named.unwrap_or_else(|| manifest.model_path.clone());
                let remarks = self.remarks(&model, id, Some(&result), Some(&manifest))?;
                Measured { model, adapter: Some(result), format, settings, mapping, remarks }
            }
            Method::Full | Method::Scratch if named.is_some() => return Err(whole_model(&run.id)),
            Method::Full | Method::Scratch => {
                let remarks = self.remarks(&result, None, None, None)?;
                Measured { model: result, adapter: None, format, settings, mapping, remarks }
            }
        })
    }

    /// Which columns a run has learned from.
    fn mapping_of(&self, run: &RunManifest) -> Option<Mapping> {
        match &run.config.data {
            DataConfig::Files(files) => {
                Some(Mapping { format: files.format, columns: files.columns.clone(), sheet: None })
            }
            // The dataset may have been deleted since.
            DataConfig::Dataset(_) => self.datasets.get(&run.dataset).ok().map(|dataset| dataset.mapping),
        }
    }

    /// What is to be known of a model, by its id where it has one, and of an adapter.
    fn remarks(
        &self,
        model: &Path,
        id: Option<&str>,
        adapter: Option<&Path>,
        run: Option<&RunManifest>,
    ) -> Result<Vec<Sentence>, WireError> {
        // A run's base model may have been taken out of the home.
        let known = id.and_then(|id| self.models.get(id).ok());
        let names: Vec<&str> = known.iter().flat_map(|model| [&*model.id, &*model.name]).collect();
        self.models.remarks(Opened { model, names: &names, adapter, run, chats: true })
    }

    fn load(&self, measured: &Measured, job: &JobHandle) -> Result<Lease, WireError> {
        let device = self.preferences.get()?.device;
        let facts = self.models.facts(&measured.model);
        let config = match &*facts {
            Ok(facts) => &facts.config,
            Err(unusable) => return Err(WireError::invalid(unusable.why.clone(), another_model_hint())),
        };
        let format = match measured.format {
            Some(format) => format,
            None => self.pool.format_of(&measured.model, config, &device)?,
        };
        let bytes = inference_bytes(config, format, &device);
        let request = ModelRequest { folder: measured.model.clone(), device, format, bytes };
        loop {
            let leased = self.pool.lease(&request, job.cancel_token(), &mut |fraction| {
                // The pool asks the token itself.
                let _ = job.share(&notes::loading_model(), fraction);
            });
            match leased {
                // A run that begins empties the pool; whether both fit is asked again.
                Err(error) if error.code == ErrorCode::Cancelled && !job.cancel_token().is_cancelled() => {}
                other => return other,
            }
        }
    }
}

/// The rows to measure. Where their columns say nothing by themselves, they are those of the run.
fn read(args: &Evaluate, of_the_run: Option<&Mapping>, job: &JobHandle) -> Result<Imported, WireError> {
    let paths: Vec<PathBuf> = args.data.iter().map(|path| path.as_str().into()).collect();
    let note = notes::reading_rows();
    let read =
        |mapping| import(&paths, &ImportOptions { mapping }, &mut |done, total| job.bytes(&note, done, total, 0));
    let mut imported = read(Mapping { format: args.format, ..Mapping::default() })?;
    if let Some(mapping) = of_the_run.filter(|_| imported.rows.is_empty() && args.format == Format::Auto) {
        imported = read(mapping.clone())?;
    }
    if imported.rows.is_empty() {
        return Err(WireError::invalid(
            say!("evaluation-no-row", "No row of the file can be measured"),
            say!("evaluation-no-row-hint", "`tunesmith data inspect FILE` says why"),
        ));
    }
    Ok(imported)
}

/// The rows that the model's template or tokenizer refuses, from 0, and why.
#[derive(Default)]
struct Refused(BTreeMap<usize, Sentence>);

impl Refused {
    fn first(&self, rows: &[ImportedRow]) -> Option<Sentence> {
        let (index, why) = self.0.first_key_value()?;
        let ImportedRow { file, line, .. } = rows.get(*index)?;
        Some(say!("evaluation-row-refused", "line {line} of {file}: {why}", line, file, why = why.clone()))
    }
}

/// What is not measured of rows: answers judged bad, and the worse of two.
fn not_measured(rows: &[ImportedRow]) -> Vec<Sentence> {
    let count = |is: fn(&Example) -> bool| rows.iter().filter(|row| is(&row.example)).count() as u64;
    let bad = count(|row| matches!(row, Example::Unpaired { label: false, .. }));
    let two = count(|row| matches!(row, Example::Preference { .. }));
    let one_of_two = (two > 0).then(|| {
        say!(
            "evaluation-worse-answers", rows;
            "1 row has two answers: only the better one (chosen) is measured",
            "{rows} rows have two answers: only the better one (chosen) is measured",
            rows = two
        )
    });
    bad_answers(bad, rows.len() as u64).into_iter().chain(one_of_two).collect()
}

fn measure(
    model: &Lease,
    adapter: &Adapter,
    trained: &TrainSettings,
    rows: &[ImportedRow],
    refused: &mut Refused,
    job: &JobHandle,
) -> Result<(tunesmith_protocol::MeasuredLoss, Vec<Sentence>), WireError> {
    let examples: Vec<Example> = rows.iter().map(|row| row.example.clone()).collect();
    // Rows are measured whole, as far as the model can read, and of them what the run has learned.
    let (task, learn_from) = (trained.task, trained.learn_from);
    let settings = TrainSettings { max_length: model.context_length(), task, learn_from, ..TrainSettings::default() };
    let rendered = render_rows(&examples, model.renderer(), learned_in(&settings), &mut |_, _| job.go_on())?;
    let prepared = rendered.fit(&settings)?;
    refused.0.extend(prepared.refused.iter().map(|row| (row.row as usize - 1, row.why.clone())));
    let note = say!("job-measuring", "Measuring");
    let loss = model.measure(adapter, &prepared.rows, &mut |done, total| job.rows(&note, done, total))?;
    let place = |row: u64| rows.get(row as usize - 1).map(|row| (row.file.clone(), row.line));
    let shown = told(rendered.check(), &|row| row_name(place(row), row));
    Ok((loss, shown.into_iter().chain(cut(&prepared, model.context_length())).collect()))
}

/// Rows that are longer than the model can read: only their beginning is measured, or nothing.
fn cut(prepared: &Prepared, limit: u32) -> Option<Sentence> {
    (prepared.too_long > 0).then(|| {
        say!(
            "evaluation-rows-cut", rows;
            "1 row is longer than the {limit} tokens that the model reads: only what fits is measured",
            "{rows} rows are longer than the {limit} tokens that the model reads: only what fits is measured",
            rows = prepared.too_long, limit
        )
    })
}

fn answer(
    model: &Lease,
    adapter: &Adapter,
    rows: &[ImportedRow],
    refused: &mut Refused,
    max_new_tokens: u32,
    job: &JobHandle,
) -> Result<(Vec<EvaluatedAnswer>, u64), WireError> {
    let (mut asked, mut questions) = (Vec::new(), Vec::new());
    for (index, row) in rows.iter().enumerate() {
        let at = |error: RenderError| {
            let (file, line, hint) = (&row.file, row.line, error.hint());
            let message = say!("evaluation-row", "{file}:{line}: {error}", file, line, error = error.sentence());
            WireError::invalid(message, hint)
        };
        match question(row, model) {
            Ok(None) => {}
            Ok(Some(Ok(question))) => {
                asked.push(row);
                questions.push(question);
            }
            Ok(Some(Err(why))) => drop(refused.0.insert(index, why)),
            Err(error) if error.is_of_the_row() => drop(refused.0.insert(index, error.sentence())),
            Err(error) => return Err(at(error)),
        }
    }
    let not_asked = (rows.len() - asked.len() - refused.0.len()) as u64;
    let (total, done) = (questions.len() as u64, AtomicU64::new(0));
    let sampling = Sampling { max_new_tokens, ..Sampling::default() };
    let note = say!("job-answering", "Answering");
    let mut on_answer = || -> ControlFlow<()> {
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        job.rows(&note, done, total)
    };
    let answered = model.answer_all(adapter, &questions, &sampling, &mut on_answer)?;
    let answers = asked.iter().zip(questions).zip(answered).map(|((row, question), answered)| EvaluatedAnswer {
        file: row.file.clone(),
        line: row.line,
        question: question.messages.last().map(|message| message.content.clone()).unwrap_or_default(),
        expected: question.expected,
        text: answered.text,
    });
    Ok((answers.collect(), not_asked))
}

/// The question in a row, which the model's template can ask and which the model can read, or why it cannot.
fn question(row: &ImportedRow, model: &Lease) -> Result<Option<Result<Question, Sentence>>, RenderError> {
    let Some(question) = Question::of(&row.example, model.renderer())? else { return Ok(None) };
    let tokens = model.renderer().prompt(&question.messages, &question.tools)?.len();
    let limit = model.context_length();
    Ok(Some(match tokens < limit as usize {
        true => Ok(question),
        false => Err(say!(
            "evaluation-question-too-long",
            "its question has {tokens} tokens, and the model reads at most {limit}",
            tokens,
            limit
        )),
    }))
}

fn no_model() -> WireError {
    WireError::invalid(
        say!("evaluation-no-model", "No model is named to measure"),
        say!("evaluation-no-model-hint", "Name a model or a run"),
    )
}

fn whole_model(run: &str) -> WireError {
    WireError::invalid(
        say!("evaluation-whole-model", "The run {run} has trained a whole model, which needs no base model", run),
        say!("evaluation-whole-model-hint", "Name the run alone, or the model alone"),
    )
}

fn no_result(run: &str) -> WireError {
    WireError::invalid(
        say!("evaluation-no-result", "The run {run} has no result yet", run),
        say!("evaluation-no-result-hint", "Wait for its first checkpoint, or resume it"),
    )
}
