//! Reads `adapter_config.json`: what is not supported is refused, and so are tensors that it does not name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use regex::{Regex, RegexBuilder};
use serde_json::Value;
use tunesmith_sentence::{Sentence, say};

use super::patterns::Patterns;
use super::tokens::TokenIds;
use super::unsupported;
use crate::{BiasChoice, LoraConfig, LoraError, Result, regular_file};

/// An adapter's config and header are a few kilobytes; a file that claims more is not one.
const LONGEST_CONFIG: u64 = 1 << 20;
/// Memory that an expression over the names of modules may take, in bytes.
const LARGEST_PATTERN: usize = 4 << 20;
/// What PEFT takes for the rank and for alpha where a config does not have them.
const USUAL: u64 = 8;
/// More than any pair has.
const LARGEST_RANK: u64 = 1 << 16;

/// A config as it is written, before the tensors say what its patterns come to.
pub(super) struct PeftConfig {
    lora: LoraConfig,
    targets: Targets,
    excluded: Excluded,
    ranks: Patterns<usize>,
    alphas: Patterns<f64>,
    token_ids: TokenIds,
    /// Settings that nobody reads here, by name.
    pub unknown: Vec<String>,
}

/// How `target_modules` names the modules with a pair.
enum Targets {
    /// By all or the end of their names.
    Names(Vec<String>),
    /// Every linear map of a block.
    AllLinear,
    /// By a regular expression that fits all of their names; none where only Python understands it. The tensors say what it
    /// came to.
    Pattern(Option<Regex>),
}

/// How `exclude_modules` names the modules that have no pair.
enum Excluded {
    /// By all or the end of their names.
    Names(Vec<String>),
    /// By a regular expression that fits all of their names.
    Pattern(Regex),
}

impl PeftConfig {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let wrong = |reason: Sentence| LoraError::adapter(path, reason);
        let text = regular_file::read_text(path, LONGEST_CONFIG).map_err(LoraError::refused(path))?;
        let text =
            text.ok_or_else(|| wrong(say!("adapter-config-too-long", "is too long to be an adapter's config")))?;
        let config: Value = serde_json::from_str(&text)
            .map_err(|error| wrong(say!("file-not-json", "is not valid JSON: {error}", error = error.to_string())))?;
        unsupported::check(&config).and_then(|()| Self::of(&config)).map_err(wrong)
    }

    fn of(config: &Value) -> Result<Self, Sentence> {
        let usual = Value::from(USUAL);
        let rank =
            rank(config.get("r").unwrap_or(&usual)).ok_or_else(|| say!("adapter-rank-wrong", "r is not a rank"))?;
        let alpha = alpha(config.get("lora_alpha").unwrap_or(&usual))
            .ok_or_else(|| say!("adapter-alpha-wrong", "lora_alpha is not a number above 0"))?;
        let targets = match &config["target_modules"] {
            Value::String(pattern) if pattern == "all-linear" => Targets::AllLinear,
            Value::String(pattern) => Targets::Pattern(whole(pattern)),
            Value::Array(names) => Targets::Names(names.iter().filter_map(Value::as_str).map(String::from).collect()),
            _ => return Err(say!("adapter-modules-missing", "target_modules is missing")),
        };
        let layers = layers(&config["layers_to_transform"])
            .ok_or_else(|| say!("adapter-layers-wrong", "layers_to_transform is not a list of layers"))?;
        let dropout = config["lora_dropout"].as_f64().filter(|share| (0.0..1.0).contains(share)).unwrap_or(0.0);
        let is_on = |key| unsupported::is_on(&config[key]);
        let (rslora, dora) = (is_on("use_rslora"), is_on("use_dora"));
        let (modules_to_save, bias) = (modules_to_save(&config["modules_to_save"])?, bias(&config["bias"])?);
        let lora =
            LoraConfig { rank, alpha, layers, rslora, dora, dropout, modules_to_save, bias, ..LoraConfig::default() };
        let (ranks, alphas) = (
            Patterns::read(config, "rank_pattern", self::rank)?,
            Patterns::read(config, "alpha_pattern", self::alpha)?,
        );
        let token_ids = TokenIds::read(&config["trainable_token_indices"])?;
        let (excluded, unknown) = (Excluded::read(&config["exclude_modules"]), unsupported::unknown(config));
        Ok(Self { lora, targets, excluded, ranks, alphas, token_ids, unknown })
    }

    /// The config of an adapter that has pairs for these modules, and vectors of single tokens for these tables, so many each.
    pub(super) fn with_modules<'a>(
        self,
        modules: impl Iterator<Item = &'a String> + Clone,
        tables: &BTreeMap<String, usize>,
    ) -> Result<LoraConfig, Sentence> {
        if modules.clone().next().is_none() {
            return Err(say!("adapter-without-pairs", "holds no low-rank pair"));
        }
        modules.clone().try_for_each(|module| self.check_named(module))?;
        let mut lora = self.lora;
        lora.token_ids = self.token_ids.of_tables(tables)?;
        for module in modules.clone() {
            let (rank, alpha) = (self.ranks.of(module), self.alphas.of(module));
            lora.ranks.extend(rank.filter(|rank| *rank != lora.rank).map(|rank| (module.clone(), rank)));
            lora.alphas.extend(alpha.filter(|alpha| *alpha != lora.alpha).map(|alpha| (module.clone(), alpha)));
        }
        match self.targets {
            // Names that the model does not have are left alone by PEFT, too.
            Targets::Names(names) if names.iter().all(|name| !name.contains('.')) => lora.target_modules = names,
            Targets::AllLinear => lora.target_modules = last_parts(modules),
            Targets::Names(_) | Targets::Pattern(_) => {
                let layers: BTreeSet<_> = modules.clone().map(|module| layer_of(module)).collect();
                lora.layers = layers.into_iter().collect();
                lora.target_modules = last_parts(modules);
            }
        }
        Ok(lora)
    }

    /// Whether PEFT gives this module of a model a pair. `all-linear` means the projections of the blocks.
    pub(super) fn names(&self, module: &str) -> bool {
        let is_saved = self.lora.saves(module);
        match &self.targets {
            Targets::Names(_) => self.check_named(module).is_ok(),
            Targets::AllLinear => layer_of(module).is_some() && !is_saved && self.check_named(module).is_ok(),
            Targets::Pattern(pattern) => {
                pattern.as_ref().is_some_and(|pattern| pattern.is_match(module)) && self.check_named(module).is_ok()
            }
        }
    }

    /// As PEFT's `check_target_module_exists` decides which modules get a pair.
    fn check_named(&self, module: &str) -> Result<(), Sentence> {
        if self.excluded.has(module) {
            return Err(say!(
                "adapter-module-excluded",
                "has tensors for {module}, which exclude_modules of adapter_config.json leaves out",
                module
            ));
        }
        let Targets::Names(names) = &self.targets else { return Ok(()) };
        if names.iter().any(|name| name == module) {
            return Ok(());
        }
        if !names.iter().any(|name| is_named(module, name)) {
            return Err(say!(
                "adapter-module-unnamed",
                "has tensors for {module}, but target_modules of adapter_config.json names only {names}",
                module,
                names = names.join(", ")
            ));
        }
        match &self.lora.layers {
            Some(layers) if layer_of(module).is_none_or(|layer| !layers.contains(&layer)) => Err(say!(
                "adapter-layer-unnamed",
                "has tensors for {module}, but layers_to_transform of adapter_config.json names only {layers}",
                module,
                layers = layers.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")
            )),
            _ => Ok(()),
        }
    }
}

