//! From settings to the number format of the base model's weights.

use tunesmith_model::WeightFormat;
use tunesmith_protocol::{Precision, Quantization, TrainSettings};

/// How a run with these settings holds the base model's matrices; a chat with what it trained holds them the same way.
pub fn weight_format(settings: &TrainSettings) -> WeightFormat {
    match (settings.quantization, settings.precision) {
        (Quantization::None, Precision::Auto | Precision::F32) => WeightFormat::F32,
        (Quantization::None, Precision::Bf16) => WeightFormat::Bf16,
        (Quantization::Eight, _) => WeightFormat::Q8,
        (Quantization::Four, _) => WeightFormat::Q4,
    }
}
