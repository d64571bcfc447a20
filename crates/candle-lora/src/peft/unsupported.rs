//! What PEFT can put into an adapter and is not supported here: each is refused by name.

use serde_json::Value;
use tunesmith_sentence::{Sentence, say};

/// Switches of PEFT that change what an adapter computes.
const SWITCHES: [&str; 11] = [
    "fan_in_fan_out",
    "layer_replication",
    "use_qalora",
    "target_parameters",
    "alora_invocation_tokens",
    "ensure_weight_tying",
    "velora_config",
    "monteclora_config",
    "use_bdlora",
    "arrow_config",
    "kasa_config",
];
/// Starts of PEFT that change the base model, unless the adapter was converted when it was saved.
const CHANGING_STARTS: [&str; 6] = ["pissa", "olora", "corda", "loftq", "lora_ga", "mica"];

/// Nothing is on that changes what an adapter computes and that is not supported.
pub(super) fn check(config: &Value) -> Result<(), Sentence> {
    if config["peft_type"] != "LORA" {
        return Err(say!(
            "adapter-kind-unsupported",
            "peft_type is {kind}, only LORA is supported",
            kind = config["peft_type"].to_string()
        ));
    }
    check_more(config)?;
    for switch in SWITCHES {
        if is_on(&config[switch]) {
            return Err(say!("adapter-switch-unsupported", "{switch} is on, which is not supported", switch));
        }
    }
    let start = config["init_lora_weights"].as_str().unwrap_or_default();
    if CHANGING_STARTS.iter().any(|word| start.starts_with(word)) {
        return Err(say!(
            "adapter-of-changed-base",
            "it began as {start}, so it belongs to a changed base model; save it with path_initial_model_for_weight_conversion",
            start
        ));
    }
    Ok(())
}

/// What was trained beside low-rank pairs.
fn check_more(config: &Value) -> Result<(), Sentence> {
    let modules = &config["modules_to_save"];
    if is_on(modules) {
        return Err(say!(
            "adapter-whole-modules",
            "beside its pairs the adapter has whole modules of its own (modules_to_save: {modules}), which is not supported; \
             merge it into its base model with PEFT's merge_and_unload and use the merged model",
            modules = modules.to_string()
        ));
    }
    let tokens = &config["trainable_token_indices"];
    if is_on(tokens) {
        return Err(say!(
            "adapter-trained-tokens",
            "beside its pairs the adapter has embeddings of single tokens (trainable_token_indices), which is not supported; \
             merge it into its base model with PEFT's merge_and_unload and use the merged model"
        ));
    }
    let bias = config["bias"].as_str().unwrap_or("none");
    if bias != "none" || is_on(&config["lora_bias"]) {
        return Err(say!(
            "adapter-trained-biases",
            "beside its pairs the adapter has trained biases (bias or lora_bias), which are not supported; \
             merge it into its base model with PEFT's merge_and_unload and use the merged model"
        ));
    }
    Ok(())
}

/// A tensor that is no part of a pair.
pub(super) fn tensor(name: &str) -> Sentence {
    let whole = |module: &str| name.ends_with(&format!("{module}.weight"));
    match ["embed_tokens", "lm_head"].into_iter().find(|module| whole(module)) {
        Some(module) => say!(
            "adapter-whole-tensor",
            "holds the whole {module} beside the pairs, which is not supported; save it without (save_embedding_layers=False), or, \
             if it was trained or got more tokens, merge the adapter with PEFT's merge_and_unload",
            module
        ),
        None => say!("adapter-tensor-unknown", "{name} is not part of a LoRA pair", name),
    }
}

/// Whether a value switches something on.
pub(super) fn is_on(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(on) => *on,
        Value::Array(items) => !items.is_empty(),
        Value::Object(items) => !items.is_empty(),
        _ => true,
    }
}
