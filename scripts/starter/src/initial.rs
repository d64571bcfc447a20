//! The weights that the training starts from. Plain noise would do, but the circuit that copies a word from the prompt
//! (find where the last token stood before, go on with what followed it there) then takes millions of tokens to form.
//! Two known starts make it form within some hundred steps:
//! - Attention that looks for what is alike and passes on what it finds: W_Q ≈ W_K and W_O ≈ W_Vᵀ (Trockman and Kolter,
//!   "Mimetic Initialization of Self-Attention Layers", 2023).
//! - Half of the heads of the first layer look at the token before, or at the second, third … before (the first half of an
//!   induction head: Olsson et al., "In-context Learning and Induction Heads", 2022), by way of rotary position embedding
//!   (Su et al., 2021): a share that all embeddings have in common becomes a query that is turned back by so many positions.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Result;
use candle_core::{DType, Device, Tensor};

use crate::random::Random;
use crate::shape::{FEED_FORWARD, HEAD, HEADS, HIDDEN, KEY_VALUE_HEADS, LAYERS, NOISE, ROPE_THETA};
use crate::tokenizer::VOCABULARY;

/// The share of an embedding that all tokens have in common, against what tells them apart.
const COMMON: f64 = 0.6;
/// How sharply these heads look there.
const BEFORE: f64 = 0.6;
/// How much of what a layer's attention finds is passed on.
const PASSED_ON: f64 = 0.5;
/// Slower dimensions of the position embedding do not tell neighbours apart.
const SLOWEST: f64 = 0.05;

/// Rows of numbers.
type Rows = Vec<Vec<f64>>;

/// Writes `model.safetensors` with the initial weights into a model's folder.
pub fn write(folder: &Path, seed: u64) -> Result<()> {
    let random = &mut Random::new(seed, u64::MAX);
    let mut tensors = HashMap::new();
    let mut put = |name: String, rows: &Rows| -> Result<()> {
        let flat: Vec<f32> = rows.iter().flatten().map(|value| *value as f32).collect();
        tensors.insert(name, Tensor::from_vec(flat, (rows.len(), rows[0].len()), &Device::Cpu)?);
        Ok(())
    };
    put("model.embed_tokens.weight".into(), &embeddings(random))?;
    for layer in 0..LAYERS {
        let name = |part: &str| format!("model.layers.{layer}.{part}_proj.weight");
        let attention = attention(random, layer == 0);
        put(name("self_attn.q"), &attention.query)?;
        put(name("self_attn.k"), &attention.key)?;
        put(name("self_attn.v"), &attention.value)?;
        put(name("self_attn.o"), &attention.output)?;
        put(name("mlp.gate"), &noise(random, FEED_FORWARD, HIDDEN))?;
        put(name("mlp.up"), &noise(random, FEED_FORWARD, HIDDEN))?;
        put(name("mlp.down"), &noise(random, HIDDEN, FEED_FORWARD))?;
    }
    let norms = (0..LAYERS).flat_map(|layer| {
        ["input", "post_attention"].map(|place| format!("model.layers.{layer}.{place}_layernorm.weight"))
    });
    for name in norms.chain(["model.norm.weight".into()]) {
        tensors.insert(name, Tensor::ones(HIDDEN, DType::F32, &Device::Cpu)?);
    }
    Ok(candle_core::safetensors::save(&tensors, folder.join("model.safetensors"))?)
}

fn embeddings(random: &mut Random) -> Rows {
    let mut rows = noise(random, VOCABULARY, HIDDEN);
    rows.iter_mut().for_each(|row| row[0] = COMMON * NOISE * (HIDDEN as f64).sqrt());
    rows
}

struct Attention {
    query: Rows,
    key: Rows,
    value: Rows,
    output: Rows,
}

/// `first`: half of the heads look at tokens before.
fn attention(random: &mut Random, first: bool) -> Attention {
    let shared = HEADS / KEY_VALUE_HEADS;
    let value = orthonormal(random, KEY_VALUE_HEADS * HEAD, HIDDEN);
    let mut key = orthonormal(random, KEY_VALUE_HEADS * HEAD, HIDDEN);
    let mut query = noise(random, HEADS * HEAD, HIDDEN);
    // The row of keys and values that belongs to a row of queries.
    let partner = |at: usize| at / (shared * HEAD) * HEAD + at % HEAD;
    for (at, row) in query.iter_mut().enumerate() {
        let alike = &key[partner(at)];
        row.iter_mut().zip(alike).for_each(|(value, key)| *value += key);
    }
    if first {
        for head in 0..HEADS / 2 {
            set_common(&mut query[head * HEAD..][..HEAD], (head + 1) as f64);
        }
        for head in 0..KEY_VALUE_HEADS / 2 {
            set_common(&mut key[head * HEAD..][..HEAD], 0.0);
        }
    }
    let passed_on = PASSED_ON / shared as f64;
    let passed = |row: usize| (0..HEADS * HEAD).map(|at| value[partner(at)][row] * passed_on).collect();
    let output = (0..HIDDEN).map(passed).collect();
    Attention { query, key, value, output }
}

/// Makes a head answer to nothing but the common share of the embeddings, as if it stood `back` positions earlier.
fn set_common(head: &mut [Vec<f64>], back: f64) {
    for (at, row) in head.iter_mut().enumerate() {
        let frequency = ROPE_THETA.powf(-((at % (HEAD / 2)) as f64) / (HEAD / 2) as f64);
        let turned = if at < HEAD / 2 { (back * frequency).cos() } else { -(back * frequency).sin() };
        row.fill(0.0);
        row[0] = if frequency > SLOWEST { BEFORE * turned } else { 0.0 };
    }
}

fn noise(random: &mut Random, rows: usize, columns: usize) -> Rows {
    (0..rows).map(|_| (0..columns).map(|_| random.normal() * NOISE).collect()).collect()
}

/// Rows of length one, each at right angles to all others (Gram–Schmidt).
fn orthonormal(random: &mut Random, rows: usize, columns: usize) -> Rows {
    let mut done: Rows = Vec::new();
    for mut row in noise(random, rows, columns) {
        for other in &done {
            let along: f64 = row.iter().zip(other).map(|(a, b)| a * b).sum();
            row.iter_mut().zip(other).for_each(|(value, other)| *value -= along * other);
        }
        let length = row.iter().map(|value| value * value).sum::<f64>().sqrt();
        done.push(row.into_iter().map(|value| value / length).collect());
    }
    done
}
