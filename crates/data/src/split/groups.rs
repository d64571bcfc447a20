//! Rows that belong on one side of a split. Of millions of rows most are like no other, so what is kept of such a row is
//! its place in the order alone.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::RowKey;

/// Rows in groups, in the order that a seed gives to what they say; a row that is like no other is a group of its own.
pub(super) struct Groups {
    /// The beginning of each group's place, and its first row in the list.
    order: Vec<(u32, u32)>,
    /// The groups of several rows, by their first row.
    several: HashMap<u32, Vec<u32>>,
}

impl Groups {
    /// Joins rows with one digest, and those of each group of row numbers.
    pub(super) fn new(keys: &[RowKey], alike: &[Vec<u32>], seed: u64) -> Self {
        let mut joined = Joined((0..keys.len() as u32).collect());
        join_equal(keys, &mut joined);
        for group in alike {
            let mut there = group.iter().copied().filter(|row| (*row as usize) < keys.len());
            if let Some(first) = there.next() {
                there.for_each(|row| joined.join(first, row));
            }
        }
        let mut several: HashMap<u32, Vec<u32>> = HashMap::new();
        let mut firsts = Vec::with_capacity(keys.len());
        for row in 0..keys.len() as u32 {
            match joined.root(row) {
                // The first row of a group is its root.
                first if first == row => firsts.push((0, row)),
                first => several.entry(first).or_insert_with(|| vec![first]).push(row),
            }
        }
        drop(joined);
        let digest = |row: &u32| keys[*row as usize].digest;
        let place = |first: &u32| {
            // The least digest of a group rarely changes when another row joins it.
            let least = several.get(first).and_then(|rows| rows.iter().map(digest).min());
            placed(&least.unwrap_or_else(|| digest(first)), seed)
        };
        firsts.iter_mut().for_each(|(beginning, first)| *beginning = (place(first) >> 32) as u32);
        firsts.sort_unstable_by(|one, other| one.0.cmp(&other.0).then_with(|| place(&one.1).cmp(&place(&other.1))));
        Self { order: firsts, several }
    }

    /// The rows of each group.
    pub(super) fn in_order(&self) -> impl Iterator<Item = &[u32]> {
        let rows = |first| self.several.get(first).map_or(std::slice::from_ref(first), Vec::as_slice);
        self.order.iter().map(move |(_, first)| rows(first))
    }
}

/// Joins rows with one digest. Sorting takes a fraction of the memory of a map of all digests.
fn join_equal(keys: &[RowKey], joined: &mut Joined) {
    let beginning = |key: &RowKey| key.digest.iter().take(4).fold(0, |number, byte| number << 8 | u32::from(*byte));
    let mut sorted: Vec<(u32, u32)> = keys.iter().map(beginning).zip(0..).collect();
    sorted.sort_unstable();
    for alike in sorted.chunk_by(|one, other| one.0 == other.0) {
        // Among millions a few begin alike and are not the same.
        let mut first: Vec<u32> = Vec::new();
        for (_, row) in alike {
            let digest = keys[*row as usize].digest;
            match first.iter().find(|first| keys[**first as usize].digest == digest) {
                Some(first) => joined.join(*first, *row),
                None => first.push(*row),
            }
        }
    }
}

/// The place of a group in the order of a seed.
fn placed(digest: &[u8; 16], seed: u64) -> u64 {
    let hash = Sha256::new().chain_update(b"split").chain_update(seed.to_le_bytes()).chain_update(digest).finalize();
    hash.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Disjoint sets of rows: each points at another of its set, and one at itself (Galler and Fisher 1964).
struct Joined(Vec<u32>);

impl Joined {
    fn root(&mut self, mut row: u32) -> u32 {
        while self.0[row as usize] != row {
            // Halving the way for whoever comes next.
            let next = self.0[self.0[row as usize] as usize];
            self.0[row as usize] = next;
            row = next;
        }
        row
    }

    fn join(&mut self, one: u32, other: u32) {
        let (one, other) = (self.root(one), self.root(other));
        self.0[one.max(other) as usize] = one.min(other);
    }
}
