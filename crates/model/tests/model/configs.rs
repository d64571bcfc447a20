//! How configs are read: old and new files of a family say the same, silence means the family's default, and what cannot
//! be computed is refused with the reason.

use serde_json::{Value, json};
use tunesmith_model::{ModelConfig, SUPPORTED_FAMILIES, parameter_count};

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
fn silence_about_the_window_means_the_familys_default_and_null_means_none() {
    let mut config = json!({
        "model_type": "mistral", "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
        "intermediate_size": 48, "vocab_size": 64, "max_position_embeddings": 64,
    });
    assert_eq!(parse(&config).unwrap().layers[0].window, Some(4096));
    config["sliding_window"] = Value::Null;
    assert_eq!(parse(&config).unwrap().layers[0].window, None);
    let mut phi = cases().find(|case| case.name.contains("phi3")).expect("a phi3").decoder.config().source.clone();
    phi.as_object_mut().unwrap().remove("sliding_window");
    assert!(parse(&phi).unwrap().layers.iter().all(|layer| layer.window.is_none()), "Phi 3 has none by itself");
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
    refused("llama", json!({"rope_scaling": {"type": "dynamic", "factor": 0.0}}), "factor");
    refused("llama", json!({"rope_scaling": {"type": "proportional", "factor": 2.0}}), "proportional");
    refused("llama", json!({"rope_scaling": "yarn"}), "not an object");
    refused("llama", json!({"rope_scaling": {"type": "linear"}}), "factor");
    refused("phi3", json!({"rope_scaling": {"type": "su", "short_factor": [1.0], "long_factor": []}}), "short_factor");
    let zero = json!([1.0, 1.0, 1.0, 0.0]);
    refused("phi3", json!({"rope_scaling": {"type": "su", "short_factor": zero, "long_factor": zero}}), "short_factor");
    refused("stablelm", json!({"partial_rotary_factor": 0.1}), "partial_rotary_factor");
    refused("stablelm", json!({"partial_rotary_factor": 2.0}), "partial_rotary_factor");
    refused("llama", json!({"partial_rotary_factor": 0.5}), "part of each head");
}

/// The rope of a tiny config of this family with these changes: its frequencies and its factor.
fn rope(family: &str, changes: Value) -> (Vec<f32>, f64) {
    let rope = tiny(family, changes).ropes[0].clone();
    (rope.frequencies, rope.factor)
}

fn tiny(family: &str, changes: Value) -> ModelConfig {
    let mut config = json!({
        "model_type": family, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
        "intermediate_size": 48, "vocab_size": 64, "max_position_embeddings": 64, "sliding_window": 8, "head_dim": 8,
    });
    config.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    parse(&config).unwrap()
}

/// `convert_rope_params_to_dict` of transformers 5.23: `rope_scaling or rope_parameters`, then `rope_theta` beside them.
#[test]
fn older_rope_fields_take_the_place_of_newer_ones() {
    let newer = json!({"rope_type": "linear", "rope_theta": 500.0, "factor": 8.0});
    let older = json!({"type": "linear", "factor": 2.0});
    let expected = rope("llama", json!({"rope_scaling": older}));
    assert_eq!(expected.0[0], 0.5, "the first pair turns by 1 / factor");
    assert_eq!(rope("llama", json!({"rope_parameters": newer, "rope_scaling": older})), expected);
    for nothing in [Value::Null, json!({})] {
        let found = rope("llama", json!({"rope_parameters": newer, "rope_scaling": nothing}));
        assert_eq!(found, rope("llama", json!({"rope_parameters": newer})));
        assert_eq!(found.0[0], 0.125);
    }
    // Gemma 3 adds the older fields to those of the layers without a window, and keeps their base.
    let both = json!({"full_attention": {"rope_type": "default", "rope_theta": 500.0}, "sliding_attention": {"rope_type": "default"}});
    let scaled = json!({"full_attention": {"rope_type": "linear", "rope_theta": 500.0, "factor": 4.0}});
    let older = json!({"rope_type": "linear", "factor": 4.0});
    let found = rope("gemma3_text", json!({"rope_parameters": both, "rope_scaling": older}));
    assert_eq!(found, rope("gemma3_text", json!({"rope_parameters": scaled})));
}

