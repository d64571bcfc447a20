"""Loads a tiny model of every family and every way to train, and the adapter that Tunesmith trained for it, with
transformers and PEFT.

    cargo run -p tunesmith-model --example families -- FOLDER
    cargo run -p tunesmith-train --example curves -- ANOTHER
    .venv/bin/python scripts/reference/peft_families.py FOLDER ANOTHER

Prints a table: how far the losses of 20 steps were from those of transformers and PEFT, and how far the logits of the
trained adapter are, both relative to the largest. Fails when the losses are more than 1e-5 or the logits more than 1e-4
apart. The virtual environment is made like this:
    python3 -m venv .venv && .venv/bin/pip install torch==2.15 transformers==5.23 peft==0.21.2
"""

import json
import sys
from pathlib import Path

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM
from transformers.utils import logging

LOSSES, LOGITS = 1e-5, 1e-4


def logits_apart(folder, found):
    base = AutoModelForCausalLM.from_pretrained(folder / "base", dtype=torch.float32, attn_implementation="eager")
    # Without an adapter it is the model itself that was trained.
    adapter = folder / "adapter"
    tuned = PeftModel.from_pretrained(base, adapter).eval() if adapter.exists() else base.eval()
    with torch.no_grad():
        logits = tuned(input_ids=torch.tensor([found["ids"]]), use_cache=False).logits[0]
    return float((logits - torch.tensor(found["logits"])).abs().max() / logits.abs().max())


def main(folders):
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    wrong = []
    print(f"{'family':<62} {'20 losses':>10} {'logits':>10}")
    in_order = lambda folder: sorted(Path(folder).iterdir(), key=lambda path: int(path.name))
    for path in (path for folder in folders for path in in_order(folder)):
        found = json.loads((path / "found.json").read_text())
        losses, logits = found["loss_apart"], logits_apart(path, found)
        print(f"{found['name']:<62} {losses:>10.1e} {logits:>10.1e}")
        if losses > LOSSES or logits > LOGITS:
            wrong.append(found["name"])
    if wrong:
        sys.exit(f"too far apart: {'; '.join(wrong)}")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
