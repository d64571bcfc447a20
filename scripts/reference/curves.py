#!/usr/bin/env python3
"""Twenty training steps of a tiny Llama and a tiny Qwen3 in every way that a whole run decides: what is trained, where it
begins, the optimiser, and the tokens that are learned.

    python scripts/reference/curves.py crates/train/tests/fixtures/curves

Writes for each family base/ (the model), adapter/ and wide/ (PEFT's initial adapters; the tensors of wide/ are long enough
for 8 bits), and curves.json: rows, and for each way the settings of the run, the losses, and the gradients' lengths before
each update. maps.json has the 8-bit numbers. Adapters are PEFT's, all weights and some layers are transformers' alone,
the optimisers and the warm-up are those of optimizers.py. To make the environment:

    python -m venv .venv && .venv/bin/pip install torch==2.15 transformers==5.23 peft==0.21.2
"""
import json
import math
import sys
from pathlib import Path

import torch
from optimizers import SIGNED, UNSIGNED, AdamW8bit, Lion, cosine_with_warm_up
from peft import LoraConfig, PeftModel, get_peft_model
from peft.optimizers import create_loraplus_optimizer
from transformers import AutoConfig, AutoModelForCausalLM

STEPS, WARMUP_RATIO, WEIGHT_DECAY, MAX_NORM = 20, 0.1, 0.05, 1.0
VOCABULARY = 96
BASE = dict(hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
            vocab_size=VOCABULARY, max_position_embeddings=64, rms_norm_eps=1e-5, rope_theta=10000.0,
            tie_word_embeddings=True, initializer_range=0.1, head_dim=8, bos_token_id=0, eos_token_id=1, pad_token_id=None)
