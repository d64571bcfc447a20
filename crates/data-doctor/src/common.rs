//! Shingles that many rows share, such as a prompt around ever new texts. They do not make two rows alike, so they are
//! ignored. Which they are is decided by the first rows.

use std::collections::{HashMap, HashSet};

/// Rows that decide,
const ROWS: usize = 1024;
/// or fewer, if they have this many shingles (16 MB).
const SHINGLES: usize = 2_000_000;
/// A shingle in this share of them is common, if it is in at least so many rows.
const SHARE: f64 = 0.25;
const LEAST: usize = 5;

/// The shingles of a row.
pub(crate) struct Shingled {
    pub index: u32,
    pub salt: u64,
    /// Of the whole row, ascending.
    pub row: Vec<u64>,
    /// Of its answers, ascending.
    pub answers: Vec<u64>,
}

/// The first rows, and the common shingles once these are decided.
#[derive(Default)]
pub(crate) struct Common {
    waiting: Vec<Shingled>,
    numbers: usize,
    decided: bool,
    pub shingles: HashSet<u64>,
}

impl Common {
    /// Takes a row, and returns the rows that can be sketched: none until the common shingles are decided.
    pub(crate) fn take(&mut self, row: Shingled) -> Vec<Shingled> {
        if self.decided {
            return vec![row];
        }
        self.numbers += row.row.len() + row.answers.len();
        self.waiting.push(row);
        if self.waiting.len() < ROWS && self.numbers < SHINGLES { Vec::new() } else { self.decide() }
    }

    /// Decides by the rows seen so far, and returns them.
    pub(crate) fn decide(&mut self) -> Vec<Shingled> {
        let rows = std::mem::take(&mut self.waiting);
        if !self.decided {
            self.decided = true;
            let most = ((rows.len() as f64 * SHARE).ceil() as usize).max(LEAST);
            let mut counts = HashMap::new();
            rows.iter().flat_map(|row| &row.row).for_each(|shingle| *counts.entry(*shingle).or_insert(0) += 1);
            self.shingles =
                counts.into_iter().filter(|(_, count)| *count >= most).map(|(shingle, _)| shingle).collect();
        }
        rows
    }
}
