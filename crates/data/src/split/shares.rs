//! How many rows of each class are held out, in proportion to its size.

use std::collections::BTreeMap;

/// Answers are classes if there are at most so many different ones,
const MOST_CLASSES: usize = 50;
/// with so many rows each on average,
const ROWS_PER_CLASS: usize = 5;
/// and at least so many rows.
const LEAST_ROWS: usize = 50;
/// A class of so many rows has one held out at least.
const MEASURED_CLASS: usize = 5;

/// The classes of rows; rows without one count as one more. Forgotten as soon as there are too many.
#[derive(Debug, Default)]
pub(super) struct Classes {
    /// The number of each row's class.
    rows: Vec<u8>,
    known: BTreeMap<Option<u32>, Class>,
    are_too_many: bool,
}

#[derive(Debug)]
struct Class {
    number: u8,
    rows: usize,
}

impl Classes {
    pub(super) fn push(&mut self, class: Option<u32>) {
        if self.are_too_many {
            return;
        }
        let number = self.known.len() as u8;
        let class = self.known.entry(class).or_insert(Class { number, rows: 0 });
        class.rows += 1;
        self.rows.push(class.number);
        if self.known.len() > MOST_CLASSES + 1 {
            *self = Self { are_too_many: true, ..Self::default() };
        }
    }

    /// Whether the answers are classes.
    fn are_classes(&self) -> bool {
        let without = self.known.get(&None).map_or(0, |class| class.rows);
        let named = self.known.len() - usize::from(without > 0);
        // A few rows may be answered at length.
        named > 1 && self.rows.len() >= LEAST_ROWS.max(named * ROWS_PER_CLASS) && without * 10 <= self.rows.len()
    }
}

/// What is left to be held out.
pub(super) struct Shares<'a> {
    /// The class of each row, as a place in `left`; nothing where all rows are of one.
    classes: &'a [u8],
    /// Rows of each class that are still to be held out.
    left: Vec<usize>,
}

impl<'a> Shares<'a> {
    /// Shares out `wanted` rows. Rows without classes are all of one.
    pub(super) fn new(classes: &'a Classes, wanted: usize) -> Self {
        if !classes.are_classes() {
            return Self { classes: &[], left: vec![wanted] };
        }
        let counts: Vec<usize> = classes.known.values().map(|class| class.rows).collect();
        let mut left = vec![0; counts.len()];
        for (class, share) in classes.known.values().zip(in_proportion(&counts, wanted)) {
            left[usize::from(class.number)] = share;
        }
        Self { classes: &classes.rows, left }
    }

    /// Takes a group of rows out of what is left, if all of it fits.
    pub(super) fn take(&mut self, group: impl Iterator<Item = u32> + Clone) -> bool {
        let Self { classes, left } = self;
        let class = |row: u32| classes.get(row as usize).map_or(0, |class| usize::from(*class));
        for (taken, row) in group.clone().enumerate() {
            match left[class(row)].checked_sub(1) {
                Some(less) => left[class(row)] = less,
                None => {
                    group.take(taken).for_each(|row| left[class(row)] += 1);
                    return false;
                }
            }
        }
        true
    }
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
