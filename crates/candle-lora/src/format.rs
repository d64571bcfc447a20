//! The number formats in which a model's frozen weights can be held.

use candle_core::quantized::GgmlDType;

/// How the matrices of a model are held in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WeightFormat {
    /// 32 bits a number.
    #[default]
    F32,
    /// bfloat16, 16 bits a number.
    Bf16,
    /// Blocks of 32 numbers with one scale, as GGUF's Q8_0: 8.5 bits a number.
    Q8,
    /// Blocks of 256 with a scale and a least value per 32, as GGUF's Q4_K. Where a row is no multiple of 256, blocks of
    /// 32 with one scale, as Q4_0. Both take 4.5 bits a number.
    Q4,
}

impl WeightFormat {
    /// The block type for rows of this width; none for formats without blocks, and where no block divides the rows.
    pub(crate) fn block_type(self, width: usize) -> Option<GgmlDType> {
        match self {
            Self::F32 | Self::Bf16 => None,
            Self::Q8 => Some(GgmlDType::Q8_0),
            Self::Q4 if width.is_multiple_of(256) => Some(GgmlDType::Q4K),
            Self::Q4 => Some(GgmlDType::Q4_0),
        }
        .filter(|blocks| width.is_multiple_of(blocks.block_size()))
    }

    /// Bytes of a weight of this shape; none where its rows cannot be held so.
    pub fn size_bytes(self, rows: usize, width: usize) -> Option<u64> {
        let numbers = (rows * width) as u64;
        match self {
            Self::F32 => Some(4 * numbers),
            Self::Bf16 => Some(2 * numbers),
            Self::Q8 | Self::Q4 => {
                let blocks = self.block_type(width)?;
                Some(numbers / blocks.block_size() as u64 * blocks.type_size() as u64)
            }
        }
    }
}