FAMILIES = ["llama", "qwen3"]
ADAPTERS = {
    "adapter": dict(r=4, lora_alpha=8, target_modules=[
        "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]),
    # 128 × 32, 48 × 128 and more are 4096 numbers and more; 16 × 128, k_proj's B, are fewer and stay in 32 bits.
    "wide": dict(r=128, lora_alpha=64, target_modules=["k_proj", "down_proj"]),
}
SHARED = dict(batch_size=2, gradient_accumulation=4, max_steps=STEPS, scheduler="cosine", warmup_ratio=WARMUP_RATIO,
              weight_decay=WEIGHT_DECAY, max_grad_norm=MAX_NORM)
# The settings of a run, and the adapter that it continues from.
WAYS = {
    "adapter": (dict(learning_rate=0.02), "adapter"),
    "adapter, last answers": (dict(learning_rate=0.02, learn_from="last"), "adapter"),
    "adapter, everything learned": (dict(learning_rate=0.02, learn_from="all"), "adapter"),
    "adapter, lion": (dict(learning_rate=0.004, optimizer="lion"), "adapter"),
    "adapter, lora+": (dict(learning_rate=0.01, lora_plus_ratio=4.0), "adapter"),
    "adapter, 8-bit adamw": (dict(learning_rate=0.01, optimizer="adamw8bit"), "wide"),
    "adapter, listed projections": (dict(learning_rate=0.01), "wide"),
    "all weights": (dict(learning_rate=0.01, method="full"), None),
    "all weights, lion": (dict(learning_rate=0.002, method="full", optimizer="lion"), None),
    "weights of the last layer": (dict(learning_rate=0.01, method="full", layers="last-1"), None),
}


def make_models(folder, family):
    torch.manual_seed(3)
    config = AutoConfig.for_model(family, **BASE)
    AutoModelForCausalLM.from_config(config).float().save_pretrained(folder / "base")
    for seed, (name, shape) in zip((11, 13), ADAPTERS.items()):
        torch.manual_seed(seed)
        lora = LoraConfig(lora_dropout=0.0, task_type="CAUSAL_LM", **shape)
        get_peft_model(load(folder), lora).save_pretrained(folder / name)
        (folder / name / "README.md").unlink(missing_ok=True)


def load(folder):
    return AutoModelForCausalLM.from_pretrained(folder / "base", attn_implementation="eager")


def make_rows():
    """Rows of unequal lengths: a prompt that is not learned, and an answer, whose second half is the last answer."""
    generator = torch.Generator().manual_seed(5)
    rows = []
    for length, prompt in ((5, 1), (17, 9), (8, 2), (23, 20), (11, 1), (6, 5), (14, 4), (9, 3)):
        ids = torch.randint(0, VOCABULARY, (length,), generator=generator).tolist()
        starts = dict(assistant=prompt, last=(prompt + length) // 2, all=0)
        rows.append(dict(ids=ids, **{name: [place >= start for place in range(length)] for name, start in starts.items()}))
    return rows


def loss_of_step(model, rows, learn_from):
    """Mean negative log-likelihood over the learned tokens of all rows together."""
    nats, learned = 0.0, 0
    for row in rows:
        ids = torch.tensor([row["ids"]])
        labels = torch.where(torch.tensor([row[learn_from]]), ids, -100)[0, 1:]
        logits = model(input_ids=ids).logits[0, :-1]
        nats = nats + torch.nn.functional.cross_entropy(logits, labels, ignore_index=-100, reduction="sum")
        learned += int((labels != -100).sum())
    return nats / learned


def begin(folder, settings, adapter):
    """The model, with what is trained asking for gradients."""
    if adapter:
        return PeftModel.from_pretrained(load(folder), folder / adapter, is_trainable=True)
    model = load(folder)
    if settings.get("layers") == "last-1":
        for name, parameter in model.named_parameters():
            parameter.requires_grad = name.startswith("model.layers.1.")
    return model


def trained(model):
    return [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]


def optimizer_of(model, settings):
    """Norms and biases are not decayed, as in transformers' Trainer."""
    rate = settings["learning_rate"]
    if "lora_plus_ratio" in settings:
        return create_loraplus_optimizer(model, torch.optim.AdamW, lr=rate, loraplus_lr_ratio=settings["lora_plus_ratio"],
                                         loraplus_weight_decay=WEIGHT_DECAY, foreach=False)
    groups = [dict(params=[p for _, p in trained(model) if p.dim() > 1], weight_decay=WEIGHT_DECAY),
              dict(params=[p for _, p in trained(model) if p.dim() == 1], weight_decay=0.0)]
    match settings.get("optimizer", "adamw"):
        case "lion":
            return Lion(groups, rate)
        case "adamw8bit":
            return AdamW8bit(groups, rate)
        case "adamw":
            return torch.optim.AdamW(groups, lr=rate, foreach=False)


def train(model, rows, settings):
    optimizer, weights = optimizer_of(model, settings), [parameter for _, parameter in trained(model)]
    scheduler = cosine_with_warm_up(optimizer, math.ceil(STEPS * WARMUP_RATIO), STEPS)
    losses, norms = [], []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of_step(model, rows, settings.get("learn_from", "assistant"))
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(weights, MAX_NORM)))
        losses.append(float(loss.detach()))
        optimizer.step()
        scheduler.step()
    return dict(losses=losses, norms=norms)


def main():
    fixtures, rows = Path(sys.argv[1]), make_rows()
    for family in FAMILIES:
        folder = fixtures / family
        make_models(folder, family)
        curves = []
        for name, (settings, adapter) in WAYS.items():
            curve = train(begin(folder, settings, adapter), rows, settings)
            curves.append(dict(name=name, settings={**SHARED, **settings}, adapter=adapter, **curve))
            print(f"{family}, {name}: {curve['losses'][0]:.4f} → {curve['losses'][-1]:.4f}")
        (folder / "curves.json").write_text(json.dumps(dict(rows=rows, curves=curves)) + "\n")
    (fixtures / "maps.json").write_text(json.dumps(dict(signed=SIGNED.tolist(), unsigned=UNSIGNED.tolist())) + "\n")
    print(f"{AdamW8bit.kept_from_zero} second moments were kept from being rounded to zero")


if __name__ == "__main__":
    main()
