//! What an adapter has beside its pairs, in a model: whole weights take the place of the model's own, and the vectors of
//! single tokens that of their rows.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use candle_core::DType;
use candle_lora::{Adapter, BiasChoice, FrozenWeight, LoraConfig};
use tunesmith_sentence::say;

use crate::fitted::other;
use crate::weights::{EMBEDDING, EMBEDDING_MODULE, HEAD, HEAD_MODULE, get, replace, shapes};
use crate::{Decoder, ModelConfig, ModelError};

impl ModelConfig {
    /// Whether the model has every weight and every token that the adapter has beside its pairs, and the adapter all that
    /// its config names.
    pub(crate) fn check_beside(
        &self,
        adapter: &Adapter,
        shapes: &BTreeMap<String, Vec<usize>>,
    ) -> Result<(), ModelError> {
        for (name, weight) in &adapter.weights {
            let own = shapes.get(if name == HEAD { self.head_name() } else { name });
            let own =
                own.ok_or_else(|| other(say!("adapter-module-missing", "this one has no {module}", module = name)))?;
            if own != weight.dims() {
                return Err(other_shape(name, weight.dims(), own));
            }
        }
        let complete = self.weights_to_save(&adapter.config).find(|name| !adapter.weights.contains_key(name));
        if let Some(name) = complete {
            return Err(ModelError::Input(say!(
                "adapter-whole-missing",
                "The adapter has no {name}, but its config says that it was trained whole (modules_to_save)",
                name
            )));
        }
        adapter.tokens.keys().try_for_each(|table| self.check_tokens(adapter, table))
    }

    fn check_tokens(&self, adapter: &Adapter, table: &str) -> Result<(), ModelError> {
        let Some(tokens) = adapter.token_vectors(table).filter(|_| [EMBEDDING_MODULE, HEAD_MODULE].contains(&table))
        else {
            return Err(other(say!("adapter-module-missing", "this one has no {module}", module = table)));
        };
        let expected = [tokens.ids.len(), self.hidden_size];
        if tokens.vectors.dims() != expected {
            return Err(other_shape(table, tokens.vectors.dims(), &expected));
        }
        if let Some(id) = tokens.ids.iter().find(|id| **id as usize >= self.vocabulary) {
            let vocabulary = self.vocabulary;
            return Err(other(say!(
                "adapter-token-unknown",
                "it has a vector for token {id}, this one knows {vocabulary} tokens",
                id,
                vocabulary
            )));
        }
        // PEFT wraps a module for one of the two only.
        match adapter.pairs.contains_key(table) || (self.tie_word_embeddings && adapter.pairs.contains_key(HEAD_MODULE))
        {
            true => Err(ModelError::Input(say!(
                "adapter-tokens-with-pair",
                "Vectors of single tokens beside a low-rank pair of {table} are not supported",
                table
            ))),
            false => Ok(()),
        }
    }

    /// The weights of the modules that a config trains whole. Of a tied head it is a copy of the embedding.
    pub(crate) fn weights_to_save<'a>(&self, lora: &'a LoraConfig) -> impl Iterator<Item = String> + use<'a> {
        let head = self.tie_word_embeddings.then(|| HEAD.to_string());
        let is_saved = move |name: &String| name.rsplit_once('.').is_some_and(|(module, _)| lora.saves(module));
        shapes(self).into_keys().chain(head).filter(is_saved)
    }

    pub(crate) fn head_name(&self) -> &'static str {
        if self.tie_word_embeddings { EMBEDDING } else { HEAD }
    }

    /// Whether head and embedding part in a model with this adapter: one of them was trained whole, or both are there and
    /// differ.
    fn parts_with(&self, adapter: &Adapter) -> Result<bool, ModelError> {
        if !self.tie_word_embeddings {
            return Ok(false);
        }
        let (embedding, head) = (adapter.weights.get(EMBEDDING), adapter.weights.get(HEAD));
        let trained =
            [(embedding, EMBEDDING), (head, HEAD)].iter().any(|(has, name)| has.is_some() && adapter.trains(name));
        let differ = match (embedding, head) {
            (Some(one), Some(other)) => (one - other)?.abs()?.max_all()?.to_scalar::<f32>()? != 0.0,
            _ => false,
        };
        Ok(trained || differ)
    }
}

