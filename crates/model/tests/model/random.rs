//! Facts about random numbers: they depend on their key alone, and no two keys share any. The expected numbers come
//! from scripts/reference/random_numbers.py.

use tunesmith_model::{Key, Random};

const KEY: Key = Key { seed: 42, purpose: "dropout q_proj", step: 7, layer: 3 };

#[test]
fn the_numbers_are_chacha_of_seed_purpose_step_and_layer() {
    assert_eq!(uniform(KEY, 4), [0.590840927120834, 0.44479245875967255, 0.6467470115015085, 0.026858706071997585]);
}

#[test]
fn the_same_key_gives_the_same_numbers_whoever_draws_them_and_when() {
    let alone = uniform(KEY, 1000);
    let keys: Vec<Key> = (0..8).map(|layer| Key { layer, ..KEY }).collect();
    let together: Vec<Vec<f64>> = std::thread::scope(|scope| {
        let threads: Vec<_> = keys.iter().rev().map(|key| scope.spawn(|| uniform(*key, 1000))).collect();
        threads.into_iter().rev().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(together[3], alone);
    assert_eq!(together, keys.iter().map(|key| uniform(*key, 1000)).collect::<Vec<_>>());
}

#[test]
fn a_stream_can_be_entered_anywhere() {
    let whole = uniform(KEY, 100);
    for first in [0, 1, 7, 8, 31, 99] {
        let mut from_there = Random::keyed(KEY).at(first as u64);
        assert_eq!(from_there.uniform(), whole[first], "number {first}");
    }
}

#[test]
fn neighbouring_keys_have_nothing_in_common() {
    let neighbours = [
        Key { seed: 43, ..KEY },
        Key { purpose: "dropout k_proj", ..KEY },
        Key { step: 8, ..KEY },
        Key { layer: 4, ..KEY },
        Key { step: 3, layer: 7, ..KEY },
        Key { seed: 7, step: 42, ..KEY },
    ];
    let count = 100_000;
    let numbers = uniform(KEY, count);
    for key in neighbours {
        let other = uniform(key, count);
        assert!(numbers.iter().zip(&other).all(|(one, other)| one != other), "{key:?} shares a number");
        // Of independent numbers the coefficient's deviation is 1/√count = 0.0032.
        let correlation = correlation(&numbers, &other);
        assert!(correlation.abs() < 0.015, "{key:?}: {correlation}");
    }
    let shifted = correlation(&numbers[1..], &numbers[..count - 1]);
    assert!(shifted.abs() < 0.015, "a number tells of the next: {shifted}");
}

#[test]
fn uniform_numbers_are_spread_evenly() {
    let numbers = uniform(KEY, 100_000);
    let mut counts = [0_u32; 20];
    numbers.iter().for_each(|number| counts[(number * 20.0) as usize] += 1);
    // Each is 5000 with a deviation of 69.
    assert!(counts.iter().all(|count| count.abs_diff(5000) < 350), "{counts:?}");
}

fn uniform(key: Key, count: usize) -> Vec<f64> {
    let mut random = Random::keyed(key);
    (0..count).map(|_| random.uniform()).collect()
}

fn correlation(one: &[f64], other: &[f64]) -> f64 {
    // Uniform numbers have mean 1/2 and variance 1/12.
    let products = one.iter().zip(other).map(|(one, other)| (one - 0.5) * (other - 0.5));
    12.0 * products.sum::<f64>() / one.len() as f64
}
