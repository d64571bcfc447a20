//! What PEFT can put into an adapter and is not supported here: each is refused by name.

use serde_json::Value;
use tunesmith_sentence::{Sentence, say};

/// Switches of PEFT that change what an adapter computes.
const SWITCHES: [&str; 11] = [
    "lora_bias",
    "fan_in_fan_out",
    "layer_replication",
    "use_qalora",
    "target_parameters",
    "alora_invocation_tokens",
    "velora_config",
    "monteclora_config",
    "use_bdlora",
    "arrow_config",
    "kasa_config",
];
/// Starts of PEFT that change the base model, unless the adapter was converted when it was saved.
const CHANGING_STARTS: [&str; 6] = ["pissa", "olora", "corda", "loftq", "lora_ga", "mica"];

/// What PEFT, and programs that train with it, write into a config and what changes nothing here: it is read, refused above, or
/// says how the adapter was made.
const KNOWN: [&str; 36] = [
    "peft_type",
    "peft_version",
    "auto_mapping",
    "task_type",
    "inference_mode",
    "base_model_name_or_path",
    "base_model_class",
    "parent_library",
    "revision",
    "r",
    "lora_alpha",
    "lora_dropout",
    "target_modules",
    "exclude_modules",
    "modules_to_save",
    "bias",
    "use_rslora",
    "use_dora",
    "init_lora_weights",
    "layers_to_transform",
    "layers_pattern",
    "rank_pattern",
    "alpha_pattern",
    "trainable_token_indices",
    "ensure_weight_tying",
    "megatron_config",
    "megatron_core",
    "loftq_config",
    "eva_config",
    "corda_config",
    "lora_ga_config",
    "mica_config",
    "qalora_group_size",
    "runtime_config",
    "unsloth_fixed",
    "enable_lora",
];

/// Settings that are on and that nobody here knows: they may change what the adapter computes.
pub(super) fn unknown(config: &Value) -> Vec<String> {
    let settings = config.as_object().into_iter().flatten();
    let is_known = |name: &str| KNOWN.contains(&name) || SWITCHES.contains(&name);
    settings.filter(|(name, value)| is_on(value) && !is_known(name)).map(|(name, _)| name.clone()).collect()
}

/// Nothing is on that changes what an adapter computes and that is not supported.
pub(super) fn check(config: &Value) -> Result<(), Sentence> {
    if config["peft_type"] != "LORA" {
        return Err(say!(
            "adapter-kind-unsupported",
            "peft_type is {kind}, only LORA is supported",
            kind = config["peft_type"].to_string()
        ));
    }
    // A head for classes is no part of a model that writes text.
    let task = &config["task_type"];
    if !task.is_null() && task != "CAUSAL_LM" {
        return Err(say!(
            "adapter-task-unsupported",
            "task_type is {task}: the adapter is not one of a model that writes text (CAUSAL_LM)",
            task = task.as_str().map_or_else(|| task.to_string(), str::to_owned)
        ));
    }
    for switch in SWITCHES {
        if is_on(&config[switch]) {
            return Err(say!("adapter-switch-unsupported", "{switch} is on, which is not supported", switch));
        }
    }
    // Vectors of single tokens are tied in any case; nothing else of a block is.
    let of_tables = ["target_modules", "modules_to_save"].iter().any(|key| names_a_table(&config[*key]));
    if is_on(&config["ensure_weight_tying"]) && of_tables {
        return Err(say!(
            "adapter-tied",
            "ensure_weight_tying is on for embed_tokens or lm_head, which is not supported: what was trained of the embedding \
             would have to be the head too"
        ));
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

/// Whether these modules, a list or a pattern, may be the embedding or the head.
fn names_a_table(modules: &Value) -> bool {
    let is_table = |name: &str| name.contains("embed") || name.contains("lm_head");
    match modules {
        Value::String(pattern) => is_table(pattern) || pattern.ends_with('*'),
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(is_table),
        _ => false,
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
