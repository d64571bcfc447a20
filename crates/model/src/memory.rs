//! How much memory training and inference would take, roughly, before anything is loaded.

mod activations;
mod inference;
mod trained;
mod training;
mod training_shape;
mod weight_bytes;

pub use inference::{InferenceMemory, inference_memory};
pub use trained::{trained_beside, trained_parameters, trained_tensors};
pub use training::{MemoryNeed, training_memory};
pub use training_shape::TrainingShape;
