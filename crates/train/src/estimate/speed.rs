//! How fast this machine trains a model: some of the plan's own micro-batches are computed, for about a second, in the
//! threads and by the operations of the run. Of a large model a few blocks stand for all.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use tunesmith_data::Tokens;
use tunesmith_model::{Gradients, SummedLoss};

use super::clock::Clock;
use super::stand_in::{Part, learner};
use crate::batches::{MicroBatch, micro_batches};
use crate::learner::Learner;
use crate::step::{Sum, Update};
use crate::workers::Workers;
use crate::{Optimizer, TrainError, TrainPlan};

/// How long training is measured, and measuring.
const TRAINING: Duration = Duration::from_millis(500);
const EVALUATION: Duration = Duration::from_millis(150);
/// Of a run that takes a moment, measuring takes at most this share.
const OF_A_SHORT_RUN: f64 = 0.1;
/// A first round that takes so many times as long is not repeated.
const TOO_LONG: f64 = 3.0;
/// On a machine that is busy with something else measuring may take so many times as long.
const PATIENCE: u32 = 4;
/// The groups of micro-batches that are measured in turn.
const GROUPS: usize = 8;
/// What hears how far a measurement is; `Break` cancels.
type GoOn<'a> = &'a mut dyn FnMut(f64) -> ControlFlow<()>;

/// What the parts of a run take on this machine, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Speed {
    /// Forward and backward of a token.
    pub training_token: f64,
    /// Forward alone.
    pub evaluation_token: f64,
    /// Adding up the gradients of a micro-batch.
    pub micro_batch: f64,
    /// The optimiser's update.
    pub update: f64,
}

impl Speed {
    /// Measures how fast this machine carries out a plan. `go_on` hears the share that is done, and can cancel. Loads nothing.
    ///
    /// # Errors
    /// [`TrainError::Aborted`] when it was cancelled; when the device does not give the memory.
    pub fn measure(plan: &TrainPlan, go_on: GoOn<'_>) -> Result<Self, TrainError> {
        plan.require_fit()?;
        let workers = Workers::new(plan.threads(), plan.side_by_side())?;
        let (config, part) = (plan.config(), Part::of(plan.config()));
        let measurement = |part| Measurement { plan, part, workers: &workers, clock: Clock::of(plan.device()) };
        if part.is_whole(config) {
            return Ok(measurement(part).take(go_on)?.speed);
        }
        let with_blocks = measurement(part).take(&mut |share| go_on(0.7 * share))?;
        let without = measurement(Part { layers: 0, ..part }).take(&mut |share| go_on(0.7 + 0.3 * share))?;
        Ok(scaled(plan, part, &with_blocks, &without.speed))
    }
}

/// The speed of the whole model, from that of some blocks and that of what is around them.
fn scaled(plan: &TrainPlan, part: Part, with_blocks: &Measured, without: &Speed) -> Speed {
    let (config, targets) = (plan.config(), plan.targets());
    let blocks = part.layers as f64;
    let vocabulary = config.vocabulary as f64 / part.vocabulary as f64;
    let of_block = |with: f64, without: f64| (with - without).max(0.0) / blocks;
    let training = of_block(with_blocks.speed.training_token, without.training_token);
    let evaluation = of_block(with_blocks.speed.evaluation_token, without.evaluation_token);
    let layers = config.layers.len();
    // Below the lowest block that is trained there is no backward.
    let forward_only = targets.layers.iter().flatten().min().map_or(0, |lowest| (*lowest).min(layers));
    let trained = plan.trainable_parameters() as f64 / with_blocks.trained.max(1) as f64;
    // Where nothing is measured, a forward pass is counted as a third of a step.
    let forward = if evaluation > 0.0 { evaluation } else { training / 3.0 };
    Speed {
        training_token: vocabulary * without.training_token
            + training * (layers - forward_only) as f64
            + forward * forward_only as f64,
        evaluation_token: vocabulary * without.evaluation_token + evaluation * layers as f64,
        micro_batch: with_blocks.speed.micro_batch * trained,
        update: with_blocks.speed.update * trained,
    }
}

/// What is measured, and how.
struct Measurement<'a> {
    plan: &'a TrainPlan,
    part: Part,
    workers: &'a Workers,
    clock: Clock,
}

/// The speed of a part of a model, and how many weights are trained in it.
struct Measured {
    speed: Speed,
    trained: u64,
}

