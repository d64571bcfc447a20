//! Rows that belong on one side of a split.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::RowKey;

/// Rows in groups; a row that is like no other is a group of its own.
pub(super) struct Groups {
    /// All rows, those of a group behind each other.
    rows: Vec<u32>,
    groups: Vec<Group>,
}

struct Group {
    /// The least digest of its rows, which rarely changes when another joins them.
    digest: [u8; 16],
    /// Its first row in the list, and how many they are.
    first: u32,
    count: u32,
}

impl Groups {
    /// Joins rows with one digest, and those of each group of row numbers.
    pub(super) fn new(keys: &[RowKey], alike: &[Vec<u32>]) -> Self {
        let mut joined = Joined((0..keys.len() as u32).collect());
        let mut known = HashMap::with_capacity(keys.len());
        for (row, key) in (0..).zip(keys) {
            joined.join(*known.entry(key.digest).or_insert(row), row);
        }
        drop(known);
        for group in alike {
            let mut there = group.iter().copied().filter(|row| (*row as usize) < keys.len());
            if let Some(first) = there.next() {
                there.for_each(|row| joined.join(first, row));
            }
        }
        let roots: Vec<u32> = (0..keys.len() as u32).map(|row| joined.root(row)).collect();
        let mut rows: Vec<u32> = (0..keys.len() as u32).collect();
        rows.sort_by_key(|row| roots[*row as usize]);
        let mut groups = Vec::new();
        let mut first = 0;
        for group in rows.chunk_by(|one, other| roots[*one as usize] == roots[*other as usize]) {
            let digest = group.iter().map(|row| keys[*row as usize].digest).min().unwrap_or_default();
            let count = group.len() as u32;
            groups.push(Group { digest, first, count });
            first += count;
        }
        Self { rows, groups }
    }

    /// The rows of each group, the groups in the order that a seed gives to what they say.
    pub(super) fn in_order_of(&mut self, seed: u64) -> impl Iterator<Item = &[u32]> {
        self.groups.sort_by_cached_key(|group| (place(&group.digest, seed), group.digest));
        self.groups.iter().map(|group| &self.rows[group.first as usize..][..group.count as usize])
    }
}

fn place(digest: &[u8; 16], seed: u64) -> u64 {
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
