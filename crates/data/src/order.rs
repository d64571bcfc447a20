//! The order of rows within an epoch: a permutation that follows from seed and epoch, so that a run resumes from one
//! integer without replaying what came before.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// What randomness is drawn for; part of the key, so that no two purposes share numbers.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Epoch = 1,
    Draw = 3,
}

/// The order in which epoch `epoch` visits `rows` rows: a permutation of 0..rows that depends on nothing but the
/// arguments.
pub fn epoch_order(seed: u64, epoch: u64, rows: usize) -> Vec<u32> {
    permutation(seed, Purpose::Epoch, epoch, rows)
}

/// A random permutation of 0..rows, the same for the same seed.
pub fn draw(seed: u64, rows: usize) -> impl Iterator<Item = usize> {
    permutation(seed, Purpose::Draw, 0, rows).into_iter().map(|row| row as usize)
}

/// Fisher and Yates's shuffle with the ChaCha stream of (seed, purpose, counter).
pub(crate) fn permutation(seed: u64, purpose: Purpose, counter: u64, length: usize) -> Vec<u32> {
    let mut key = [0u8; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8] = purpose as u8;
    let mut random = ChaCha8Rng::from_seed(key);
    random.set_stream(counter);
    let mut order: Vec<u32> = (0..length as u32).collect();
    for last in (1..length).rev() {
        order.swap(last, below(&mut random, last as u64 + 1) as usize);
    }
    order
}

/// A number below `bound`, each equally likely (Lemire 2019: multiply, and draw again in the biased sliver).
fn below(random: &mut ChaCha8Rng, bound: u64) -> u64 {
    let sliver = bound.wrapping_neg() % bound;
    loop {
        let product = u128::from(random.next_u64()) * u128::from(bound);
        if product as u64 >= sliver {
            return (product >> 64) as u64;
        }
    }
}