impl Decoder {
    /// The model with the adapter's whole weights in the place of its own, which copies none.
    pub(crate) fn with_weights_of(&self, adapter: &Adapter) -> Result<Self, ModelError> {
        let mut model = self.clone();
        if adapter.weights.is_empty() {
            return Ok(model);
        }
        if self.config.parts_with(adapter)? {
            model.untie()?;
        }
        for (name, weight) in &adapter.weights {
            // What was only saved of a tied table is both.
            let name = if name == HEAD { model.config.head_name() } else { name };
            replace(&mut model.weights, name, weight.clone())?;
        }
        Ok(model)
    }

    /// The adapter with what its config trains beside pairs and what it has nothing of yet: as it is in the model.
    ///
    /// # Errors
    /// When the config names modules or tokens that the model does not have.
    pub fn complete(&self, mut adapter: Adapter) -> Result<Adapter, ModelError> {
        let lora = &adapter.config;
        if let Some(unknown) = lora.modules_to_save.iter().find(|name| !self.config.has_module(name)) {
            return Err(ModelError::Input(say!(
                "adapter-whole-unknown",
                "The model has no module {module} to train whole",
                module = unknown
            )));
        }
        let biases = shapes(&self.config).into_keys().filter(|name| name.ends_with(".bias") && adapter.trains(name));
        for name in self.config.weights_to_save(lora).chain(biases).collect::<Vec<_>>() {
            let own = get(&self.weights, if name == HEAD { self.config.head_name() } else { &name })?;
            if let Entry::Vacant(place) = adapter.weights.entry(name) {
                place.insert(own.dense()?.copy()?);
            }
        }
        for (table, ids) in lora.token_ids.clone() {
            if let Some(id) = ids.iter().find(|id| **id as usize >= self.config.vocabulary) {
                return Err(ModelError::Input(say!(
                    "model-token-unknown",
                    "Token {id} is not in the model's vocabulary of {vocabulary}: the tokenizer belongs to another model",
                    id,
                    vocabulary = self.config.vocabulary
                )));
            }
            let own = get(&self.weights, &self.config.weight_of(&table))?;
            if let Entry::Vacant(place) = adapter.tokens.entry(table) {
                place.insert(own.rows(&ids)?.to_dtype(DType::F32)?);
            }
        }
        Ok(adapter)
    }

    /// The adapter without weights that are none of its own: PEFT saves a copy of a frozen embedding beside its pair.
    ///
    /// # Errors
    /// When the adapter does not fit the model.
    pub fn without_copies(&self, mut adapter: Adapter) -> Result<Adapter, ModelError> {
        self.check_adapter(&adapter)?;
        let frozen: Vec<String> = adapter.weights.keys().filter(|name| !adapter.trains(name)).cloned().collect();
        for name in frozen {
            let own = get(&self.weights, if name == HEAD { self.config.head_name() } else { &name })?;
            let dtype = match own {
                FrozenWeight::Dense(_) => DType::F32,
                FrozenWeight::Bf16(_) => DType::BF16,
                FrozenWeight::Quantized(_) => continue, // what blocks were made of is not known any more
            };
            let copy = adapter.weights[&name].to_dtype(dtype)?.to_dtype(DType::F32)?;
            if (copy - own.dense()?)?.abs()?.max_all()?.to_scalar::<f32>()? == 0.0 {
                adapter.weights.remove(&name);
            }
        }
        Ok(adapter)
    }
}

impl ModelConfig {
    /// Whether the model has a module whose name ends so, as `modules_to_save` has it.
    pub fn has_module(&self, name: &str) -> bool {
        let lora = LoraConfig { modules_to_save: vec![name.into()], bias: BiasChoice::None, ..LoraConfig::default() };
        self.weights_to_save(&lora).next().is_some()
    }
}

fn other_shape(name: &str, found: &[usize], expected: &[usize]) -> ModelError {
    let is_table = [EMBEDDING, HEAD].contains(&name) && found.len() == 2 && found[1] == expected[1];
    other(match is_table {
        true => say!(
            "adapter-other-vocabulary",
            "its {name} is for a vocabulary of {found} tokens, this one has {expected}",
            name,
            found = found[0],
            expected = expected[0]
        ),
        false => say!(
            "adapter-module-shape",
            "it has {module} of shape {found}, this one {expected}",
            module = name,
            found = format!("{found:?}"),
            expected = format!("{expected:?}")
        ),
    })
}
