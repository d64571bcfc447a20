//! Every backward equals candle's autograd of the plain forward, in f32 (the kernels) and in f64 (the plain version).

use candle_core::{DType, Device, Tensor, Var};
use candle_lora::linear::Wanted;
use candle_lora::rope::Angles;
use candle_lora::{
    FrozenWeight, Heads, Linear, LoraPair, Rows, attention, cross_entropy, embedding, plain, rms_norm, swiglu,
};

use crate::random::{assert_close, numbers};

const KINDS: [(DType, f64); 2] = [(DType::F32, 1e-5), (DType::F64, 1e-12)];

fn var(seed: usize, shape: &[usize], dtype: DType) -> Var {
    Var::from_tensor(&numbers(seed, shape).to_dtype(dtype).unwrap()).unwrap()
}

/// The gradients of Σ output · weights by autograd.
fn oracle(output: &Tensor, weights: &Tensor, vars: &[&Var]) -> Vec<Tensor> {
    let store = (output * weights).unwrap().sum_all().unwrap().backward().unwrap();
    vars.iter().map(|var| store.get(var.as_tensor()).unwrap().clone()).collect()
}

fn copy(var: &Var) -> Tensor {
    var.as_tensor().detach().copy().unwrap()
}

fn frozen(var: &Var) -> FrozenWeight {
    copy(var).into()
}

#[test]
fn rms_norm_backward_equals_autograd() {
    for (dtype, tolerance) in KINDS {
        let (x, weight) = (var(1, &[37, 24], dtype), var(2, &[24], dtype));
        let grad = numbers(3, &[37, 24]).to_dtype(dtype).unwrap();
        let (y, _) = plain::rms_norm(&x, &weight, 1e-5).unwrap();
        let expected = oracle(&y, &grad, &[&x, &weight]);

        let (out, saved) = rms_norm::forward(&copy(&x), &frozen(&weight), 1e-5).unwrap();
        assert_close(&out, &y, tolerance, "output");
        assert_close(&rms_norm::again(&saved, &copy(&x), &frozen(&weight)).unwrap(), &y, tolerance, "output again");
        let around = numbers(4, &[37, 24]).to_dtype(dtype).unwrap();
        let total = around.copy().unwrap();
        let dx = rms_norm::backward(&saved, &copy(&x), &frozen(&weight), &grad, total).unwrap();
        assert_close(&dx, &(around + &expected[0]).unwrap(), tolerance, "x");
        let dw = rms_norm::weight_backward(&saved, &copy(&x), &grad).unwrap();
        assert_close(&dw, &expected[1], tolerance, "weight");
    }
}

#[test]
fn swiglu_backward_equals_autograd() {
    for (dtype, tolerance) in KINDS {
        let (gate, up) = (var(1, &[19, 40], dtype), var(2, &[19, 40], dtype));
        let grad = numbers(3, &[19, 40]).to_dtype(dtype).unwrap();
        let y = plain::swiglu(&gate, &up).unwrap();
        let expected = oracle(&y, &grad, &[&gate, &up]);
        assert_close(&swiglu::forward(&copy(&gate), &copy(&up)).unwrap(), &y, tolerance, "output");
        let (d_gate, d_up) = swiglu::backward(&copy(&gate), &copy(&up), &grad).unwrap();
        assert_close(&d_gate, &expected[0], tolerance, "gate");
        assert_close(&d_up, &expected[1], tolerance, "up");
    }
}

#[test]
fn rope_backward_equals_autograd() {
    for (dtype, tolerance) in KINDS {
        let x = var(1, &[5, 3 * 8], dtype);
        let grad = numbers(3, &[5, 3 * 8]).to_dtype(dtype).unwrap();
        let angles = Angles::new(&[3, 4, 0, 1, 2], &[1.0, 0.3, 0.1, 0.01], dtype, &Device::Cpu).unwrap();
        let (cos, sin) = angles.per_token().unwrap();
        let y = plain::rope(&x, &cos, &sin).unwrap();
        let expected = oracle(&y, &grad, &[&x]);
        assert_close(&angles.forward(copy(&x)).unwrap(), &y, tolerance, "output");
        assert_close(&angles.backward(grad.copy().unwrap()).unwrap(), &expected[0], tolerance, "x");
    }
}

#[test]
fn attention_backward_equals_autograd_on_ragged_rows() {
    // Rows shorter and longer than a block of queries, and heads in groups of two.
    let (lengths, heads) = ([1, 5, 64, 90], Heads { heads: 4, kv_heads: 2, width: 6 });
    let (tokens, rows) = (lengths.iter().sum(), Rows::of_lengths(&lengths));
    for (dtype, tolerance) in KINDS {
        let q = var(1, &[tokens, heads.q_width()], dtype);
        let (k, v) = (var(2, &[tokens, heads.kv_width()], dtype), var(3, &[tokens, heads.kv_width()], dtype));
        let grad = numbers(4, &[tokens, heads.q_width()]).to_dtype(dtype).unwrap();
        let (o, _) = plain::attention(&q, &k, &v, heads, &rows).unwrap();
        let expected = oracle(&o, &grad, &[&q, &k, &v]);

        let (out, saved) = attention::forward(copy(&q), copy(&k), copy(&v), heads, &rows).unwrap();
        assert_close(&out, &o, tolerance, "output");
        let (dq, dk, dv) = attention::backward(&saved, &grad, heads, &rows).unwrap();
        assert_close(&dq, &expected[0], tolerance, "q");
        assert_close(&dk, &expected[1], tolerance, "k");
        assert_close(&dv, &expected[2], tolerance, "v");
    }
}

