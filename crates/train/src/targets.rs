//! What is trained: the shape of the adapter and the layers, as the settings ask or as the adapter that the run continues
//! from has it. What cannot be is refused before anything is loaded.

use std::path::Path;

use candle_core::Device;
use candle_lora::{Adapter, LoraConfig};
use tunesmith_model::{ModelConfig, OUTSIDE, Trainable, TrainingShape, WeightFormat, modules};
use tunesmith_protocol::{SettingProblem, TargetModules, TrainSettings};

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
}

impl Targets {
    /// What the job trains of a model of this config.
    pub fn of(job: &Job, config: &ModelConfig) -> Result<Self, TrainError> {
        let settings = &job.settings;
        combinations(settings)?;
        let layers = settings.layers.of(config.layers.len());
        let layers = layers.map_err(|reason| problem("layers", format!("Layers {reason}")))?;
        if !settings.method.is_adapter() {
            return Ok(Self { lora: None, layers });
        }
        if let Some(folder) = &settings.init_adapter {
            let found = initial(job, folder.as_ref(), config, &Device::Cpu);
            let adapter =
                if job.resume { found? } else { found.map_err(|error| not_to_continue(folder.as_str(), &error))? };
            return Ok(Self { layers: adapter.config.layers.clone(), lora: Some(adapter.config) });
        }
        modules_are_there(settings, config)?;
        let lora = LoraConfig {
            rank: settings.lora_rank as usize,
            alpha: settings.lora_alpha,
            target_modules: asked_for(settings, config).into_iter().map(String::from).collect(),
            layers: layers.clone(),
            rslora: settings.use_rslora,
            dora: settings.method == tunesmith_protocol::Method::Dora,
            dropout: settings.lora_dropout,
        };
        outside(&lora, settings)?;
        Ok(Self { lora: Some(lora), layers })
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
    let mut adapter = Adapter::load(newest.as_deref().unwrap_or(folder), device)?;
    config.check_adapter(&adapter)?;
    adapter.config.dropout = job.settings.lora_dropout;
    Ok(adapter)
}

/// Why the folder is not one to continue from, told of the setting that names it.
fn not_to_continue(folder: &str, error: &TrainError) -> TrainError {
    let why = match Path::new(folder).join(ADAPTER_CONFIG).is_file() {
        true => error.to_string(),
        false => format!("{folder} has no {ADAPTER_CONFIG}"),
    };
    problem("init_adapter", format!("Continue from must be the folder of an adapter for this model: {why}"))
}

/// The modules that the settings ask for, in the order in which the model uses them.
fn asked_for(settings: &TrainSettings, config: &ModelConfig) -> Vec<&'static str> {
    let named = |module: &&str| matches!(settings.target_modules, TargetModules::Named(_)) || !OUTSIDE.contains(module);
    let all = modules(config).into_iter().filter(named);
    all.filter(|module| settings.target_modules.contains(module)).collect()
}

/// Every module that is named is one that the model has: families that fuse projections name them otherwise.
fn modules_are_there(settings: &TrainSettings, config: &ModelConfig) -> Result<(), TrainError> {
    let TargetModules::Named(named) = &settings.target_modules else { return Ok(()) };
    let known = modules(config);
    let Some(unknown) = named.iter().find(|module| !known.contains(&module.as_str())) else { return Ok(()) };
    let (family, known) = (config.family, known.join(", "));
    let message = format!("Target modules must be all-linear or a list of {known}: a {family} model has no {unknown}");
    Err(problem("target_modules", message))
}

/// Embedding and head cannot be had with everything.
fn outside(lora: &LoraConfig, settings: &TrainSettings) -> Result<(), TrainError> {
    let Some(module) = lora.target_modules.iter().find(|module| OUTSIDE.contains(&module.as_str())) else {
        return Ok(());
    };
    if lora.layers.is_some() {
        let message = format!("Layers must be all where {module} is tuned: it belongs to no layer");
        return Err(problem("layers", message));
    }
    if lora.dora && module == "embed_tokens" {
        return Err(problem(
            "target_modules",
            "Method dora cannot tune embed_tokens; choose lora, or leave it out".into(),
        ));
    }
    if settings.use_pissa {
        return Err(problem(
            "use_pissa",
            format!("A PiSSA start is not possible for {module}; leave one of the two out"),
        ));
    }
    Ok(())
}

/// Settings that exclude each other.
fn combinations(settings: &TrainSettings) -> Result<(), TrainError> {
    let (adapter, dora) = (settings.method.is_adapter(), settings.method == tunesmith_protocol::Method::Dora);
    let word = settings.method.word();
    let wrong = match () {
        () if settings.use_pissa && !adapter => {
            ("use_pissa", format!("A PiSSA start needs an adapter, and method {word} trains none"))
        }
        () if settings.use_pissa && dora => ("use_pissa", "A PiSSA start is not possible with method dora".into()),
        () if settings.use_pissa && settings.quantization != tunesmith_protocol::Quantization::None => {
            ("use_pissa", "A PiSSA start changes the base model, which quantization holds as it is".into())
        }
        () if settings.use_pissa && settings.precision == tunesmith_protocol::Precision::Bf16 => (
            "use_pissa",
            "A PiSSA start changes the base model, and bf16 would round away what it leaves: choose f32".into(),
        ),
        () if settings.use_pissa && settings.init_adapter.is_some() => {
            ("use_pissa", "A run begins with PiSSA or with another adapter, not with both".into())
        }
        () if settings.init_adapter.is_some() && !adapter => {
            ("init_adapter", format!("To continue from an adapter needs method lora or dora, not {word}"))
        }
        () if settings.layers != tunesmith_protocol::Layers::All
            && settings.method == tunesmith_protocol::Method::Scratch =>
        {
            ("layers", "A new model is trained as a whole: layers must be all".into())
        }
        () => return Ok(()),
    };
    Err(problem(wrong.0, wrong.1))
}

fn problem(name: &str, message: String) -> TrainError {
    TrainError::Settings(vec![SettingProblem { name: name.into(), message }])
}
