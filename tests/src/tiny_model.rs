//! A model of the Llama family that knows single bytes. Its weights are noise, the same noise every time.

use std::fs;
use std::io;
use std::path::Path;

use serde_json::{Map, Value, json};

/// The shape of the model. The defaults are as small as every part still being there allows.
#[derive(Debug, Clone, Copy)]
pub struct TinyModel {
    /// Width of the hidden states.
    pub hidden: usize,
    /// Width inside the MLP.
    pub middle: usize,
    /// Blocks.
    pub layers: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads.
    pub key_heads: usize,
    /// Longest context, in tokens.
    pub context: usize,
}

impl Default for TinyModel {
    fn default() -> Self {
        Self { hidden: 32, middle: 64, layers: 2, heads: 4, key_heads: 2, context: 512 }
    }
}

const MARKS: [&str; 4] = ["<|end|>", "<|system|>", "<|user|>", "<|assistant|>"];
const VOCABULARY: usize = 256 + MARKS.len();
const TEMPLATE: &str = "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}<|end|>{% endfor %}\
                        {% if add_generation_prompt %}<|assistant|>{% endif %}";

/// Writes a model folder of the default shape.
pub fn tiny_model(folder: &Path) -> io::Result<()> {
    TinyModel::default().write(folder)
}

impl TinyModel {
    /// Writes config.json, tokenizer.json, tokenizer_config.json and model.safetensors.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let write = |name: &str, value: &Value| fs::write(folder.join(name), value.to_string());
        write("config.json", &self.config())?;
        write("tokenizer.json", &tokenizer())?;
        write("tokenizer_config.json", &json!({ "chat_template": TEMPLATE, "eos_token": MARKS[0] }))?;
        fs::write(folder.join("model.safetensors"), self.weights())
    }

    fn config(&self) -> Value {
        json!({
            "architectures": ["LlamaForCausalLM"],
            "model_type": "llama",
            "hidden_act": "silu",
            "hidden_size": self.hidden,
            "intermediate_size": self.middle,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "num_key_value_heads": self.key_heads,
            "max_position_embeddings": self.context,
            "rms_norm_eps": 1e-5,
            "rope_theta": 10000.0,
            "tie_word_embeddings": true,
            "torch_dtype": "float32",
            "vocab_size": VOCABULARY,
            "eos_token_id": 256,
        })
    }

    /// Names and shapes, in the order of the file.
    fn shapes(&self) -> Vec<(String, Vec<usize>)> {
        let (hidden, middle, keys) = (self.hidden, self.middle, self.hidden / self.heads * self.key_heads);
        let mut shapes = vec![("model.embed_tokens.weight".to_owned(), vec![VOCABULARY, hidden])];
        for layer in 0..self.layers {
            let parts = [
                ("input_layernorm", vec![hidden]),
                ("self_attn.q_proj", vec![hidden, hidden]),
                ("self_attn.k_proj", vec![keys, hidden]),
                ("self_attn.v_proj", vec![keys, hidden]),
                ("self_attn.o_proj", vec![hidden, hidden]),
                ("post_attention_layernorm", vec![hidden]),
                ("mlp.gate_proj", vec![middle, hidden]),
                ("mlp.up_proj", vec![middle, hidden]),
                ("mlp.down_proj", vec![hidden, middle]),
            ];
            shapes.extend(parts.map(|(part, shape)| (format!("model.layers.{layer}.{part}.weight"), shape)));
        }
        shapes.push(("model.norm.weight".to_owned(), vec![hidden]));
        shapes
    }

    /// The safetensors file: the length of the header, the header, the numbers.
    fn weights(&self) -> Vec<u8> {
        let mut noise = Noise(0x9e37_79b9);
        let (mut header, mut data) = (Map::new(), Vec::new());
        for (name, shape) in self.shapes() {
            let start = data.len();
            let scale = 1.0 / (*shape.last().unwrap_or(&1) as f32).sqrt();
            for _ in 0..shape.iter().product() {
                let value = if shape.len() == 1 { 1.0 } else { noise.next() * scale };
                data.extend(value.to_le_bytes());
            }
            header.insert(name, json!({ "dtype": "F32", "shape": shape, "data_offsets": [start, data.len()] }));
        }
        let header = Value::Object(header).to_string();
        [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &data].concat()
    }
}

/// Byte-level, without merges: every byte is a token.
fn tokenizer() -> Value {
    let mark = |(index, content): (usize, &&str)| {
        json!({
            "id": 256 + index, "content": content, "special": true,
            "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
        })
    };
    let byte_level =
        json!({ "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false });
    let vocabulary: Map<String, Value> =
        letters().enumerate().map(|(byte, letter)| (letter.to_string(), json!(byte))).collect();
    json!({
        "version": "1.0",
        "added_tokens": MARKS.iter().enumerate().map(mark).collect::<Vec<_>>(),
        "pre_tokenizer": byte_level,
        "decoder": byte_level,
        "model": { "type": "BPE", "vocab": vocabulary, "merges": [] },
    })
}

/// The printable stand-in for each byte (Radford et al. 2019, `bytes_to_unicode`).
fn letters() -> impl Iterator<Item = char> {
    let mut next = 256;
    (0_u32..256).map(move |byte| {
        let shown = (33..=126).contains(&byte) || (byte >= 161 && byte != 173);
        let code = if shown { byte } else { next };
        next += u32::from(!shown);
        char::from_u32(code).unwrap_or('?')
    })
}

/// Xorshift (Marsaglia 2003): numbers from -1 to 1.
struct Noise(u32);

impl Noise {
    fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 as f32 / (1_u32 << 31) as f32 - 1.0
    }
}
