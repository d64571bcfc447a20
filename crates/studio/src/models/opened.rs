//! What is to be known of a base model and an adapter before they answer, are measured or are trained on: what of their files is
//! not used, and what does not belong together. It is the same wherever they are opened.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use tunesmith_model::{ModelConfig, StoredAdapter, module_names, regular_file};
use tunesmith_protocol::WireError;
use tunesmith_sentence::{Sentence, say};

use super::facts::Known;
use super::{Models, facts, templates};
use crate::home::Home;
use crate::home::manifest::RunManifest;
use crate::pool::fingerprint;

/// An adapter's config is a few kilobytes.
const LONGEST_CONFIG: u64 = 1 << 20;
/// Twice the largest tokenizer that models bring.
const LONGEST_TOKENIZER: u64 = 64 << 20;
/// Modules without tensors, or tokens, that are named; of the others their number says enough.
const NAMED: usize = 3;

/// A base model and what is put beside it.
#[derive(Clone, Copy)]
pub(crate) struct Opened<'a> {
    /// The base model's folder.
    pub model: &'a Path,
    /// What it is called in the home, by id and name.
    pub names: &'a [&'a str],
    pub adapter: Option<&'a Path>,
    /// What the adapter's run was started with.
    pub run: Option<&'a RunManifest>,
    /// Whether conversations are rendered, and not only texts.
    pub chats: bool,
}

impl Models {
    /// What is to be known of what is opened.
    ///
    /// # Errors
    /// The base model's files cannot be read.
    pub fn remarks(&self, opened: Opened<'_>) -> Result<Vec<Sentence>, WireError> {
        remarks(&self.home, opened, &self.facts(opened.model))
    }
}

/// The same for one who does not hold the home.
///
/// # Errors
/// The base model's files cannot be read.
pub(crate) fn remarks_alone(home: &Home, opened: Opened<'_>) -> Result<Vec<Sentence>, WireError> {
    remarks(home, opened, &facts::read(opened.model).into())
}

fn remarks(home: &Home, opened: Opened<'_>, facts: &Known) -> Result<Vec<Sentence>, WireError> {
    let mut told = Vec::new();
    if opened.adapter.is_some()
        && let Some(run) = opened.run.filter(|run| run.model_path == opened.model)
    {
        told.extend(changed_base(home, run)?);
    }
    let chosen = home.model_files(opened.model).chosen_template()?;
    // Why a model cannot be used is told when it is loaded.
    let facts = (**facts).as_ref().ok();
    if let Some(facts) = facts {
        told.extend(facts.remarks.iter().cloned());
        let plain = !facts.has_chat_template && chosen.is_none();
        told.extend((opened.chats && plain).then(|| no_chat_template(opened)));
    }
    if let Some(adapter) = opened.adapter {
        told.extend(other_base(adapter, opened));
        told.extend(other_template(adapter, chosen.or_else(|| templates::default_of(opened.model))));
        told.extend(other_tokens(adapter, opened.model));
        told.extend(facts.into_iter().flat_map(|facts| of_files(adapter, &facts.config)));
    }
    Ok(told)
}

/// An adapter on a base model that is not the one it was trained on answers otherwise than it has learned.
fn changed_base(home: &Home, run: &RunManifest) -> Result<Option<Sentence>, WireError> {
    let is_same = fingerprint(&home.model_files(&run.model_path))? == run.model_hash;
    Ok((!is_same).then(|| {
        say!(
            "model-base-changed",
            "The base model in {path}, or the chat template that was chosen for it, has changed since this run was trained, so this says little about what was learned",
            path = &run.model_path
        )
    }))
}

fn no_chat_template(Opened { model, names, .. }: Opened<'_>) -> Sentence {
    let folder = || model.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let model = names.last().map_or_else(folder, |name| (*name).to_owned());
    say!(
        "run-no-chat-template",
        "{model} has no chat template. A plain one is used; another can be chosen beside the model under Models, or with `tunesmith \
         models template`",
        model
    )
}

/// Shapes alone do not tell: a model and its tuned sister have the same.
fn other_base(adapter: &Path, opened: Opened<'_>) -> Option<Sentence> {
    let named = base_of(adapter)?;
    let path = opened.model.to_string_lossy();
    let is_named = opened.names.iter().copied().chain([&*path]).any(|own| is_name_of(&named, own));
    (!is_named).then(|| {
        say!(
            "adapter-other-base",
            "The adapter says that it was made for “{named}”. With another base model it may do worse than no adapter",
            named
        )
    })
}

