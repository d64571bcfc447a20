//! What all blocks of one pass through the model share.

use candle_lora::Rows;
use candle_lora::rope::Angles;

use crate::Noise;

/// What is the same for all blocks of a pass.
pub(crate) struct Pass<'a> {
    pub(crate) rows: &'a Rows,
    /// One for each rope of the config.
    pub(crate) angles: &'a [Angles],
    /// None outside of training.
    pub(crate) noise: Option<&'a Noise>,
}
