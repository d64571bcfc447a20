//! Numbers for tests, and how far two tensors are apart.

use candle_core::{DType, Device, Tensor};

/// Numbers between −1 and 1 from a formula.
pub fn numbers(seed: usize, shape: &[usize]) -> Tensor {
    let count: usize = shape.iter().product();
    let number = |i: usize| (((i * 2_654_435_761 + seed * 40_503 + 12_345) % 65_521) as f64 / 32_760.5 - 1.0) as f32;
    Tensor::from_vec((0..count).map(number).collect(), shape, &Device::Cpu).unwrap()
}

/// The largest difference, relative to the largest number.
pub fn distance(a: &Tensor, b: &Tensor) -> f64 {
    assert_eq!(a.dims(), b.dims());
    let flat = |x: &Tensor| x.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1::<f64>().unwrap();
    let (a, b) = (flat(a), flat(b));
    assert!(a.iter().chain(&b).all(|x| x.is_finite()), "every number is finite");
    let size = b.iter().fold(1e-6, |most: f64, x| most.max(x.abs()));
    a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) / size
}

/// Fails unless the tensors agree.
#[track_caller]
pub fn assert_close(a: &Tensor, b: &Tensor, tolerance: f64, what: &str) {
    let distance = distance(a, b);
    assert!(distance < tolerance, "{what}: {distance:e} apart");
}
