"""Token ids and assistant masks as transformers makes them: crates/data/tests/fixtures/assistant_masks.json.

transformers can mark answers only where the template itself does, with `{% generation %}` blocks; Tunesmith finds them
in any template. Here both must agree. Run from the root of the repository with a Python that has transformers:

    python scripts/reference/assistant_masks.py
"""

import json
import pathlib
import tempfile

import tokenizers
import transformers
from chat_templates import CONVERSATIONS, FIXTURES

# In the styles of ChatML, Llama 3 (which trims) and a template whose answers follow a space.
TEMPLATES = {
    "chatml": """{%- for message in messages %}
{%- if message.role == 'assistant' %}
{{- '<|im_start|>assistant\\n' }}{% generation %}{{ message.content + '<|im_end|>' }}{% endgeneration %}{{ '\\n' }}
{%- else %}
{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}""",
    "headers": """{{- '<s>' }}
{%- for message in messages %}
{{- '<|' + message.role + '|>\\n\\n' }}
{%- if message.role == 'assistant' %}{% generation %}{{ message.content | trim + '<|end|>' }}{% endgeneration %}
{%- else %}{{ message.content | trim + '<|end|>' }}{% endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|assistant|>\\n\\n' }}{% endif %}""",
    "spaced": """{{- '<s>' }}
{%- for message in messages %}
{%- if message.role == 'assistant' %}{% generation %}{{ ' ' + message.content + '</s>' }}{% endgeneration %}
{%- else %}{{ '[INST] ' + message.content + ' [/INST]' }}{% endif %}
{%- endfor %}""",
}
SPECIAL = ["<s>", "</s>", "<|im_start|>", "<|im_end|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>", "<|tool|>"]
NAMES = ["one question", "system", "two questions", "system and two questions", "spaces around", "other scripts", "long lines"]


def tokenizer():
    made = tokenizers.Tokenizer(tokenizers.models.BPE())
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    # With trimmed offsets transformers masks the whole of an answer that begins with a space.
    made.post_processor = tokenizers.processors.ByteLevel(trim_offsets=False)
    made.decoder = tokenizers.decoders.ByteLevel()
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=330, initial_alphabet=alphabet, show_progress=False)
    words = [turn["content"] for turns in CONVERSATIONS.values() for turn in turns]
    made.train_from_iterator(words * 3, trainer)
    made.add_special_tokens(SPECIAL)
    return made


def main():
    made = tokenizer()
    with tempfile.TemporaryDirectory() as folder:
        made.save(f"{folder}/tokenizer.json")
        reader = transformers.PreTrainedTokenizerFast(tokenizer_file=f"{folder}/tokenizer.json", eos_token="</s>")
    cases = []
    for template, source in TEMPLATES.items():
        for name in NAMES:
            result = reader.apply_chat_template(
                CONVERSATIONS[name], chat_template=source, return_dict=True, return_assistant_tokens_mask=True
            )
            case = {"template": template, "conversation": name, "messages": CONVERSATIONS[name]}
            cases.append(case | {"ids": result["input_ids"], "mask": result["assistant_masks"]})
    stored = {"tokenizer": json.loads(made.to_str()), "templates": TEMPLATES, "cases": cases}
    pathlib.Path(FIXTURES / "assistant_masks.json").write_text(json.dumps(stored, ensure_ascii=False) + "\n")
    print(len(cases), "cases")


if __name__ == "__main__":
    main()
