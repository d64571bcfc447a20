"""What transformers makes of special tokens that only tokenizer_config.json names: crates/data/tests/fixtures/special_tokens.json.

The tokenizer is the one of bytes in crates/data/tests/fixtures/tokenizers.json without some of its added tokens. Run from
the root of the repository with a Python that has transformers:

    python scripts/reference/special_tokens.py
"""

import json
import pathlib
import tempfile

import transformers

FIXTURES = pathlib.Path("crates/data/tests/fixtures")
TEXT = "a<|im_end|>b <think> c <gap> d<new>e"
# Taken out of the tokenizer's added tokens.
WITHOUT = ["<|im_end|>", "<think>", "</think>", "<gap>"]


def token(content, **flags):
    return {"content": content, "lstrip": False, "rstrip": False, "single_word": False, "normalized": False, "special": False, **flags}


# The config, what is taken out of the added tokens, and the token that is put into the vocabulary.
CASES = [
    ({}, WITHOUT, None),
    ({"added_tokens_decoder": {"418": token("<|im_end|>", special=True)}}, WITHOUT, None),
    ({"added_tokens_decoder": {"900": token("<gap>", lstrip=True, rstrip=True, special=True), "7": token("<new>")}}, WITHOUT, None),
    ({"added_tokens_decoder": {"431": token("<gap>")}}, [], None),
    ({"eos_token": "<|im_end|>"}, WITHOUT, None),
    ({"eos_token": "<|im_end|>"}, WITHOUT, "<|im_end|>"),
    ({"eos_token": {"__type": "AddedToken", **token("<new>")}}, WITHOUT, None),
    ({"pad_token": "a", "unk_token": "<think>"}, WITHOUT, None),
    ({"additional_special_tokens": ["<new>", "<gap>"]}, WITHOUT, None),
    ({"extra_special_tokens": {"image_token": "<new>"}}, WITHOUT, None),
]


def ids(tokenizer, config):
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "tokenizer.json").write_text(json.dumps(tokenizer))
        named = {"tokenizer_class": "PreTrainedTokenizerFast", **config}
        (pathlib.Path(folder) / "tokenizer_config.json").write_text(json.dumps(named))
        return transformers.AutoTokenizer.from_pretrained(folder).encode(TEXT, add_special_tokens=False)


def main():
    stored = json.loads((FIXTURES / "tokenizers.json").read_text())["bytes"]["tokenizer"]
    cases = []
    for config, without, put_in in CASES:
        tokenizer = json.loads(json.dumps(stored))
        tokenizer["added_tokens"] = [added for added in tokenizer["added_tokens"] if added["content"] not in without]
        if put_in:
            tokenizer["model"]["vocab"][put_in] = len(tokenizer["model"]["vocab"])
        cases.append({"config": config, "without": without, "put_in": put_in, "ids": ids(tokenizer, config)})
    made = {"made_with": f"transformers {transformers.__version__}", "text": TEXT, "cases": cases}
    (FIXTURES / "special_tokens.json").write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
