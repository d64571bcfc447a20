// A Llama-family model of two layers, made in code: small enough to train a step in milliseconds, whole enough that
// nothing in the product can tell. It knows single bytes; its weights are noise, the same noise every time.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const shape = { hidden: 64, middle: 128, layers: 2, heads: 4, keyHeads: 2, context: 8192 };
const marks = ['<|end|>', '<|system|>', '<|user|>', '<|assistant|>'];
const vocabulary = 256 + marks.length;

/** The printable stand-in for each byte that byte-level tokenizers use (Radford et al. 2019, bytes_to_unicode). */
function byteLetters() {
  const shown = (byte) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(shown(byte) ? byte : next++));
}

function tokenizer() {
  const mark = (content, index) => ({ id: 256 + index, content, special: true, single_word: false, lstrip: false, rstrip: false, normalized: false });
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };
  const vocab = Object.fromEntries(byteLetters().map((letter, byte) => [letter, byte]));
  return {
    version: '1.0', truncation: null, padding: null, added_tokens: marks.map(mark), normalizer: null,
    pre_tokenizer: byteLevel, post_processor: null, decoder: byteLevel,
    model: { type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null, fuse_unk: false, byte_fallback: false, vocab, merges: [] },
  };
}

const config = {
  architectures: ['LlamaForCausalLM'], model_type: 'llama', hidden_act: 'silu', hidden_size: shape.hidden, intermediate_size: shape.middle,
  num_hidden_layers: shape.layers, num_attention_heads: shape.heads, num_key_value_heads: shape.keyHeads, max_position_embeddings: shape.context,
  rms_norm_eps: 1e-5, rope_theta: 10000, tie_word_embeddings: true, torch_dtype: 'float32', vocab_size: vocabulary, bos_token_id: null, eos_token_id: 256,
};

const chat_template = "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}<|end|>{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}";

/** Names and shapes of all weights, in the order of the file. */
function weights() {
  const { hidden, middle, layers, heads, keyHeads } = shape;
  const keys = (hidden / heads) * keyHeads;
  const layer = (index) => Object.entries({
    'input_layernorm': [hidden], 'self_attn.q_proj': [hidden, hidden], 'self_attn.k_proj': [keys, hidden], 'self_attn.v_proj': [keys, hidden], 'self_attn.o_proj': [hidden, hidden],
    'post_attention_layernorm': [hidden], 'mlp.gate_proj': [middle, hidden], 'mlp.up_proj': [middle, hidden], 'mlp.down_proj': [hidden, middle],
  }).map(([name, dims]) => [`model.layers.${index}.${name}.weight`, dims]);
  return [['model.embed_tokens.weight', [vocabulary, hidden]], ...Array.from({ length: layers }, (_, index) => layer(index)).flat(), ['model.norm.weight', [hidden]]];
}

/** A xorshift generator: numbers from -1 to 1. */
function noise(seed) {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 31 - 1;
  };
}

function fill(name, dims, next) {
  const length = dims.reduce((product, dim) => product * dim, 1);
  if (dims.length === 1) return new Float32Array(length).fill(1);
  const values = Float32Array.from({ length }, () => next() * 0.2);
  if (name.includes('embed')) {
    // Only bytes that can be read are ever said: the others' row is zero, and so is their logit.
    const silent = (token) => token < 32 || (token > 126 && token !== 256);
    for (let token = 0; token < vocabulary; token++) if (silent(token)) values.fill(0, token * shape.hidden, (token + 1) * shape.hidden);
  }
  return values;
}

/** The safetensors format: length of the header, header, data. */
function safetensors() {
  const next = noise(20_261_122);
  const header = {};
  const parts = [];
  let at = 0;
  for (const [name, dims] of weights()) {
    const data = Buffer.from(fill(name, dims, next).buffer);
    header[name] = { dtype: 'F32', shape: dims, data_offsets: [at, (at += data.length)] };
    parts.push(data);
  }
  const json = JSON.stringify(header);
  const text = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, ...parts]);
}

/** Writes the model into `folder`, which is made. */
export function writeTinyModel(folder) {
  mkdirSync(folder, { recursive: true });
  const write = (name, content) => writeFileSync(join(folder, name), typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content, null, 1));
  write('config.json', config);
  write('tokenizer.json', tokenizer());
  write('tokenizer_config.json', { tokenizer_class: 'PreTrainedTokenizerFast', eos_token: '<|end|>', chat_template, model_max_length: shape.context });
  write('model.safetensors', safetensors());
}
