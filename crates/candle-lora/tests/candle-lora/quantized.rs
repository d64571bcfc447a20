//! Weights held in blocks.

use std::ops::Range;

use candle_core::{DType, Device, Tensor};
use candle_lora::linear::{Gradients, RequiresGrad};
use candle_lora::{FrozenWeight, Linear, QuantizedWeight, WeightFormat};

use crate::random::numbers;

fn quantized(weight: &Tensor, format: WeightFormat) -> Option<QuantizedWeight> {
    let (rows, width) = weight.dims2().unwrap();
    let read = |rows: Range<usize>| weight.narrow(0, rows.start, rows.len());
    QuantizedWeight::quantize::<candle_core::Error>([rows, width], format, &Device::Cpu, read).unwrap()
}

fn flat(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
fn a_number_is_at_most_half_a_step_away_from_its_block() {
    // The step of 8 format is a 127th of a block's largest number, of 4 format about an eighth of it; f16 scales add a hair.
    for (format, width, steps) in
        [(WeightFormat::Q8, 64, 127.0), (WeightFormat::Q4, 64, 8.0), (WeightFormat::Q4, 512, 8.0)]
    {
        let weight = numbers(1, &[24, width]);
        let dense = quantized(&weight, format).unwrap().dense().unwrap();
        for (block, found) in flat(&weight).chunks(32).zip(flat(&dense).chunks(32)) {
            let largest = block.iter().fold(0.0f32, |most, x| most.max(x.abs()));
            for (x, found) in block.iter().zip(found) {
                assert!((x - found).abs() <= 1.05 * largest / steps, "{format:?}, {width}: {x} became {found}");
            }
        }
    }
}

#[test]
fn a_linear_map_computes_with_blocks_as_with_their_numbers() {
    let (x, grad) = (numbers(2, &[7, 256]), numbers(3, &[7, 48]));
    for format in [WeightFormat::Q8, WeightFormat::Q4] {
        let held = FrozenWeight::from(quantized(&numbers(4, &[48, 256]), format).unwrap());
        let dense = FrozenWeight::from(held.dense().unwrap());
        let compute = |weight: &FrozenWeight| {
            let map = Linear { weight, bias: None, lora: None };
            let (y, saved) = map.forward(&x).unwrap();
            let dx = map.backward(&saved, &x, &grad, None, RequiresGrad::None, &mut Gradients::default()).unwrap();
            (flat(&y), flat(&dx))
        };
        assert_eq!(compute(&held), compute(&dense), "{format:?}");
    }
}

#[test]
fn a_linear_map_in_bf16_multiplies_rounded_numbers_and_adds_them_up_in_f32() {
    let (x, grad, weight) = (numbers(2, &[7, 256]), numbers(3, &[7, 48]), numbers(4, &[48, 256]));
    let rounded = |x: &Tensor| x.to_dtype(DType::BF16).unwrap().to_dtype(DType::F32).unwrap();
    let compute = |weight: &FrozenWeight, x: &Tensor, grad: &Tensor| {
        let map = Linear { weight, bias: None, lora: None };
        let (y, saved) = map.forward(x).unwrap();
        (flat(&y), flat(&map.backward(&saved, x, grad, None, RequiresGrad::None, &mut Gradients::default()).unwrap()))
    };
    let half = FrozenWeight::Bf16(weight.to_dtype(DType::BF16).unwrap());
    let expected = compute(&rounded(&weight).into(), &rounded(&x), &rounded(&grad));
    assert_eq!(compute(&half, &x, &grad), expected);
    assert_ne!(compute(&weight.into(), &x, &grad), expected, "rounding should be seen");
    assert_eq!(half.rows(&[3]).unwrap().dtype(), DType::F32);
}

#[test]
fn rows_are_found_in_whatever_part_they_lie() {
    // More numbers than one part has.
    let table = numbers(5, &[600_000, 32]);
    let held = FrozenWeight::from(quantized(&table, WeightFormat::Q8).unwrap());
    let ids = [599_999, 0, 524_288, 524_287, 0];
    let expected = held.dense().unwrap().index_select(&Tensor::new(&ids, &Device::Cpu).unwrap(), 0).unwrap();
    assert_eq!(flat(&held.rows(&ids).unwrap()), flat(&expected));
    let map = Linear { weight: &held, bias: None, lora: None };
    let x = numbers(6, &[2, 32]);
    let expected = x.matmul(&held.dense().unwrap().t().unwrap()).unwrap();
    let apart = (map.forward(&x).unwrap().0 - expected).unwrap().abs().unwrap().max_all().unwrap();
    assert!(apart.to_scalar::<f32>().unwrap() < 1e-4);
}

#[test]
fn rows_that_no_block_divides_are_not_held_in_blocks() {
    let weight = numbers(7, &[4, 48]);
    assert!(quantized(&weight, WeightFormat::Q8).is_none() && quantized(&weight, WeightFormat::Q4).is_none());
    assert_eq!(WeightFormat::Q4.size_bytes(4, 48), None);
    assert_eq!(WeightFormat::Bf16.size_bytes(4, 48), Some(2 * 4 * 48));
    assert_eq!(WeightFormat::Q4.size_bytes(2, 256), Some(2 * 144), "Q4_K: 144 bytes per 256 numbers");
    assert_eq!(WeightFormat::Q4.size_bytes(2, 32), Some(2 * 18), "Q4_0: 18 bytes per 32 numbers");
    assert_eq!(WeightFormat::Q8.size_bytes(2, 32), Some(2 * 34), "Q8_0: 34 bytes per 32 numbers");
}
