//! Every gradient equals autograd's, and neither recomputation, threads nor other rows change it.

use candle_core::{Device, Tensor};
use serde_json::json;
use tunesmith_model::{Adapter, Decoder, Gradients, LoraConfig, Trainable};

use crate::autograd::Oracle;
use crate::formula::{Batch, MODULES, adapter, config, decoder};

fn flat(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

#[track_caller]
pub fn assert_close(a: &Tensor, b: &Tensor, tolerance: f32, what: &str) {
    assert_eq!(a.dims(), b.dims(), "{what}");
    let (a, b) = (flat(a), flat(b));
    let size = b.iter().fold(1e-6_f32, |most, x| most.max(x.abs()));
    let distance = a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max) / size;
    assert!(distance < tolerance, "{what}: {distance:e} apart");
}

pub fn bits(gradients: &Gradients) -> Vec<(String, Vec<u32>)> {
    let bits = |tensor| flat(tensor).into_iter().map(f32::to_bits).collect();
    gradients.iter().map(|(name, tensor)| (name.clone(), bits(tensor))).collect()
}

#[test]
fn every_adapter_tensor_receives_the_gradient_of_autograd() {
    let decoder = decoder(config(json!({})));
    let adapter = adapter(&decoder, &MODULES, 4);
    let batch = Batch::new(&[9, 4, 23], 96, 1);
    let (loss, expected) = Oracle::new(&decoder, &adapter).gradients(&batch.sequences());
    let (summed, gradients) = decoder.gradients(&adapter, &batch.sequences(), Trainable::Adapter, false).unwrap();
    assert!((summed.nats as f32 / loss - 1.0).abs() < 1e-5);
    assert_eq!(summed.learned as usize, batch.learn.iter().filter(|&&learn| learn).count());
    assert!(gradients.keys().eq(adapter.parameters().keys()), "all adapter tensors and nothing else");
    assert_eq!(gradients.len(), 3 * 7 * 2);
    for (name, gradient) in &gradients {
        assert!(flat(gradient).iter().any(|&x| x != 0.0), "{name} gets a gradient");
        assert_close(gradient, &expected[name], 2e-4, name);
    }
}

#[test]
fn every_weight_receives_the_gradient_of_autograd() {
    for changes in [json!({}), json!({"tie_word_embeddings": true}), json!({"attention_bias": true, "mlp_bias": true})]
    {
        let decoder = decoder(config(changes));
        let batch = Batch::new(&[9, 4, 23], 96, 2);
        let (_, expected) = Oracle::new(&decoder, &Adapter::none()).gradients(&batch.sequences());
        let (_, gradients) =
            decoder.gradients(&Adapter::none(), &batch.sequences(), Trainable::AllWeights, false).unwrap();
        assert!(gradients.keys().eq(decoder.parameters().keys()), "all weights and nothing else");
        for (name, gradient) in &gradients {
            // A bias of the keys shifts all scores of a query alike: its gradient is zero but for rounding.
            if !name.ends_with("k_proj.bias") {
                assert_close(gradient, &expected[name], 2e-4, name);
            }
        }
    }
}

#[test]
fn layers_alone_have_the_gradients_that_they_have_among_all() {
    let decoder = decoder(config(json!({})));
    let batch = Batch::new(&[9, 4, 23], 96, 2);
    let gradients =
        |wanted, recompute| decoder.gradients(&Adapter::none(), &batch.sequences(), wanted, recompute).unwrap();
    let (loss, all) = gradients(Trainable::AllWeights, false);
    for layers in [vec![2], vec![1, 2], vec![0], vec![0, 2]] {
        let (same, some) = gradients(Trainable::Layers(layers.clone()), false);
        let names = decoder.parameters().into_keys().filter(|name| Trainable::Layers(layers.clone()).has_weight(name));
        assert!(some.keys().cloned().eq(names), "these layers and nothing else");
        assert!(some.len() == 9 * layers.len(), "seven projections and two norms of each");
        assert_eq!(loss, same);
        let all: Gradients = all.clone().into_iter().filter(|(name, _)| some.contains_key(name)).collect();
        assert_eq!(bits(&all), bits(&some));
        assert_eq!(bits(&gradients(Trainable::Layers(layers), true).1), bits(&some), "recomputed");
    }
}

#[test]
fn recomputation_changes_no_bit() {
    let decoder = decoder(config(json!({})));
    let adapter = adapter(&decoder, &MODULES, 4);
    let batch = Batch::new(&[30, 17], 96, 3);
    for wanted in [Trainable::Adapter, Trainable::AllWeights] {
        let kept = decoder.gradients(&adapter, &batch.sequences(), wanted.clone(), false).unwrap();
        let again = decoder.gradients(&adapter, &batch.sequences(), wanted, true).unwrap();
        assert_eq!((kept.0, bits(&kept.1)), (again.0, bits(&again.1)));
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let config = config(json!({"hidden_size": 128, "intermediate_size": 320, "vocab_size": 512}));
    let decoder = decoder(config);
    let batch = Batch::new(&[64, 40, 64], 512, 4);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let work = || decoder.gradients(&Adapter::none(), &batch.sequences(), Trainable::AllWeights, false).unwrap();
        let (loss, gradients) = pool.install(work);
        (loss.nats.to_bits(), bits(&gradients))
    };
    let one = on(1);
    assert!(one == on(2) && one == on(3), "threads must not change a bit");
}

