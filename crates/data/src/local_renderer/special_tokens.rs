//! The special tokens that a model folder names beside its tokenizer.json. As in transformers' `PreTrainedTokenizerFast`
//! they are added to the tokenizer, so that each is one token wherever its text stands.

use std::collections::BTreeMap;

use serde_json::Value;
use tokenizers::{AddedToken, Tokenizer};

use super::tokenizer_calls::call;
use crate::RenderError;

/// Names under which tokenizer_config.json keeps special tokens; templates see them as variables.
const NAMES: [&str; 7] = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

/// The special tokens by their names: of tokenizer_config.json, else of special_tokens_map.json.
pub(super) fn named(config: &Value, map: &Value) -> BTreeMap<String, String> {
    let token = |name: &str| content(&config[name]).or_else(|| content(&map[name]));
    NAMES.iter().filter_map(|name| Some(((*name).to_owned(), token(name)?))).collect()
}

/// Adds what tokenizer_config.json lists in `added_tokens_decoder`, in the order of their ids, and the special tokens that
/// are named and not added yet.
pub(super) fn add(tokenizer: &mut Tokenizer, config: &Value, map: &Value) -> Result<(), RenderError> {
    let mut tokens = listed(config);
    let known = |tokens: &[AddedToken], text: &str| {
        tokens.iter().any(|token| token.content == text)
            || tokenizer.get_added_tokens_decoder().values().any(|token| token.content == text)
    };
    let others = ["additional_special_tokens", "extra_special_tokens"];
    let more = others.iter().flat_map(|name| [&config[*name], &map[*name]]).flat_map(entries);
    let values = NAMES.iter().map(|name| if content(&config[*name]).is_some() { &config[*name] } else { &map[*name] });
    for value in values.chain(more) {
        if let Some(token) = special(value).filter(|token| !known(&tokens, &token.content)) {
            tokens.push(token);
        }
    }
    if tokens.is_empty() {
        return Ok(());
    }
    call(|| tokenizer.add_tokens(tokens).map(|_| ()))
}

/// The tokens of `added_tokens_decoder`, by their ids.
fn listed(config: &Value) -> Vec<AddedToken> {
    let Value::Object(listed) = &config["added_tokens_decoder"] else { return Vec::new() };
    let id = |id: &String| id.parse::<u32>().ok();
    let tokens: BTreeMap<u32, AddedToken> =
        listed.iter().filter_map(|(name, value)| Some((id(name)?, added(value)?))).collect();
    tokens.into_values().collect()
}

/// The values of a list, or of an object.
fn entries(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(list) => list.iter().collect(),
        Value::Object(object) => object.values().collect(),
        _ => Vec::new(),
    }
}

/// A special token: a text, or an object with what it is.
fn special(value: &Value) -> Option<AddedToken> {
    match value {
        Value::Object(_) => added(value).map(|token| AddedToken { special: true, ..token }),
        _ => content(value).map(|text| AddedToken::from(text, true)),
    }
}

fn added(value: &Value) -> Option<AddedToken> {
    let flag = |name: &str| value[name].as_bool();
    let token = AddedToken::from(content(value)?, flag("special").unwrap_or(false));
    Some(AddedToken {
        single_word: flag("single_word").unwrap_or(false),
        lstrip: flag("lstrip").unwrap_or(false),
        rstrip: flag("rstrip").unwrap_or(false),
        normalized: flag("normalized").unwrap_or(token.normalized),
        ..token
    })
}

/// The text of a token; an empty one is none.
fn content(value: &Value) -> Option<String> {
    value.as_str().or_else(|| value["content"].as_str()).filter(|text| !text.is_empty()).map(str::to_owned)
}
