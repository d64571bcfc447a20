"""Expected numbers of tiny models whose matrices are held in blocks (QLoRA), for the tests of crates/model.

Writes crates/model/tests/fixtures/qlora.json like families.py, which this builds on: transformers and PEFT compute over
the weights that the blocks stand for. The blocks are GGUF's Q8_0 and Q4_0 as llama.cpp's ggml-quants.c defines them
(quantize_row_q8_0_ref, quantize_row_q4_0_ref), written out here in numpy; embedding and head always take 8 bits.

Run as families.py is:
    .venv/bin/python scripts/reference/qlora.py
"""

import json

import numpy as np
import torch

import families

CASES = [("llama", {}), ("qwen3", {"head_dim": 16, "tie_word_embeddings": True})]
# Every row is a multiple of 32.
WIDTH = {"intermediate_size": 64}


def through_eight_bits(x):
    scale = np.abs(x).max(axis=1, keepdims=True) / np.float32(127)
    inverse = np.divide(np.float32(1), scale, out=np.zeros_like(scale), where=scale != 0)
    product = x * inverse
    # C rounds halves away from zero.
    whole = np.trunc(product + np.copysign(np.float32(0.5), product))
    return whole * scale.astype(np.float16).astype(np.float32)


def through_four_bits(x):
    first = np.abs(x).argmax(axis=1)[:, None]
    scale = np.take_along_axis(x, first, axis=1) / np.float32(-8)
    inverse = np.divide(np.float32(1), scale, out=np.zeros_like(scale), where=scale != 0)
    whole = np.clip(np.trunc(x * inverse + np.float32(8.5)), 0, 15)
    return (whole - np.float32(8)) * scale.astype(np.float16).astype(np.float32)


def hold_in_blocks(base, bits):
    with torch.no_grad():
        for name, weight in base.named_parameters():
            if weight.dim() != 2:
                continue
            eight = bits == 8 or "embed_tokens" in name or "lm_head" in name
            blocks = weight.detach().numpy().reshape(-1, 32)
            dense = through_eight_bits(blocks) if eight else through_four_bits(blocks)
            weight.copy_(torch.from_numpy(dense.astype(np.float32).reshape(tuple(weight.shape))))


def main():
    fill, cases = families.fill, []
    for family, changes in CASES:
        for bits in (8, 4):
            def fill_with_blocks(base, bits=bits):
                fill(base)
                hold_in_blocks(base, bits)

            families.fill = fill_with_blocks
            changes = {**WIDTH, **changes}
            found = families.case(family, f"{bits} bits", changes)
            cases.append({"family": family, "bits": bits, **found})
    path = families.FIXTURES.parent / "qlora.json"
    path.write_text(json.dumps({"made_by": "scripts/reference/qlora.py", "cases": cases}) + "\n")


if __name__ == "__main__":
    main()
