//! Facts about models: gradients against autograd, folders good and broken, text from a cache, and numbers of another
//! implementation.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

#[path = "model/autograd.rs"]
mod autograd;
#[path = "model/bf16.rs"]
mod bf16;
#[path = "model/case.rs"]
mod case;
#[path = "model/configs.rs"]
mod configs;
#[path = "model/devices.rs"]
mod devices;
#[path = "model/families.rs"]
mod families;
#[path = "model/folders.rs"]
mod folders;
#[path = "model/formats.rs"]
mod formats;
#[path = "model/formula.rs"]
mod formula;
#[path = "model/gradients.rs"]
mod gradients;
#[path = "model/method_case.rs"]
mod method_case;
#[path = "model/methods.rs"]
mod methods;
#[path = "model/odd_folders.rs"]
mod odd_folders;
#[path = "model/qlora.rs"]
mod qlora;
#[path = "model/random.rs"]
mod random;
#[path = "model/text.rs"]
mod text;
