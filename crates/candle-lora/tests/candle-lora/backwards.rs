//! Every backward equals candle's autograd of the plain forward, in f32 (the kernels) and in f64 (the plain version).

use candle_core::{DType, Device, Tensor, Var};
use candle_lora::cross_entropy::Head;
use candle_lora::linear::RequiresGrad;
use candle_lora::rope::{Angles, Longer, Rotation};
use candle_lora::{
    Activation, Attention, FrozenWeight, Heads, Linear, Lora, LoraPair, ModuleKind, Norm, NormKind, Rows, TokenVectors,
    attention, columns, cross_entropy, embedding, glu, linear, norm, plain,
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
fn norm_backward_equals_autograd() {
    // Over whole tokens; over heads that share a weight; over heads with a weight each.
    let shapes: [(&[usize], bool); 3] = [(&[24], true), (&[8], false), (&[3, 8], false)];
    for ((dtype, tolerance), kind, (shape, biased)) in KINDS
        .into_iter()
        .flat_map(|d| [NormKind::Rms, NormKind::Layer].into_iter().flat_map(move |k| shapes.map(|s| (d, k, s))))
    {
        let (x, weight, bias) = (var(1, &[37, 24], dtype), var(2, shape, dtype), var(5, &[24], dtype));
        let grad = numbers(3, &[37, 24]).to_dtype(dtype).unwrap();
        let bias_of = |bias: &Var| (kind == NormKind::Layer && biased).then(|| bias.as_tensor().clone());
        let norm = Norm { kind, weight: weight.as_tensor().clone(), bias: bias_of(&bias), epsilon: 1e-5 };
        let (y, _, _) = plain::norm(&norm, &x).unwrap();
        let expected = oracle(&y, &grad, &[&x, &weight]);

        let norm = Norm { weight: copy(&weight), bias: norm.bias.as_ref().map(|_| copy(&bias)), ..norm };
        let (out, saved) = norm.forward(&copy(&x)).unwrap();
        assert_close(&out, &y, tolerance, "output");
        assert_close(&norm.recompute(&saved, &copy(&x)).unwrap(), &y, tolerance, "output again");
        let around = numbers(4, &[37, 24]).to_dtype(dtype).unwrap();
        let dx = norm.backward(&saved, &copy(&x), &grad, Some(around.copy().unwrap())).unwrap();
        assert_close(&dx, &(around + &expected[0]).unwrap(), tolerance, "x added to a total");
        assert_close(&norm.backward(&saved, &copy(&x), &grad, None).unwrap(), &expected[0], tolerance, "x");
        let dw = norm.weight_backward(&saved, &copy(&x), &grad).unwrap();
        assert_close(&dw, &expected[1], tolerance, "weight");
        assert_close(&norm::bias_backward(&grad).unwrap(), &grad.sum(0).unwrap(), tolerance, "bias");
    }
}

#[test]
fn gated_activation_backward_equals_autograd() {
    for activation in [Activation::Silu, Activation::GeluTanh, Activation::GeluErf] {
        for (dtype, tolerance) in KINDS {
            let (gate, up) = (numbers(1, &[19, 40]).to_dtype(dtype).unwrap(), var(2, &[19, 40], dtype));
            let gate = Var::from_tensor(&(gate * 6.0).unwrap()).unwrap();
            let grad = numbers(3, &[19, 40]).to_dtype(dtype).unwrap();
            let y = plain::glu(activation, &gate, &up).unwrap();
            let expected = oracle(&y, &grad, &[&gate, &up]);
            assert_close(&glu::forward(activation, &copy(&gate), &copy(&up)).unwrap(), &y, tolerance, "output");
            let (d_gate, d_up) = glu::backward(activation, &copy(&gate), &copy(&up), &grad).unwrap();
            assert_close(&d_gate, &expected[0], tolerance, "gate");
            assert_close(&d_up, &expected[1], tolerance, "up");
        }
    }
}

#[test]
fn activations_are_those_of_candle() {
    let (gate, ones) = ((numbers(1, &[7, 40]) * 6.0).unwrap(), numbers(1, &[7, 40]).ones_like().unwrap());
    let all = [
        (Activation::Silu, gate.silu().unwrap()),
        (Activation::GeluTanh, gate.gelu().unwrap()),
        (Activation::GeluErf, gate.gelu_erf().unwrap()),
    ];
    for (activation, expected) in all {
        assert_close(&glu::forward(activation, &gate, &ones).unwrap(), &expected, 1e-6, "output");
    }
}

#[test]
fn rope_backward_equals_autograd() {
    // All of a head turns, or the first eight numbers of it; rows of four and more tokens turn otherwise.
    for ((dtype, tolerance), head_width) in KINDS.into_iter().flat_map(|kind| [(kind, 8), (kind, 12)]) {
        let x = var(1, &[7, 3 * head_width], dtype);
        let grad = numbers(3, &[7, 3 * head_width]).to_dtype(dtype).unwrap();
        let longer = Longer::Others { limit: 3, frequencies: vec![0.5, 0.2, 0.05, 0.01] };
        let rotation = Rotation { head_width, frequencies: vec![1.0, 0.3, 0.1, 0.01], longer, factor: 1.25 };
        let angles = Angles::new(&Rows::of_lengths(&[3, 4]), &rotation, dtype, &Device::Cpu).unwrap();
        let (cos, sin) = angles.per_token().unwrap();
        let angle = |place: usize, pair: usize| {
            let cos = cos.get(place).unwrap().get(pair).unwrap().to_dtype(DType::F64).unwrap();
            (cos.to_scalar::<f64>().unwrap() / 1.25).acos()
        };
        assert!((angle(2, 1) - 0.6).abs() < 1e-6 && (angle(5, 1) - 0.4).abs() < 1e-6, "rows have their own angles");
        let y = plain::rope(&x, &cos, &sin, head_width).unwrap();
        let expected = oracle(&y, &grad, &[&x]);
        assert_close(&angles.forward(copy(&x)).unwrap(), &y, tolerance, "output");
        assert_close(&angles.backward(grad.copy().unwrap()).unwrap(), &expected[0], tolerance, "x");
    }
}

#[test]
fn attention_backward_equals_autograd_on_ragged_rows() {
    // Rows shorter and longer than a block of queries, and heads in groups of two.
    let (lengths, heads) = ([1, 5, 64, 150], Heads { heads: 4, kv_heads: 2, width: 6 });
    let (tokens, rows) = (lengths.iter().sum(), Rows::of_lengths(&lengths));
    let full = Attention::full(heads);
    let capped = Attention { scale: 1.5, soft_cap: Some(2.0), ..full };
    let all = [full, capped, Attention { window: Some(7), ..full }, Attention { window: Some(70), ..capped }];
    for ((dtype, tolerance), attention) in KINDS.into_iter().flat_map(|kind| all.map(|attention| (kind, attention))) {
        let q = var(1, &[tokens, heads.q_width()], dtype);
        let (k, v) = (var(2, &[tokens, heads.kv_width()], dtype), var(3, &[tokens, heads.kv_width()], dtype));
        let grad = numbers(4, &[tokens, heads.q_width()]).to_dtype(dtype).unwrap();
        let (o, _) = plain::attention(&q, &k, &v, attention, &rows).unwrap();
        let expected = oracle(&o, &grad, &[&q, &k, &v]);

        let (out, saved) = attention::forward(copy(&q), copy(&k), copy(&v), attention, &rows).unwrap();
        assert_close(&out, &o, tolerance, "output");
        let (dq, dk, dv) = attention::backward(&saved, &grad, attention, &rows).unwrap();
        assert_close(&dq, &expected[0], tolerance, "q");
        assert_close(&dk, &expected[1], tolerance, "k");
        assert_close(&dv, &expected[2], tolerance, "v");
    }
}

#[test]
fn columns_are_taken_apart_and_put_together_again() {
    for tokens in [1, 5] {
        let x = numbers(1, &[tokens, 9]);
        let parts = columns::split(x.clone(), &[4, 3, 2]).unwrap();
        assert_close(&parts[1], &x.narrow(1, 4, 3).unwrap(), 1e-9, "part");
        assert_close(&columns::join(parts).unwrap(), &x, 1e-9, "whole");
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
        let pair = LoraPair::new(copy(&a), copy(&b));
        let map = Linear { weight: &weight, bias: Some(&bias), lora: Some(Lora::of(&pair, 0.5)) };
        let (out, saved) = map.forward(&copy(&x)).unwrap();
        assert_close(&out, &y, tolerance, "output");
        let mut own = linear::Gradients::default();
        let dx = map.backward(&saved, &copy(&x), &grad, None, RequiresGrad::Lora, &mut own).unwrap();
        assert_close(&dx, &expected[0], tolerance, "x");
        assert_close(own.a.as_ref().unwrap(), &expected[3], tolerance, "A");
        assert_close(own.b.as_ref().unwrap(), &expected[4], tolerance, "B");
        assert!(own.weight.is_none() && own.bias.is_none(), "frozen weights get no gradient");
        let total = Some(dx.copy().unwrap());
        let twice = map.backward(&saved, &copy(&x), &grad, total, RequiresGrad::Weight, &mut own).unwrap();
        assert_close(&twice, &(&expected[0] * 2.0).unwrap(), tolerance, "x added to a total");
        assert_close(&own.weight.unwrap(), &expected[1], tolerance, "weight");
        assert_close(&own.bias.unwrap(), &expected[2], tolerance, "bias");
        let mut none = linear::Gradients::default();
        map.backward(&saved, &copy(&x), &grad, None, RequiresGrad::None, &mut none).unwrap();
        assert!(none.weight.is_none() && none.bias.is_none() && none.a.is_none() && none.b.is_none());
    }
}

#[test]
fn dropout_and_magnitudes_have_the_gradients_of_autograd() {
    for ((dtype, tolerance), dora, dropped) in
        KINDS.into_iter().flat_map(|kind| [(kind, false, true), (kind, true, false), (kind, true, true)])
    {
        let (x, weight, bias) = (var(1, &[33, 20], dtype), var(2, &[12, 20], dtype), var(3, &[12], dtype));
        let (a, b, magnitude) = (var(4, &[4, 20], dtype), var(5, &[12, 4], dtype), var(7, &[12], dtype));
        let mask = (numbers(8, &[33, 20]).ge(-0.5).unwrap().to_dtype(dtype).unwrap() / 0.75).unwrap();
        let mask = if dropped { mask } else { mask.ones_like().unwrap() };
        let grad = numbers(6, &[33, 12]).to_dtype(dtype).unwrap();
        // As PEFT writes it: the base's result, and what DoRA adds to it. The length is a constant.
        let seen = (x.as_tensor() * &mask).unwrap();
        let low = seen.matmul(&a.t().unwrap()).unwrap().matmul(&b.t().unwrap()).unwrap();
        let low = (low * 0.5).unwrap();
        let base = x.matmul(&weight.t().unwrap()).unwrap().broadcast_add(&bias).unwrap();
        let sum = (weight.as_tensor() + (b.matmul(&a).unwrap() * 0.5).unwrap()).unwrap();
        let norm = plain::row_norms(&sum).unwrap().detach();
        let y = match dora {
            false => (base + low).unwrap(),
            true => {
                let factor = (magnitude.as_tensor() / &norm).unwrap();
                let shown = seen.matmul(&weight.t().unwrap()).unwrap();
                let more = shown.broadcast_mul(&(&factor - 1.0).unwrap()).unwrap();
                ((base + more).unwrap() + low.broadcast_mul(&factor).unwrap()).unwrap()
            }
        };
        let mut vars = vec![&x, &weight, &bias, &a, &b];
        vars.extend(dora.then_some(&magnitude));
        let expected = oracle(&y, &grad, &vars);

        let (weight, bias) = (frozen(&weight), frozen(&bias));
        let pair = LoraPair { magnitude: dora.then(|| copy(&magnitude)), ..LoraPair::new(copy(&a), copy(&b)) };
        let found = Lora::of(&pair, 0.5).weight_norm(&weight).unwrap();
        assert_close(&found, &norm, tolerance, "length");
        let lora = Lora { norm: dora.then_some(&found), mask: dropped.then_some(&mask), ..Lora::of(&pair, 0.5) };
        let map = Linear { weight: &weight, bias: Some(&bias), lora: Some(lora) };
        let (out, saved) = map.forward(&copy(&x)).unwrap();
        assert_close(&out, &y, tolerance, "output");
        let mut own = linear::Gradients::default();
        let dx = map.backward(&saved, &copy(&x), &grad, None, RequiresGrad::Lora, &mut own).unwrap();
        assert_close(&dx, &expected[0], tolerance, "x");
        let twice = map.backward(&saved, &copy(&x), &grad, Some(dx), RequiresGrad::Weight, &mut own).unwrap();
        assert_close(&twice, &(&expected[0] * 2.0).unwrap(), tolerance, "x added to a total");
        assert_close(&own.weight.unwrap(), &expected[1], tolerance, "weight");
        assert_close(&own.bias.unwrap(), &expected[2], tolerance, "bias");
        assert_close(&own.a.unwrap(), &expected[3], tolerance, "A");
        assert_close(&own.b.unwrap(), &expected[4], tolerance, "B");
        assert_eq!(own.magnitude.is_some(), dora);
        if let Some(found) = own.magnitude {
            assert_close(&found, &expected[5], tolerance, "magnitude");
        }
    }
}

#[test]
fn cross_entropy_equals_autograd() {
    let heads = [(1.0, None), (0.25, None), (1.0, Some(3.0)), (1.5, Some(2.0))];
    for ((dtype, tolerance), (scale, soft_cap)) in KINDS.into_iter().flat_map(|kind| heads.map(|head| (kind, head))) {
        let (x, weight) = (var(1, &[21, 16], dtype), var(2, &[50, 16], dtype));
        let targets: Vec<u32> = (0..21).map(|i| i * 13 % 50).collect();
        let logits = (x.matmul(&weight.t().unwrap()).unwrap() * scale).unwrap();
        let logits = plain::soft_cap(&logits, soft_cap).unwrap();
        let losses = plain::loss_per_row(&logits, &targets).unwrap();
        let expected = oracle(&losses, &losses.ones_like().unwrap(), &[&x, &weight]);
        let sum = losses.sum_all().unwrap().to_dtype(DType::F64).unwrap().to_scalar::<f64>().unwrap();

        let weight = frozen(&weight);
        let head = Head { scale, soft_cap, ..Head::from(&weight) };
        assert_close(&cross_entropy::logits(&copy(&x), head).unwrap(), &logits, tolerance, "logits");
        let (nats, own) = cross_entropy::loss_and_gradients(&copy(&x), head, &targets, RequiresGrad::Weight).unwrap();
        assert!((nats - sum).abs() < 1e-4, "{nats} {sum}");
        assert!((cross_entropy::loss(&copy(&x), head, &targets).unwrap() - sum).abs() < 1e-4);
        assert_close(&own.x, &expected[0], tolerance, "x");
        assert_close(&own.own.weight.unwrap(), &expected[1], tolerance, "head");
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

        let vectors = embedding::forward(&frozen(&table), None, &ids).unwrap();
        assert_close(&cross_entropy::select(&vectors, &places).unwrap(), &y, tolerance, "output");
        let dx = cross_entropy::select_backward(&grad, &places, ids.len()).unwrap();
        let total = table.zeros_like().unwrap();
        assert_close(&embedding::backward(&ids, &dx, total).unwrap(), &expected[0], tolerance, "table");
    }
}

#[test]
fn a_pair_beside_an_embedding_has_the_gradients_of_autograd() {
    for (dtype, tolerance) in KINDS {
        let (table, a, b) = (var(1, &[9, 6], dtype), var(2, &[3, 9], dtype), var(3, &[6, 3], dtype));
        let ids = [3, 3, 8, 0, 3];
        let index = Tensor::new(&ids[..], &Device::Cpu).unwrap();
        let grad = numbers(4, &[5, 6]).to_dtype(dtype).unwrap();
        let low = a.index_select(&index, 1).unwrap().t().unwrap().matmul(&b.t().unwrap()).unwrap();
        let x = (table.index_select(&index, 0).unwrap() + (low * 0.5).unwrap()).unwrap();
        let expected = oracle(&x, &grad, &[&a, &b]);

        let pair = LoraPair { kind: ModuleKind::Embedding, ..LoraPair::new(copy(&a), copy(&b)) };
        let (lora, table) = (Lora::of(&pair, 0.5), frozen(&table));
        assert_close(&embedding::forward(&table, Some(lora), &ids).unwrap(), &x, tolerance, "output");
        let (da, db) = embedding::lora_backward(lora, &ids, &grad).unwrap();
        assert_close(&da, &expected[0], tolerance, "A");
        assert_close(&db, &expected[1], tolerance, "B");
        let merged = frozen(&Var::from_tensor(&pair.merged(&table, 0.5).unwrap()).unwrap());
        assert_close(&embedding::forward(&merged, None, &ids).unwrap(), &x, tolerance, "merged");
    }
}

#[test]
fn a_head_with_a_pair_equals_autograd() {
    for (dtype, tolerance) in KINDS {
        let (x, weight) = (var(1, &[21, 16], dtype), var(2, &[50, 16], dtype));
        let (a, b) = (var(3, &[4, 16], dtype), var(4, &[50, 4], dtype));
        let mask = (numbers(8, &[21, 16]).ge(-0.5).unwrap().to_dtype(dtype).unwrap() / 0.75).unwrap();
        let targets: Vec<u32> = (0..21).map(|i| i * 13 % 50).collect();
        let low = (x.as_tensor() * &mask).unwrap().matmul(&a.t().unwrap()).unwrap().matmul(&b.t().unwrap()).unwrap();
        let logits = (x.matmul(&weight.t().unwrap()).unwrap() + (low * 0.5).unwrap()).unwrap();
        let logits = plain::soft_cap(&(logits * 1.5).unwrap(), Some(2.0)).unwrap();
        let losses = plain::loss_per_row(&logits, &targets).unwrap();
        let expected = oracle(&losses, &losses.ones_like().unwrap(), &[&x, &a, &b]);

        let (weight, pair) = (frozen(&weight), LoraPair::new(copy(&a), copy(&b)));
        let lora = Lora { mask: Some(&mask), ..Lora::of(&pair, 0.5) };
        let map = Linear { weight: &weight, bias: None, lora: Some(lora) };
        let head = Head { map, scale: 1.5, soft_cap: Some(2.0), tokens: None };
        let (_, found) = cross_entropy::loss_and_gradients(&copy(&x), head, &targets, RequiresGrad::Lora).unwrap();
        assert_close(&found.x, &expected[0], tolerance, "x");
        assert_close(&found.own.a.unwrap(), &expected[1], tolerance, "A");
        assert_close(&found.own.b.unwrap(), &expected[2], tolerance, "B");
        assert!(found.own.weight.is_none(), "the frozen head gets no gradient");
    }
}

/// As PEFT's TrainableTokensLayer has it: the rows of these tokens are others, in the embedding and in a tied head.
#[test]
fn vectors_of_single_tokens_equal_autograd() {
    for (dtype, tolerance) in KINDS {
        let (table, vectors, x) = (var(1, &[50, 6], dtype), var(2, &[3, 6], dtype), var(3, &[21, 6], dtype));
        let ids = [7, 3, 40];
        let index = Tensor::new(&ids[..], &Device::Cpu).unwrap();
        let change = (vectors.as_tensor() - table.index_select(&index, 0).unwrap()).unwrap();
        let merged = table.index_add(&index, &change, 0).unwrap();
        let tokens = [3_u32, 9, 40, 3, 0];
        let embedded = merged.index_select(&Tensor::new(&tokens[..], &Device::Cpu).unwrap(), 0).unwrap();
        let grad = numbers(4, &[5, 6]).to_dtype(dtype).unwrap();
        let targets: Vec<u32> = (0..21).map(|i| i * 13 % 50).collect();
        let logits = plain::soft_cap(&(x.matmul(&merged.t().unwrap()).unwrap() * 1.5).unwrap(), Some(2.0)).unwrap();
        let losses = plain::loss_per_row(&logits, &targets).unwrap();
        let both = (losses.sum_all().unwrap() + (&embedded * &grad).unwrap().sum_all().unwrap()).unwrap();
        let expected = oracle(&both, &both.ones_like().unwrap(), &[&vectors, &x]);

        let (table, own) = (frozen(&table), copy(&vectors));
        let own = TokenVectors { ids: &ids, vectors: &own };
        let found = own.embed(table.rows(&tokens).unwrap(), &tokens).unwrap();
        assert_close(&found, &embedded, tolerance, "embedded");
        let map = Linear { weight: &table, bias: None, lora: None };
        let head = Head { map, scale: 1.5, soft_cap: Some(2.0), tokens: Some(own) };
        assert_close(&cross_entropy::logits(&copy(&x), head).unwrap(), &logits, tolerance, "logits");
        let (_, found) = cross_entropy::loss_and_gradients(&copy(&x), head, &targets, RequiresGrad::Lora).unwrap();
        assert_close(&found.x, &expected[1], tolerance, "x");
        let total = own.embed_backward(&tokens, &grad, found.tokens).unwrap();
        assert_close(&total, &expected[0], tolerance, "vectors");
        assert_close(&own.merged(&table).unwrap(), &merged, tolerance, "merged");
    }
}
