//! What is trained: the shape of the adapter and the layers, as the settings ask or as the adapter that the run continues
//! from has it. What cannot be is refused before anything is loaded.

pub(crate) mod beside;

use std::path::Path;

use candle_core::Device;
use candle_lora::{Adapter, LoraConfig};
use tunesmith_model::{
    ModelConfig, OUTSIDE, StoredAdapter, Trainable, TrainingShape, WeightFormat, modules, trained_beside,
};
use tunesmith_protocol::{Layers, Method, Precision, Quantization, SettingProblem, TargetModules, TrainSettings};
use tunesmith_sentence::{Sentence, say};

use crate::run_folder::newest_checkpoint;
use crate::{Job, TrainError};

/// The file that makes a folder an adapter of PEFT's format.
const ADAPTER_CONFIG: &str = "adapter_config.json";

/// What a run trains.
pub(crate) struct Targets {
    /// The adapter; none trains the model's own weights.
    pub lora: Option<LoraConfig>,
    /// The layers; none is all.
    pub layers: Option<Vec<usize>>,
    /// What is trained beside the adapter's pairs, and how many numbers each has.
    beside: Vec<(String, u64)>,
}

impl Targets {
    /// What the job trains of a model of this config.
    pub fn of(job: &Job, config: &ModelConfig) -> Result<Self, TrainError> {
        let settings = &job.settings;
        combinations(settings)?;
        let layers = settings.layers.of(config.layers.len());
        let layers =
            layers.map_err(|reason| problem("layers", say!("train-layers-wrong", "Layers {reason}", reason)))?;
        if !settings.method.is_adapter() {
            return Ok(Self { lora: None, layers, beside: vec![] });
        }
        if let Some(folder) = &settings.init_adapter {
            let found = initial(job, folder.as_ref(), config, &Device::Cpu);
            let adapter =
                if job.resume { found? } else { found.map_err(|error| not_to_continue(folder.as_str(), &error))? };
            let (layers, beside) = (adapter.config.layers.clone(), trained_beside(config, &adapter.config));
            return Ok(Self { layers, lora: Some(adapter.config), beside });
        }
        modules_are_there(settings, config)?;
        let lora = LoraConfig {
            rank: settings.lora_rank as usize,
            alpha: settings.lora_alpha,
            target_modules: asked_for(settings, config).into_iter().map(String::from).collect(),
            layers: layers.clone(),
            rslora: settings.use_rslora,
            dora: settings.method == Method::Dora,
            dropout: settings.lora_dropout,
            ..beside::asked_for(settings)
        };
        outside(&lora, settings)?;
        beside::check(&lora, settings, config)?;
        let beside = trained_beside(config, &lora);
        Ok(Self { lora: Some(lora), layers, beside })
    }

    /// What gets a gradient.
    pub fn trainable(&self) -> Trainable {
        match (&self.lora, &self.layers) {
            (Some(_), _) => Trainable::Adapter,
            (None, Some(layers)) => Trainable::Layers(layers.clone()),
            (None, None) => Trainable::AllWeights,
        }
    }

    /// What memory is counted for.
    pub fn shape<'a>(
        &'a self,
        modules: &'a [&'a str],
        tokens: usize,
        (format, recompute, on_gpu): (WeightFormat, bool, Option<usize>),
    ) -> TrainingShape<'a> {
        TrainingShape {
            tokens,
            rank: self.lora.as_ref().map(|lora| lora.rank),
            ranks: self.lora.as_ref().map(|lora| &lora.ranks),
            beside: &self.beside,
            target_modules: modules,
            layers: self.layers.as_deref(),
            dora: self.lora.as_ref().is_some_and(|lora| lora.dora),
            dropout: self.lora.as_ref().is_some_and(|lora| lora.dropout > 0.0),
            format,
            recompute,
            on_gpu,
        }
    }

    /// The names of the modules with a pair.
    pub fn modules(&self) -> Vec<&str> {
        self.lora.iter().flat_map(|lora| lora.target_modules.iter().map(String::as_str)).collect()
    }
}

/// The adapter that a run continues from, with the run's own dropout.
pub(crate) fn initial(job: &Job, folder: &Path, config: &ModelConfig, device: &Device) -> Result<Adapter, TrainError> {
    // A resumed run has all of it in its checkpoints; the folder that it began from may be gone.
    let newest = if job.resume { newest_checkpoint(&job.output)? } else { None };
    let stored = StoredAdapter::open(newest.as_deref().unwrap_or(folder))?;
    let (needed_bytes, available_bytes) = (stored.loading_bytes(), job.available_bytes);
    if needed_bytes > available_bytes {
        let parts = say!("train-memory-adapter", "adapter");
        return Err(TrainError::TooBig { needed_bytes, available_bytes, parts });
    }
    config.check_complete(&stored)?;
    let mut adapter = stored.load(device)?;
    config.check_adapter(&adapter)?;
    adapter.config.dropout = job.settings.lora_dropout;
    Ok(adapter)
}

