"""Expected numbers of every way to train an adapter with transformers and PEFT, for the tests of crates/model.

Writes crates/model/tests/fixtures/methods/FAMILY.json: the config of a tiny model, and for each method the gradient of
every adapter tensor and the losses of 20 steps of AdamW. Models, adapters and rows come from the same formulas as in
families.py. Dropout and the noise of NEFTune take the numbers that crates/model/src/noise.rs draws: the generator is
written here once more.

Run from the repository's root, in the virtual environment that families.py describes:
    .venv/bin/python scripts/reference/methods.py
"""

import json
from unittest import mock

import families
import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.integrations.neftune import neftune_post_forward_hook

FIXTURES = families.FIXTURES.parent / "methods"
SEED = 42
# Tokens of padding learn nothing in transformers, and the rows here hold every token.
BASES = {
    "llama": {"pad_token_id": None},
    "qwen3": {"pad_token_id": None, "head_dim": 8, "attention_bias": True, "tie_word_embeddings": True},
    "gemma2": {**families.FAMILIES["gemma2"]["caps and windows"], "pad_token_id": None},
}
EVERYWHERE = {"target_modules": [*families.APART, "embed_tokens", "lm_head"]}
METHODS = {
    "rslora": {"use_rslora": True},
    "one layer": {"layers_to_transform": [1]},
    "embedding and head": EVERYWHERE,
    "dropout": {"lora_dropout": 0.25},
    "dropout everywhere": {"lora_dropout": 0.25, **EVERYWHERE},
    "neftune": {"neftune": 5.0},
    "dora": {"use_dora": True},
    "dora, dropout, rslora, head": {
        "use_dora": True, "lora_dropout": 0.25, "use_rslora": True, "target_modules": [*families.APART, "lm_head"]},
    "pissa": {"init_lora_weights": "pissa"},
    "whole embedding, head and norms": {"modules_to_save": ["embed_tokens", "lm_head", "norm"]},
    "whole projection": {"target_modules": families.APART[1:], "modules_to_save": ["q_proj"]},
    "single tokens": {"trainable_token_indices": [3, 17, 40, 5]},
    "biases": {"bias": "all", "target_modules": ["q_proj", "down_proj"]},
    "biases of modules": {"bias": "lora_only", "target_modules": ["q_proj", "down_proj"]},
}


