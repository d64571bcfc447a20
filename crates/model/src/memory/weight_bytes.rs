//! The memory that a model's weights take in each format.

use candle_lora::{WeightFormat, dequantized_at_once};

use crate::ModelConfig;
use crate::weights::{format_of, shapes};

/// Bytes of an f32.
pub(super) const F32: u64 = 4;

/// The bytes of the weights.
pub(super) fn weight_bytes(config: &ModelConfig, format: WeightFormat) -> u64 {
    let bytes = |(name, shape): (String, Vec<usize>)| {
        let held = match shape.as_slice() {
            &[rows, width] => format_of(&name, format).size_bytes(rows, width),
            _ => None,
        };
        held.unwrap_or(shape.iter().product::<usize>() as u64 * F32)
    };
    shapes(config).into_iter().map(bytes).sum()
}

/// The most numbers of fewer bits that are dequantised at once.
pub(super) fn dequantized(config: &ModelConfig, format: WeightFormat) -> u64 {
    let largest = shapes(config).values().map(|shape| shape.iter().product::<usize>()).max();
    largest.filter(|_| format != WeightFormat::F32).map_or(0, |largest| dequantized_at_once(largest) as u64)
}
