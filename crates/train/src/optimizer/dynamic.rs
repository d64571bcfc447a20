//! The 8-bit numbers of “8-bit Optimizers via Block-wise Quantization” (Dettmers et al. 2022, arXiv 2110.02861):
//! leading zeros tell a power of ten, the bits after them a linear fraction. Fine near zero, where most moments are.

use std::sync::LazyLock;

/// The values in [-1, 1] that the 256 codes stand for, in order.
pub struct DynamicMap {
    /// What each code stands for.
    pub values: [f32; 256],
    /// Between every two neighbours; up to it the lower one is nearer.
    middles: [f32; 255],
}

static SIGNED: LazyLock<DynamicMap> = LazyLock::new(|| DynamicMap::new(&[1.0, -1.0]));
static UNSIGNED: LazyLock<DynamicMap> = LazyLock::new(|| DynamicMap::new(&[1.0]));

/// Powers of ten, from 1e-6 to 1.
const EXPONENTS: i32 = 7;

impl DynamicMap {
    /// For numbers of both signs.
    pub fn signed() -> &'static Self {
        &SIGNED
    }

    /// For numbers that are not negative; the bit of the sign goes to the fraction.
    pub fn unsigned() -> &'static Self {
        &UNSIGNED
    }

    /// As bitsandbytes' `create_dynamic_map` lists them: 0, 1, and the middles of equal parts of [0.1, 1] × 10^-k, twice
    /// as many with each larger power.
    fn new(signs: &[f64]) -> Self {
        let mut all = vec![0.0, 1.0];
        for exponent in 0..EXPONENTS {
            let parts = 2_u32.pow(exponent as u32 + 2 - signs.len() as u32);
            let width = 0.9 / f64::from(parts);
            for part in 0..parts {
                let middle = (0.1 + width * (f64::from(part) + 0.5)) * 10_f64.powi(exponent + 1 - EXPONENTS);
                all.extend(signs.iter().map(|sign| sign * middle));
            }
        }
        all.sort_unstable_by(f64::total_cmp);
        let mut values = [0.0; 256];
        values.iter_mut().zip(all).for_each(|(value, number)| *value = number as f32);
        let mut middles = [0.0; 255];
        middles.iter_mut().zip(values.windows(2)).for_each(|(middle, pair)| *middle = (pair[0] + pair[1]) / 2.0);
        Self { values, middles }
    }

    /// The code of the nearest value.
    pub fn code(&self, number: f32) -> u8 {
        // At most 255: there is one middle less than there are values.
        self.middles.partition_point(|middle| *middle < number) as u8
    }

    /// What a code stands for.
    pub fn value(&self, code: u8) -> f32 {
        self.values[usize::from(code)]
    }
}
