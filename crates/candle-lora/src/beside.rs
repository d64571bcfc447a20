//! What an adapter has beside its pairs: whole weights in the place of the model's own (PEFT's `modules_to_save` and
//! `bias`, and embeddings that were saved with it), and the vectors of single tokens (`trainable_token_indices`).

use candle_core::Tensor;

use crate::ops::sum::Layout::{AsIs, Transposed};
use crate::ops::sum::add_product;
use crate::{Adapter, FrozenWeight, LoraConfig, Result};

/// What PEFT calls the vectors of single tokens within their table. They are the vectors themselves, no differences.
pub(crate) const TOKENS: &str = "token_adapter.trainable_tokens_delta";

/// The name of the vectors of single tokens of this table, as in `Adapter::parameters`.
pub fn token_name(table: &str) -> String {
    format!("{table}.{TOKENS}")
}

/// Which biases of the model are trained beside the pairs, as PEFT's `bias` has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BiasChoice {
    /// None.
    #[default]
    None,
    /// All.
    All,
    /// Those of the modules with a pair.
    LoraOnly,
}

impl LoraConfig {
    /// Whether the weights of this module are trained whole: it, or one that it is in, is among `modules_to_save`.
    pub fn saves(&self, module: &str) -> bool {
        let mut ends = module.match_indices('.').map(|(end, _)| end).chain([module.len()]);
        ends.any(|end| self.modules_to_save.iter().any(|name| module[..end].ends_with(name.as_str())))
    }
}

impl Adapter {
    /// Whether the weight of this name is trained, where the adapter has it. Embeddings that were only saved with it are not.
    pub fn trains(&self, weight: &str) -> bool {
        let Some((module, part)) = weight.rsplit_once('.') else { return false };
        let bias = match self.config.bias {
            BiasChoice::None => false,
            BiasChoice::All => true,
            BiasChoice::LoraOnly => self.pairs.contains_key(module),
        };
        self.config.saves(module) || (part == "bias" && bias)
    }

    /// The pairs alone, without what was trained beside them.
    pub fn pairs_alone(&self) -> Self {
        let config =
            LoraConfig { modules_to_save: vec![], bias: BiasChoice::None, token_ids: [].into(), ..self.config.clone() };
        Self { config, pairs: self.pairs.clone(), ..Self::none() }
    }

    /// The vectors of the single tokens of a table, if it has some.
    pub fn token_vectors(&self, table: &str) -> Option<TokenVectors<'_>> {
        Some(TokenVectors { ids: self.config.token_ids.get(table)?, vectors: self.tokens.get(table)? })
    }
}

/// Vectors of single tokens in the place of a table's own.
#[derive(Debug, Clone, Copy)]
pub struct TokenVectors<'a> {
    /// The tokens, each once.
    pub ids: &'a [u32],
    /// (ids, width).
    pub vectors: &'a Tensor,
}

impl TokenVectors<'_> {
    /// The embedded tokens, (tokens, width), with these vectors in their places.
    ///
    /// # Errors
    /// When shapes do not fit each other, or the device fails.
    pub fn embed(&self, x: Tensor, ids: &[u32]) -> Result<Tensor> {
        let (places, rows) = self.places(ids);
        if places.is_empty() {
            return Ok(x);
        }
        let (places, rows) = (self.index(&places)?, self.index(&rows)?);
        let change = (self.vectors.index_select(&rows, 0)? - x.index_select(&places, 0)?)?;
        Ok(x.index_add(&places, &change, 0)?)
    }

    /// Adds the vectors' gradient to `total`, from that of the embedded tokens, which keeps the rest for the table.
    ///
    /// # Errors
    /// When shapes do not fit each other, or the device fails.
    pub fn embed_backward(&self, ids: &[u32], grad: &Tensor, total: Option<Tensor>) -> Result<Tensor> {
        let total = total.map_or_else(|| self.vectors.zeros_like(), Ok)?;
        let (places, rows) = self.places(ids);
        if places.is_empty() {
            return Ok(total);
        }
        Ok(total.index_add(&self.index(&rows)?, &grad.index_select(&self.index(&places)?, 0)?, 0)?)
    }

    /// What a head makes of x, (positions, vocabulary), with the columns of these tokens by their vectors.
    pub(crate) fn columns(&self, product: Tensor, x: &Tensor) -> Result<Tensor> {
        let ids = self.index(self.ids)?;
        let own = add_product(None, 1.0, (x, AsIs), (self.vectors, Transposed))?; // (positions, ids)
        let change = (own - product.index_select(&ids, 1)?)?;
        Ok(product.index_add(&ids, &change, 1)?)
    }

    /// From the gradient of the head's product: what is left of it for the table, what x gets through these vectors, and
    /// their own gradient.
    pub(crate) fn columns_backward(&self, grad: Tensor, x: &Tensor) -> Result<(Tensor, Tensor, Tensor)> {
        let ids = self.index(self.ids)?;
        let own = grad.index_select(&ids, 1)?; // (positions, ids)
        let dx = add_product(None, 1.0, (&own, AsIs), (self.vectors, AsIs))?;
        let d_vectors = add_product(None, 1.0, (&own, Transposed), (x, AsIs))?;
        Ok((grad.index_add(&ids, &own.neg()?, 1)?, dx, d_vectors))
    }

    /// The table with these vectors in their places.
    ///
    /// # Errors
    /// When the table has another width, or lacks one of the tokens.
    pub fn merged(&self, table: &FrozenWeight) -> Result<Tensor> {
        let ids = self.index(self.ids)?;
        let table = table.dense()?;
        let change = (self.vectors - table.index_select(&ids, 0)?)?;
        Ok(table.index_add(&ids, &change, 0)?)
    }

    /// The places among `ids` that have a vector here, and the row of each.
    fn places(&self, ids: &[u32]) -> (Vec<u32>, Vec<u32>) {
        let row = |id: &u32| self.ids.iter().position(|known| known == id);
        ids.iter().enumerate().filter_map(|(place, id)| Some((place as u32, row(id)? as u32))).unzip()
    }

    fn index(&self, numbers: &[u32]) -> Result<Tensor> {
        Ok(Tensor::new(numbers, self.vectors.device())?)
    }
}
