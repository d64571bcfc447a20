//! The KV cache: keys and values of the tokens that a model has read, so that it reads each token once.

use candle_core::{DType, Device, Tensor};

use crate::{ModelConfig, ModelError};

/// Tokens that there is room for at least, so that the first growths do not come one after another.
const LEAST_CAPACITY: usize = 256;

/// The keys and values of one row of tokens in every layer.
#[derive(Debug)]
pub(crate) struct KvCache {
    /// Per layer, (capacity, kv_heads · head_dim) each; none before the first token.
    layers: Vec<(Tensor, Tensor)>,
    capacity: usize,
    /// The tokens whose keys and values are held.
    ids: Vec<u32>,
    /// The length of the prompt, or of the row that was read at once, for whose positions the keys were turned.
    row_length: usize,
    dtype: DType,
    device: Device,
}

impl KvCache {
    /// An empty cache, which takes no memory yet.
    pub(crate) fn new(dtype: DType, device: &Device) -> Self {
        Self { layers: vec![], capacity: 0, ids: vec![], row_length: 0, dtype, device: device.clone() }
    }

    /// The tokens whose keys and values are held.
    pub(crate) fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// The memory that it takes, used or not.
    pub(crate) fn size_bytes(&self) -> u64 {
        let size = |tensor: &Tensor| (tensor.elem_count() * tensor.dtype().size_in_bytes()) as u64;
        self.layers.iter().map(|(keys, values)| size(keys) + size(values)).sum()
    }

    /// Forgets what a prompt does not begin with, and says how many of its tokens need not be read. Its last token always
    /// has to be: its logits are not kept. Nothing is kept where a row of this length has other rotary positions
    /// (LongRoPE): all keys would have to be turned anew, and with them what later layers make of them.
    pub(crate) fn keep_prefix_of(&mut self, prompt: &[u32], config: &ModelConfig) -> usize {
        let turned_alike = config.same_rotation(self.row_length, prompt.len());
        let kept = self.keep_if(turned_alike, prompt);
        self.row_length = prompt.len();
        kept
    }

    /// The same of an answer that grows behind its prompt.
    pub(crate) fn keep_prefix_of_answer(&mut self, row: &[u32], config: &ModelConfig) -> usize {
        let kept = self.keep_if(config.keeps_keys(self.row_length, row.len()), row);
        if kept == 0 {
            self.row_length = row.len();
        }
        kept
    }

    fn keep_if(&mut self, turned_alike: bool, row: &[u32]) -> usize {
        let most = row.len().saturating_sub(1);
        let same = self.ids.iter().zip(&row[..most]).take_while(|(held, wanted)| held == wanted).count();
        self.ids.truncate(if turned_alike { same } else { 0 });
        self.ids.len()
    }

    /// Makes room for so many more tokens. It grows to twice its size at least, so that growing costs little per token.
    pub(crate) fn reserve(&mut self, more: usize, config: &ModelConfig) -> Result<(), ModelError> {
        let needed = self.ids.len() + more;
        if needed <= self.capacity {
            return Ok(());
        }
        let capacity = needed.max(2 * self.capacity).max(LEAST_CAPACITY).min(config.context_length.max(needed));
        // Where the memory is not enough, nothing is held any more.
        let (ids, mut old) = (std::mem::take(&mut self.ids), std::mem::take(&mut self.layers).into_iter());
        self.capacity = 0;
        let shape = (capacity, config.heads().kv_width());
        for _ in &config.layers {
            let (keys, values) = old.next().unzip();
            let layer = (self.grown(keys, ids.len(), shape)?, self.grown(values, ids.len(), shape)?);
            self.layers.push(layer);
        }
        (self.ids, self.capacity) = (ids, capacity);
        Ok(())
    }

    /// A larger tensor with the first tokens of the old one.
    fn grown(&self, old: Option<Tensor>, tokens: usize, shape: (usize, usize)) -> Result<Tensor, ModelError> {
        let larger = Tensor::zeros(shape, self.dtype, &self.device)?;
        if let Some(old) = old.filter(|_| tokens > 0) {
            larger.slice_set(&old.narrow(0, 0, tokens)?, 0, 0)?;
        }
        Ok(larger)
    }

    /// Puts keys and values of new tokens behind those that are held, and gives all of the layer. They count once
    /// `advance` says so: a pass that fails leaves the cache as it was.
    pub(crate) fn append(&mut self, layer: usize, k: Tensor, v: Tensor) -> Result<(Tensor, Tensor), ModelError> {
        let (keys, values) = &self.layers[layer];
        let (start, new) = (self.ids.len(), k.dim(0)?);
        keys.slice_set(&k, 0, start)?;
        values.slice_set(&v, 0, start)?;
        Ok((keys.narrow(0, 0, start + new)?, values.narrow(0, 0, start + new)?))
    }

    /// Every layer now has the keys and values of these tokens, too.
    pub(crate) fn advance(&mut self, ids: &[u32]) {
        self.ids.extend(ids);
    }
}
