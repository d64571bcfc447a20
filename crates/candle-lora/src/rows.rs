//! Where each row lies in a tensor that holds rows of different lengths one after another.

use std::ops::Range;

/// One row: its queries, and the keys that they may see. The last query stands at the last key, so earlier keys may
/// come from a cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its places among the queries.
    pub queries: Range<usize>,
    /// Its places among the keys.
    pub keys: Range<usize>,
}

impl Row {
    /// How many keys come before the first query's own.
    pub fn past(&self) -> usize {
        self.keys.len() - self.queries.len()
    }
}

/// All rows of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows(Vec<Row>);

impl Rows {
    /// Rows of these lengths, one after another; queries and keys are the same tokens.
    pub fn of_lengths(lengths: &[usize]) -> Self {
        let mut start = 0;
        let row = |&length: &usize| {
            let range = start..start + length;
            start = range.end;
            Row { queries: range.clone(), keys: range }
        };
        Self(lengths.iter().map(row).collect())
    }

    /// One row of `new` tokens that continue `past` cached ones.
    pub fn continued(past: usize, new: usize) -> Self {
        Self(vec![Row { queries: 0..new, keys: 0..past + new }])
    }

    /// The rows.
    pub fn iter(&self) -> impl Iterator<Item = &Row> {
        self.0.iter()
    }

    /// The rows as a slice.
    pub fn as_slice(&self) -> &[Row] {
        &self.0
    }

    /// How many queries there are.
    pub fn queries(&self) -> usize {
        self.0.last().map_or(0, |row| row.queries.end)
    }

    /// How many keys there are.
    pub fn keys(&self) -> usize {
        self.0.last().map_or(0, |row| row.keys.end)
    }

    /// The place of each query in its row.
    pub fn positions(&self) -> Vec<u32> {
        self.0.iter().flat_map(|row| row.past() as u32..row.keys.len() as u32).collect()
    }
}
