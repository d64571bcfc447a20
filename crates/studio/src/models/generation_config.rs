//! What a model's generation_config.json asks for that a chat does not do. Its end tokens are read by the renderer, and what a
//! chat can be set to (temperature, top p …) is on screen.

use std::path::Path;

use serde_json::Value;
use tunesmith_model::regular_file;
use tunesmith_sentence::{Sentence, say};

/// Such a file is a few hundred bytes; lists of tokens make it longer.
const LONGEST: u64 = 16 << 20;

/// Fields that change what transformers answers, and the value of each that changes nothing where it is not null or empty.
const NOT_USED: [(&str, f64); 14] = [
    ("bad_words_ids", 0.0),
    ("begin_suppress_tokens", 0.0),
    ("exponential_decay_length_penalty", 0.0),
    ("forced_bos_token_id", f64::NAN),
    ("forced_eos_token_id", f64::NAN),
    ("guidance_scale", 1.0),
    ("min_length", 0.0),
    ("min_new_tokens", 0.0),
    ("no_repeat_ngram_size", 0.0),
    ("num_beams", 1.0),
    ("penalty_alpha", 0.0),
    ("sequence_bias", 0.0),
    ("stop_strings", 0.0),
    ("suppress_tokens", 0.0),
];

/// What of the file is not used. What cannot be read is told when the model's renderer is opened.
pub(super) fn not_used(folder: &Path) -> Vec<Sentence> {
    let text = regular_file::read_text(&folder.join("generation_config.json"), LONGEST).ok().flatten();
    let Some(config) = text.and_then(|text| serde_json::from_str::<Value>(&text).ok()) else { return Vec::new() };
    let asks = |(field, neutral): &(&str, f64)| match &config[*field] {
        Value::Null | Value::Bool(false) => false,
        Value::Number(number) => number.as_f64() != Some(*neutral),
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::Bool(true) => true,
    };
    let names: Vec<&str> = NOT_USED.iter().filter(|field| asks(field)).map(|(name, _)| *name).collect();
    let fields = (!names.is_empty()).then(|| {
        say!(
            "model-generation-unused", count;
            "generation_config.json has a setting that is not used: {names}. Answers may differ from those of transformers",
            "generation_config.json has {count} settings that are not used: {names}. Answers may differ from those of transformers",
            count = names.len(), names = names.join(", ")
        )
    });
    let penalty = config["repetition_penalty"].as_f64().filter(|penalty| *penalty != 1.0);
    let penalty = penalty.map(|penalty| {
        say!(
            "model-repetition-penalty",
            "generation_config.json asks for a repetition penalty of {penalty}. It can be set in a chat",
            penalty = penalty.to_string()
        )
    });
    fields.into_iter().chain(penalty).collect()
}
