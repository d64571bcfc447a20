//! (candle-lora)
