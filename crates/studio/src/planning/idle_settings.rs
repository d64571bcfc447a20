//! Settings that were changed and have no effect beside the others.

use serde_json::Value;
use tunesmith_protocol::{Field, Method, Task, TrainSettings, presets};
use tunesmith_sentence::{Sentence, say};

/// What only an adapter has. What full training refuses is not among them.
const OF_AN_ADAPTER: &[&str] =
    &["lora_rank", "lora_alpha", "target_modules", "lora_dropout", "use_rslora", "use_pissa", "lora_plus_ratio"];
/// What an adapter to continue from decides.
const OF_AN_EARLIER_ADAPTER: &[&str] = &[
    "lora_rank",
    "lora_alpha",
    "target_modules",
    "layers",
    "use_rslora",
    "use_pissa",
    "modules_to_save",
    "trainable_token_indices",
    "bias",
];
/// What is for held-out rows.
const OF_HELD_OUT_ROWS: &[&str] = &["eval_every", "early_stopping_patience"];

/// The changed settings that have no effect, a sentence for each reason; `held_out` says whether any rows are.
pub(super) fn idle_settings(settings: &TrainSettings, held_out: bool) -> Vec<Sentence> {
    let method = serde_json::to_value(settings.method).unwrap_or_default();
    let method = method.as_str().unwrap_or_default();
    let adapter = settings.method.is_adapter();
    let continued = adapter && settings.init_adapter.is_some();
    let text = settings.task == Task::Text;
    let list = |applies: bool, names: &[&str]| if applies { changed(settings, names) } else { String::new() };
    let mut kind = list(continued, OF_AN_EARLIER_ADAPTER);
    if continued && settings.method == Method::Dora {
        kind = ["Method", &kind].into_iter().filter(|name| !name.is_empty()).collect::<Vec<_>>().join(", ");
    }
    let reasons = [
        (
            list(!adapter, OF_AN_ADAPTER),
            say!("run-idle-method", "the method {method} trains the weights themselves", method),
        ),
        (kind, say!("run-idle-continued", "the adapter that the run continues from has its own")),
        (list(!held_out, OF_HELD_OUT_ROWS), say!("run-idle-held-out", "no rows are held out")),
        (list(text, &["learn_from"]), say!("run-idle-text", "of plain text every token is learned")),
    ];
    let told = reasons.into_iter().filter(|(names, _)| !names.is_empty());
    told.map(|(names, why)| say!("run-idle-settings", "Without effect: {names}, because {why}", names, why)).collect()
}

/// The labels of those that differ from their default, and from what a preset sets.
fn changed(settings: &TrainSettings, names: &[&str]) -> String {
    let values = |settings: &TrainSettings| serde_json::to_value(settings).unwrap_or_default();
    let (own, usual): (Value, Vec<Value>) =
        (values(settings), presets(0).iter().map(|preset| values(&preset.training)).collect());
    let is_changed = |field: &Field| {
        let value = &own[&field.name];
        names.contains(&&*field.name)
            && *value != field.default
            && usual.iter().all(|usual| usual[&field.name] != *value)
    };
    let labels = TrainSettings::fields().into_iter().filter(is_changed).map(|field| field.label.text);
    labels.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(change: impl FnOnce(&mut TrainSettings), held_out: bool) -> Vec<String> {
        let mut settings = TrainSettings::default();
        change(&mut settings);
        idle_settings(&settings, held_out).into_iter().map(|sentence| sentence.text).collect()
    }

    #[test]
    fn what_has_no_effect_is_told_with_its_reason() {
        let full = told(
            |settings| {
                settings.method = Method::Full;
                settings.lora_rank = 64;
                settings.use_rslora = true;
            },
            true,
        );
        assert_eq!(full, ["Without effect: Rank, rsLoRA, because the method full trains the weights themselves"]);
        let continued = told(
            |settings| {
                settings.method = Method::Dora;
                settings.init_adapter = Some("adapter".into());
                settings.modules_to_save = vec!["embed_tokens".into()];
            },
            true,
        );
        let expected =
            "Without effect: Method, Modules to save, because the adapter that the run continues from has its own";
        assert_eq!(continued, [expected]);
        let blind = told(|settings| settings.early_stopping_patience = Some(2), false);
        assert_eq!(blind, ["Without effect: Early stopping patience, because no rows are held out"]);
    }

    #[test]
    fn what_has_an_effect_or_was_not_changed_is_not_told() {
        assert!(told(|_| {}, false).is_empty());
        assert!(told(|settings| settings.lora_rank = 64, true).is_empty());
        for preset in presets(0) {
            let full = TrainSettings { method: Method::Full, ..preset.training };
            assert!(idle_settings(&full, false).is_empty(), "{}: its own values are nobody's choice", preset.id);
        }
    }
}
