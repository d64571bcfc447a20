"""Lion and 8-bit AdamW as their papers have them, written out in PyTorch for curves.py, the maps of 8-bit numbers, and the
learning rate of a run."""
import math

import torch

BLOCK, LEAST_8BIT = 256, 4096


def cosine_with_warm_up(optimizer, warm_up, steps):
    """transformers' get_cosine_schedule_with_warmup, except that every step of the warm-up learns: step k of W takes k / W of
    the rate. transformers takes (k - 1) / W, so that its first step has a rate of 0."""
    def factor(done):
        if done < warm_up:
            return (done + 1) / warm_up
        return 0.5 * (1.0 + math.cos(math.pi * (done - warm_up) / max(1, steps - warm_up)))
    return torch.optim.lr_scheduler.LambdaLR(optimizer, factor)


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
        rounded_to_zero = (codes == 0) & (scaled > 0)
        AdamW8bit.kept_from_zero += int(rounded_to_zero.sum())
        codes = torch.where(rounded_to_zero, 1, codes)
    return (values[codes] * largest).flatten()[: len(flat)].view_as(x)


class AdamW8bit(torch.optim.Optimizer):
    """AdamW (Loshchilov & Hutter 2019, algorithm 2) that keeps its moments in 8 bits between two steps."""

    # How many second moments were small enough to need it, so that one sees that they were tested.
    kept_from_zero = 0

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
