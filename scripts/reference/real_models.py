"""What transformers makes of model folders that the user has: texts and token ids, for `make parity MODELS=FOLDER`.

    python scripts/reference/real_models.py FOLDER EXPECTED.json

FOLDER is searched for model folders (those with a tokenizer.json) and for templates alone (NAME.jinja). Nothing is
downloaded, and no code that lies beside a model is run.
"""

import json
import pathlib
import sys

import transformers
from chat_templates import CONVERSATIONS, TOOLS, WITH_TOOLS, renderings, stop_the_clock, tokenizer

LONE = {"bos_token": "<s>", "eos_token": "</s>"}


def model(folder):
    reader = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    if not reader.chat_template:
        return None
    cases = list(renderings(reader))
    for case in cases:
        if "text" in case:
            case["ids"] = reader.encode(case["text"], add_special_tokens=False)
    return {"folder": str(folder), "cases": cases}


def template(path):
    return {"template": str(path), "cases": list(renderings(tokenizer(LONE), path.read_text()))}


def main():
    searched, expected = map(pathlib.Path, sys.argv[1:])
    stop_the_clock()
    found = []
    for path in sorted(searched.resolve().rglob("tokenizer.json")):
        try:
            found.append(model(path.parent))
        except Exception as error:
            print(f"{path.parent}: transformers cannot open it: {error}", file=sys.stderr)
    for path in sorted(searched.resolve().rglob("*.jinja")):
        if not (path.parent / "tokenizer.json").exists():
            found.append(template(path))
    found = [one for one in found if one]
    stored = {"conversations": CONVERSATIONS, "with_tools": WITH_TOOLS, "tools": TOOLS, "special_tokens": LONE, "found": found}
    expected.write_text(json.dumps(stored, ensure_ascii=False))
    print(len(found), "models and templates,", sum(len(one["cases"]) for one in found), "renderings", file=sys.stderr)


if __name__ == "__main__":
    main()
