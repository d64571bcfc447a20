//! What the tests of several crates share: a whole model folder made in code, small enough to train a step in
//! milliseconds.

mod tiny_model;

pub use tiny_model::{TinyModel, tiny_model};
