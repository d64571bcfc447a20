//! The model in training: an adapter beside a frozen model, or the model's own weights. The rest of the crate need not
//! know which.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use candle_lora::Adapter;
use tunesmith_model::{
    AdaptedDecoder, Decoder, Gradients, ModelConfig, ModelError, Noise, SummedLoss, Trainable, WeightFormat,
};
use tunesmith_protocol::Method;

use crate::batches::MicroBatch;
use crate::{TrainError, TrainPlan, targets};

/// A model with what is trained in it.
pub(crate) struct Learner {
    decoder: Decoder,
    adapter: Adapter,
    /// The adapter as it was when it was split off from the weights (PiSSA).
    start: Option<Adapter>,
    /// The adapter is a new one, whose B matrices were 0.
    begins_with_zeros: bool,
    trainable: Trainable,
    recompute: bool,
    base_name: String,
    seed: u64,
    neftune_alpha: f64,
}

impl Learner {
    /// The state before the first step.
    pub fn new(plan: &TrainPlan, progress: &mut dyn FnMut(f64) -> ControlFlow<()>) -> Result<Self, TrainError> {
        let (job, device) = (plan.job(), plan.device());
        let mut decoder = match job.settings.method {
            Method::Scratch => Decoder::scratch(ModelConfig::read(&job.base)?, job.settings.seed, device)?,
            Method::Lora | Method::Dora | Method::Full => load(&job.base, plan.weight_format(), device, progress)?,
        };
        let mut start = None;
        let adapter = match (&plan.targets().lora, &job.settings.init_adapter) {
            (None, _) => Adapter::none(),
            (Some(_), Some(folder)) => {
                let adapter = targets::initial(job, folder.as_ref(), decoder.config(), device)?;
                decoder.complete(decoder.without_copies(adapter)?)?
            }
            (Some(lora), None) if job.settings.use_pissa => {
                let adapter = decoder.init_pissa(lora)?;
                start = Some(adapter.pairs_alone());
                adapter
            }
            (Some(lora), None) => decoder.new_adapter(lora, job.settings.seed)?,
        };
        Ok(Self::with(plan, decoder, adapter, start))
    }

    /// The state that was saved in `checkpoint`.
    pub fn resume(
        plan: &TrainPlan,
        checkpoint: &Path,
        progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
    ) -> Result<Self, TrainError> {
        let (job, device) = (plan.job(), plan.device());
        if !job.settings.method.is_adapter() {
            return Ok(Self::with(plan, load(checkpoint, WeightFormat::F32, device, progress)?, Adapter::none(), None));
        }
        let (mut decoder, saved) =
            (load(&job.base, plan.weight_format(), device, progress)?, Adapter::load(checkpoint, device)?);
        if !job.settings.use_pissa {
            return Ok(Self::with(plan, decoder, saved, None));
        }
        let (adapter, start) = saved.split_difference()?;
        decoder.subtract_adapter(&start)?;
        Ok(Self::with(plan, decoder, adapter, Some(start)))
    }

    /// The same learner as it was at another checkpoint. A frozen base model is shared, not loaded again.
    pub fn at(&self, checkpoint: &Path) -> Result<Self, TrainError> {
        let device = self.decoder.device();
        let (decoder, adapter) = match (&self.trainable, &self.start) {
            (Trainable::Adapter, None) => (self.decoder.clone(), Adapter::load(checkpoint, device)?),
            (Trainable::Adapter, Some(_)) => {
                (self.decoder.clone(), Adapter::load(checkpoint, device)?.split_difference()?.0)
            }
            _ => (load(checkpoint, WeightFormat::F32, device, &mut |_| ControlFlow::Continue(()))?, Adapter::none()),
        };
        let (start, trainable, base_name) = (self.start.clone(), self.trainable.clone(), self.base_name.clone());
        Ok(Self { decoder, adapter, start, trainable, base_name, ..*self })
    }

    /// The learner of a plan with another model in the place of its own, to see how long it takes.
    pub fn stand_in(plan: &TrainPlan, decoder: Decoder, adapter: Adapter, trainable: Trainable) -> Self {
        Self { trainable, ..Self::with(plan, decoder, adapter, None) }
    }

    fn with(plan: &TrainPlan, decoder: Decoder, adapter: Adapter, start: Option<Adapter>) -> Self {
        let job = plan.job();
        let begins_with_zeros =
            job.settings.method.is_adapter() && job.settings.init_adapter.is_none() && start.is_none();
        Self {
            decoder,
            adapter,
            start,
            begins_with_zeros,
            trainable: plan.targets().trainable(),
            recompute: plan.recompute(),
            base_name: job.base_name.clone(),
            seed: job.settings.seed,
            neftune_alpha: job.settings.neftune_alpha.unwrap_or(0.0),
        }
    }

