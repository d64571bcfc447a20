//! The names of extra columns in a file: their own, unless an import would then take them for a part of the row.

use std::collections::HashSet;

use crate::columns::recognised;

/// Columns that a file may have or not.
const OPTIONAL: [&str; 2] = ["system", "tools"];

/// The name of each extra column beside those of the rows.
pub(super) fn beside(columns: &[&str], others: &[&str]) -> Vec<String> {
    let least: Vec<&str> = columns.iter().copied().filter(|column| !OPTIONAL.contains(column)).collect();
    let mut files = [columns.to_vec(), least];
    let meant = files.clone().map(|names| recognised(&names));
    let taken: HashSet<&str> = columns.iter().chain(others).copied().collect();
    let mut harmless = |other| {
        let beside = |names: &Vec<&_>| recognised(&[names.as_slice(), &[other]].concat());
        let fine = !columns.contains(&other) && files.iter().zip(&meant).all(|(names, meant)| beside(names) == *meant);
        if fine {
            files.iter_mut().for_each(|names| names.push(other));
        }
        fine
    };
    let mut given: HashSet<String> = HashSet::new();
    let mut names = Vec::new();
    for &other in others {
        let mut name = other.to_owned();
        // Only a known name can be mistaken for a part of the row.
        if crate::columns::is_known(other) && !harmless(other) {
            while taken.contains(name.as_str()) || given.contains(&name) {
                name = format!("other_{name}");
            }
            given.insert(name.clone());
        }
        names.push(name);
    }
    names
}
