//! Personal data and secrets, which a model should not memorise. Found by patterns with few false positives, and masked by a
//! placeholder in angle brackets. No sentence of the doctor quotes what was found.

mod forms;
mod numbers;

use crate::finding::{Finding, FindingKind, RepairKind, Severity};
use crate::parts;
use crate::seen_rows::SeenRows;
use forms::Form;
use tunesmith_data::Example;
use tunesmith_sentence::{Sentence, say};

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
        secrets_found(secrets, seen).into_iter().chain(personal_found(personal, seen)).collect()
    }
}

fn secrets_found(forms: Vec<(Form, Vec<u32>)>, seen: &SeenRows) -> Option<Finding> {
    let places = places(forms)?;
    let sentence = say!(
        "doctor-secrets", rows;
        "1 row holds what looks like a key or a password: the model may repeat it to anyone",
        "{rows} rows hold what looks like a key or a password: the model may repeat it to anyone",
        rows = places.len()
    );
    let advice =
        say!("doctor-secrets-advice", "Mask them; a key that was shared should also be withdrawn where it was made");
    let finding = Finding::new(FindingKind::Secret, Severity::Error, seen.numbers(&places), sentence, advice);
    Some(finding.with_repair(RepairKind::MaskSecrets))
}

fn personal_found(forms: Vec<(Form, Vec<u32>)>, seen: &SeenRows) -> Option<Finding> {
    let listed = Sentence::listed(forms.iter().map(|(form, rows)| form.found_in(rows.len())));
    let places = places(forms)?;
    let sentence = say!(
        "doctor-personal-data", rows;
        "1 row holds personal data ({listed}): the model may repeat it to anyone",
        "{rows} rows hold personal data ({listed}): the model may repeat it to anyone",
        rows = places.len(), listed
    );
    let advice = say!("doctor-personal-data-advice", "Mask them, unless the model is meant to give them out");
    let finding = Finding::new(FindingKind::PersonalData, Severity::Warning, seen.numbers(&places), sentence, advice);
    Some(finding.with_repair(RepairKind::MaskPersonalData))
}

/// The rows with any of the forms; none if there are none.
fn places(forms: Vec<(Form, Vec<u32>)>) -> Option<Vec<u32>> {
    let mut places: Vec<u32> = forms.into_iter().flat_map(|(_, rows)| rows).collect();
    places.sort_unstable();
    places.dedup();
    (!places.is_empty()).then_some(places)
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
