//! Counter-based random numbers: a number depends on the seed, on what it is for and on its index, not on what was drawn
//! before. So a resumed run draws what it would have drawn, and the order of threads does not matter.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// What random numbers are for. Two keys that differ in anything have streams that have nothing in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key<'a> {
    /// The run's seed.
    pub seed: u64,
    /// What they are for, e.g. `dropout q_proj`.
    pub purpose: &'a str,
    /// The optimiser step that they belong to; 0 outside of training.
    pub step: u64,
    /// The block that they belong to; 0 where that says nothing.
    pub layer: u64,
}

/// A stream of random numbers for one purpose: ChaCha with 8 rounds (Bernstein 2008), whose numbers can be reached in
/// any order.
pub struct Random(ChaCha8Rng);

impl Random {
    /// The stream of this key from its beginning.
    pub fn keyed(key: Key) -> Self {
        let numbers = [key.seed, fnv(key.purpose.as_bytes()), key.step, key.layer];
        let mut bytes = [0; 32];
        bytes.as_chunks_mut::<8>().0.iter_mut().zip(numbers).for_each(|(bytes, number)| *bytes = number.to_le_bytes());
        Self(ChaCha8Rng::from_seed(bytes))
    }

    /// The stream of what is drawn once in a run, by its name.
    pub(crate) fn new(seed: u64, purpose: &str) -> Self {
        Self::keyed(Key { seed, purpose, step: 0, layer: 0 })
    }

    /// The same stream from its `index`-th uniform number on: a row computed apart from the others of its step draws
    /// the numbers of its place.
    pub fn at(mut self, index: u64) -> Self {
        // A uniform number takes two words of 32 bits.
        self.0.set_word_pos(2 * u128::from(index));
        self
    }

    /// The same stream from its `index`-th word on.
    pub(crate) fn at_word(mut self, index: u64) -> Self {
        self.0.set_word_pos(u128::from(index));
        self
    }

    /// 32 random bits.
    pub(crate) fn word(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// Uniform in [0, 1).
    pub fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// `count` numbers of a normal distribution around 0 (Box & Muller 1958).
    pub fn normal(&mut self, count: usize, deviation: f64) -> Vec<f32> {
        let mut numbers = Vec::with_capacity(count + 1);
        while numbers.len() < count {
            let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt() * deviation;
            let (sin, cos) = (2.0 * std::f64::consts::PI * self.uniform()).sin_cos();
            numbers.extend([(radius * cos) as f32, (radius * sin) as f32]);
        }
        numbers.truncate(count);
        numbers
    }

    /// `count` numbers spread evenly over (−bound, bound).
    pub fn spread(&mut self, count: usize, bound: f64) -> Vec<f32> {
        (0..count).map(|_| ((2.0 * self.uniform() - 1.0) * bound) as f32).collect()
    }
}

/// The 64-bit FNV-1a hash.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
