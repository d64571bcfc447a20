"""What transformers makes of chat templates: the expected texts of crates/data/tests/fixtures/chat_templates.json.

Run with a Python that has transformers, from the root of the repository:

    python scripts/reference/chat_templates.py

The templates beside the fixture are this project's own, each in the style of a family of models. The clock stands at
NOW. Model folders, or templates as NAME.jinja, are compared by `make parity` (scripts/reference/real_models.py).
"""

import datetime
import json
import pathlib

import tokenizers
import transformers

# What strftime_now tells, in UTC; crates/data/tests/data/templates.rs sets the same.
NOW = datetime.datetime(2026, 2, 3, 14, 5, 6)

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
    "toolbox": {"eos_token": "<|im_end|>"},
    "dated": {"bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>"},
    "signatures": {"eos_token": "<|eot_id|>"},
    "merging": {"bos_token": "<bos>", "eos_token": "<eos>"},
    "borrowed": {"eos_token": "<|im_end|>"},
}


def say(*turns):
    return [{"role": role, "content": content} for role, content in turns]


def call(name, **arguments):
    return {"type": "function", "function": {"name": name, "arguments": arguments}}


def function(name, description, required, **properties):
    parameters = {"type": "object", "properties": properties, "required": required}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


TOOLS = [
    function(
        "weather",
        "The weather of a place.\nSays \"unknown\" if it is.",
        ["place"],
        place={"type": "string", "description": "A town, e.g. <Zürich>"},
        unit={"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"},
        days={"type": "integer", "minimum": 1},
        hours={"type": "array", "items": {"type": "number"}, "nullable": True},
    ),
    function("now", "The time", []),
    function("note", "Keeps a note", ["it"], it={"type": "object", "properties": {"text": {"type": ["string", "null"]}, "tags": {"type": "array"}}, "required": ["text"]}),
]

# Conversations in which tools may be called.
WITH_TOOLS = {
    "tools unused": say(("system", "Be brief."), ("user", "Hi"), ("assistant", "Hello!")),
    "a call": [
        {"role": "user", "content": "Weather in Zürich?"},
        {"role": "assistant", "content": None, "tool_calls": [call("weather", place="Zürich", days=2, hours=[6, 12.5])]},
        {"role": "tool", "content": '{"rain": true}', "name": "weather"},
        {"role": "assistant", "content": "It rains."},
        {"role": "user", "content": "Thanks"},
        {"role": "assistant", "content": "Gladly."},
    ],
    "two calls": [
        {"role": "system", "content": "Use tools."},
        {"role": "user", "content": "Time and weather?"},
        {"role": "assistant", "content": "Let me see.", "tool_calls": [call("now"), call("weather", place="Ulm", unit="celsius")]},
        {"role": "tool", "content": "14:05", "tool_call_id": "1"},
        {"role": "tool", "content": "Sun", "tool_call_id": "2"},
        {"role": "assistant", "content": "It is 14:05 and sunny."},
    ],
}

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


class Clock(datetime.datetime):
    @classmethod
    def now(cls):
        return NOW


def stop_the_clock():
    transformers.utils.chat_template_utils.datetime = Clock


def renderings(reader, template=None):
    """Every conversation as `apply_chat_template` renders it, or its words of refusal."""
    conversations = [(name, messages, None) for name, messages in CONVERSATIONS.items()]
    conversations += [(name, messages, TOOLS) for name, messages in WITH_TOOLS.items()]
    for name, messages, tools in conversations:
        for prompt in (False, True):
            case = {"conversation": name, "add_generation_prompt": prompt}
            try:
                case["text"] = reader.apply_chat_template(
                    messages, tools=tools, chat_template=template, tokenize=False, add_generation_prompt=prompt
                )
            except Exception as error:  # The template's own words are what counts.
                case["refused"] = str(error)
            yield case


def write(path, special_tokens, cases):
    """One case a line, so that a change shows as the cases that it changes."""
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    head = {"conversations": CONVERSATIONS, "with_tools": WITH_TOOLS, "tools": TOOLS, "special_tokens": special_tokens}
    path.write_text(f'{json.dumps(head, ensure_ascii=False)[:-1]},\n"cases": [\n{lines}\n]}}\n')


def main():
    stop_the_clock()
    cases = []
    for path in sorted((FIXTURES / "templates").glob("*.jinja")):
        special_tokens = SPECIAL_TOKENS[path.stem]
        for case in renderings(tokenizer(special_tokens), path.read_text()):
            cases.append({"template": path.stem} | case)
    write(FIXTURES / "chat_templates.json", SPECIAL_TOKENS, cases)
    print(len(cases), "cases,", sum("refused" in case for case in cases), "refused")


if __name__ == "__main__":
    main()
