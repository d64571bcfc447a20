//! Repairs a single example. A repair changes nothing but what it names, and a second run changes nothing more.

use crate::finding::RepairKind;
use crate::{answers, html, invisible, mojibake, parts, personal, turns};
use tunesmith_data::Example;

/// The repaired example; none if there is nothing to repair. The repairs that remove rows change none: which rows to remove
/// is in [`Finding::rows_to_remove`](crate::Finding::rows_to_remove).
pub fn repair(kind: RepairKind, example: &Example) -> Option<Example> {
    match kind {
        RepairKind::RemoveRows | RepairKind::RemoveDuplicates => None,
        RepairKind::MaskSecrets => parts::map_texts_and_calls(example, &personal::mask_secrets),
        RepairKind::MaskPersonalData => parts::map_texts_and_calls(example, &personal::mask_personal_data),
        RepairKind::StripHtml => html::strip(example),
        RepairKind::FixMojibake => parts::map_texts_and_calls(example, &mojibake::mend),
        RepairKind::RemoveControlCharacters => parts::map_texts_and_calls(example, &invisible::remove),
        RepairKind::TrimAnswerStart => answers::trim_starts(example),
        RepairKind::MergeSameRole => turns::merge_same_role(example),
        RepairKind::MergeSystem => turns::merge_system(example),
        RepairKind::DropTrailingUser => turns::drop_trailing_user(example),
    }
}
