//! Decoder families as data: weights in, logits, gradients and text out. One decoder serves every family; what
//! differs is in `ModelConfig`. Tokens come and go as numbers; text is left to `tunesmith-data`.

mod config;
mod decoder;
mod error;
mod facts;
mod generate;
mod memory;

pub use candle_lora::{Adapter, LoraConfig, LoraPair};
pub use config::ModelConfig;
pub use decoder::{Decoder, Gradients, Sequences, SummedLoss, Wanted};
pub use error::ModelError;
pub use facts::{ModelFacts, facts};
pub use generate::{Generated, Sampling, Stopped, generate};
pub use memory::{MemoryNeed, Shape, training_memory};
