//! How configs are read: old and new files of a family say the same, silence means the family's default, and what cannot
//! be computed is refused with the reason.

use serde_json::{Value, json};
use tunesmith_model::{ModelConfig, SUPPORTED_FAMILIES};

use crate::case::cases;

fn parse(config: &Value) -> Result<ModelConfig, String> {
    ModelConfig::parse(&config.to_string(), "config.json".as_ref()).map_err(|error| error.to_string())
}

/// Without the file itself.
fn meaning(config: &Value) -> ModelConfig {
    ModelConfig { source: Value::Null, ..parse(config).unwrap() }
}

/// The same config as it was written before `rope_parameters` and `layer_types`.
fn older(config: &Value) -> Value {
    let mut older = config.clone();
    let fields = older.as_object_mut().unwrap();
    fields.remove("layer_types");
    let mut rope = fields.remove("rope_parameters").unwrap();
    if let Some(local) = rope.get("sliding_attention") {
        fields.insert("rope_local_base_freq".into(), local["rope_theta"].clone());
        fields.insert("sliding_window_pattern".into(), json!(2));
        rope = rope["full_attention"].clone();
    }
    let rope = rope.as_object_mut().unwrap();
    for key in ["rope_theta", "partial_rotary_factor"] {
        if let Some(value) = rope.remove(key) {
            fields.insert(key.into(), value);
        }
    }
    let kind = rope.remove("rope_type").unwrap();
    if fields["model_type"] == "phi3" {
        rope.remove("original_max_position_embeddings");
    }
    let name = if kind == "longrope" { json!("su") } else { kind.clone() };
    rope.insert("type".into(), name);
    fields.insert("rope_scaling".into(), if kind == "default" { Value::Null } else { json!(rope) });
    if fields.get("no_rope_layer_interval") == Some(&json!(2)) {
        fields.remove("no_rope_layers");
    }
    older
}

#[test]
fn old_and_new_configs_say_the_same() {
    for case in cases() {
        let newer = &case.decoder.config().source;
        assert!(!newer["rope_parameters"].is_null());
        assert_eq!(meaning(&older(newer)), meaning(newer), "{}", case.name);
    }
}

#[test]
fn silence_about_the_head_means_the_familys_default() {
    let tied = ["smollm3", "gemma", "gemma2", "gemma3_text"];
    for family in SUPPORTED_FAMILIES {
        let config = json!({
            "model_type": family, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
            "intermediate_size": 48, "vocab_size": 64, "max_position_embeddings": 64, "sliding_window": 8,
        });
        assert_eq!(parse(&config).unwrap().tie_word_embeddings, tied.contains(&family), "{family}");
    }
}

#[test]
fn a_window_counts_only_where_windows_are_used() {
    let config = json!({
        "model_type": "qwen2", "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
        "intermediate_size": 48, "vocab_size": 64, "max_position_embeddings": 64, "sliding_window": 8,
        "use_sliding_window": false, "max_window_layers": 0,
    });
    assert!(parse(&config).unwrap().layers.iter().all(|layer| layer.window.is_none()));
}

/// The words that the refusal of a tiny config of this family with these changes has.
#[track_caller]
fn refused(family: &str, changes: Value, words: &str) {
    let mut config = json!({
        "model_type": family, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
        "intermediate_size": 48, "vocab_size": 64, "max_position_embeddings": 64,
    });
    for (key, value) in changes.as_object().unwrap() {
        config[key] = value.clone();
    }
    let error = parse(&config).unwrap_err();
    assert!(error.contains("config.json") && error.contains(words), "{error:?} should say {words:?}");
}

#[test]
fn what_no_family_computes_is_refused_with_the_reason() {
    refused("mixtral", json!({"num_local_experts": 8}), "mixture of experts");
    refused("qwen3_moe", json!({"num_experts": 128}), "mixture of experts");
    refused("gemma3", json!({"vision_config": {}, "text_config": {"hidden_size": 32}}), "vision");
    refused("mamba", json!({}), "supported: llama, mistral, qwen2, qwen3, smollm3, gemma, gemma2, gemma3_text, phi3");
    refused("qwen2", json!({"architectures": ["Qwen2ForSequenceClassification"]}), "Qwen2ForSequenceClassification");
    refused("qwen2", json!({"hidden_act": "relu2"}), "relu2");
    refused("gemma", json!({"use_bidirectional_attention": true}), "both directions");
    refused("gemma2", json!({"sliding_window": null}), "sliding_window");
    refused("gemma2", json!({"sliding_window": 4, "layer_types": ["full_attention"]}), "layer_types lists 1");
    refused("gemma2", json!({"sliding_window": 4, "layer_types": ["full_attention", "mamba"]}), "mamba");
    refused("smollm3", json!({"no_rope_layers": [1]}), "no_rope_layers");
    refused("granite", json!({"residual_multiplier": "half"}), "residual_multiplier");
}

#[test]
fn positions_that_are_not_known_are_refused_with_the_reason() {
    refused("llama", json!({"rope_scaling": {"type": "dynamic", "factor": 2.0}}), "dynamic");
    refused("llama", json!({"rope_scaling": "yarn"}), "not an object");
    refused("llama", json!({"rope_scaling": {"type": "linear"}}), "factor");
    refused("phi3", json!({"rope_scaling": {"type": "su", "short_factor": [1.0], "long_factor": []}}), "short_factor");
    let zero = json!([1.0, 1.0, 1.0, 0.0]);
    refused("phi3", json!({"rope_scaling": {"type": "su", "short_factor": zero, "long_factor": zero}}), "short_factor");
    refused("stablelm", json!({"partial_rotary_factor": 0.1}), "partial_rotary_factor");
    refused("stablelm", json!({"partial_rotary_factor": 2.0}), "partial_rotary_factor");
    refused("llama", json!({"partial_rotary_factor": 0.5}), "part of each head");
}
