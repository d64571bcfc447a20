//! Low-rank adapters and the training operations under them, on candle tensors, each with a forward and a backward
//! written by hand. Frozen weights get no gradient, nothing builds a graph, and what an operation keeps for its
//! backward has a name. Adapters are read and written as PEFT does.
//!
//! Rows of different lengths lie one after another in one (tokens, width) tensor; nothing is padded.
//!
//! Each operation has a plain version in candle tensor operations (`plain`: its definition, for every device, and the
//! oracle of the tests) and a fast one over slices for f32 on the CPU (`kernels`). Only `ops` chooses between them.

mod adapter;
mod beside;
mod config;
mod difference;
mod error;
mod floats;
mod format;
pub mod header;
mod kernels;
mod merge;
mod ops;
mod peft;
pub mod plain;
mod quantized;
pub mod regular_file;
mod rows;
mod weight;

pub use adapter::{Adapter, LoraConfig, LoraPair, ModuleKind};
pub use beside::{BiasChoice, TokenVectors, token_name};
pub use config::{Activation, Attention, Heads, Norm, NormKind};
pub use error::LoraError;
pub use format::WeightFormat;
pub use ops::linear::{self, Linear};
pub use ops::lora::Lora;
pub use ops::rope::{self, Longer, Rotation};
pub use ops::{attention, columns, cross_entropy, embedding, glu, norm, sum};
pub use peft::StoredAdapter;
pub use quantized::{QuantizedWeight, dequantized_at_once};
pub use rows::{Row, Rows};
pub use weight::FrozenWeight;

/// A result of this crate.
pub type Result<T, E = LoraError> = std::result::Result<T, E>;
