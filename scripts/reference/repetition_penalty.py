"""Expected numbers of transformers' repetition penalty, for the tests of crates/model.

Writes crates/model/tests/fixtures/repetition_penalty.json: scores before and after RepetitionPenaltyLogitsProcessor, and
the answers that `generate` writes greedily with it, by the first Llama of families.py.

Run as families.py is:
    .venv/bin/python scripts/reference/repetition_penalty.py
"""

import json

import torch
from transformers import RepetitionPenaltyLogitsProcessor

import families

FIXTURE = families.FIXTURES.parent / "repetition_penalty.json"
SCORES = [2.5, -1.25, 0.0, 7.0, -0.1, 3.3333333, -40.0, 0.6]
# What the prompt and the answer hold so far; a token counts once, however often it is there.
SEEN = [[3], [1, 1, 6, 4], [0, 2, 3, 5, 7, 3], [0, 1, 2, 3, 4, 5, 6, 7]]
PENALTIES = [1.0, 1.1, 1.3, 2.0]


def penalised(penalty, seen):
    process = RepetitionPenaltyLogitsProcessor(penalty=penalty)
    return process(torch.tensor([seen]), torch.tensor([SCORES])).flatten().tolist()


def answer(penalty):
    tuned, _ = families.model("llama", families.FAMILIES["llama"]["plain"])
    prompt = families.batch([6], families.BASE["vocab_size"], 1)[0][0]
    written = tuned.generate(input_ids=torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt)), do_sample=False,
                             repetition_penalty=penalty, max_new_tokens=30, eos_token_id=-1)
    return written[0, len(prompt):].tolist()


def main():
    scores = [{"penalty": p, "seen": seen, "expected": penalised(p, seen)} for p in PENALTIES for seen in SEEN]
    answers = [{"penalty": p, "ids": answer(p)} for p in PENALTIES]
    FIXTURE.write_text(json.dumps({"scores": SCORES, "penalised": scores, "answers": answers}) + "\n")


if __name__ == "__main__":
    main()
