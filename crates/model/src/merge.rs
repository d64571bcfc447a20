//! Merges an adapter into a model's weights.

use candle_lora::Adapter;

use crate::weights::{EMBEDDING_MODULE, HEAD, HEAD_MODULE, get, replace};
use crate::{Decoder, ModelError};

impl Decoder {
    /// The model with the adapter merged into its weights.
    ///
    /// # Errors
    /// When the adapter does not fit the model.
    pub fn merged(&self, adapter: &Adapter) -> Result<Self, ModelError> {
        let mut merged = self.clone();
        self.config.check_adapter(adapter)?;
        if self.config.tie_word_embeddings
            && [EMBEDDING_MODULE, HEAD_MODULE].iter().any(|m| adapter.pairs.contains_key(*m))
        {
            merged.untie()?;
        }
        for (module, pair) in &adapter.pairs {
            let weight =
                pair.merged(get(&self.weights, &self.config.weight_of(module))?, adapter.config.scale_of(module))?;
            let name = merged.config.weight_of(module);
            replace(&mut merged.weights, &name, weight)?;
        }
        Ok(merged)
    }

    /// Gives the head a weight of its own, the same as the embedding: a pair stands beside one of the two only.
    fn untie(&mut self) -> Result<(), ModelError> {
        let table = self.embedding()?.clone();
        self.weights.insert(HEAD.into(), table);
        self.config.untie();
        Ok(())
    }
}
