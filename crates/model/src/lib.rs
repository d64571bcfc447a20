//! Decoder families as data: weights in, logits, gradients and text out. One decoder serves every family; what
//! differs is in `ModelConfig`. Tokens come and go as numbers; text is left to `tunesmith-data`.

mod adapted;
mod beside;
mod block;
mod checkpoint;
mod config;
mod config_fields;
mod decoder;
pub mod device;
mod error;
mod facts;
mod family;
mod fitted;
mod generate;
mod gradients;
mod init;
mod kv_cache;
mod linear_layers;
mod llama;
mod load;
mod memory;
mod merge;
mod noise;
mod norm;
mod parse;
mod pass;
mod pissa;
mod random;
mod rope;
mod sampling;
mod save;
mod sequences;
mod stand_in;
mod trainable;
mod weight_files;
mod weights;

pub use adapted::AdaptedDecoder;
pub use candle_core::{DType, Device};
pub use candle_lora::regular_file;
pub use candle_lora::{Adapter, BiasChoice, LoraConfig, LoraPair, ModuleKind, StoredAdapter, WeightFormat};
pub use config::{Biases, Layer, ModelConfig, NormPlaces, QkNorm};
pub use decoder::Decoder;
pub use error::ModelError;
pub use facts::{ModelFacts, facts};
pub use family::SUPPORTED_FAMILIES;
pub use generate::{FinishReason, Generated, Session, generate};
pub use memory::{
    InferenceMemory, MemoryNeed, TrainingShape, inference_memory, trained_beside, trained_parameters, trained_tensors,
    training_memory,
};
pub use noise::Noise;
pub use random::{Key, Random};
pub use sampling::Sampling;
pub use sequences::{Sequences, SummedLoss};
pub use trainable::{Gradients, Trainable};
pub use weights::{
    EMBEDDING_MODULE as EMBEDDING_TABLE, OUTSIDE, Projection, module_names, modules, parameter_count, projections,
    shapes,
};
