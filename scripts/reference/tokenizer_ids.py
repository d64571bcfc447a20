"""Three kinds of tokenizer and what transformers makes of texts with them: crates/data/tests/fixtures/tokenizers.json.

Byte-level BPE in the manner of GPT-2's successors, BPE over pieces with `▁` and single bytes for the unknown in the
manner of Llama 2, and Unigram with Metaspace in the manner of T5. All are trained here, on this file's own text. Run
from the root of the repository with a Python that has transformers:

    python scripts/reference/tokenizer_ids.py
"""

import json
import pathlib
import tempfile

import transformers
from chat_templates import CONVERSATIONS, FIXTURES
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

# The special tokens that the templates beside the fixture write; crates/data/tests/data/support.rs has the same.
SPECIAL = ["<s>", "</s>", "<|im_start|>", "<|im_end|>", "<|begin_of_text|>", "<|eot_id|>", "<|start_header_id|>"]
SPECIAL += ["<|end_header_id|>", "<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>", "<|User|>", "<|Assistant|>"]
# Added, but not special: it stays in decoded text. The last one swallows the spaces around it.
ADDED = [AddedToken("<think>", special=False), AddedToken("</think>", special=False), AddedToken("<gap>", lstrip=True, rstrip=True, special=True)]

PROSE = """A leek is a vegetable. It is grown in gardens, sold in bundles and eaten in soups; so is its cousin, the onion.
What is learned is what is said after a question: the answer, and the end of it. user assistant system tool model
Nothing else is learned. So it is, and so it was: the answer was short, the question long. été, naïve, 漢字, да, λόγος."""

# Unknown letters become one token with all their unknown neighbours, so Unigram knows those that tests tell apart.
LETTERS = [chr(code) for code in [*range(32, 127), *range(0x3AC, 0x3CF), *range(0x430, 0x450), 0x301, 0x6F22, 0x5B57, 0x1F600, 0x1F601, 9, 10]]

TEXTS = [
    "A leek is a vegetable.",
    "  two  spaces,\ttabs\nand\n\nlines  ",
    "été e\u0301te\u0301 ﬁne ½ Ａ 漢字 שלום 👩‍🍳 λόγος",
    "before</s>after <s> </s></s> <|im_end|>\nend",
    "a<gap>b <gap> c  <gap>",
    "<think>\nso\n</think> <thinking> <|im_end <| >",
    " ",
    "\n",
    "x" * 70,
    "\u0000\u007f\u00a0\u200b\ufeff\U0010fffd",
]

# What a user writes is tokenised as part of the rendered text, special tokens included.
CHATS = {name: CONVERSATIONS[name] for name in ["one question", "system and two questions", "spaces around", "other scripts", "markup", "long lines"]}

CHATML = """{% for message in messages %}<|im_start|>{{ message.role }}
{{ message.content }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""
INST = """{{ bos_token }}{% for message in messages %}{% if message.role == 'assistant' %} {{ message.content }}{{ eos_token }}\
{% else %}[INST] {{ message.content }} [/INST]{% endif %}{% endfor %}"""


def bytes_bpe():
    made = Tokenizer(models.BPE())
    made.normalizer = normalizers.NFC()
    words = Regex(r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(words, "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    made.post_processor = processors.ByteLevel(trim_offsets=True)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator([PROSE] * 3, trainers.BpeTrainer(vocab_size=420, initial_alphabet=alphabet, show_progress=False))
    return made


def pieces_bpe():
    single_bytes = [f"<0x{byte:02X}>" for byte in range(256)]
    first = ["<unk>", "<s>", "</s>"]
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.train_from_iterator([PROSE] * 3, trainers.BpeTrainer(vocab_size=460, special_tokens=first + single_bytes, show_progress=False))
    stored = json.loads(made.to_str())
    stored["added_tokens"] = [token for token in stored["added_tokens"] if token["content"] in first]
    stored["pre_tokenizer"] = None
    stored["model"] |= {"unk_token": "<unk>", "fuse_unk": True, "byte_fallback": True}
    made = Tokenizer.from_str(json.dumps(stored))
    made.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    made.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    made.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return made


def unigram():
    made = Tokenizer(models.Unigram())
    made.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    made.decoder = decoders.Metaspace(prepend_scheme="first")
    trainer = trainers.UnigramTrainer(
        vocab_size=400, initial_alphabet=LETTERS, special_tokens=["<unk>", "<s>", "</s>"], unk_token="<unk>", show_progress=False
    )
    made.train_from_iterator(PROSE.split("\n") * 20, trainer)
    made.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 2)])
    return made


def main():
    stored = {}
    for name, make, template in [("bytes", bytes_bpe, CHATML), ("pieces", pieces_bpe, INST), ("unigram", unigram, CHATML)]:
        made = make()
        made.add_special_tokens(SPECIAL)
        made.add_tokens(ADDED)
        tokens = {"bos_token": "<s>", "eos_token": "</s>"}
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "tokenizer.json"
            made.save(str(path))
            reader = transformers.PreTrainedTokenizerFast(tokenizer_file=str(path), **tokens)
        texts = []
        for text in TEXTS:
            ids = reader.encode(text, add_special_tokens=False)
            texts.append({"text": text, "ids": ids, "whole": reader.encode(text), "decoded": reader.decode(ids, skip_special_tokens=True)})
        chats = []
        for chat, messages in CHATS.items():
            row = reader.apply_chat_template(messages, chat_template=template, return_dict=False)
            prompt = reader.apply_chat_template(messages[:-1], chat_template=template, add_generation_prompt=True, return_dict=False)
            chats.append({"name": chat, "messages": messages, "row": row, "prompt": prompt})
        stored[name] = {"tokenizer": json.loads(made.to_str()), "config": tokens, "template": template, "texts": texts, "chats": chats}
    (FIXTURES / "tokenizers.json").write_text(json.dumps(stored, ensure_ascii=False, separators=(",", ":")) + "\n")
    print({name: len(kind["tokenizer"]["model"]["vocab"]) for name, kind in stored.items()})


if __name__ == "__main__":
    main()
