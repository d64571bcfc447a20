"""Loads a base model and an adapter that Tunesmith made with PEFT, and compares the logits with Tunesmith's own.

    cargo run --release -p tunesmith-model --example logits -- BASE ADAPTER 1 5 9 > logits.json
    .venv/bin/python scripts/reference/peft_logits.py BASE ADAPTER logits.json

Prints {"ids", "largest_difference", "largest_logit", "logits"} as JSON and fails when two logits are more than 1e-4
apart. The virtual environment is made like this:
    python3 -m venv .venv && .venv/bin/pip install torch==2.15 transformers==5.23 peft==0.21.2
"""

import json
import sys
from pathlib import Path

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

ALLOWED = 1e-4


def main(base, adapter, ours):
    ours = json.loads(Path(ours).read_text())
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    model = PeftModel.from_pretrained(model, adapter).eval()
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([ours["ids"]])).logits[0]
    difference = float((logits - torch.tensor(ours["logits"])).abs().max())
    report = {"ids": ours["ids"], "largest_difference": difference, "largest_logit": float(logits.abs().max())}
    print(json.dumps({**report, "logits": logits.tolist()}))
    if difference > ALLOWED:
        sys.exit(f"the logits differ by {difference}, allowed is {ALLOWED}")
    print(f"the same logits: at most {difference:.2g} apart", file=sys.stderr)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
