#!/usr/bin/env python3
"""Twenty training steps of a tiny Llama with transformers + PEFT (adapter) and transformers alone (all weights).

    python scripts/reference/loss_curve.py crates/train/tests/fixtures/loss_curve

Writes base/ (the model), adapter/ (PEFT's initial adapter), and curve.json (rows, settings, losses and gradient norms
before each update). Needs torch, transformers and peft (made with torch 2.15, transformers 5.23, peft 0.21.2).
"""
import json
import math
import sys
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM, get_cosine_schedule_with_warmup

STEPS, WARMUP_RATIO, WEIGHT_DECAY, MAX_NORM = 20, 0.1, 0.05, 1.0
VOCABULARY = 96


def make_base(folder):
    torch.manual_seed(3)
    config = LlamaConfig(hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
                         num_key_value_heads=2, vocab_size=VOCABULARY, max_position_embeddings=64, rms_norm_eps=1e-5,
                         rope_theta=10000.0, tie_word_embeddings=True, initializer_range=0.1, bos_token_id=0, eos_token_id=1)
    LlamaForCausalLM(config).save_pretrained(folder)


def make_rows():
    """Rows of unequal lengths, each with a prompt that is not learned."""
    generator = torch.Generator().manual_seed(5)
    rows = []
    for length, prompt in ((5, 1), (17, 9), (8, 2), (23, 20), (11, 1), (6, 5), (14, 4), (9, 3)):
        ids = torch.randint(0, VOCABULARY, (length,), generator=generator).tolist()
        rows.append(dict(ids=ids, learn=[place >= prompt for place in range(length)]))
    return rows


def loss_of_step(model, rows):
    """Mean negative log-likelihood over the learned tokens of all rows together."""
    nats, learned = 0.0, 0
    for row in rows:
        ids = torch.tensor([row["ids"]])
        labels = torch.where(torch.tensor([row["learn"]]), ids, -100)[0, 1:]
        logits = model(input_ids=ids).logits[0, :-1]
        nats = nats + torch.nn.functional.cross_entropy(logits, labels, ignore_index=-100, reduction="sum")
        learned += int((labels != -100).sum())
    return nats / learned


def adamw(model, learning_rate):
    named = trained(model)
    groups = [dict(params=[p for _, p in named if p.dim() > 1], weight_decay=WEIGHT_DECAY),
              dict(params=[p for _, p in named if p.dim() == 1], weight_decay=0.0)]
    return torch.optim.AdamW(groups, lr=learning_rate, foreach=False)


def trained(model):
    return [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]


def train(model, rows, learning_rate, optimizer_of=adamw):
    named, optimizer = trained(model), optimizer_of(model, learning_rate)
    scheduler = get_cosine_schedule_with_warmup(optimizer, math.ceil(STEPS * WARMUP_RATIO), STEPS)
    losses, norms = [], []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of_step(model, rows)
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_([p for _, p in named], MAX_NORM)))
        losses.append(float(loss.detach()))
        optimizer.step()
        scheduler.step()
    return dict(learning_rate=learning_rate, losses=losses, norms=norms)


def main():
    folder = Path(sys.argv[1])
    make_base(folder / "base")
    rows = make_rows()
    torch.manual_seed(11)
    model = AutoModelForCausalLM.from_pretrained(folder / "base", attn_implementation="eager")
    lora = LoraConfig(r=4, lora_alpha=8, lora_dropout=0.0, task_type="CAUSAL_LM", target_modules=[
        "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"])
    tuned = get_peft_model(model, lora)
    tuned.save_pretrained(folder / "adapter")
    curves = dict(lora=train(tuned, rows, 0.02))
    model = AutoModelForCausalLM.from_pretrained(folder / "base", attn_implementation="eager")
    curves["full"] = train(model, rows, 0.01)
    (folder / "curve.json").write_text(json.dumps(dict(
        steps=STEPS, warmup_ratio=WARMUP_RATIO, weight_decay=WEIGHT_DECAY, max_grad_norm=MAX_NORM, rows=rows, **curves)))
    for unused in ("README.md",):
        (folder / "adapter" / unused).unlink(missing_ok=True)
    print({name: (curve["losses"][0], curve["losses"][-1]) for name, curve in curves.items()})


if __name__ == "__main__":
    main()