#[test]
fn linear_backward_equals_autograd_with_bias_and_pair() {
    for (dtype, tolerance) in KINDS {
        let (x, weight, bias) = (var(1, &[33, 20], dtype), var(2, &[12, 20], dtype), var(3, &[12], dtype));
        let (a, b) = (var(4, &[4, 20], dtype), var(5, &[12, 4], dtype));
        let grad = numbers(6, &[33, 12]).to_dtype(dtype).unwrap();
        let low = x.matmul(&a.t().unwrap()).unwrap().matmul(&b.t().unwrap()).unwrap();
        let y = x.matmul(&weight.t().unwrap()).unwrap().broadcast_add(&bias).unwrap();
        let y = (y + (low * 0.5).unwrap()).unwrap();
        let expected = oracle(&y, &grad, &[&x, &weight, &bias, &a, &b]);

        let (weight, bias) = (frozen(&weight), frozen(&bias));
        let pair = LoraPair { a: copy(&a), b: copy(&b) };
        let map = Linear { weight: &weight, bias: Some(&bias), lora: Some((&pair, 0.5)) };
        let (out, saved) = map.forward(&copy(&x)).unwrap();
        assert_close(&out, &y, tolerance, "output");
        let (dx, own) = map.backward(&saved, &copy(&x), &grad, None, Wanted::Lora).unwrap();
        let (da, db) = own.lora.unwrap();
        assert_close(&dx, &expected[0], tolerance, "x");
        assert_close(&da, &expected[3], tolerance, "A");
        assert_close(&db, &expected[4], tolerance, "B");
        assert!(own.weight.is_none() && own.bias.is_none(), "frozen weights get no gradient");
        let total = Some(dx.copy().unwrap());
        let (twice, own) = map.backward(&saved, &copy(&x), &grad, total, Wanted::Weight).unwrap();
        assert_close(&twice, &(&expected[0] * 2.0).unwrap(), tolerance, "x added to a total");
        assert_close(&own.weight.unwrap(), &expected[1], tolerance, "weight");
        assert_close(&own.bias.unwrap(), &expected[2], tolerance, "bias");
    }
}

#[test]
fn cross_entropy_equals_autograd() {
    for (dtype, tolerance) in KINDS {
        let (x, head) = (var(1, &[21, 16], dtype), var(2, &[50, 16], dtype));
        let targets: Vec<u32> = (0..21).map(|i| i * 13 % 50).collect();
        let losses = plain::loss_per_row(&x.matmul(&head.t().unwrap()).unwrap(), &targets).unwrap();
        let expected = oracle(&losses, &losses.ones_like().unwrap(), &[&x, &head]);
        let sum = losses.sum_all().unwrap().to_dtype(DType::F64).unwrap().to_scalar::<f64>().unwrap();

        let (nats, own) = cross_entropy::loss_and_gradients(&copy(&x), &frozen(&head), &targets, true).unwrap();
        assert!((nats - sum).abs() < 1e-4, "{nats} {sum}");
        assert!((cross_entropy::loss(&copy(&x), &frozen(&head), &targets).unwrap() - sum).abs() < 1e-4);
        assert_close(&own.x, &expected[0], tolerance, "x");
        assert_close(&own.weight.unwrap(), &expected[1], tolerance, "head");
    }
}

#[test]
fn embedding_and_selection_equal_autograd() {
    for (dtype, tolerance) in KINDS {
        let table = var(1, &[9, 4], dtype);
        let (ids, places) = ([3, 3, 8, 0, 3], [0, 2, 3]);
        let tensor = |ids: &[u32]| Tensor::new(ids, &Device::Cpu).unwrap();
        let x = table.index_select(&tensor(&ids), 0).unwrap();
        let y = x.index_select(&tensor(&places), 0).unwrap();
        let grad = numbers(2, &[3, 4]).to_dtype(dtype).unwrap();
        let expected = oracle(&y, &grad, &[&table]);

        let vectors = embedding::forward(&frozen(&table), &ids).unwrap();
        assert_close(&cross_entropy::select(&vectors, &places).unwrap(), &y, tolerance, "output");
        let dx = cross_entropy::select_backward(&grad, &places, ids.len()).unwrap();
        let total = table.zeros_like().unwrap();
        assert_close(&embedding::backward(&ids, &dx, total).unwrap(), &expected[0], tolerance, "table");
    }
}