#[test]
fn rows_do_not_see_each_other() {
    let decoder = decoder(config(json!({})));
    let adapter = adapter(&decoder, &MODULES, 4);
    let (both, one) = (Batch::new(&[12, 20], 96, 5), Batch::new(&[12], 96, 5));
    let learned = both.learn[12..].iter().filter(|&&learn| learn).count() as u64;
    let second = Batch { ids: both.ids[12..].to_vec(), learn: both.learn[12..].to_vec(), lengths: vec![20] };
    let loss = |batch: &Batch| decoder.loss(&adapter, &batch.sequences()).unwrap();
    let (all, first, second) = (loss(&both), loss(&one), loss(&second));
    assert_eq!(second.learned, learned);
    assert!((all.nats - first.nats - second.nats).abs() < 1e-4);
    let (summed, _) = decoder.gradients(&adapter, &both.sequences(), Trainable::Adapter, false).unwrap();
    assert!((summed.nats - all.nats).abs() < 1e-4, "the loss is the same with and without gradients");
}

#[test]
fn nothing_learned_gives_no_loss_and_zero_gradients() {
    let decoder = decoder(config(json!({})));
    let adapter = adapter(&decoder, &["q_proj"], 2);
    let mut batch = Batch::new(&[5, 6], 96, 6);
    batch.learn.fill(false);
    batch.learn[5] = true; // the first token of a row has nothing before it
    let (loss, gradients) = decoder.gradients(&adapter, &batch.sequences(), Trainable::Adapter, false).unwrap();
    assert_eq!((loss.nats, loss.learned), (0.0, 0));
    assert!(gradients.values().all(|gradient| flat(gradient).iter().all(|&x| x == 0.0)));
    assert_eq!(gradients.len(), 6);
}

#[test]
fn merged_logits_equal_unmerged_logits() {
    let decoder = decoder(config(json!({})));
    let adapter = adapter(&decoder, &MODULES, 4);
    let ids = Batch::new(&[40], 96, 7).ids;
    let beside = decoder.logits(&adapter, &ids).unwrap();
    let merged = decoder.merged(&adapter).unwrap().logits(&Adapter::none(), &ids).unwrap();
    assert_close(&merged, &beside, 1e-5, "merged");
    let base = decoder.logits(&Adapter::none(), &ids).unwrap();
    let apart = flat(&(base - beside).unwrap()).iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    assert!(apart > 0.1, "the adapter does something");
}

#[test]
fn a_new_adapter_changes_nothing_and_depends_on_its_seed() {
    let decoder = decoder(config(json!({})));
    let lora = LoraConfig {
        rank: 3,
        alpha: 6.0,
        target_modules: vec!["v_proj".into(), "down_proj".into()],
        ..LoraConfig::default()
    };
    let adapter = decoder.new_adapter(&lora, 7).unwrap();
    assert_eq!(adapter.pairs.len(), 3 * 2);
    let ids = [1, 2, 3];
    let (with, without) = (decoder.logits(&adapter, &ids).unwrap(), decoder.logits(&Adapter::none(), &ids).unwrap());
    assert_eq!(flat(&with), flat(&without));
    let first = |seed| flat(&decoder.new_adapter(&lora, seed).unwrap().pairs["model.layers.1.self_attn.v_proj"].a);
    assert_eq!(first(7), first(7));
    assert_ne!(first(7), first(8));
    let bound = 1.0 / (32.0_f32).sqrt();
    assert!(first(7).iter().all(|x| x.abs() <= bound) && first(7).iter().any(|x| x.abs() > 0.8 * bound));
    let unknown = LoraConfig { target_modules: vec!["c_attn".into()], ..lora };
    assert!(decoder.new_adapter(&unknown, 7).unwrap_err().to_string().contains("c_attn"));
}

#[test]
fn an_adapter_of_another_model_is_refused() {
    let small = decoder(config(json!({})));
    let wide = decoder(config(json!({"intermediate_size": 64})));
    let deep = decoder(config(json!({"num_hidden_layers": 4})));
    let batch = Batch::new(&[5], 96, 1);
    for other in [wide, deep] {
        let adapter = adapter(&other, &["down_proj"], 2);
        let error = small.logits(&adapter, &[1, 2]).unwrap_err().to_string();
        assert!(error.contains("another model") && error.contains("down_proj"), "{error}");
        assert!(small.merged(&adapter).is_err() && small.loss(&adapter, &batch.sequences()).is_err());
        assert!(small.gradients(&adapter, &batch.sequences(), Trainable::Adapter, false).is_err());
    }
}

#[test]
fn scratch_weights_depend_on_the_seed_alone() {
    let new = |seed| Decoder::scratch(config(json!({})), seed, &Device::Cpu).unwrap().parameters();
    let (one, two) = (new(1), new(2));
    assert!(new(1).iter().all(|(name, weight)| flat(weight) == flat(&one[name])));
    let embedding = flat(&one["model.embed_tokens.weight"]);
    assert_ne!(embedding, flat(&two["model.embed_tokens.weight"]));
    let variance = embedding.iter().map(|x| x * x).sum::<f32>() / embedding.len() as f32;
    assert!((variance.sqrt() - 0.02).abs() < 0.001);
    assert!(flat(&one["model.norm.weight"]).iter().all(|&x| x == 1.0));
}

#[test]
fn tokens_outside_the_vocabulary_are_refused() {
    let decoder = decoder(config(json!({})));
    let error = decoder.logits(&Adapter::none(), &[1, 96]).unwrap_err().to_string();
    assert!(error.contains("96"), "{error}");
    let batch = Batch { ids: vec![1, 2], learn: vec![false, true], lengths: vec![3] };
    assert!(decoder.loss(&Adapter::none(), &batch.sequences()).is_err());
}
