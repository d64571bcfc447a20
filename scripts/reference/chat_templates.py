"""What transformers makes of chat templates: the expected texts of crates/data/tests/fixtures/chat_templates.json.

Run with a Python that has transformers, from the root of the repository:

    python scripts/reference/chat_templates.py

The templates beside the fixture are this project's own, each in the style of a family of models. Templates of real
models can be compared too: put them into a folder as NAME.jinja, and

    python scripts/reference/chat_templates.py FOLDER
    TUNESMITH_TEMPLATES=FOLDER cargo nextest run --workspace --test data real_templates
"""

import json
import pathlib
import sys

import tokenizers
import transformers

FIXTURES = pathlib.Path(__file__).parents[2] / "crates/data/tests/fixtures"

SPECIAL_TOKENS = {
    "chatml": {"eos_token": "<|im_end|>"},
    "llama3": {"bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>"},
    "inst": {"bos_token": "<s>", "eos_token": "</s>"},
    "gemma": {"bos_token": "<bos>", "eos_token": "<eos>"},
    "zephyr": {"bos_token": "<s>", "eos_token": "</s>"},
    "thinking": {"eos_token": "<|im_end|>"},
    "reasoner": {"bos_token": "<s>", "eos_token": "</s>"},
    "headers": {"eos_token": "</s>"},
    "alpaca": {"eos_token": "</s>"},
    "python_ways": {"bos_token": "<s>", "eos_token": "</s>"},
}


def say(*turns):
    return [{"role": role, "content": content} for role, content in turns]


CONVERSATIONS = {
    "one question": say(("user", "What is a leek?"), ("assistant", "A vegetable.")),
    "system": say(("system", "Be brief."), ("user", "Why?"), ("assistant", "Because.")),
    "two questions": say(("user", "1 + 1?"), ("assistant", "2"), ("user", "And 2 + 2?"), ("assistant", "4")),
    "system and two questions": say(
        ("system", "You are kind."), ("user", "Hi"), ("assistant", "Hello!"), ("user", "Bye"), ("assistant", "See you.")
    ),
    "open question": say(("user", "Are you there?")),
    "spaces around": say(("system", "  s  "), ("user", "\n  padded \n"), ("assistant", "  so is this\n\n")),
    "other scripts": say(("user", "Écris « été » 😀"), ("assistant", "été 👩‍🍳 漢字 שלום")),
    "markup": say(("user", "<b>&amp;</b> \"quoted\" 'single' \\n {{ x }} {% if %}"), ("assistant", "<|im_end|> & </s>")),
    "thoughts": say(
        ("user", "a"), ("assistant", "<think>\nhm\n</think>\n\none"), ("user", "b"), ("assistant", "<think>\nwell\n</think>\n\ntwo")
    ),
    "long lines": say(("user", "line one\nline two\n\nline four\ttab"), ("assistant", "- a\n- b\n")),
    "assistant first": say(("assistant", "Welcome"), ("user", "Hi"), ("assistant", "Hello")),
    "twice the user": say(("user", "a"), ("user", "b"), ("assistant", "c")),
    "tool": say(("user", "Weather?"), ("tool", "Rain"), ("assistant", "It rains.")),
    "late system": say(("user", "a"), ("system", "s"), ("assistant", "c")),
}


def tokenizer(special_tokens):
    bare = tokenizers.Tokenizer(tokenizers.models.WordLevel({"a": 0}, unk_token="a"))
    return transformers.PreTrainedTokenizerFast(tokenizer_object=bare, **special_tokens)


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else FIXTURES / "templates"
    cases = []
    for path in sorted(folder.glob("*.jinja")):
        special_tokens = SPECIAL_TOKENS.get(path.stem, {"bos_token": "<s>", "eos_token": "</s>"})
        reader = tokenizer(special_tokens)
        for name, messages in CONVERSATIONS.items():
            for prompt in (False, True):
                case = {"template": path.stem, "special_tokens": special_tokens, "conversation": name}
                case |= {"messages": messages, "add_generation_prompt": prompt}
                try:
                    case["text"] = reader.apply_chat_template(
                        messages, chat_template=path.read_text(), tokenize=False, add_generation_prompt=prompt
                    )
                except Exception as error:  # The template's own words are what counts.
                    case["refused"] = str(error)
                cases.append(case)
    (folder.parent / "chat_templates.json").write_text(json.dumps(cases, ensure_ascii=False, indent=1) + "\n")
    print(len(cases), "cases,", sum("refused" in case for case in cases), "refused")


if __name__ == "__main__":
    main()
