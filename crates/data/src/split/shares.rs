//! How many rows of each class are held out.

use std::collections::HashMap;

use super::RowKey;

/// Answers are classes if there are at most so many different ones,
const MOST_CLASSES: usize = 50;
/// with so many rows each on average,
const ROWS_PER_CLASS: usize = 5;
/// and at least so many rows.
const LEAST_ROWS: usize = 50;
/// A class of so many rows has one held out at least.
const MEASURED_CLASS: usize = 5;

/// What is left to be held out.
pub(super) struct Shares {
    /// The class of each row, as a place in `left`; nothing where all rows are of one.
    classes: Vec<u32>,
    /// Rows of each class that are still to be held out.
    left: Vec<usize>,
}

impl Shares {
    /// Shares out `wanted` rows. Rows without classes are all of one.
    pub(super) fn new(rows: &[RowKey], wanted: usize) -> Self {
        let Some(counts) = classes(rows) else {
            return Self { classes: Vec::new(), left: vec![wanted] };
        };
        let places: HashMap<Option<u32>, u32> = counts.iter().map(|(class, _)| *class).zip(0..).collect();
        let classes = rows.iter().map(|row| places.get(&row.class).copied().unwrap_or_default()).collect();
        let counts: Vec<usize> = counts.into_iter().map(|(_, count)| count).collect();
        Self { classes, left: in_proportion(&counts, wanted) }
    }

    /// Takes a group of rows out of what is left, if all of it fits.
    pub(super) fn take(&mut self, group: &[u32]) -> bool {
        let Self { classes, left } = self;
        let class = |row: &u32| classes.get(*row as usize).map_or(0, |class| *class as usize);
        for (taken, row) in group.iter().enumerate() {
            match left[class(row)].checked_sub(1) {
                Some(less) => left[class(row)] = less,
                None => {
                    group[..taken].iter().for_each(|row| left[class(row)] += 1);
                    return false;
                }
            }
        }
        true
    }
}

/// The classes and their rows, in an order that hangs on nothing but them; none if the answers are no classes. Rows
/// without a class count as one more.
fn classes(rows: &[RowKey]) -> Option<Vec<(Option<u32>, usize)>> {
    let mut counts: HashMap<Option<u32>, usize> = HashMap::new();
    for row in rows {
        *counts.entry(row.class).or_default() += 1;
        if counts.len() > MOST_CLASSES + 1 {
            return None;
        }
    }
    let without = counts.get(&None).copied().unwrap_or_default();
    let named = counts.len() - usize::from(without > 0);
    // A few rows may be answered at length.
    let are_classes = named > 1 && rows.len() >= LEAST_ROWS.max(named * ROWS_PER_CLASS) && without * 10 <= rows.len();
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_unstable();
    are_classes.then_some(counts)
}

/// Shares out `wanted` by largest remainders (Hamilton's method). What is learned from keeps one row of each class.
fn in_proportion(counts: &[usize], wanted: usize) -> Vec<usize> {
    let rows: usize = counts.iter().sum();
    let exact = |count: usize| (count * wanted / rows, count * wanted % rows);
    let least = |count: usize| exact(count).0.max(usize::from(count >= MEASURED_CLASS));
    let mut shares: Vec<usize> = counts.iter().map(|count| least(*count)).collect();
    let mut rest: Vec<usize> = (0..counts.len()).filter(|class| shares[*class] == exact(counts[*class]).0).collect();
    rest.sort_by_key(|class| std::cmp::Reverse(exact(counts[*class]).1));
    let missing = wanted.saturating_sub(shares.iter().sum());
    rest.into_iter().take(missing).filter(|class| exact(counts[*class]).1 > 0).for_each(|class| shares[class] += 1);
    shares.iter().zip(counts).map(|(share, count)| (*share).min(count - 1)).collect()
}