/// Whether a module is meant by all or the end of its name.
fn is_named(module: &str, name: &str) -> bool {
    module.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

impl Excluded {
    /// As PEFT's `check_target_module_exists` reads the field: text is a regular expression, a list has names.
    fn read(value: &Value) -> Self {
        let names = match value {
            Value::Array(names) => names.iter().filter_map(Value::as_str).map(String::from).collect(),
            _ => Vec::new(),
        };
        // What an expression leaves out that only Python understands, the tensors say.
        let pattern = value.as_str().and_then(whole);
        pattern.map_or(Self::Names(names), Self::Pattern)
    }

    fn has(&self, module: &str) -> bool {
        match self {
            Self::Names(names) => names.iter().any(|name| is_named(module, name)),
            Self::Pattern(pattern) => pattern.is_match(module),
        }
    }
}

/// A regular expression that fits a whole name; none where only Python understands it, or where it would take too much memory.
fn whole(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(LARGEST_PATTERN).build().ok()
}

/// The modules that are trained whole.
fn modules_to_save(value: &Value) -> Result<Vec<String>, Sentence> {
    let names = match value {
        Value::Null => Some(vec![]),
        Value::Array(names) => names.iter().map(|name| name.as_str().map(String::from)).collect(),
        _ => None,
    };
    names.ok_or_else(|| say!("adapter-whole-modules-wrong", "modules_to_save is not a list of modules"))
}

/// Which biases are trained.
fn bias(value: &Value) -> Result<BiasChoice, Sentence> {
    match value {
        Value::Null => Ok(BiasChoice::None),
        Value::String(word) if word == "none" => Ok(BiasChoice::None),
        Value::String(word) if word == "all" => Ok(BiasChoice::All),
        Value::String(word) if word == "lora_only" => Ok(BiasChoice::LoraOnly),
        other => {
            Err(say!("adapter-bias-wrong", "bias is {bias}, expected none, all or lora_only", bias = other.to_string()))
        }
    }
}

/// The first number among the parts of a name.
fn layer_of(module: &str) -> Option<usize> {
    module.split('.').find_map(|part| part.parse().ok())
}

fn last_parts<'a>(modules: impl Iterator<Item = &'a String>) -> Vec<String> {
    let last: BTreeMap<_, _> = modules.filter_map(|module| Some((module.rsplit('.').next()?, ()))).collect();
    last.into_keys().map(String::from).collect()
}

fn rank(value: &Value) -> Option<usize> {
    value.as_u64().filter(|rank| (1..=LARGEST_RANK).contains(rank)).map(|rank| rank as usize)
}

/// With 0 the adapter changes nothing, and below it is turned against what it has learned.
fn alpha(value: &Value) -> Option<f64> {
    value.as_f64().filter(|alpha| alpha.is_finite() && *alpha > 0.0)
}

/// The layers that are listed, none where all are meant; no answer where that is no list of layers.
fn layers(value: &Value) -> Option<Option<Vec<usize>>> {
    let layer = |value: &Value| value.as_u64().and_then(|layer| usize::try_from(layer).ok());
    match value {
        Value::Null => Some(None),
        Value::Array(layers) if layers.is_empty() => Some(None),
        Value::Array(layers) => layers.iter().map(layer).collect::<Option<_>>().map(Some),
        one => Some(Some(vec![layer(one)?])),
    }
}
