//! Personal data and secrets, which a model should not memorise. Found by patterns with few false positives, and masked by a
//! placeholder in angle brackets. No sentence of the doctor quotes what was found.

mod forms;
mod numbers;

use crate::finding::{Finding, FindingKind, RepairKind, Severity, count, verb};
use crate::parts;
use crate::seen_rows::SeenRows;
use forms::Form;
use tunesmith_data::Example;

/// The rows with each form, in the order of `Form::ALL`.
#[derive(Default)]
pub(crate) struct Personal([Vec<u32>; Form::ALL.len()]);

impl Personal {
    pub(crate) fn look(&mut self, index: u32, example: &Example) {
        let mut found = [false; Form::ALL.len()];
        parts::for_each_text(example, &mut |text| {
            for (found, form) in found.iter_mut().zip(Form::ALL) {
                *found = *found || form.is_in(text);
            }
        });
        self.0.iter_mut().zip(found).filter(|(_, found)| *found).for_each(|(rows, _)| rows.push(index));
    }

    pub(crate) fn findings(self, seen: &SeenRows) -> Vec<Finding> {
        let (secrets, personal): (Vec<_>, Vec<_>) = Form::ALL
            .into_iter()
            .zip(self.0)
            .filter(|(_, rows)| !rows.is_empty())
            .partition(|(form, _)| matches!(form, Form::Secret));
        let why = "the model may repeat it to anyone";
        let advice = "Mask them; a key that was shared should also be withdrawn where it was made";
        let secrets = finding(FindingKind::Secret, Severity::Error, secrets, why, advice, seen);
        let advice = "Mask them, unless the model is meant to give them out";
        secrets
            .into_iter()
            .chain(finding(FindingKind::PersonalData, Severity::Warning, personal, why, advice, seen))
            .collect()
    }
}

fn finding(
    kind: FindingKind,
    severity: Severity,
    forms: Vec<(Form, Vec<u32>)>,
    why: &str,
    advice: &str,
    seen: &SeenRows,
) -> Option<Finding> {
    let listed: Vec<String> = forms.iter().map(|(form, rows)| format!("{} in {}", form.name(), rows.len())).collect();
    let mut places: Vec<u32> = forms.into_iter().flat_map(|(_, rows)| rows).collect();
    places.sort_unstable();
    places.dedup();
    if places.is_empty() {
        return None;
    }
    let holds = verb(places.len(), "holds", "hold");
    let sentence = match kind {
        FindingKind::Secret => {
            format!("{} {holds} what looks like a key or a password: {why}", count(places.len(), "row"))
        }
        _ => format!("{} {holds} personal data ({}): {why}", count(places.len(), "row"), listed.join(", ")),
    };
    let repair = if kind == FindingKind::Secret { RepairKind::MaskSecrets } else { RepairKind::MaskPersonalData };
    Some(Finding::new(kind, severity, seen.numbers(&places), sentence, advice).with_repair(repair))
}

/// The text with `<SECRET>` in place of keys and passwords.
pub(crate) fn mask_secrets(text: &str) -> Option<String> {
    mask(text, &[Form::Secret])
}

/// The text with placeholders such as `<EMAIL>` in place of personal data.
pub(crate) fn mask_personal_data(text: &str) -> Option<String> {
    mask(text, &Form::PERSONAL)
}

/// The text with all of these masked.
pub(crate) fn mask_all(text: &str) -> Option<String> {
    mask(text, &Form::ALL)
}

fn mask(text: &str, forms: &[Form]) -> Option<String> {
    let mut masked: Option<String> = None;
    // A number next to another may be recognised only once that one is masked.
    while let Some(next) = forms.iter().find_map(|form| form.mask(masked.as_deref().unwrap_or(text))) {
        masked = Some(next);
    }
    masked
}
