"""Expected numbers of a tiny Llama with transformers and PEFT, for the tests of crates/model and crates/train.

Writes crates/model/tests/fixtures/tiny_llama.json (logits and LoRA gradients of some configs) and
crates/model/tests/fixtures/curve.json (losses of 20 steps of AdamW). The weights come from the formula that
crates/model/tests/model/formula.rs has too, so no weights are stored.

Run from the repository's root, in a virtual environment made like this:
    python3 -m venv .venv && .venv/bin/pip install torch==2.15 transformers==5.23 peft==0.21.2
    .venv/bin/python scripts/reference/tiny_llama.py
"""

import json
from pathlib import Path

import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

FIXTURES = Path(__file__).parents[2] / "crates" / "model" / "tests" / "fixtures"
MODULES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
MADE_BY = "scripts/reference/tiny_llama.py"
BASE = {
    "hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2,
    "intermediate_size": 48, "vocab_size": 96, "max_position_embeddings": 64, "rms_norm_eps": 1e-5,
    "bos_token_id": 1, "eos_token_id": 2, "tie_word_embeddings": False,
}
LLAMA3 = {
    "rope_type": "llama3", "rope_theta": 10000.0, "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}
CASES = {
    "plain": {},
    "tied": {"tie_word_embeddings": True},
    "biases": {"attention_bias": True, "mlp_bias": True},
    "llama3 positions": {"rope_parameters": LLAMA3},
    "linear positions": {"rope_parameters": {"rope_type": "linear", "rope_theta": 500.0, "factor": 2.0}},
    "wide heads": {"head_dim": 12},
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


def model(changes, rank):
    torch.manual_seed(0)
    base = LlamaForCausalLM(LlamaConfig(**{**BASE, **changes})).float()
    with torch.no_grad():
        for name, weight in base.named_parameters():
            norm = "norm" in name
            weight.copy_(numbers(name, weight.shape, 0.4 if norm else 0.3, 1.0 if norm else 0.0))
    config = json.loads(base.config.to_json_string(use_diff=False))
    lora = LoraConfig(r=rank, lora_alpha=2 * rank, lora_dropout=0.0, target_modules=MODULES, task_type="CAUSAL_LM")
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
    """The summed loss over learned tokens, a row at a time, and their count."""
    total, learned = torch.zeros(()), 0
    for ids, learn in rows:
        logits = tuned(input_ids=torch.tensor([ids])).logits[0, :-1]
        targets = torch.tensor([id if yes else -100 for id, yes in zip(ids[1:], learn[1:])])
        total = total + torch.nn.functional.cross_entropy(logits, targets, ignore_index=-100, reduction="sum")
        learned += int((targets != -100).sum())
    return total, learned


def short(tensor):
    return [float(f"{number:.7g}") for number in tensor.detach().flatten().tolist()]


def case(name, changes):
    tuned, config = model(changes, 4)
    lengths = [9, 4, 40]
    rows = batch(lengths, BASE["vocab_size"], 1)
    total, learned = loss(tuned, rows)
    total.backward()
    gradients = {plain(n): w.grad for n, w in tuned.named_parameters() if w.requires_grad}
    with torch.no_grad():
        logits = tuned(input_ids=torch.tensor([rows[2][0]])).logits[0, -3:]
    found = {
        "name": name, "config": config, "rank": 4, "lengths": lengths, "seed": 1, "nats": total.item(),
        "learned": learned, "last_row_last_logits": short(logits),
        "gradient_norms": {n: float(f"{g.norm().item():.7g}") for n, g in sorted(gradients.items())},
    }
    if name == "plain":
        found["gradients"] = {n: short(g) for n, g in sorted(gradients.items())}
    return found


def curve():
    tuned, config = model({}, 4)
    trained = [w for w in tuned.parameters() if w.requires_grad]
    settings = {"lr": 1e-2, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.0}
    optimizer = torch.optim.AdamW(trained, lr=1e-2, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
    lengths, losses, norms = [17, 5, 30], [], []
    for step in range(20):
        total, learned = loss(tuned, batch(lengths, BASE["vocab_size"], step % 4))
        mean = total / learned
        optimizer.zero_grad()
        mean.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(trained, 1.0)))
        optimizer.step()
        losses.append(mean.item())
    return {
        "made_by": MADE_BY, "config": config, "rank": 4, "lengths": lengths, "seeds": "step % 4", "clip": 1.0,
        "optimizer": settings, "losses": losses, "gradient_norms": norms,
    }


def main():
    FIXTURES.mkdir(parents=True, exist_ok=True)
    cases = {"made_by": MADE_BY, "cases": [case(name, changes) for name, changes in CASES.items()]}
    (FIXTURES / "tiny_llama.json").write_text(json.dumps(cases) + "\n")
    (FIXTURES / "curve.json").write_text(json.dumps(curve(), indent=1) + "\n")


if __name__ == "__main__":
    main()
