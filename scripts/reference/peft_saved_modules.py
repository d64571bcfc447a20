#!/usr/bin/env python3
"""Adapters of PEFT with more than low-rank pairs: whole modules (modules_to_save), embeddings that were saved with it
(save_embedding_layers), biases, and the vectors of single tokens (trainable_token_indices). What PEFT computes with each,
and twenty steps of training that go on from it.

    python scripts/reference/peft_saved_modules.py crates/train/tests/fixtures/curves

Writes for a tiny Llama, whose head is its own, and for a tiny Qwen2 and a tiny Gemma, whose head is the embedding, a folder
FAMILY_beside as curves.py writes it, with PEFT's adapters beside base/ and in curves.json the logits of the first row. The
environment is that of curves.py.
"""
import json
import sys
from pathlib import Path

import curves
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoConfig, AutoModelForCausalLM

curves.VOCABULARY = 48
BASE = {**curves.BASE, "hidden_size": 16, "intermediate_size": 24, "num_attention_heads": 2, "num_key_value_heads": 1,
        "vocab_size": curves.VOCABULARY}
FAMILIES = {"llama": False, "qwen2": True, "gemma": True}
# How each adapter is made, and how it is saved.
ADAPTERS = {
    "whole head": (dict(modules_to_save=["lm_head"]), {}),
    "whole tables and norms": (dict(modules_to_save=["embed_tokens", "lm_head", "norm"]), {}),
    "whole projection": (dict(modules_to_save=["v_proj"]), {}),
    "single tokens": (dict(trainable_token_indices=[7, 3, 40]), {}),
    "single tokens and a whole head": (dict(trainable_token_indices=[7, 3], modules_to_save=["lm_head"]), {}),
    "saved embeddings": ({}, dict(save_embedding_layers=True)),
    "pair of the embedding": (dict(target_modules=["q_proj", "embed_tokens"]), {}),
    "biases": (dict(bias="all"), {}),
    "biases of modules": (dict(bias="lora_only"), {}),
}
SETTINGS = dict(learning_rate=0.01)
MORE = {"single tokens": {**SETTINGS, "lora_plus_ratio": 4.0}, "biases": {**SETTINGS, "lora_plus_ratio": 4.0}}


def make_base(folder, family):
    torch.manual_seed(3)
    config = AutoConfig.for_model(family, **{**BASE, "tie_word_embeddings": FAMILIES[family]})
    model = AutoModelForCausalLM.from_config(config).float()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith("bias"):
                weight.normal_(0.0, 0.1)
    model.save_pretrained(folder / "base")


def make_adapter(folder, base, shape, saving):
    torch.manual_seed(11)
    model = curves.load(base)
    if saving:
        with torch.no_grad():
            model.get_input_embeddings().weight.mul_(1.25)
    lora = LoraConfig(**{"r": 2, "lora_alpha": 4, "target_modules": ["q_proj", "down_proj"], **shape}, task_type="CAUSAL_LM")
    tuned = get_peft_model(model, lora)
    with torch.no_grad():
        for _, weight in curves.trained(tuned):
            weight.add_(0.1 * torch.randn_like(weight))
    tuned.save_pretrained(folder, **saving)
    (folder / "README.md").unlink(missing_ok=True)


def logits(folder, adapter, row):
    tuned = PeftModel.from_pretrained(curves.load(folder), folder / adapter).eval()
    with torch.no_grad():
        return tuned(input_ids=torch.tensor([row["ids"]])).logits[0].flatten().tolist()


def main():
    fixtures, rows = Path(sys.argv[1]), curves.make_rows()
    for family in FAMILIES:
        folder, found = fixtures / f"{family}_beside", []
        make_base(folder, family)
        for name, (shape, saving) in ADAPTERS.items():
            # Only Qwen2 has biases here, and PEFT cannot wrap a tied head twice.
            twice = {"trainable_token_indices", "modules_to_save"} <= shape.keys() and FAMILIES[family]
            if twice or ("bias" in shape and family != "qwen2"):
                continue
            adapter, settings = name.replace(" ", "-"), MORE.get(name, SETTINGS)
            make_adapter(folder / adapter, folder, shape, saving)
            curve = curves.train(curves.begin(folder, settings, adapter), rows, settings)
            found.append(dict(name=name, settings={**curves.SHARED, **settings}, adapter=adapter, **curve,
                              logits=logits(folder, adapter, rows[0])))
            print(f"{family}, {name}: {curve['losses'][0]:.4f} → {curve['losses'][-1]:.4f}")
        (folder / "curves.json").write_text(json.dumps(dict(rows=rows, curves=found)) + "\n")


if __name__ == "__main__":
    main()
