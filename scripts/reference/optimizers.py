#!/usr/bin/env python3
"""Twenty steps of a tiny Llama with Lion, with 8-bit AdamW and with LoRA+, and the maps of the 8-bit numbers.

    python scripts/reference/optimizers.py crates/train/tests/fixtures

Goes on from the base model, the adapter and the rows in loss_curve/ (made by loss_curve.py), and writes optimizers/:
wide/ (an adapter whose tensors are long enough for 8 bits) and curves.json. Lion and 8-bit AdamW are the papers'
formulas written out; LoRA+ is PEFT's create_loraplus_optimizer. To make the environment:

    python -m venv .venv && .venv/bin/pip install torch==2.15 transformers==5.23 peft==0.21.2
"""
import json
import sys
from pathlib import Path

import torch
from loss_curve import WEIGHT_DECAY, train, trained
from peft import LoraConfig, PeftModel, get_peft_model
from peft.optimizers import create_loraplus_optimizer
from transformers import AutoModelForCausalLM

BLOCK, LEAST_8BIT = 256, 4096


class Lion(torch.optim.Optimizer):
    """Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms", algorithm 2."""

    def __init__(self, groups, lr):
        super().__init__(groups, dict(lr=lr, betas=(0.9, 0.99)))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            (beta1, beta2), lr, decay = group["betas"], group["lr"], group["weight_decay"]
            for theta in group["params"]:
                state, g = self.state[theta], theta.grad
                m = state.setdefault("m", torch.zeros_like(theta))
                c = beta1 * m + (1 - beta1) * g
                theta.copy_(theta - lr * (torch.sign(c) + decay * theta))
                m.copy_(beta2 * m + (1 - beta2) * g)


def dynamic_map(signed):
    """The values that a byte stands for (Dettmers et al. 2022, "8-bit Optimizers via Block-wise Quantization"): a
    power of ten told by leading zeros, and a linear fraction in the bits that are left, at the middle of its interval.
    Sorted, with 0 and 1, as bitsandbytes' create_dynamic_map lists them."""
    values = [0.0, 1.0]
    for exponent in range(7):
        count = 2 ** exponent if signed else 2 ** (exponent + 1)
        edges = torch.linspace(0.1, 1.0, count + 1, dtype=torch.float64)
        middles = (edges[:-1] + edges[1:]) / 2 * 10.0 ** (exponent - 6)
        values += middles.tolist() + ([-middle for middle in middles.tolist()] if signed else [])
    assert len(values) == 256
    return torch.tensor(sorted(values), dtype=torch.float64).float()


SIGNED, UNSIGNED = dynamic_map(True), dynamic_map(False)


def through_8_bits(x, values, keep_from_zero):
    """What is left of a tensor after it was kept in 8 bits: per block of 256, the nearest value times the largest
    magnitude. A second moment that is not zero is not rounded to zero, as the step divides by its root: the zero-point
    problem of Li, Chen & Zhu 2023, "Memory Efficient Optimizers with 4-bit States"."""
    flat = x.flatten()
    padded = torch.nn.functional.pad(flat, (0, -len(flat) % BLOCK)).view(-1, BLOCK)
    largest = padded.abs().amax(dim=1, keepdim=True)
    scaled = torch.where(largest > 0, padded / largest, torch.zeros_like(padded))
    codes = torch.bucketize(scaled, (values[:-1] + values[1:]) / 2)
    if keep_from_zero:
        global kept_from_zero
        rounded_to_zero = (codes == 0) & (scaled > 0)
        kept_from_zero += int(rounded_to_zero.sum())
        codes = torch.where(rounded_to_zero, 1, codes)
    return (values[codes] * largest).flatten()[: len(flat)].view_as(x)


kept_from_zero = 0


class AdamW8bit(torch.optim.Optimizer):
    """AdamW (Loshchilov & Hutter 2019, algorithm 2) that keeps its moments in 8 bits between two steps."""

    def __init__(self, groups, lr):
        super().__init__(groups, dict(lr=lr, betas=(0.9, 0.999), eps=1e-8))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            (beta1, beta2), lr, eps, decay = group["betas"], group["lr"], group["eps"], group["weight_decay"]
            for theta in group["params"]:
                state, g = self.state[theta], theta.grad
                t = state["t"] = state.get("t", 0) + 1
                m = beta1 * state.get("m", torch.zeros_like(theta)) + (1 - beta1) * g
                v = beta2 * state.get("v", torch.zeros_like(theta)) + (1 - beta2) * g * g
                m_hat, v_hat = m / (1 - beta1 ** t), v / (1 - beta2 ** t)
                theta.copy_(theta - lr * (m_hat / (v_hat.sqrt() + eps) + decay * theta))
                if theta.numel() >= LEAST_8BIT:
                    m, v = through_8_bits(m, SIGNED, False), through_8_bits(v, UNSIGNED, True)
                state["m"], state["v"] = m, v


def of_class(optimizer_class):
    """Norms and biases are not decayed, as in loss_curve.py."""
    def make(model, learning_rate):
        return optimizer_class([
            dict(params=[p for _, p in trained(model) if p.dim() > 1], weight_decay=WEIGHT_DECAY),
            dict(params=[p for _, p in trained(model) if p.dim() == 1], weight_decay=0.0)], learning_rate)
    return make


def lora_plus(ratio):
    return lambda model, learning_rate: create_loraplus_optimizer(
        model, torch.optim.AdamW, lr=learning_rate, loraplus_lr_ratio=ratio, loraplus_weight_decay=WEIGHT_DECAY, foreach=False)


def main():
    fixtures = Path(sys.argv[1])
    folder, rows = fixtures / "optimizers", json.loads((fixtures / "loss_curve/curve.json").read_text())["rows"]
    base = lambda: AutoModelForCausalLM.from_pretrained(fixtures / "loss_curve/base", attn_implementation="eager")
    tuned = lambda adapter: PeftModel.from_pretrained(base(), fixtures / adapter, is_trainable=True)
    torch.manual_seed(13)
    # 128 × 32, 48 × 128 and more are 4096 numbers and more; 16 × 128, k_proj's B, are fewer and stay in 32 bits.
    wide = LoraConfig(r=128, lora_alpha=64, lora_dropout=0.0, task_type="CAUSAL_LM", target_modules=["k_proj", "down_proj"])
    get_peft_model(base(), wide).save_pretrained(folder / "wide")
    (folder / "wide/README.md").unlink(missing_ok=True)
    curves = dict(
        lion=train(tuned("loss_curve/adapter"), rows, 0.004, of_class(Lion)),
        lion_full=train(base(), rows, 0.002, of_class(Lion)),
        adamw8bit=train(tuned("optimizers/wide"), rows, 0.01, of_class(AdamW8bit)),
        adamw_wide=train(tuned("optimizers/wide"), rows, 0.01),
        lora_plus=dict(ratio=4.0, **train(tuned("loss_curve/adapter"), rows, 0.01, lora_plus(4.0))))
    maps = dict(signed=SIGNED.tolist(), unsigned=UNSIGNED.tolist())
    (folder / "curves.json").write_text(json.dumps(dict(maps=maps, **curves)))
    print({name: (curve["losses"][0], curve["losses"][-1]) for name, curve in curves.items()})
    print(f"{kept_from_zero} second moments were kept from being rounded to zero")


main()
