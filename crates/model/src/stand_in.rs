//! A model that computes as long as another of its shape, for measuring how fast a machine is without loading anything.

use candle_core::{DType, Device, Tensor};
use candle_lora::WeightFormat;

use crate::load::held;
use crate::weights::shapes;
use crate::{Decoder, ModelConfig, ModelError};

/// How far its weights are from zero at most: what comes out of its products stays a number.
const BOUND: f32 = 0.02;
/// How many different numbers it has. They are repeated, as drawing each would take longer than the measurement.
const DIFFERENT: usize = 8191;

impl Decoder {
    /// A model of this config, in this format, whose weights say nothing. It is made one matrix at a time.
    ///
    /// # Errors
    /// When the device does not give the memory.
    pub fn stand_in(config: ModelConfig, format: WeightFormat, device: &Device) -> Result<Self, ModelError> {
        let some: Vec<f32> = (0..DIFFERENT).map(|index| BOUND * (index as f32 * 12.9898).sin()).collect();
        let weight = |(name, shape): (String, Vec<usize>)| -> Result<_, ModelError> {
            let weight = match shape.len() {
                1 if name.ends_with(".bias") => Tensor::zeros(shape, DType::F32, device)?.into(),
                1 => Tensor::full((1.0 - config.norm_offset) as f32, shape, device)?.into(),
                _ => {
                    let numbers: Vec<f32> = some.iter().copied().cycle().take(shape.iter().product()).collect();
                    held(&name, &Tensor::from_vec(numbers, shape, &Device::Cpu)?, format, device)?
                }
            };
            Ok((name, weight))
        };
        let weights = shapes(&config).into_iter().map(weight).collect::<Result<_, _>>()?;
        Ok(Self { config, weights, device: device.clone() })
    }
}
