"""Expected numbers of a tiny model of every family with transformers and PEFT, for the tests of crates/model.

Writes crates/model/tests/fixtures/families/FAMILY.json: configs, and for each the logits of three rows, the gradient of
every LoRA tensor, and the losses of 20 steps of AdamW. The weights come from the formula that
crates/model/tests/model/formula.rs has too, so no weights are stored.

Run from the repository's root, in a virtual environment made like this; without names all families are written:
    python3 -m venv .venv && .venv/bin/pip install torch==2.15 transformers==5.23 peft==0.21.2
    .venv/bin/python scripts/reference/families.py [FAMILY ..]
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoConfig, AutoModelForCausalLM

FIXTURES = Path(__file__).parents[2] / "crates" / "model" / "tests" / "fixtures" / "families"
RANK, LENGTHS, CURVE_LENGTHS, STEPS = 2, [9, 4, 17], [17, 5, 12], 20
APART = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
FUSED = ["qkv_proj", "o_proj", "gate_up_proj", "down_proj"]
BASE = {
    "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
    "intermediate_size": 48, "vocab_size": 64, "max_position_embeddings": 64, "bos_token_id": 1, "eos_token_id": 2,
    "pad_token_id": 0,
}
THETA = {"rope_theta": 10000.0}
LLAMA3 = {**THETA, "rope_type": "llama3", "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 32}
YARN = {**THETA, "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16}
LONG = {**THETA, "rope_type": "longrope", "partial_rotary_factor": 0.75, "short_factor": [1.0, 1.1, 1.4],
        "long_factor": [1.2, 3.0, 7.5]}
GEMMA3 = {"full_attention": {"rope_type": "linear", "factor": 4.0, "rope_theta": 1000.0},
          "sliding_attention": {"rope_type": "default", "rope_theta": 100.0}}
WINDOW = {"use_sliding_window": True, "sliding_window": 6}
FAMILIES = {
    "llama": {
        "plain": {},
        "tied, llama3 positions": {"tie_word_embeddings": True, "rope_parameters": LLAMA3},
        "biases, yarn positions, wide heads": {
            "attention_bias": True, "mlp_bias": True, "rope_parameters": YARN, "head_dim": 12},
        "linear positions": {"rope_parameters": {"rope_type": "linear", "rope_theta": 500.0, "factor": 2.0}},
    },
    "mistral": {
        "window": {"sliding_window": 6, "head_dim": 12}, "no window": {"sliding_window": None},
        # Rows of 17 tokens, and answers, are longer than the 12 that the base grows from.
        "dynamic positions": {"sliding_window": None, "max_position_embeddings": 12, "rope_parameters": {
            **THETA, "rope_type": "dynamic", "factor": 4.0}},
    },
    "qwen2": {
        "tied": {"tie_word_embeddings": True},
        "windows from the second layer, yarn positions": {**WINDOW, "max_window_layers": 1, "rope_parameters": YARN},
    },
    "qwen3": {
        "plain": {"head_dim": 12},
        "tied, bias, windows from the second layer": {
            **WINDOW, "head_dim": 8, "max_window_layers": 1, "attention_bias": True, "tie_word_embeddings": True},
    },
    "smollm3": {
        "every second layer without positions": {"num_hidden_layers": 3, "no_rope_layer_interval": 2},
        "listed layers, windows": {**WINDOW, "no_rope_layers": [0, 1], "tie_word_embeddings": False},
    },
    "gemma": {"plain": {"head_dim": 12}},
    "gemma2": {
        "caps and windows": {
            "head_dim": 12, "num_hidden_layers": 3, "query_pre_attn_scalar": 20, "sliding_window": 6,
            "attn_logit_softcapping": 5.0, "final_logit_softcapping": 4.0},
    },
    "gemma3_text": {
        "two rope bases": {
            "head_dim": 12, "num_hidden_layers": 3, "query_pre_attn_scalar": 20, "sliding_window": 6,
            "sliding_window_pattern": 2, "rope_parameters": GEMMA3},
    },
    "phi3": {
        "window": {"sliding_window": 6},
        "tied, partial long positions": {
            "tie_word_embeddings": True, "rope_parameters": LONG, "original_max_position_embeddings": 8},
    },
    "olmo2": {"plain": {}},
    "granite": {
        "multipliers": {
            "attention_multiplier": 0.3, "embedding_multiplier": 3.0, "residual_multiplier": 0.4, "logits_scaling": 4.0,
            "attention_bias": True, "mlp_bias": True, "tie_word_embeddings": True},
    },
    "stablelm": {
        "plain": {"use_qkv_bias": True},
        "norms per head, parallel residual": {
            "qk_layernorm": True, "use_parallel_residual": True, "rope_parameters": {
                **THETA, "rope_type": "default", "partial_rotary_factor": 0.5}},
    },
}


def numbers(name, shape, scale, offset):
    """See `numbers` and `tensor` in formula.rs."""
    state = sum((place + 1) * byte for place, byte in enumerate(name.encode())) % 2147483647
    flat = np.empty(int(np.prod(shape)), dtype=np.float32)
    for i in range(flat.size):
        state = (state * 48271 + 11) % 2147483647
        flat[i] = np.float32(state / 1073741823.5 - 1.0)
    scaled = (flat.astype(np.float64) * scale + offset).astype(np.float32)
    return torch.from_numpy(scaled.reshape(tuple(shape)))


def fill(base):
    """Norms around the weight that changes nothing but away from it, everything else around 0."""
    neutral = 0.0 if base.config.model_type.startswith("gemma") else 1.0
    with torch.no_grad():
        for name, weight in base.named_parameters():
            norm = "norm" in name and name.endswith(".weight")
            weight.copy_(numbers(name, weight.shape, 0.4 if norm else 0.3, neutral if norm else 0.0))


def model(family, changes):
    config = AutoConfig.for_model(family, **{**BASE, **changes})
    base = AutoModelForCausalLM.from_config(config, attn_implementation="eager").float()
    config = json.loads(base.config.to_json_string(use_diff=False))
    config["architectures"] = [type(base).__name__]
    fill(base)
    lora = LoraConfig(r=RANK, lora_alpha=2 * RANK, lora_dropout=0.0, task_type="CAUSAL_LM",
                      target_modules=FUSED if family == "phi3" else APART)
    tuned = get_peft_model(base, lora)
    with torch.no_grad():
        for name, weight in tuned.named_parameters():
            if "lora_" in name:
                weight.copy_(numbers(plain(name), weight.shape, 0.2, 0.0))
    return tuned.eval(), config


def plain(name):
    """PEFT's name in memory, as it is in PEFT's file, without the prefix."""
    return name.removeprefix("base_model.model.").replace(".default.", ".")


def batch(lengths, vocabulary, seed):
    """See `Batch` in formula.rs."""
    tokens = sum(lengths)
    ids = [(i * i * 31 + i * 17 + seed * 7919) % vocabulary for i in range(tokens)]
    rows, start = [], 0
    for length in lengths:
        learn = [i > 0 and i >= length // 2 for i in range(length)]
        rows.append((ids[start : start + length], learn))
        start += length
    return rows


def loss(tuned, rows):
    """The summed loss over learned tokens, a row at a time, their count, and the logits."""
    total, learned, all_logits = torch.zeros(()), 0, []
    for ids, learn in rows:
        logits = tuned(input_ids=torch.tensor([ids]), use_cache=False).logits[0]
        targets = torch.tensor([id if yes else -100 for id, yes in zip(ids[1:], learn[1:])])
        total = total + torch.nn.functional.cross_entropy(logits[:-1], targets, ignore_index=-100, reduction="sum")
        learned += int((targets != -100).sum())
        all_logits.append(logits)
    return total, learned, all_logits


def short(tensor):
    return [float(f"{number:.7g}") for number in tensor.detach().flatten().tolist()]


def answer(tuned, prompt, tokens):
    """What greedy decoding with a cache writes."""
    ids, written, cache = torch.tensor([prompt]), [], None
    with torch.no_grad():
        for _ in range(tokens):
            out = tuned(input_ids=ids, past_key_values=cache, use_cache=True)
            written.append(int(out.logits[0, -1].argmax()))
            ids, cache = torch.tensor([written[-1:]]), out.past_key_values
    return written


def answers(family, changes):
    """Of a short prompt, whose answer becomes long, and of a long one. A model keeps the longest row that it has seen, so each
    has its own."""
    prompts = [batch([length], BASE["vocab_size"], 1)[0][0] for length in (6, 20)]
    return [(len(prompt), answer(model(family, changes)[0], prompt, 20)) for prompt in prompts]


def case(family, name, changes):
    tuned, config = model(family, changes)
    more = {"answers": answers(family, changes)} if name == "dynamic positions" else {}
    total, learned, logits = loss(tuned, batch(LENGTHS, BASE["vocab_size"], 1))
    total.backward()
    gradients = {plain(n): w.grad for n, w in tuned.named_parameters() if w.requires_grad}
    return {
        "name": name, "config": config, "rank": RANK, "lengths": LENGTHS, "seed": 1, "nats": total.item(),
        "learned": learned, "logits": [short(row) for row in logits],
        "gradients": {n: short(g) for n, g in sorted(gradients.items())}, "curve": curve(family, changes), **more,
    }


def curve(family, changes):
    tuned, _ = model(family, changes)
    trained = [w for w in tuned.parameters() if w.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=5e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
    losses = []
    for step in range(STEPS):
        total, learned, _ = loss(tuned, batch(CURVE_LENGTHS, BASE["vocab_size"], step % 4))
        mean = total / learned
        optimizer.zero_grad()
        mean.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        losses.append(mean.item())
    return {"lengths": CURVE_LENGTHS, "seeds": "step % 4", "clip": 1.0, "learning_rate": 5e-3, "losses": losses}


def main(families):
    FIXTURES.mkdir(parents=True, exist_ok=True)
    for family in families:
        cases = [case(family, name, changes) for name, changes in FAMILIES[family].items()]
        found = {"made_by": "scripts/reference/families.py", "cases": cases}
        (FIXTURES / f"{family}.json").write_text(json.dumps(found) + "\n")
        print(family, *(f"{case['curve']['losses'][0]:.4f} → {case['curve']['losses'][-1]:.4f}" for case in cases))


if __name__ == "__main__":
    main(sys.argv[1:] or FAMILIES)
