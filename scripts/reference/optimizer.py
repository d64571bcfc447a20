#!/usr/bin/env python3
"""Learning rates of transformers' schedules and ten updates of torch.optim.AdamW, as numbers to compare with. Ours depart from
transformers' schedules in the warm-up alone, which theirs begin with a rate of 0.

    python scripts/reference/optimizer.py > crates/train/tests/fixtures/optimizer.json

Needs torch and transformers (made with torch 2.15, transformers 5.23).
"""
import json
import math

import torch
from transformers import get_constant_schedule_with_warmup, get_cosine_schedule_with_warmup, get_linear_schedule_with_warmup


def schedule(shape, steps, ratio, peak):
    """The learning rate that each of `steps` updates uses; warm-up steps are rounded up, as the Trainer does."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=peak)
    warmup = math.ceil(steps * ratio)
    scheduler = {
        "linear": lambda: get_linear_schedule_with_warmup(optimizer, warmup, steps),
        "cosine": lambda: get_cosine_schedule_with_warmup(optimizer, warmup, steps),
        "constant": lambda: get_constant_schedule_with_warmup(optimizer, warmup),
    }[shape]()
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return dict(shape=shape, steps=steps, warmup_ratio=ratio, peak=peak, rates=rates)


def adamw(weight_decay, max_norm):
    torch.manual_seed(1)
    values = torch.nn.Parameter(torch.randn(2, 5))
    optimizer = torch.optim.AdamW([values], lr=0.01, weight_decay=weight_decay, foreach=False)
    start, gradients, norms = values.flatten().tolist(), [], []
    for _ in range(10):
        values.grad = torch.randn(2, 5)
        gradients.append(values.grad.flatten().tolist())
        norms.append(float(torch.nn.utils.clip_grad_norm_([values], max_norm)))
        optimizer.step()
    return dict(weight_decay=weight_decay, max_norm=max_norm, learning_rate=0.01, start=start, gradients=gradients,
                norms=norms, end=values.flatten().tolist())


print(json.dumps(dict(
    schedules=[schedule(shape, steps, ratio, 2e-4) for shape in ("linear", "cosine", "constant")
               for steps, ratio in ((7, 0.0), (20, 0.1), (10, 0.03), (3, 1.0), (1, 0.0))],
    updates=[adamw(0.0, 1e9), adamw(0.1, 1.0)],
), indent=1))