impl Measurement<'_> {
    fn take(&self, go_on: GoOn<'_>) -> Result<Measured, TrainError> {
        answer(go_on(0.0))?;
        let mut learner = learner(self.plan, self.part)?;
        let trained = learner.parameters().values().map(|tensor| tensor.elem_count() as u64).sum();
        let gradients = |batch: &MicroBatch| learner.gradients(batch, 1);
        let (steps, run) = (self.training_groups(), self.plan.work());
        let time = (TRAINING, run.training_tokens);
        let (training_token, computed) = self.pace(&steps, time, gradients, &mut |share| go_on(0.6 * share))?;
        let evaluation_token = {
            let model = learner.model()?;
            let loss = |batch: &MicroBatch| model.loss(&batch.sequences()).map_err(TrainError::from);
            let time = (EVALUATION, run.evaluation_tokens);
            self.pace(&self.evaluation_groups(), time, loss, &mut |share| go_on(0.6 + 0.3 * share))?.0
        };
        let (micro_batch, update) = self.updating(&mut learner, &computed)?;
        answer(go_on(1.0))?;
        Ok(Measured { speed: Speed { training_token, evaluation_token, micro_batch, update }, trained })
    }

    /// The seconds that a token takes of its thread, over these groups again and again for a while, and what came out last. It
    /// takes less where the run has only so many tokens, each of a thread.
    fn pace<T: Send>(
        &self,
        groups: &[Vec<MicroBatch>],
        (time, run): (Duration, f64),
        work: impl Fn(&MicroBatch) -> Result<T, TrainError> + Sync,
        go_on: GoOn<'_>,
    ) -> Result<(f64, Vec<T>), TrainError> {
        let (began, mut all, mut worked, mut tokens, mut last) = (Instant::now(), 0.0, 0.0, 0, Vec::new());
        let threads = self.plan.side_by_side().max(1) as f64;
        for (round, group) in groups.iter().cycle().enumerate() {
            let share = (all / threads / time.as_secs_f64()).min(1.0);
            let timed = self.workers.each(group, |batch| self.clock.time(|| work(batch)), |_| answer(go_on(share)))?;
            last.clear();
            let mut taken = 0.0;
            for (result, seconds) in timed {
                last.push(result?);
                taken += seconds;
            }
            all += taken;
            // The first round fills caches and memory pools; where it took too long for another it counts all the same.
            let too_long = all / threads >= TOO_LONG * time.as_secs_f64();
            if round > 0 || too_long {
                worked += taken;
                tokens += group.iter().map(MicroBatch::tokens).sum::<u64>();
            }
            let of_the_run = OF_A_SHORT_RUN * run * worked / tokens.max(1) as f64;
            let enough = all / threads >= time.as_secs_f64().min(of_the_run) || began.elapsed() >= PATIENCE * time;
            if too_long || round > 0 && enough {
                break;
            }
        }
        Ok((worked / tokens.max(1) as f64, last))
    }

    /// The seconds to add the gradients of a micro-batch, and those of an update.
    fn updating(&self, learner: &mut Learner, computed: &[(SummedLoss, Gradients)]) -> Result<(f64, f64), TrainError> {
        let (mut sum, mut adding) = (Sum::default(), 0.0);
        for (loss, gradients) in computed {
            let (added, seconds) = self.workers.on_all_threads(|| self.clock.time(|| sum.add_one(*loss, gradients)));
            added?;
            adding += seconds;
        }
        let mut optimizer = Optimizer::new(self.plan.job().settings.optimizer);
        let mut update = || {
            let work = || sum.apply(learner, &mut optimizer, UPDATE);
            let (applied, seconds) = self.workers.on_all_threads(|| self.clock.time(work));
            applied.map(|_| seconds)
        };
        // The first one makes the moments.
        update()?;
        Ok((adding / computed.len().max(1) as f64, update()?))
    }

    /// Micro-batches of the plan's steps, as many at a time as a step hands over.
    fn training_groups(&self) -> Vec<Vec<MicroBatch>> {
        let steps = self.plan.counted_steps().into_iter();
        let groups = steps.flat_map(|step| {
            let rows: Vec<Tokens> = self.plan.rows_of(step).map(|row| self.part.row(row)).collect();
            self.groups(&rows)
        });
        groups.take(GROUPS).collect()
    }

    fn evaluation_groups(&self) -> Vec<Vec<MicroBatch>> {
        let rows: Vec<Tokens> = self.plan.measured_rows().map(|row| self.part.row(row)).collect();
        self.groups(&rows).into_iter().take(GROUPS).collect()
    }

    fn groups(&self, rows: &[Tokens]) -> Vec<Vec<MicroBatch>> {
        let batches = micro_batches(rows, self.plan.batches().batch_size);
        // Of a large model one for each thread is enough.
        let size = match self.part.is_whole(self.plan.config()) {
            true => self.workers.group_size(),
            false => self.plan.side_by_side().max(1),
        };
        batches.chunks(size).map(<[MicroBatch]>::to_vec).collect()
    }
}

/// An update that changes next to nothing.
const UPDATE: Update = Update {
    step: 1,
    learning_rate: 1e-12,
    lora_plus_ratio: 1.0,
    weight_decay: 0.0,
    max_grad_norm: 1.0,
    watches: false,
};

fn answer(answer: ControlFlow<()>) -> Result<(), TrainError> {
    if answer.is_break() { Err(TrainError::Aborted) } else { Ok(()) }
}
