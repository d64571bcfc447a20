//! The operations written in candle tensor operations: their definitions. They run on every device and in every number
//! format, and the tests hold the kernels against them, and the backwards against candle's autograd of the forwards.
//!
//! They are not candle-nn's: its fused softmax, norms and rope have no backward, so autograd stops there without a word,
//! and its slow ones neither give the statistics that a backward needs nor norm and rotate parts of a width.

mod attention;
mod cross_entropy;
mod glu;
mod norm;
mod rope;
mod soft_cap;

pub use attention::{attention, attention_backward};
pub use cross_entropy::{logit_gradients, loss_per_row, losses};
pub use glu::{glu, glu_backward};
pub use norm::{norm, norm_backward, norm_weight_backward, row_norms};
pub use rope::rope;
pub use soft_cap::soft_cap;
