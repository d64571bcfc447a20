//! The keys and values of what a model has read, so that it is read once.

use candle_core::{DType, Device, Tensor};

use crate::{ModelConfig, ModelError};

/// Room for the keys and values of every block.
#[derive(Debug)]
pub(crate) struct Cache {
    /// Per block, (capacity, kv_heads · head_dim) each.
    blocks: Vec<(Tensor, Tensor)>,
    lengths: Vec<usize>,
}

impl Cache {
    /// Room for `capacity` tokens.
    pub(crate) fn new(
        config: &ModelConfig,
        capacity: usize,
        dtype: DType,
        device: &Device,
    ) -> Result<Self, ModelError> {
        let shape = (capacity, config.heads().kv_width());
        let room = |_| -> Result<_, ModelError> {
            Ok((Tensor::zeros(shape, dtype, device)?, Tensor::zeros(shape, dtype, device)?))
        };
        let blocks = (0..config.layers.len()).map(room).collect::<Result<_, _>>()?;
        Ok(Self { blocks, lengths: vec![0; config.layers.len()] })
    }

    /// How many tokens have been read.
    pub(crate) fn length(&self) -> usize {
        self.lengths.last().copied().unwrap_or(0)
    }

    /// Forgets everything that was read.
    pub(crate) fn clear(&mut self) {
        self.lengths.fill(0);
    }

    /// Adds keys and values of a block and gives all of them.
    pub(crate) fn extend(&mut self, layer: usize, k: Tensor, v: Tensor) -> Result<(Tensor, Tensor), ModelError> {
        let (keys, values) = &self.blocks[layer];
        let start = self.lengths[layer];
        keys.slice_set(&k, 0, start)?;
        values.slice_set(&v, 0, start)?;
        let length = start + k.dim(0)?;
        self.lengths[layer] = length;
        Ok((keys.narrow(0, 0, length)?, values.narrow(0, 0, length)?))
    }
}
