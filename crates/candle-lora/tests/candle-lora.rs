//! Facts about the operations and adapters: the kernels against the plain versions, every backward against candle's
//! autograd of the plain forward, and PEFT's files.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

#[path = "candle-lora/adapters.rs"]
mod adapters;
#[path = "candle-lora/backwards.rs"]
mod backwards;
#[path = "candle-lora/kernels.rs"]
mod kernels;
#[path = "candle-lora/patterns.rs"]
mod patterns;
#[path = "candle-lora/quantized.rs"]
mod quantized;
#[path = "candle-lora/random.rs"]
mod random;
