//! Splits rows into training and validation. Duplicates stay together, so that no validation row was learned; where answers
//! are classes, the split is stratified by class.

mod groups;
mod keys;
mod names;
mod shares;

use tunesmith_protocol::Validation;

use crate::{ImportedRow, SplitError};
use groups::Groups;
pub use keys::{RowKey, RowKeys, row_key};
pub use names::{TYPED_IN, is_named_for_holding_out};
use shares::Shares;

/// The indices of the training and the validation rows, in the order of the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitRows {
    /// Learned from.
    pub training: Vec<usize>,
    /// Held out.
    pub validation: Vec<usize>,
}

/// Splits rows: the same rows, rule and seed give the same split. Where many rows are equal, fewer rows than asked
/// for may be held out.
///
/// # Errors
///
/// As for [`split_keys`].
pub fn split(rows: &[ImportedRow], validation: &Validation, seed: u64) -> Result<SplitRows, SplitError> {
    let mut keys = RowKeys::new(seed);
    rows.iter().for_each(|row| keys.push(&RowKey::of_row(row)));
    let held_out = split_keys(&keys, &[], validation)?;
    let (validation, training) = (0..rows.len()).partition(|row| held_out[*row]);
    Ok(SplitRows { training, validation })
}

/// Which rows are held out, by their keys. The automatic rule follows the names of the files where some are named for
/// training and some for validation. `alike` are groups of row numbers, such as near duplicates, that stay together, as do
/// rows with the same digest. Where rows are alike, fewer than asked for may be held out; where answers are classes, a few
/// more, so that each class of five rows or more is in the validation rows.
///
/// # Errors
///
/// When the share is not at least 0 and below 1, or the rule names a file, which the caller has to import.
pub fn split_keys(rows: &RowKeys, alike: &[Vec<u32>], rule: &Validation) -> Result<Vec<bool>, SplitError> {
    if let Validation::Auto = rule
        && let Some(held_out) = split_by_names(rows)
    {
        return Ok(held_out);
    }
    let mut held_out = vec![false; rows.len()];
    let wanted = wanted(rows.len(), rule)?;
    if wanted == 0 {
        return Ok(held_out);
    }
    let mut shares = Shares::new(&rows.classes, wanted);
    // The order of the groups depends on the seed and on what their rows say, not on their position, and its beginning is
    // held out. So adding rows moves few of the others between training and validation.
    for group in Groups::new(&rows.places, alike).in_order() {
        if shares.take(group.clone()) {
            group.for_each(|row| held_out[row as usize] = true);
        }
    }
    Ok(held_out)
}

/// Which rows are held out by the names of their files; none if the files are not named for both training and validation.
pub fn split_by_names(rows: &RowKeys) -> Option<Vec<bool>> {
    let any = |held_out| rows.set_aside.contains(&Some(held_out));
    (any(true) && any(false)).then(|| rows.set_aside.iter().map(|held_out| *held_out == Some(true)).collect())
}

/// How many rows to hold out.
fn wanted(rows: usize, validation: &Validation) -> Result<usize, SplitError> {
    let share = |share: f64| (rows as f64 * share).round() as usize;
    match validation {
        Validation::Auto if rows < 20 => Ok(0),
        Validation::Auto if rows < 200 => Ok(share(0.05).max(1)),
        Validation::Auto => Ok(share(0.05).max(20)),
        Validation::Share(0.0) => Ok(0),
        Validation::Share(part) if *part > 0.0 && *part < 1.0 => {
            // At least one row on each side.
            Ok(share(*part).max(1).min(rows.saturating_sub(1)))
        }
        Validation::Share(part) => Err(SplitError::Share(*part)),
        Validation::File(file) => Err(SplitError::File(file.as_str().into())),
    }
}
