//! Facts about candle-lora.