def words(purpose, step, layer, first, count):
    """ChaCha with 8 rounds, as a stream of 32-bit words from the `first` on; see `Key` in random.rs."""
    hashed = 0xCBF29CE484222325
    for byte in purpose.encode():
        hashed = ((hashed ^ byte) * 0x100000001B3) % 2**64
    key = np.array([SEED, hashed, step, layer], dtype="<u8").view("<u4")
    block = first // 16
    blocks = -(-(first + count) // 16) - block
    counters = np.arange(block, block + blocks, dtype=np.uint64)
    start = np.zeros((16, blocks), dtype=np.uint32)
    start[:4] = np.frombuffer(b"expand 32-byte k", dtype="<u4")[:, None]
    start[4:12] = key[:, None]
    start[12], start[13] = counters & 0xFFFFFFFF, counters >> np.uint64(32)
    state = start.copy()

    def mix(a, b, c, d):
        for one, other, third, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            state[one] += state[other]
            state[third] ^= state[one]
            state[third] = (state[third] << np.uint32(turn)) | (state[third] >> np.uint32(32 - turn))

    for _ in range(4):
        for i in range(4):
            mix(i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            mix(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return (state + start).T.reshape(-1)[first - 16 * block :][:count]


class Place:
    """Which row of which step is being computed."""

    step, first = 0, 0


class Dropout(torch.nn.Module):
    """torch's Dropout with the numbers of noise.rs."""

    def __init__(self, name, share):
        super().__init__()
        parts = name.split(".")
        self.module, self.share = parts[-1], share
        self.layer = next((int(part) for part in reversed(parts[:-1]) if part.isdigit()), 0)

    def forward(self, x):
        first, count = Place.first * x.shape[-1], x.numel()
        drawn = words(f"dropout {self.module}", Place.step, self.layer, first, count)
        mask = (drawn >= np.uint32(int(self.share * 2**32))).astype(np.float32) / np.float32(1 - self.share)
        return x * torch.from_numpy(mask.reshape(x.shape))


def noise(tensor, low, high):
    """Takes the place of `uniform_` in transformers' own hook."""
    drawn = words("neftune", Place.step, 0, 2 * Place.first * tensor.shape[-1], 2 * tensor.numel()).astype(np.uint64)
    uniform = ((drawn[0::2] | (drawn[1::2] << np.uint64(32))) >> np.uint64(11)).astype(np.float64) / 2**53
    bound = float(high)
    return torch.from_numpy(((2 * uniform - 1) * bound).astype(np.float32).reshape(tensor.shape))


def model(family, changes, method):
    config = AutoConfig.for_model(family, **{**families.BASE, **changes})
    base = AutoModelForCausalLM.from_config(config, attn_implementation="eager").float()
    written = {**json.loads(base.config.to_json_string(use_diff=False)), "architectures": [type(base).__name__]}
    families.fill(base)
    method = {"target_modules": families.APART, **method}
    alpha = method.pop("neftune", 0.0)
    lora = LoraConfig(r=families.RANK, lora_alpha=2 * families.RANK, task_type="CAUSAL_LM", **method)
    tuned = get_peft_model(base, lora)
    with torch.no_grad():
        for name, weight in tuned.named_parameters():
            if weight.requires_grad and "init_lora_weights" not in method:
                place = families.numbers(plain(name), weight.shape, 0.2, 0.0)
                # Magnitudes begin as lengths; here they are moved away from them.
                weight.copy_(weight * (1 + place) if "magnitude" in name else place)
    for name, module in tuned.named_modules():
        if isinstance(getattr(module, "lora_dropout", None), torch.nn.ModuleDict) and method.get("lora_dropout"):
            if "embed_tokens" not in name:
                module.lora_dropout["default"] = Dropout(name, method["lora_dropout"])
    tuned.train()
    if alpha:
        embedding = tuned.get_input_embeddings()
        embedding.neftune_noise_alpha = alpha
        embedding.register_forward_hook(neftune_post_forward_hook)
    return tuned, written


def plain(name):
    """PEFT's name in memory, as it is in PEFT's file, without the prefix."""
    name = families.plain(name).removesuffix(".default")
    for wrapper in ("modules_to_save.", "base_layer."):
        name = name.replace(wrapper, "")
    return name.removesuffix(".weight") if "magnitude" in name else name


def loss(tuned, rows, step):
    """As families.loss, with the place of each row."""
    total, learned = torch.zeros(()), 0
    Place.step, Place.first = step, 0
    with mock.patch.object(torch.Tensor, "uniform_", noise):
        for row in rows:
            row_loss, row_learned, _ = families.loss(tuned, [row])
            total, learned = total + row_loss, learned + row_learned
            Place.first += len(row[0])
    return total, learned


def short(tensor):
    return [float(f"{number:.6g}") for number in tensor.detach().flatten().tolist()]


def trained(tuned):
    return {plain(name): weight for name, weight in tuned.named_parameters() if weight.requires_grad}


def case(family, changes, name, method):
    tuned, config = model(family, changes, dict(method))
    total, learned = loss(tuned, families.batch(families.LENGTHS, families.BASE["vocab_size"], 1), 7)
    total.backward()
    gradients = {name: short(weight.grad) for name, weight in sorted(trained(tuned).items())}
    found = {"name": name, "config": config, "method": method, "nats": total.item(), "learned": learned, "step": 7}
    found["losses"] = curve(family, changes, method)
    # The signs of singular vectors are free, and with them those of the gradients.
    found["gradients"] = {} if name == "pissa" else gradients
    return found


def curve(family, changes, method):
    tuned, _ = model(family, changes, dict(method))
    weights = list(trained(tuned).values())
    optimizer = torch.optim.AdamW(weights, lr=5e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
    losses = []
    for step in range(families.STEPS):
        rows = families.batch(families.CURVE_LENGTHS, families.BASE["vocab_size"], step % 4)
        total, learned = loss(tuned, rows, step + 1)
        mean = total / learned
        optimizer.zero_grad()
        mean.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        losses.append(mean.item())
    return losses


def main():
    FIXTURES.mkdir(parents=True, exist_ok=True)
    for family, changes in BASES.items():
        methods = {name: method for name, method in METHODS.items() if "bias" not in method or "attention_bias" in changes}
        cases = [case(family, changes, name, method) for name, method in methods.items()]
        found = {"made_by": "scripts/reference/methods.py", "rank": families.RANK, "seed": SEED, "cases": cases,
                 "lengths": families.LENGTHS, "curve_lengths": families.CURVE_LENGTHS}
        (FIXTURES / f"{family}.json").write_text(json.dumps(found) + "\n")
        print(family, *(f"{case['name']}: {case['losses'][0]:.4f} → {case['losses'][-1]:.4f}" for case in cases), sep="\n  ")


if __name__ == "__main__":
    main()
