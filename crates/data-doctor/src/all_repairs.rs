//! All repairs of a report at once: which rows go, and which stay and are changed how.

use std::collections::{BTreeMap, BTreeSet};

use tunesmith_data::Example;

use crate::finding::RepairKind;
use crate::repair::repair;
use crate::report::Report;

/// The order in which the repairs of one row are carried out: text is read as it was meant before anything is sought in it, and
/// what masks leave, such as `<EMAIL>`, must not be taken for HTML.
const ORDER: [RepairKind; 9] = [
    RepairKind::FixMojibake,
    RepairKind::RemoveControlCharacters,
    RepairKind::StripHtml,
    RepairKind::MaskSecrets,
    RepairKind::MaskPersonalData,
    RepairKind::MergeSystem,
    RepairKind::MergeSameRole,
    RepairKind::DropTrailingUser,
    RepairKind::TrimAnswerStart,
];

/// What all repairs of a report do to its rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AllRepairs {
    /// The rows that go, ascending.
    pub removed: Vec<u32>,
    /// The rows that stay and are changed, each with its repairs in the order in which they are carried out.
    pub changed: BTreeMap<u32, Vec<RepairKind>>,
}

impl Report {
    /// What all repairs together do. A row that several findings would remove goes once, and of rows that are alike one stays
    /// unless another finding removes it.
    pub fn all_repairs(&self) -> AllRepairs {
        let of = |kind: RepairKind| self.findings.iter().filter(move |finding| finding.repair == Some(kind));
        let mut removed: BTreeSet<u32> =
            of(RepairKind::RemoveRows).flat_map(|finding| &finding.rows).copied().collect();
        for group in of(RepairKind::RemoveDuplicates).flat_map(|finding| &finding.groups) {
            let left: Vec<u32> = group.iter().copied().filter(|row| !removed.contains(row)).collect();
            removed.extend(left.into_iter().skip(1));
        }
        let mut changed: BTreeMap<u32, Vec<RepairKind>> = BTreeMap::new();
        for kind in ORDER {
            for row in of(kind).flat_map(|finding| &finding.rows).filter(|row| !removed.contains(*row)) {
                changed.entry(*row).or_default().push(kind);
            }
        }
        AllRepairs { removed: removed.into_iter().collect(), changed }
    }
}

/// The example after these repairs, one after another; none if none of them has anything to repair.
pub fn repair_with(kinds: &[RepairKind], example: &Example) -> Option<Example> {
    kinds
        .iter()
        .fold(None, |repaired: Option<Example>, kind| repair(*kind, repaired.as_ref().unwrap_or(example)).or(repaired))
}