/// `standardize_rope_params` of transformers 5.23: the field beside the rope's own counts before the one among them.
#[test]
fn an_original_context_beside_the_ropes_fields_counts_first() {
    let yarn = |inside: Option<u32>| {
        let mut yarn = json!({"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0});
        inside.into_iter().for_each(|inside| yarn["original_max_position_embeddings"] = json!(inside));
        yarn
    };
    let expected = rope("llama", json!({"rope_parameters": yarn(Some(16))}));
    let outside = json!({"rope_parameters": yarn(None), "original_max_position_embeddings": 16});
    assert_eq!(rope("llama", outside), expected);
    let twice = json!({"rope_parameters": yarn(Some(32)), "original_max_position_embeddings": 16});
    assert_eq!(rope("llama", twice), expected);
    assert_ne!(rope("llama", json!({"rope_parameters": yarn(None)})), expected);
}

/// `_compute_dynamic_ntk_parameters` of transformers 5.23 for max_position_embeddings of 64, 8 numbers of a head and a
/// row of 100 tokens: scripts/reference/families.py has the logits.
#[test]
fn dynamic_positions_are_plain_up_to_the_config_s_length_and_reach_further_by_the_factor() {
    let plain = rope("llama", json!({"rope_theta": 500.0})).0;
    for key in ["type", "rope_type"] {
        let config = tiny("llama", json!({"rope_theta": 500.0, "rope_scaling": {key: "dynamic", "factor": 4.0}}));
        let dynamic = &config.ropes[0];
        assert_eq!(config.context_length, 4 * 64);
        assert_eq!(*dynamic.of_length(64), *plain);
        let base = 500.0 * (4.0_f32 * 100.0 / 64.0 - 3.0).powf(8.0 / 6.0);
        let expected = [1.0, base.powf(-0.25), base.powf(-0.5), base.powf(-0.75)];
        let found = dynamic.of_length(100);
        assert!(found.iter().zip(expected).all(|(found, wanted)| (found / wanted - 1.0).abs() < 1e-5), "{found:?}");
    }
}

/// A model as its makers published it.
struct Known {
    name: &'static str,
    family: &'static str,
    /// Width, layers, heads, key heads, head width, inner width, vocabulary.
    sizes: [u64; 7],
    more: Value,
    parameters: u64,
}

/// The parameters that the models' pages on the Hugging Face hub count (without a head that repeats the embedding).
fn known() -> Vec<Known> {
    let known = |name, family, sizes, more, parameters| Known { name, family, sizes, more, parameters };
    let (tied, apart) = (json!({"tie_word_embeddings": true}), json!({}));
    let biased = json!({"use_qkv_bias": true});
    vec![
        known("Llama-3.2-1B", "llama", [2048, 16, 32, 8, 64, 8192, 128_256], tied.clone(), 1_235_814_400),
        known("TinyLlama-1.1B", "llama", [2048, 22, 32, 4, 64, 5632, 32_000], apart.clone(), 1_100_048_384),
        known("Mistral-7B", "mistral", [4096, 32, 32, 8, 128, 14_336, 32_000], apart.clone(), 7_241_732_096),
        known("Qwen2.5-0.5B", "qwen2", [896, 24, 14, 2, 64, 4864, 151_936], tied.clone(), 494_032_768),
        known("Qwen3-0.6B", "qwen3", [1024, 28, 16, 8, 128, 3072, 151_936], tied.clone(), 596_049_920),
        known("SmolLM3-3B", "smollm3", [2048, 36, 16, 4, 128, 11_008, 128_256], apart.clone(), 3_075_098_624),
        known("gemma-2b", "gemma", [2048, 18, 8, 1, 256, 16_384, 256_000], apart.clone(), 2_506_172_416),
        known("gemma-2-2b", "gemma2", [2304, 26, 8, 4, 256, 9216, 256_000], apart.clone(), 2_614_341_888),
        known("gemma-3-270m", "gemma3_text", [640, 18, 4, 1, 256, 2048, 262_144], apart.clone(), 268_098_176),
        known("gemma-3-1b", "gemma3_text", [1152, 26, 4, 1, 256, 6912, 262_144], apart.clone(), 999_885_952),
        known("Phi-3-mini", "phi3", [3072, 32, 32, 32, 96, 8192, 32_064], apart.clone(), 3_821_079_552),
        known("Phi-4-mini", "phi3", [3072, 32, 24, 8, 128, 8192, 200_064], tied.clone(), 3_836_021_760),
        known("OLMo-2-1B", "olmo2", [2048, 16, 16, 16, 128, 8192, 100_352], apart, 1_484_916_736),
        known("granite-3.1-2b", "granite", [2048, 40, 32, 8, 64, 8192, 49_155], tied, 2_533_531_648),
        known("stablelm-2-1_6b", "stablelm", [2048, 24, 32, 32, 64, 5632, 100_352], biased, 1_644_515_328),
    ]
}

#[test]
fn well_known_models_have_as_many_parameters_as_their_makers_count() {
    for Known { name, family, sizes, more, parameters } in known() {
        let [hidden, layers, heads, kv_heads, head_dim, inner, vocabulary] = sizes;
        let mut config = json!({
            "model_type": family, "hidden_size": hidden, "num_hidden_layers": layers, "num_attention_heads": heads,
            "num_key_value_heads": kv_heads, "head_dim": head_dim, "intermediate_size": inner,
            "vocab_size": vocabulary, "max_position_embeddings": 4096, "sliding_window": 1024,
        });
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert_eq!(parameter_count(&parse(&config).unwrap()), parameters, "{name}");
    }
}
