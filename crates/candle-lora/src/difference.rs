//! The difference of two adapters, as an adapter of twice the rank. An adapter that was initialised from the weights
//! (PiSSA) belongs to changed weights; less its initial value it fits the original ones, and PEFT converts it the same way
//! (`subtract_mutated_init`).

use candle_core::Tensor;

use crate::{Adapter, LoraConfig, LoraError, LoraPair, Result};

impl Adapter {
    /// B A − B₀ A₀ of every pair: [B | −B₀] [A ; A₀]. What is beside pairs stays as it is.
    ///
    /// # Errors
    /// When `start` lacks a module, or its shapes are others.
    pub fn difference(&self, start: &Self) -> Result<Self> {
        let mut pairs = self.pairs.clone();
        for (module, pair) in &mut pairs {
            let first = start.pairs.get(module).ok_or_else(|| LoraError::UnknownTensor(module.clone()))?;
            pair.a = Tensor::cat(&[&pair.a, &first.a], 0)?;
            pair.b = Tensor::cat(&[&pair.b, &first.b.neg()?], 1)?;
        }
        Ok(Self { config: self.config.with_ranks(|rank| 2 * rank), pairs, ..self.clone() })
    }

    /// The two adapters whose difference this is, to the bit.
    ///
    /// # Errors
    /// When the rank of a pair is not the config's.
    pub fn split_difference(&self) -> Result<(Self, Self)> {
        let half = |place: usize| -> Result<Self> {
            let part = |pair: &LoraPair| -> Result<LoraPair> {
                let rank = pair.a.dim(0)? / 2;
                let (a, b) = (pair.a.narrow(0, place * rank, rank)?, pair.b.narrow(1, place * rank, rank)?);
                let b = if place == 0 { b } else { b.neg()? };
                Ok(LoraPair { a: a.force_contiguous()?, b: b.force_contiguous()?, ..pair.clone() })
            };
            let pairs = self.pairs.iter().map(|(module, pair)| Ok((module.clone(), part(pair)?)));
            let config = self.config.with_ranks(|rank| rank / 2);
            Ok(Self { config, pairs: pairs.collect::<Result<_>>()?, ..self.clone() })
        };
        Ok((half(0)?, half(1)?.pairs_alone()))
    }
}

impl LoraConfig {
    /// The same with other ranks, and alphas such that the scales stay.
    fn with_ranks(&self, to: impl Fn(usize) -> usize) -> Self {
        let alpha = |rank: usize, alpha: f64| {
            let ratio = to(rank) as f64 / rank.max(1) as f64;
            alpha * if self.rslora { ratio.sqrt() } else { ratio }
        };
        let own = self.ranks.keys().chain(self.alphas.keys()).map(|module| {
            let own = self.alphas.get(module).copied().unwrap_or(self.alpha);
            (module.clone(), alpha(self.rank_of(module), own))
        });
        Self {
            rank: to(self.rank),
            alpha: alpha(self.rank, self.alpha),
            ranks: self.ranks.iter().map(|(module, rank)| (module.clone(), to(*rank))).collect(),
            alphas: own.collect(),
            ..self.clone()
        }
    }
}