/// The base model that an adapter names. What cannot be read is told when it is loaded.
fn base_of(adapter: &Path) -> Option<String> {
    let text = regular_file::read_text(&adapter.join("adapter_config.json"), LONGEST_CONFIG).ok()??;
    let config: Value = serde_json::from_str(&text).ok()?;
    let named = config["base_model_name_or_path"].as_str()?.trim().trim_end_matches(['/', '\\']);
    (!named.is_empty()).then(|| named.to_owned())
}

/// Whether two names or paths are those of one model. Only their last part counts, as the same model lies elsewhere on other
/// computers; the hub's cache keeps a model below `models--OWNER--NAME`.
fn is_name_of(named: &str, own: &str) -> bool {
    let last = |path: &str| {
        let parts: Vec<&str> = path.split(['/', '\\']).filter(|part| !part.is_empty()).collect();
        let cached = parts.iter().rev().find_map(|part| part.strip_prefix("models--")?.split_once("--"));
        cached.map_or_else(|| parts.last().copied().unwrap_or_default(), |(_, name)| name).to_lowercase()
    };
    last(named) == last(own)
}

/// A chat template that lies beside an adapter, as trainers save it: the adapter may have been trained with it. `used` is that of
/// the base model.
fn other_template(adapter: &Path, used: Option<String>) -> Option<Sentence> {
    let own = templates::default_of(adapter)?;
    let is_same = used.is_some_and(|used| used.trim() == own.trim());
    (!is_same).then(|| {
        say!(
            "adapter-other-template",
            "The adapter's folder has another chat template than the base model, whose template is used. If the adapter was \
             trained with its own, put that into the base model's folder or choose it as the model's template, or the model answers \
             otherwise than it has learned"
        )
    })
}

/// A tokenizer that lies beside an adapter, as trainers save it, and has other special tokens: the adapter may have learned
/// them.
fn other_tokens(adapter: &Path, model: &Path) -> Option<Sentence> {
    let (own, base) = (added_tokens(adapter)?, added_tokens(model)?);
    let others: Vec<&str> = own.difference(&base).map(|(_, token)| token.as_str()).collect();
    (!others.is_empty()).then(|| {
        let names = others.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        say!(
            "adapter-other-tokens", count;
            "The tokenizer in the adapter's folder has a special token that the base model's does not have: {names}. The base \
             model's is used, so what the adapter has learned of it is lost",
            "The tokenizer in the adapter's folder has {count} special tokens that the base model's does not have, such as \
             {names}. The base model's is used, so what the adapter has learned of them is lost",
            count = others.len(), names
        )
    })
}

/// The special tokens of a folder's tokenizer, with their ids; none where it has no tokenizer that can be read.
fn added_tokens(folder: &Path) -> Option<BTreeSet<(u64, String)>> {
    let text = regular_file::read_text(&folder.join("tokenizer.json"), LONGEST_TOKENIZER).ok()??;
    let Tokenizer { added_tokens } = serde_json::from_str(&text).ok()?;
    Some(added_tokens.into_iter().map(|token| (token.id, token.content)).collect())
}

/// The part of a tokenizer that is compared.
#[derive(Deserialize)]
struct Tokenizer {
    added_tokens: Vec<AddedToken>,
}

#[derive(Deserialize)]
struct AddedToken {
    id: u64,
    content: String,
}

/// What an adapter's config names that is not there, and what nobody knows. Why files cannot be used is told when they are
/// loaded.
fn of_files(adapter: &Path, config: &ModelConfig) -> Vec<Sentence> {
    let Ok(stored) = StoredAdapter::open(adapter) else { return Vec::new() };
    let missing = stored.missing(module_names(config));
    let missing = (!missing.is_empty()).then(|| {
        let shown = missing.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
        say!(
            "adapter-modules-without-tensors", count;
            "The adapter has no tensors for {names}, which its config names: there the base model is used alone",
            "The adapter has no tensors for {count} modules that its config names: there the base model is used alone. The first \
             of them: {names}",
            count = missing.len(), names = shown
        )
    });
    let unknown = stored.unknown_settings();
    let unknown = (!unknown.is_empty()).then(|| {
        say!(
            "adapter-settings-unknown", count;
            "The adapter's config has a setting that is not known and not used: {names}. If it changes what the adapter \
             computes, the answers are not those of PEFT",
            "The adapter's config has {count} settings that are not known and not used: {names}. If they change what the adapter \
             computes, the answers are not those of PEFT",
            count = unknown.len(), names = unknown.join(", ")
        )
    });
    missing.into_iter().chain(unknown).collect()
}
