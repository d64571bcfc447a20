//! What is asked before a run starts: its plan, and how long it will take.

use std::path::Path;

use tunesmith_model::device;
use tunesmith_protocol::{
    Dataset, ErrorCode, Format, JobKind, Model, Preview, PreviewRun, RunEstimate, StartRun, WireError,
};
use tunesmith_sentence::{Sentence, say};

use super::Runs;
use crate::jobs::{Claim, JobHandle, NewJob, notes};
use crate::models::Opened;
use crate::planning::{Choices, SplitTokens, draft, preview, run_time};
use crate::platform::free_disk_bytes;

impl Runs {
    /// The plan, or what stands in its way. Only what is asked for wrongly is an error.
    pub fn preview(&self, args: &PreviewRun) -> Result<Preview, WireError> {
        let StartRun { dataset, version, training, .. } = &args.start;
        let dataset = self.datasets.at(dataset, *version)?;
        let problems = training.problems();
        if !problems.is_empty() {
            let blockers = vec![say!("run-settings-unusable", "Some settings cannot be used")];
            return Ok(Preview { problems, ..blocked(blockers) });
        }
        let job = NewJob::new(JobKind::Plan, &dataset.name).id_of_call(args.job.clone());
        let (model, tokens) = match self.jobs.run(job, |job| self.prepared(&args.start, &dataset, job)) {
            Ok(prepared) => prepared,
            Err(error) if error.code == ErrorCode::Cancelled => return Err(error),
            Err(error) => return Ok(blocked(vec![error.sentence()])),
        };
        let remarks = self.remarks(&args.start, &model, &dataset)?;
        Ok(preview(&Choices { remarks, ..self.choices(&args.start, &model, &dataset)? }, &tokens))
    }

    /// How long the run would take on this machine when it does nothing else, measured where that is not known yet. What
    /// stands in the way of a run is for its preview to tell.
    pub fn estimate(&self, args: &PreviewRun) -> Result<RunEstimate, WireError> {
        let StartRun { dataset, version, training, .. } = &args.start;
        let dataset = self.datasets.at(dataset, *version)?;
        let unknown = || RunEstimate { time: None, busy: self.is_any_at_work() };
        if !training.problems().is_empty() {
            return Ok(unknown());
        }
        let job = NewJob::new(JobKind::Plan, &dataset.name).id_of_call(args.job.clone()).claims(Claim::Speed);
        let speed = self.jobs.run(job, |job| {
            let (model, tokens) = self.prepared(&args.start, &dataset, job)?;
            let plan = draft(&self.choices(&args.start, &model, &dataset)?, &tokens)?;
            let summary = plan.summary();
            // A GPU has no clock for each run, so beside another one it cannot be measured.
            let taken = summary.device != device::CPU && self.is_any_at_work();
            if self.speeds.known(&plan).is_none() && (taken || !summary.fit.fits) {
                return Ok(None);
            }
            let note = notes::measuring_speed();
            let speed = self.speeds.get(&plan, &mut |share| job.share(&note, share))?;
            Ok(Some(run_time(&plan.estimate(&speed))))
        });
        match speed {
            Ok(time) => Ok(RunEstimate { time, ..unknown() }),
            Err(error) if error.code == ErrorCode::Invalid => Ok(unknown()),
            Err(error) => Err(error),
        }
    }

    /// Model and tokens of the choices.
    fn prepared(
        &self,
        start: &StartRun,
        dataset: &Dataset,
        job: &JobHandle,
    ) -> Result<(Model, SplitTokens), WireError> {
        let model = self.models.usable(&start.model)?;
        let note = notes::reading_rows();
        let tokens = self.tokens(&model, dataset, &start.training, &mut |done, total| job.rows(&note, done, total))?;
        Ok((model, tokens))
    }

    fn choices<'a>(
        &self,
        start: &'a StartRun,
        model: &'a Model,
        dataset: &'a Dataset,
    ) -> Result<Choices<'a>, WireError> {
        let preferences = self.preferences.get()?;
        Ok(Choices {
            remarks: Vec::new(),
            model,
            dataset,
            training: &start.training,
            available_bytes: self.memory.available(device::CPU)?,
            free_disk_bytes: Some(free_disk_bytes(self.home.root())).filter(|free| *free > 0),
            device: preferences.device,
            threads: preferences.threads as usize,
        })
    }

    /// What is to be known of the model and of the adapter to continue from.
    fn remarks(&self, start: &StartRun, model: &Model, dataset: &Dataset) -> Result<Vec<Sentence>, WireError> {
        let names = [&*model.id, &*model.name];
        self.models.remarks(Opened {
            model: model.path.as_ref(),
            names: &names,
            adapter: start.training.init_adapter.as_ref().map(|folder| Path::new(folder.as_str())),
            run: None,
            chats: dataset.format != Format::Text,
        })
    }
}

fn blocked(blockers: Vec<Sentence>) -> Preview {
    Preview { plan: None, problems: Vec::new(), blockers, warnings: Vec::new(), disk: None }
}
