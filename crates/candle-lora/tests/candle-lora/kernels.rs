//! The kernels do the same work for any number of threads, a large vocabulary in chunks, and keys from a cache.

use candle_core::Tensor;
use candle_lora::linear::RequiresGrad;
use candle_lora::{Attention, FrozenWeight, Heads, Rows, attention, cross_entropy, plain, sum};

use crate::random::{assert_close, numbers};

fn bits(tensor: &Tensor) -> Vec<u32> {
    tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap().into_iter().map(f32::to_bits).collect()
}

fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

#[test]
fn chunks_of_the_vocabulary_change_nothing() {
    // Two chunks of at most 4 Mi logits.
    let (x, head) = (numbers(1, &[150, 8]), numbers(2, &[30_000, 8]));
    let targets: Vec<u32> = (0..150).map(|i| i * 131).collect();
    let frozen = FrozenWeight::from(head.clone());
    let logits = x.matmul(&head.t().unwrap()).unwrap();
    let expected: f64 = plain::losses(&logits, &targets).unwrap().iter().map(|&loss| f64::from(loss)).sum();
    let gradients = plain::logit_gradients(&logits, &targets, None).unwrap();
    let (nats, own) = cross_entropy::loss_and_gradients(&x, (&frozen).into(), &targets, RequiresGrad::Weight).unwrap();
    assert!((nats / expected - 1.0).abs() < 1e-6);
    assert!((cross_entropy::loss(&x, (&frozen).into(), &targets).unwrap() / expected - 1.0).abs() < 1e-6);
    assert_close(&own.x, &gradients.matmul(&head).unwrap(), 1e-5, "x");
    assert_close(&own.own.weight.unwrap(), &gradients.t().unwrap().matmul(&x).unwrap(), 1e-5, "head");
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let attention = Attention::full(Heads { heads: 6, kv_heads: 3, width: 32 });
    let rows = Rows::of_lengths(&[192, 70, 130, 192]);
    let (q, k) = (numbers(1, &[584, 192]), numbers(2, &[584, 96]));
    let (v, grad) = (numbers(3, &[584, 96]), numbers(4, &[584, 192]));
    let (head, targets) = (FrozenWeight::from(numbers(5, &[2048, 192])), (0..584).collect::<Vec<u32>>());
    let work = || {
        let (o, saved) = attention::forward(q.clone(), k.clone(), v.clone(), attention, &rows).unwrap();
        let (dq, dk, dv) = attention::backward(&saved, &grad, attention, &rows).unwrap();
        let (nats, own) =
            cross_entropy::loss_and_gradients(&o, (&head).into(), &targets, RequiresGrad::Weight).unwrap();
        let all = [o, dq, dk, dv, own.x, own.own.weight.unwrap()].map(|tensor| bits(&tensor));
        (all, nats.to_bits())
    };
    let one = on_threads(1, work);
    assert!(one == on_threads(2, work) && one == on_threads(3, work), "threads must not change a bit");
}

#[test]
fn attention_with_cached_keys_equals_attention_over_everything() {
    let full = Attention::full(Heads { heads: 4, kv_heads: 2, width: 8 });
    let (q, k, v) = (numbers(1, &[100, 32]), numbers(2, &[100, 16]), numbers(3, &[100, 16]));
    for attention in [full, Attention { window: Some(9), ..full }] {
        let everything = Rows::of_lengths(&[100]);
        let (all, _) = attention::forward(q.clone(), k.clone(), v.clone(), attention, &everything).unwrap();
        for (past, new) in [(99, 1), (30, 70), (95, 5)] {
            let queries = q.narrow(0, past, new).unwrap().copy().unwrap();
            let rows = Rows::continued(past, new);
            let (some, _) = attention::forward(queries, k.clone(), v.clone(), attention, &rows).unwrap();
            assert_close(&some, &all.narrow(0, past, new).unwrap(), 1e-6, "cached");
        }
    }
}

#[test]
fn extreme_scores_stay_finite() {
    let attention = Attention::full(Heads { heads: 1, kv_heads: 1, width: 8 });
    let (q, k) = ((numbers(1, &[70, 8]) * 300.0).unwrap(), (numbers(2, &[70, 8]) * 300.0).unwrap());
    let (v, grad, rows) = (numbers(3, &[70, 8]), numbers(4, &[70, 8]), Rows::of_lengths(&[70]));
    let (expected, _) = plain::attention(&q, &k, &v, attention, &rows).unwrap();
    let (o, saved) = attention::forward(q, k, v, attention, &rows).unwrap();
    assert_close(&o, &expected, 1e-3, "output");
    let (dq, dk, dv) = attention::backward(&saved, &grad, attention, &rows).unwrap();
    for gradient in [dq, dk, dv] {
        assert!(bits(&gradient).into_iter().all(|bits| f32::from_bits(bits).is_finite()));
    }
}

#[test]
fn sums_equal_candle() {
    let (a, b) = (numbers(1, &[300, 70]), numbers(2, &[300, 70]));
    let expected = (&a + &b).unwrap();
    assert_eq!(bits(&sum::sum(&a, &b).unwrap()), bits(&expected));
    assert_eq!(bits(&sum::add(a.copy().unwrap(), &b).unwrap()), bits(&expected));
}
