//! An adapter to continue from that says it was made for another base model.

use std::path::Path;

use serde_json::Value;
use tunesmith_model::regular_file;
use tunesmith_protocol::Model;
use tunesmith_sentence::{Sentence, say};

/// An adapter's config is a few kilobytes.
const LONGEST_CONFIG: u64 = 1 << 20;

/// The warning, if there is reason for one. Shapes alone do not tell: a model and its tuned sister have the same.
pub(super) fn other_base(adapter: &Path, model: &Model) -> Option<Sentence> {
    let named = base_of(adapter)?;
    (!is_name_of(&named, model)).then(|| {
        say!(
            "run-other-base",
            "The adapter to continue from says that it was made for “{named}”. With another base model it may start worse than \
             no adapter",
            named
        )
    })
}

/// The base model that an adapter names. What cannot be read is told by the plan.
fn base_of(adapter: &Path) -> Option<String> {
    let text = regular_file::read_text(&adapter.join("adapter_config.json"), LONGEST_CONFIG).ok()??;
    let config: Value = serde_json::from_str(&text).ok()?;
    let named = config["base_model_name_or_path"].as_str()?.trim().trim_end_matches(['/', '\\']);
    (!named.is_empty()).then(|| named.to_owned())
}

/// Whether a name or a path is that of a model. Only its last part counts, as the same model lies elsewhere on other
/// computers; the hub's cache keeps a model below `models--OWNER--NAME`.
fn is_name_of(named: &str, model: &Model) -> bool {
    let last = |path: &str| {
        let parts: Vec<&str> = path.split(['/', '\\']).filter(|part| !part.is_empty()).collect();
        let cached = parts.iter().rev().find_map(|part| part.strip_prefix("models--")?.split_once("--"));
        cached.map_or_else(|| parts.last().copied().unwrap_or_default(), |(_, name)| name).to_lowercase()
    };
    let named = last(named);
    [&model.name, &model.path, &model.id].iter().any(|own| last(own) == named)
}