/// Why the folder is not one to continue from, told of the setting that names it.
fn not_to_continue(folder: &str, error: &TrainError) -> TrainError {
    let reason = match Path::new(folder).join(ADAPTER_CONFIG).exists() {
        true => error.sentence(),
        false => say!("train-no-adapter", "{folder} has no {file}", folder, file = ADAPTER_CONFIG),
    };
    let message = say!(
        "train-not-to-continue",
        "Continue from must be the folder of an adapter for this model: {reason}",
        reason
    );
    problem("init_adapter", message)
}

/// The modules that the settings ask for, in the order in which the model uses them.
fn asked_for(settings: &TrainSettings, config: &ModelConfig) -> Vec<&'static str> {
    // As with PEFT, all linear projections are those that are not trained whole.
    let named = |module: &&str| match settings.target_modules {
        TargetModules::Named(_) => true,
        TargetModules::AllLinear => {
            !OUTSIDE.contains(module) && !settings.modules_to_save.iter().any(|name| name == module)
        }
    };
    let all = modules(config).into_iter().filter(named);
    all.filter(|module| settings.target_modules.contains(module)).collect()
}

/// Every module that is named is one that the model has: families that fuse projections name them otherwise.
fn modules_are_there(settings: &TrainSettings, config: &ModelConfig) -> Result<(), TrainError> {
    let TargetModules::Named(named) = &settings.target_modules else { return Ok(()) };
    let known = modules(config);
    let Some(unknown) = named.iter().find(|module| !known.contains(&module.as_str())) else { return Ok(()) };
    let (family, known) = (config.family, known.join(", "));
    let message = say!(
        "train-module-unknown",
        "Target modules must be all-linear or a list of {known}: a {family} model has no {module}",
        known,
        family,
        module = unknown
    );
    Err(problem("target_modules", message))
}

/// Embedding and head cannot be had with everything.
fn outside(lora: &LoraConfig, settings: &TrainSettings) -> Result<(), TrainError> {
    let Some(module) = lora.target_modules.iter().find(|module| OUTSIDE.contains(&module.as_str())) else {
        return Ok(());
    };
    if lora.layers.is_some() {
        let message = say!(
            "train-module-without-layer",
            "Layers must be all where {module} is tuned: it belongs to no layer",
            module
        );
        return Err(problem("layers", message));
    }
    if lora.dora && module == "embed_tokens" {
        let message =
            say!("train-dora-embedding", "Method dora cannot tune embed_tokens; choose lora, or leave it out");
        return Err(problem("target_modules", message));
    }
    if settings.use_pissa {
        let message =
            say!("train-pissa-module", "A PiSSA start is not possible for {module}; leave one of the two out", module);
        return Err(problem("use_pissa", message));
    }
    Ok(())
}

/// Settings that exclude each other.
fn combinations(settings: &TrainSettings) -> Result<(), TrainError> {
    let (adapter, method) = (settings.method.is_adapter(), settings.method.word());
    if let Some(message) = against_pissa(settings).filter(|_| settings.use_pissa) {
        return Err(problem("use_pissa", message));
    }
    if settings.init_adapter.is_some() && !adapter {
        let message = say!(
            "train-continue-method",
            "To continue from an adapter needs method lora or dora, not {method}",
            method
        );
        return Err(problem("init_adapter", message));
    }
    beside::needs_adapter(settings)?;
    if settings.layers != Layers::All && settings.method == Method::Scratch {
        let message = say!("train-scratch-layers", "A new model is trained as a whole: layers must be all");
        return Err(problem("layers", message));
    }
    Ok(())
}

/// What speaks against a PiSSA start, if anything.
fn against_pissa(settings: &TrainSettings) -> Option<Sentence> {
    let method = settings.method.word();
    Some(match () {
        () if !settings.method.is_adapter() => {
            say!("train-pissa-method", "A PiSSA start needs an adapter, and method {method} trains none", method)
        }
        () if settings.method == Method::Dora => {
            say!("train-pissa-dora", "A PiSSA start is not possible with method dora")
        }
        () if settings.quantization != Quantization::None => {
            say!("train-pissa-quantized", "A PiSSA start changes the base model, which quantization holds as it is")
        }
        () if settings.precision == Precision::Bf16 => say!(
            "train-pissa-bf16",
            "A PiSSA start changes the base model, and bf16 would round away what it leaves: choose f32"
        ),
        () if settings.init_adapter.is_some() => {
            say!("train-pissa-continued", "A run begins with PiSSA or with another adapter, not with both")
        }
        () => return None,
    })
}

fn problem(name: &str, message: Sentence) -> TrainError {
    TrainError::Settings(vec![SettingProblem { name: name.into(), message }])
}
