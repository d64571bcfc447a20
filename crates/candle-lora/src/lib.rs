//! Low-rank adapters and the training operations under them, on candle tensors, each with a forward and a backward
//! written by hand. Frozen weights get no gradient, nothing builds a graph, and what an operation keeps for its
//! backward has a name. Adapters are read and written as PEFT does.
//!
//! Rows of different lengths lie one after another in one (tokens, width) tensor; nothing is padded.

mod adapter;
mod error;

pub use adapter::{Adapter, LoraConfig, LoraPair};
pub use error::LoraError;
