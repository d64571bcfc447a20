//! The rows of a check-up in the order in which they were looked at. Checks remember a row by its index in this order;
//! findings name it by its number in the dataset.

use tunesmith_protocol::Split;

/// The number and the split of each row, by its index.
#[derive(Default)]
pub(crate) struct SeenRows {
    numbers: Vec<u32>,
    splits: Vec<Split>,
}

impl SeenRows {
    pub(crate) fn push(&mut self, number: u32, split: Split) {
        self.numbers.push(number);
        self.splits.push(split);
    }

    pub(crate) fn len(&self) -> usize {
        self.numbers.len()
    }

    pub(crate) fn split(&self, index: u32) -> Split {
        self.splits[index as usize]
    }

    /// How many rows are in a split.
    pub(crate) fn count(&self, split: Split) -> usize {
        self.splits.iter().filter(|of_row| **of_row == split).count()
    }

    /// The numbers in the dataset of the rows at these indices.
    pub(crate) fn numbers(&self, indices: &[u32]) -> Vec<u32> {
        indices.iter().map(|index| self.numbers[*index as usize]).collect()
    }
}
