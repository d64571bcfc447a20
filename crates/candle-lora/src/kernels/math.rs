//! Sums and exponentials that the compiler can turn into vector instructions.

use super::simd;

const LANES: usize = 8;

/// The exponential function to about 1e-7 relative, for inputs from −87 to 88; beyond them it stays what it is at the
/// end. Cody and Waite's reduction to |r| ≤ ln 2 / 2 and the polynomial of Cephes' `expf`. No branches, so that loops
/// over it become vector instructions.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Adding and subtracting 1.5 · 2²³ rounds to an integer, which then stands in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    let x = if x < -87.0 { -87.0 } else { x };
    let x = if x > 88.0 { 88.0 } else { x };
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * 0.693_359_4 - n * -2.121_944_4e-4;
    let p = 1.987_569_1e-4_f32;
    let p = p * r + 1.398_2e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 0.166_666_66;
    let p = p * r + 0.5;
    let small = p * r * r + r + 1.0;
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000)); // 2ⁿ
    small * power
}

/// The hyperbolic tangent to about 1e-7 relative: the polynomial of Cephes' `tanhf` near zero, where the other form
/// would lose digits. Both are computed and one is chosen, so that loops over it become vector instructions.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    let size = x.abs();
    let square = x * x;
    let p = -5.704_988_7e-3_f32;
    let p = p * square + 2.063_909e-2;
    let p = p * square - 5.373_971_5e-2;
    let p = p * square + 0.133_314_42;
    let p = p * square - 0.333_332_8;
    let near = p * square * x + x;
    let far = (1.0 - 2.0 / (exp(2.0 * size) + 1.0)).copysign(x);
    if size < 0.625 { near } else { far }
}

#[inline(always)]
fn fold(lanes: [f32; LANES], combine: impl Fn(f32, f32) -> f32) -> f32 {
    let [a, b, c, d, e, f, g, h] = lanes;
    combine(combine(combine(a, e), combine(b, f)), combine(combine(c, g), combine(d, h)))
}

/// Σ a b, summed in eight lanes.
#[inline(always)]
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0; LANES];
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let tail: f32 = a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a_chunks.zip(b_chunks) {
        for lane in 0..LANES {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    fold(lanes, |a, b| a + b) + tail
}

#[inline(always)]
fn largest(numbers: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let chunks = numbers.chunks_exact(LANES);
    let tail = chunks.remainder().iter().fold(f32::NEG_INFINITY, |most, &x| if x > most { x } else { most });
    for chunk in chunks {
        for lane in 0..LANES {
            lanes[lane] = if chunk[lane] > lanes[lane] { chunk[lane] } else { lanes[lane] };
        }
    }
    let most = fold(lanes, |a, b| if b > a { b } else { a });
    if tail > most { tail } else { most }
}

/// Σ a, summed in eight lanes.
#[inline(always)]
pub(crate) fn total(numbers: &[f32]) -> f32 {
    let mut lanes = [0.0; LANES];
    let chunks = numbers.chunks_exact(LANES);
    let tail: f32 = chunks.remainder().iter().sum();
    for chunk in chunks {
        for lane in 0..LANES {
            lanes[lane] += chunk[lane];
        }
    }
    fold(lanes, |a, b| a + b) + tail
}

simd! {
    /// Replaces numbers by exp(number − their log-sum-exp), which is returned: softmax.
    fn softmax(numbers: &mut [f32]) -> f32 {
        let most = largest(numbers);
        for number in numbers.iter_mut() {
            *number = exp(*number - most);
        }
        let total = total(numbers);
        let scale = 1.0 / total;
        for number in numbers {
            *number *= scale;
        }
        most + total.ln()
    }
}

simd! {
    /// Replaces numbers by exp(number − log_sum_exp).
    fn exp_minus(numbers: &mut [f32], log_sum_exp: f32) {
        for number in numbers {
            *number = exp(*number - log_sum_exp);
        }
    }
}

/// The log-sum-exp of numbers, which stay as they are.
pub(crate) fn log_sum_exp(numbers: &[f32]) -> f32 {
    softmax(&mut numbers.to_vec())
}
