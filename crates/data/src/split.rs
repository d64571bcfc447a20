//! Holds rows out for validation; equal rows stay on one side, so that what is measured was never learned.

use std::collections::HashMap;

use sha2::{Digest, Sha256};
use tunesmith_protocol::Validation;

use crate::order::{Purpose, permutation};
use crate::{Example, ImportedRow, SplitError};

/// The indices of the rows on each side, in the order of the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitRows {
    /// Learned from.
    pub training: Vec<usize>,
    /// Held out.
    pub validation: Vec<usize>,
}

/// Splits rows: the same rows, rule and seed give the same split. Where many rows are equal, fewer rows than asked
/// for may be held out.
pub fn split(rows: &[ImportedRow], validation: &Validation, seed: u64) -> Result<SplitRows, SplitError> {
    let wanted = wanted(rows.len(), validation)?;
    let groups = groups(rows);
    let mut held_out = vec![false; rows.len()];
    let mut left = wanted;
    for group in permutation(seed, Purpose::Split, 0, groups.len()) {
        let group = &groups[group as usize];
        if group.len() <= left {
            group.iter().for_each(|row| held_out[*row] = true);
            left -= group.len();
        }
        if left == 0 {
            break;
        }
    }
    let (validation, training) = (0..rows.len()).partition(|row| held_out[*row]);
    Ok(SplitRows { training, validation })
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
        Validation::File(file) => Err(SplitError::File(file.clone())),
    }
}

/// The rows grouped by what they say, in the order of first appearance.
fn groups(rows: &[ImportedRow]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut known = HashMap::new();
    for (index, row) in rows.iter().enumerate() {
        let group = *known.entry(digest(&row.example)).or_insert(groups.len());
        match groups.get_mut(group) {
            Some(group) => group.push(index),
            None => groups.push(vec![index]),
        }
    }
    groups
}

fn digest(example: &Example) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut add = |text: &str| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    };
    match example {
        Example::Text { text } => add(text),
        Example::Chat { messages, tools } => {
            for message in messages {
                add(&message.role);
                add(&message.content);
                message.tool_calls.iter().for_each(|calls| add(&calls.to_string()));
            }
            tools.iter().for_each(|tool| add(&tool.to_string()));
        }
    }
    hash.finalize().into()
}
