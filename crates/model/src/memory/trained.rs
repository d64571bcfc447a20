//! Which tensors a run trains, and how many numbers each has.

use std::collections::BTreeSet;

use candle_lora::{BiasChoice, LoraConfig};

use super::training_shape::TrainingShape;
use crate::ModelConfig;
use crate::weights::{EMBEDDING_MODULE, HEAD, HEAD_MODULE, OUTSIDE, Projection, layer_of, projections, shapes};

/// How many numbers are trained in this shape.
pub fn trained_parameters(config: &ModelConfig, shape: &TrainingShape) -> u64 {
    trained_tensors(config, shape).into_iter().map(|(_, numbers)| numbers).sum()
}

/// The tensors that are trained in this shape, by name or, of an adapter, by module, with how many numbers each has.
pub fn trained_tensors(config: &ModelConfig, shape: &TrainingShape) -> Vec<(String, u64)> {
    let Some(rank) = shape.rank else { return trained_weights(config, shape) };
    let rank_of = |module: &str| shape.ranks.and_then(|ranks| ranks.get(module)).copied().unwrap_or(rank);
    let pair = |module: &str, rank: usize, out: usize, width: usize, dora: bool| {
        let lengths = [rank * width, rank * out, if dora { out } else { 0 }];
        lengths.map(|length| (module.to_owned(), length as u64))
    };
    let mut all = Vec::new();
    for layer in blocks(config, shape) {
        for p in adapted(config, shape.target_modules) {
            let rank = rank_of(&format!("model.layers.{layer}.{}", p.name));
            all.extend(pair(p.module(), rank, p.out, p.width, shape.dora));
        }
    }
    for module in shape.target_modules.iter().filter(|module| OUTSIDE.contains(module)) {
        let (dora, name) = match *module {
            HEAD_MODULE => (shape.dora, HEAD_MODULE),
            _ => (false, EMBEDDING_MODULE),
        };
        all.extend(pair(module, rank_of(name), config.vocabulary, config.hidden_size, dora));
    }
    all.extend(shape.beside.iter().cloned());
    all.retain(|(_, numbers)| *numbers > 0);
    all
}

/// What an adapter of this config trains beside its pairs, by name, with how many numbers each has.
pub fn trained_beside(config: &ModelConfig, lora: &LoraConfig) -> Vec<(String, u64)> {
    let has_pair = |module: &str| {
        let named = lora.target_modules.iter().any(|name| module.rsplit('.').next() == Some(name.as_str()));
        named && lora.layers.as_ref().is_none_or(|layers| layer_of(module).is_some_and(|layer| layers.contains(&layer)))
    };
    let is_trained_bias = |name: &String| {
        name.strip_suffix(".bias").is_some_and(|module| match lora.bias {
            BiasChoice::None => false,
            BiasChoice::All => true,
            BiasChoice::LoraOnly => has_pair(module),
        })
    };
    let mut shapes = shapes(config);
    shapes.entry(HEAD.into()).or_insert_with(|| vec![config.vocabulary, config.hidden_size]);
    let saved: BTreeSet<String> = config.weights_to_save(lora).collect();
    let trained = shapes.into_iter().filter(|(name, _)| saved.contains(name) || is_trained_bias(name));
    let weights = trained.map(|(name, shape)| (name, shape.iter().map(|&size| size as u64).product()));
    let width = config.hidden_size as u64;
    let tokens = lora.token_ids.iter().map(|(table, ids)| (table.clone(), ids.len() as u64 * width));
    weights.chain(tokens).collect()
}

fn trained_weights(config: &ModelConfig, shape: &TrainingShape) -> Vec<(String, u64)> {
    let trained = |name: &str| match shape.layers {
        None => true,
        Some(layers) => {
            name.starts_with("model.layers.") && layer_of(name).is_some_and(|layer| layers.contains(&layer))
        }
    };
    let numbers = |shape: &[usize]| shape.iter().map(|&size| size as u64).product();
    shapes(config).into_iter().filter(|(name, _)| trained(name)).map(|(name, shape)| (name, numbers(&shape))).collect()
}

/// The blocks that are trained.
fn blocks(config: &ModelConfig, shape: &TrainingShape) -> Vec<usize> {
    shape.layers.map_or_else(|| (0..config.layers.len()).collect(), <[usize]>::to_vec)
}

/// The projections of a block that have an adapter.
pub(super) fn adapted(config: &ModelConfig, modules: &[&str]) -> impl Iterator<Item = Projection> {
    projections(config).into_iter().filter(|projection| modules.contains(&projection.module()))
}
