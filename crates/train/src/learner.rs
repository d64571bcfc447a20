//! What is being trained: an adapter beside a frozen model, or all of the model's weights. The rest of the crate does
//! not ask which.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use candle_lora::{Adapter, LoraConfig};
use tunesmith_model::{Bits, Decoder, Gradients, ModelConfig, ModelError, SummedLoss, Wanted};
use tunesmith_protocol::Method;

use crate::batches::Piece;
use crate::{TrainError, TrainPlan, targets};

/// A model with what is trained in it.
pub(crate) struct Learner {
    decoder: Decoder,
    adapter: Adapter,
    wanted: Wanted,
    recompute: bool,
    base_name: String,
}

impl Learner {
    /// The state before the first step.
    pub fn new(plan: &TrainPlan, progress: &mut dyn FnMut(f64) -> ControlFlow<()>) -> Result<Self, TrainError> {
        let (job, device) = (plan.job(), plan.device());
        let decoder = match job.settings.method {
            Method::Scratch => Decoder::scratch(ModelConfig::read(&job.base)?, job.settings.seed, device)?,
            Method::Lora | Method::Full => load(&job.base, plan.bits(), device, progress)?,
        };
        let adapter = match job.settings.method {
            Method::Lora => decoder.new_adapter(&plan.lora(decoder.config()), job.settings.seed)?,
            Method::Full | Method::Scratch => Adapter::none(),
        };
        Ok(Self::with(plan, decoder, adapter))
    }

    /// The state that was saved in `checkpoint`.
    pub fn resume(
        plan: &TrainPlan,
        checkpoint: &Path,
        progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
    ) -> Result<Self, TrainError> {
        let (job, device) = (plan.job(), plan.device());
        let (decoder, adapter) = match job.settings.method {
            Method::Lora => (load(&job.base, plan.bits(), device, progress)?, Adapter::load(checkpoint, device)?),
            Method::Full | Method::Scratch => (load(checkpoint, None, device, progress)?, Adapter::none()),
        };
        Ok(Self::with(plan, decoder, adapter))
    }

    /// The same learner as it was at another checkpoint. A frozen base model is shared, not loaded again.
    pub fn at(&self, checkpoint: &Path) -> Result<Self, TrainError> {
        let device = self.decoder.device();
        let (decoder, adapter) = match self.wanted {
            Wanted::Adapter => (self.decoder.clone(), Adapter::load(checkpoint, device)?),
            Wanted::Weights => (load(checkpoint, None, device, &mut |_| ControlFlow::Continue(()))?, Adapter::none()),
        };
        Ok(Self { decoder, adapter, base_name: self.base_name.clone(), ..*self })
    }

    fn with(plan: &TrainPlan, decoder: Decoder, adapter: Adapter) -> Self {
        let wanted = match plan.job().settings.method {
            Method::Lora => Wanted::Adapter,
            Method::Full | Method::Scratch => Wanted::Weights,
        };
        Self { decoder, adapter, wanted, recompute: plan.recompute(), base_name: plan.job().base_name.clone() }
    }

    /// The loss of a piece.
    pub fn loss(&self, piece: &Piece) -> Result<SummedLoss, TrainError> {
        Ok(self.decoder.loss(&self.adapter, &piece.sequences())?)
    }

    /// The loss of a piece and the gradients of its sum.
    pub fn gradients(&self, piece: &Piece) -> Result<(SummedLoss, Gradients), TrainError> {
        Ok(self.decoder.gradients(&self.adapter, &piece.sequences(), self.wanted, self.recompute)?)
    }

    /// Where it computes.
    pub fn device(&self) -> &Device {
        self.decoder.device()
    }

    /// What is trained, by name.
    pub fn parameters(&self) -> BTreeMap<String, Tensor> {
        match self.wanted {
            Wanted::Adapter => self.adapter.parameters(),
            Wanted::Weights => self.decoder.parameters(),
        }
    }

    /// Replaces a parameter.
    pub fn set(&mut self, name: &str, value: Tensor) -> Result<(), TrainError> {
        match self.wanted {
            Wanted::Adapter => self.adapter.set(name, value)?,
            Wanted::Weights => self.decoder.set_parameter(name, value)?,
        }
        Ok(())
    }

    /// About how many bytes `save` writes in f32.
    pub fn size_bytes(&self) -> u64 {
        self.parameters().values().map(|tensor| 4 * tensor.elem_count() as u64).sum()
    }

    /// Writes what is trained: PEFT's two files, or the model's weights and config.
    pub fn save(&self, folder: &Path, dtype: DType) -> Result<(), TrainError> {
        match self.wanted {
            Wanted::Adapter => self.adapter.save(folder, &self.base_name)?,
            Wanted::Weights => self.decoder.save(folder, dtype)?,
        }
        Ok(())
    }
}

/// The adapter that the settings ask for.
impl TrainPlan {
    pub(crate) fn lora(&self, config: &ModelConfig) -> LoraConfig {
        let settings = &self.job().settings;
        LoraConfig {
            rank: settings.lora_rank as usize,
            alpha: settings.lora_alpha,
            target_modules: targets::modules(settings, config).into_iter().map(String::from).collect(),
        }
    }
}

fn load(
    folder: &Path,
    bits: Option<Bits>,
    device: &Device,
    progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<Decoder, TrainError> {
    let loaded = match bits {
        Some(bits) => Decoder::load_in_blocks(folder, bits, device, progress),
        None => Decoder::load(folder, device, progress),
    };
    match loaded {
        Err(ModelError::Cancelled) => Err(TrainError::Aborted),
        other => Ok(other?),
    }
}
