//! What most rows share, such as the wording of one prompt around ever new texts, does not make two rows alike. It is
//! learned from the first rows.

use std::collections::{HashMap, HashSet};

/// Rows looked at.
const ROWS: usize = 1024;
/// They are decided on earlier when they are long: 16 MB of numbers.
const SHINGLES: usize = 2_000_000;
/// Shared by this share of them, and by so many at least, is common.
const SHARE: f64 = 0.25;
const LEAST: usize = 5;

/// A row on its way to its sketch.
pub(crate) struct Shingled {
    pub index: u32,
    pub salt: u64,
    /// Of the whole row, ascending.
    pub row: Vec<u64>,
    /// Of its answers, ascending.
    pub answers: Vec<u64>,
}

/// The first rows, and what they share once that is decided.
#[derive(Default)]
pub(crate) struct Common {
    waiting: Vec<Shingled>,
    numbers: usize,
    decided: bool,
    pub shingles: HashSet<u64>,
}

impl Common {
    /// Takes a row, and gives those that may go on.
    pub(crate) fn take(&mut self, row: Shingled) -> Vec<Shingled> {
        if self.decided {
            return vec![row];
        }
        self.numbers += row.row.len() + row.answers.len();
        self.waiting.push(row);
        if self.waiting.len() < ROWS && self.numbers < SHINGLES { Vec::new() } else { self.decide() }
    }

    /// Decides by the rows seen so far, and gives them.
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
