//! Which tensors a run trains, and how many numbers each has.

use super::training_shape::TrainingShape;
use crate::ModelConfig;
use crate::weights::{HEAD_MODULE, OUTSIDE, Projection, layer_of, projections, shapes};

/// How many numbers are trained in this shape.
pub fn trained_parameters(config: &ModelConfig, shape: &TrainingShape) -> u64 {
    trained_tensors(config, shape).into_iter().map(|(_, numbers)| numbers).sum()
}

/// The tensors that are trained in this shape, by name or, of an adapter, by module, with how many numbers each has.
pub fn trained_tensors(config: &ModelConfig, shape: &TrainingShape) -> Vec<(String, u64)> {
    let Some(rank) = shape.rank else { return trained_weights(config, shape) };
    let pair = |module: &str, out: usize, width: usize, dora: bool| {
        let lengths = [rank * width, rank * out, if dora { out } else { 0 }];
        lengths.map(|length| (module.to_owned(), length as u64))
    };
    let block = adapted(config, shape.target_modules).flat_map(|p| pair(p.module(), p.out, p.width, shape.dora));
    let block: Vec<_> = block.collect();
    let mut all: Vec<_> = (0..blocks(config, shape)).flat_map(|_| block.clone()).collect();
    for module in shape.target_modules.iter().filter(|module| OUTSIDE.contains(module)) {
        let dora = shape.dora && *module == HEAD_MODULE;
        all.extend(pair(module, config.vocabulary, config.hidden_size, dora));
    }
    all.retain(|(_, numbers)| *numbers > 0);
    all
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

/// How many blocks are trained.
fn blocks(config: &ModelConfig, shape: &TrainingShape) -> usize {
    shape.layers.map_or(config.layers.len(), <[usize]>::len)
}

/// The projections of a block that have an adapter.
pub(super) fn adapted(config: &ModelConfig, modules: &[&str]) -> impl Iterator<Item = Projection> {
    projections(config).into_iter().filter(|projection| modules.contains(&projection.module()))
}
