//! Reads the tokenizer, the chat template and the special tokens of a model folder.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tokenizers::{PostProcessorWrapper, Tokenizer};
use tunesmith_sentence::{Sentence, say};

use super::ready_made::KnownTokens;
use super::special_tokens;
use super::templates::{FoundTemplates, chosen_template, find_template};
use super::tokenizer_calls::{call, encode};
use crate::RenderError;
use crate::error::io_reason;
use crate::template::Template;

/// How the text begins that Git keeps in the place of a large file.
const LFS_POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";
/// The largest file that is read, in bytes: twice the largest tokenizer that models bring, one of 256,000 tokens.
const LARGEST_FILE: u64 = 64 << 20;

/// What a model folder says.
pub(super) struct Folder {
    pub tokenizer: Tokenizer,
    pub template: Template,
    pub has_chat_template: bool,
    pub end_of_text: Option<u32>,
    /// What the tokenizer itself puts before a text, and behind it.
    pub around: [Option<String>; 2],
    pub end_tokens: Vec<u32>,
}

impl Folder {
    /// Reads a model folder. `chosen` is a file with the template of one that brings none.
    pub(super) fn read(
        folder: &Path,
        chosen: Option<&Path>,
        before_template: &mut dyn FnMut(),
    ) -> Result<Self, RenderError> {
        if !folder.is_dir() {
            return Err(RenderError::Missing { path: folder.into() });
        }
        let mut tokenizer = read_tokenizer(&folder.join("tokenizer.json"))?;
        before_template();
        let config = read_object(&folder.join("tokenizer_config.json"))?;
        let map = read_object(&folder.join("special_tokens_map.json"))?;
        special_tokens::add(&mut tokenizer, &config, &map)?;
        let tokens = special_tokens::named(&config, &map);

        let mut end_tokens = Vec::new();
        for file in ["generation_config.json", "config.json"] {
            end_tokens.extend(ids(&read_object(&folder.join(file))?["eos_token_id"]));
        }
        let named_end = tokens.get("eos_token").and_then(|token| tokenizer.token_to_id(token));
        let end_of_text = named_end.or_else(|| end_tokens.last().copied());
        end_tokens.extend(named_end);
        end_tokens.retain(|id| tokenizer.id_to_token(*id).is_some());

        let found = find_template(folder, &config)?;
        let has_chat_template = found.is_some();
        let around = added_around(&tokenizer)?;
        let found = match found {
            Some(found) => found,
            None => {
                let known = KnownTokens { tokenizer: &tokenizer, begin: around[0].as_deref(), end_of_text };
                let standard = || (folder.join("tokenizer_config.json"), known.standard());
                let default = chosen.map(chosen_template).transpose()?.flatten().unwrap_or_else(standard);
                FoundTemplates { default, tool_use: None }
            }
        };
        let template = found.compile(&tokens)?;
        Ok(Self { tokenizer, template, has_chat_template, end_of_text, around, end_tokens })
    }
}

/// The special token that the tokenizer puts before a text, and the one it puts behind it.
fn added_around(tokenizer: &Tokenizer) -> Result<[Option<String>; 2], RenderError> {
    let with = encode(tokenizer, "0", true)?;
    let without = encode(tokenizer, "0", false)?;
    let (with, without) = (with.get_ids(), without.get_ids());
    let first = with.first().filter(|first| without.first() != Some(first));
    let last = with.last().filter(|last| without.last() != Some(last));
    Ok([first, last].map(|id| id.and_then(|id| tokenizer.id_to_token(*id))))
}

fn read_tokenizer(path: &Path) -> Result<Tokenizer, RenderError> {
    let bytes = read_file(path)?.ok_or_else(|| RenderError::Missing { path: path.into() })?;
    let wrong = |error: RenderError| match error {
        RenderError::Tokenizer(reason) => RenderError::File { path: path.into(), reason },
        other => other,
    };
    let mut tokenizer = call(|| Tokenizer::from_bytes(&bytes)).map_err(wrong)?;
    // Rows have the length they have: nothing is cut here, and nothing is ever padded.
    call(|| tokenizer.with_truncation(None).map(|_| ())).map_err(wrong)?;
    tokenizer.with_padding(None);
    keep_spaces_in_offsets(&mut tokenizer);
    Ok(tokenizer)
}

/// Makes offsets cover the spaces that belong to a token; some tokenizers trim them, and masks are cut by offsets.
fn keep_spaces_in_offsets(tokenizer: &mut Tokenizer) {
    let Some(mut rules) = tokenizer.get_post_processor().and_then(|rules| serde_json::to_value(rules).ok()) else {
        return;
    };
    fn untrim(rules: &mut Value) {
        match rules {
            Value::Object(object) => {
                for (key, value) in object.iter_mut() {
                    if key == "trim_offsets" {
                        *value = Value::Bool(false);
                    } else {
                        untrim(value);
                    }
                }
            }
            Value::Array(list) => list.iter_mut().for_each(untrim),
            _ => {}
        }
    }
    untrim(&mut rules);
    if let Ok(rules) = serde_json::from_value::<PostProcessorWrapper>(rules) {
        tokenizer.with_post_processor(Some(rules));
    }
}

/// One id or a list of them.
fn ids(value: &Value) -> Vec<u32> {
    let id = |value: &Value| value.as_u64().and_then(|id| u32::try_from(id).ok());
    match value {
        Value::Array(list) => list.iter().filter_map(id).collect(),
        one => id(one).into_iter().collect(),
    }
}

/// The JSON object in a file; null if there is no such file.
pub(super) fn read_object(path: &Path) -> Result<Value, RenderError> {
    match read_json(path)? {
        value @ (Value::Object(_) | Value::Null) => Ok(value),
        _ => Err(RenderError::File {
            path: path.into(),
            reason: say!("render-file-no-object", "it holds no JSON object"),
        }),
    }
}

/// The JSON in a file; null if there is no such file.
pub(super) fn read_json(path: &Path) -> Result<Value, RenderError> {
    let Some(bytes) = read_file(path)? else { return Ok(Value::Null) };
    serde_json::from_slice(&bytes).map_err(|error| {
        let error = error.to_string();
        let reason = say!("render-file-no-json", "it is not valid JSON: {error}", error);
        RenderError::File { path: path.into(), reason }
    })
}

/// The bytes of a file; none if there is no such file.
pub(super) fn read_file(path: &Path) -> Result<Option<Vec<u8>>, RenderError> {
    let wrong = |reason: Sentence| RenderError::File { path: path.into(), reason };
    let failed = |error: std::io::Error| wrong(io_reason(&error));
    match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(error)),
        Ok(data) if !data.is_file() => Err(wrong(say!("render-no-file", "it is not a file"))),
        Ok(data) if data.len() > LARGEST_FILE => {
            Err(wrong(say!("render-file-large", "it is larger than {limit_mb} MB", limit_mb = LARGEST_FILE >> 20)))
        }
        Ok(_) => match fs::read(path).map_err(failed)? {
            pointer if pointer.starts_with(LFS_POINTER) => Err(wrong(say!(
                "render-lfs-pointer",
                "it is only a Git LFS pointer, the file itself was not fetched; run `git lfs pull` in its folder, or download it \
                 from the model's page"
            ))),
            bytes => Ok(Some(bytes)),
        },
    }
}
