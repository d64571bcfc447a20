//! The moments that an optimiser keeps of one parameter: 32-bit numbers, or 8-bit codes in blocks that have a scale each.

use super::dynamic::DynamicMap;
use super::rule::Rule;

/// The running mean of the gradient.
pub(super) const FIRST: &str = "first";
/// The running mean of its square.
pub(super) const SECOND: &str = "second";

/// Numbers that share a scale: 256 as in bitsandbytes today, where the paper took 2048. One large number then spoils
/// the scale of fewer others, for 1.6 % more memory.
pub(super) const BLOCK: usize = 256;

/// One moment of all numbers of a parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum Moment {
    /// In 32 bits.
    F32(Vec<f32>),
    /// In 8 bits.
    Quantized(QuantizedMoment),
}

/// Numbers as codes of a dynamic map, times the largest magnitude of their block.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantizedMoment {
    /// Whether the numbers can be negative.
    pub signed: bool,
    /// One for each number.
    pub codes: Vec<u8>,
    /// One for each block of 256 numbers.
    pub scales: Vec<f32>,
}

impl Moment {
    /// Before the first update: zeros.
    pub(super) fn fresh(name: &str, length: usize, in_8_bits: bool) -> Self {
        if in_8_bits {
            Self::Quantized(QuantizedMoment::zeros(name != SECOND, length))
        } else {
            Self::F32(vec![0.0; length])
        }
    }

    /// Bytes in memory and in a file.
    pub fn size_bytes(&self) -> u64 {
        match self {
            Self::F32(values) => 4 * values.len() as u64,
            Self::Quantized(blocks) => (blocks.codes.len() + 4 * blocks.scales.len()) as u64,
        }
    }

    /// Cut into chunks of `length` numbers, which must be whole blocks.
    pub(super) fn chunks(&mut self, length: usize) -> Box<dyn Iterator<Item = Chunk<'_>> + '_> {
        match self {
            Self::F32(values) => Box::new(values.chunks_mut(length).map(Chunk::F32)),
            Self::Quantized(blocks) => {
                let signed = blocks.signed;
                let pairs = blocks.codes.chunks_mut(length).zip(blocks.scales.chunks_mut(length / BLOCK));
                Box::new(pairs.map(move |(codes, scales)| Chunk::Quantized { signed, codes, scales }))
            }
        }
    }
}

impl QuantizedMoment {
    /// Codes and scales of the moment `name`, if there are as many of each as belong together.
    pub(crate) fn new(name: &str, codes: Vec<u8>, scales: Vec<f32>) -> Option<Self> {
        (scales.len() == codes.len().div_ceil(BLOCK)).then_some(Self { signed: name != SECOND, codes, scales })
    }

    /// Zeros.
    pub fn zeros(signed: bool, length: usize) -> Self {
        let zero = map(signed).code(0.0);
        Self { signed, codes: vec![zero; length], scales: vec![0.0; length.div_ceil(BLOCK)] }
    }

    /// The numbers, as near as 8 bits come.
    pub fn of(signed: bool, numbers: &[f32]) -> Self {
        let mut blocks = Self::zeros(signed, numbers.len());
        let places = blocks.codes.chunks_mut(BLOCK).zip(&mut blocks.scales);
        numbers
            .chunks(BLOCK)
            .zip(places)
            .for_each(|(numbers, (codes, scale))| *scale = encode_block(signed, numbers, codes));
        blocks
    }

    /// The numbers that it stands for.
    pub fn numbers(&self) -> Vec<f32> {
        let mut numbers = vec![0.0; self.codes.len()];
        let blocks = self.codes.chunks(BLOCK).zip(&self.scales).zip(numbers.chunks_mut(BLOCK));
        blocks.for_each(|((codes, scale), numbers)| decode_block(self.signed, codes, *scale, numbers));
        numbers
    }
}

/// Some of the numbers of a moment.
pub(super) enum Chunk<'a> {
    F32(&'a mut [f32]),
    Quantized { signed: bool, codes: &'a mut [u8], scales: &'a mut [f32] },
}

/// Updates some of the numbers of a parameter. Moments in 8 bits are decoded block by block, and the values are updated
/// with what the rule makes of them before they are rounded again.
pub(super) fn update(rule: &impl Rule, values: &mut [f32], gradient: &[f32], mut moments: Vec<Chunk>) {
    let all_f32: Option<Vec<&mut [f32]>> = moments.iter_mut().map(Chunk::as_f32).collect();
    if let Some(mut moments) = all_f32 {
        return rule.update(values, gradient, &mut moments);
    }
    let mut buffers = vec![[0.0; BLOCK]; moments.len()];
    for (block, (values, gradient)) in values.chunks_mut(BLOCK).zip(gradient.chunks(BLOCK)).enumerate() {
        let decoded = moments.iter_mut().zip(&mut buffers).map(|(moment, buffer)| moment.decode(block, buffer));
        rule.update(values, gradient, &mut decoded.collect::<Vec<_>>());
        moments.iter_mut().zip(&buffers).for_each(|(moment, buffer)| moment.encode(block, buffer));
    }
}

impl Chunk<'_> {
    fn as_f32(&mut self) -> Option<&mut [f32]> {
        match self {
            Self::F32(numbers) => Some(numbers),
            Self::Quantized { .. } => None,
        }
    }

    /// The numbers of a block, decoded into `buffer` where they are codes.
    fn decode<'a>(&'a mut self, block: usize, buffer: &'a mut [f32]) -> &'a mut [f32] {
        match self {
            Self::F32(numbers) => {
                let range = range(block, numbers.len());
                &mut numbers[range]
            }
            Self::Quantized { signed, codes, scales } => {
                let codes = &codes[range(block, codes.len())];
                decode_block(*signed, codes, scales[block], &mut buffer[..codes.len()]);
                &mut buffer[..codes.len()]
            }
        }
    }

    fn encode(&mut self, block: usize, buffer: &[f32]) {
        if let Self::Quantized { signed, codes, scales } = self {
            let range = range(block, codes.len());
            let codes = &mut codes[range];
            scales[block] = encode_block(*signed, &buffer[..codes.len()], codes);
        }
    }
}

fn range(block: usize, length: usize) -> std::ops::Range<usize> {
    block * BLOCK..length.min((block + 1) * BLOCK)
}

fn map(signed: bool) -> &'static DynamicMap {
    if signed { DynamicMap::signed() } else { DynamicMap::unsigned() }
}

fn decode_block(signed: bool, codes: &[u8], scale: f32, numbers: &mut [f32]) {
    let map = map(signed);
    numbers.iter_mut().zip(codes).for_each(|(number, code)| *number = map.value(*code) * scale);
}

/// Returns the scale. A square that is not zero gets no code of zero, since the step divides by its root (the
/// zero-point problem of “Memory Efficient Optimizers with 4-bit States”, Li, Chen & Zhu 2023).
fn encode_block(signed: bool, numbers: &[f32], codes: &mut [u8]) -> f32 {
    let (map, scale) = (map(signed), numbers.iter().fold(0.0_f32, |most, number| most.max(number.abs())));
    for (code, number) in codes.iter_mut().zip(numbers) {
        let scaled = if scale > 0.0 { number / scale } else { 0.0 };
        let least = u8::from(!signed && scaled > 0.0);
        *code = map.code(scaled).max(least);
    }
    scale
}
