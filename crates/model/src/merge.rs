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
        self.config.check_adapter(adapter)?;
        let mut merged = self.with_weights_of(adapter)?;
        let base = merged.clone();
        let has_own = |module: &&str| adapter.pairs.contains_key(*module);
        let part = [EMBEDDING_MODULE, HEAD_MODULE].iter().any(has_own) || adapter.tokens.contains_key(HEAD_MODULE);
        if base.config.tie_word_embeddings && part {
            merged.untie()?;
        }
        for table in adapter.tokens.keys() {
            let Some(tokens) = adapter.token_vectors(table) else { continue };
            let rows = tokens.merged(get(&base.weights, &base.config.weight_of(table))?)?;
            replace(&mut merged.weights, &merged.config.weight_of(table), rows)?;
        }
        for (module, pair) in &adapter.pairs {
            let weight =
                pair.merged(get(&base.weights, &base.config.weight_of(module))?, adapter.config.scale_of(module))?;
            let name = merged.config.weight_of(module);
            replace(&mut merged.weights, &name, weight)?;
        }
        Ok(merged)
    }

    /// Gives the head a weight of its own, the same as the embedding: a pair stands beside one of the two only.
    pub(crate) fn untie(&mut self) -> Result<(), ModelError> {
        let table = self.embedding()?.clone();
        self.weights.insert(HEAD.into(), table);
        self.config.untie();
        Ok(())
    }
}