    /// The model as it is now, to measure.
    pub fn model(&self) -> Result<AdaptedDecoder, TrainError> {
        Ok(self.decoder.with_adapter(&self.adapter)?)
    }

    /// The loss of a micro-batch of this step, with the step's noise, and the gradients of its sum.
    pub fn gradients(&self, batch: &MicroBatch, step: u32) -> Result<(SummedLoss, Gradients), TrainError> {
        let (seed, neftune_alpha) = (self.seed, self.neftune_alpha);
        let noise = Noise { seed, step: step.into(), first_token: batch.first_token(), neftune_alpha };
        let (rows, trainable) = (batch.sequences(), &self.trainable);
        Ok(self.decoder.noisy_gradients(&self.adapter, &rows, trainable, self.recompute, Some(&noise))?)
    }

    /// Where it computes.
    pub fn device(&self) -> &Device {
        self.decoder.device()
    }

    /// What is trained, by name.
    pub fn parameters(&self) -> BTreeMap<String, Tensor> {
        if self.trainable == Trainable::Adapter {
            return self.adapter.parameters();
        }
        let mut weights = self.decoder.parameters();
        weights.retain(|name, _| self.trainable.has_weight(name));
        weights
    }

    /// Replaces a parameter.
    pub fn set(&mut self, name: &str, value: Tensor) -> Result<(), TrainError> {
        match self.trainable {
            Trainable::Adapter => self.adapter.set(name, value)?,
            _ => self.decoder.set_parameter(name, value)?,
        }
        Ok(())
    }

    /// Whether the adapter changes nothing: every B matrix is 0, or, where it began as a part of the weights, as it was then.
    /// What is trained beside pairs moves with any gradient.
    pub fn adapter_does_nothing(&self) -> Result<bool, TrainError> {
        let moves_beside =
            !self.adapter.tokens.is_empty() || self.adapter.weights.keys().any(|name| self.adapter.trains(name));
        if self.trainable != Trainable::Adapter || moves_beside {
            return Ok(false);
        }
        for (module, pair) in &self.adapter.pairs {
            let start = self.start.as_ref().and_then(|start| start.pairs.get(module));
            let moved = start.map_or_else(|| Ok(pair.b.clone()), |start| &pair.b - &start.b)?;
            if moved.abs()?.max_all()?.to_scalar::<f32>()? != 0.0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether a change of this parameter shows that something was learned. One of pairs whose B began as zeros does not: any
    /// number is more than 0, and A does nothing without B.
    pub fn shows_change(&self, name: &str) -> bool {
        !(self.begins_with_zeros && (name.contains("lora_A") || name.contains("lora_B")))
    }

    /// The model without the pairs that began with a B of zeros: it computes what it did at first, but for what is trained
    /// beside them. None where there are no such pairs.
    pub fn without_pairs(&self) -> Result<Option<AdaptedDecoder>, TrainError> {
        if !self.begins_with_zeros {
            return Ok(None);
        }
        let mut adapter = self.adapter.clone();
        for pair in adapter.pairs.values_mut() {
            pair.b = pair.b.zeros_like()?;
        }
        Ok(Some(self.decoder.with_adapter(&adapter)?))
    }

    /// About how many bytes `save` writes in f32.
    pub fn size_bytes(&self) -> u64 {
        let written = match (&self.trainable, &self.start) {
            (Trainable::Adapter, start) => {
                return self.adapter.size_bytes() + start.as_ref().map_or(0, Adapter::size_bytes);
            }
            _ => self.decoder.parameters(),
        };
        written.values().map(|tensor| 4 * tensor.elem_count() as u64).sum()
    }

    /// Writes what is trained: PEFT's two files, or the model's weights and config. An adapter that began as a part of
    /// the weights is written as what it has moved since, so that it fits the original weights.
    pub fn save(&self, folder: &Path, dtype: DType) -> Result<(), TrainError> {
        match (&self.trainable, &self.start) {
            (Trainable::Adapter, None) => self.adapter.save(folder, &self.base_name)?,
            (Trainable::Adapter, Some(start)) => self.adapter.difference(start)?.save(folder, &self.base_name)?,
            _ => self.decoder.save(folder, dtype)?,
        }
        Ok(())
    }
}

fn load(
    folder: &Path,
    format: WeightFormat,
    device: &Device,
    progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<Decoder, TrainError> {
    match Decoder::load(folder, format, device, progress) {
        Err(ModelError::Cancelled) => Err(TrainError::Aborted),
        other => Ok(other?),
    }
}
