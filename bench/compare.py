#!/usr/bin/env python3
"""Tunesmith against PEFT on this machine: the ratio of their speeds from interleaved pairs. See bench/README.md."""
import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
SHAPES = {
    "smol135": dict(hidden_size=576, num_hidden_layers=30, num_attention_heads=9, num_key_value_heads=3,
                    intermediate_size=1536, vocab_size=49152),
    "starter": dict(hidden_size=256, num_hidden_layers=6, num_attention_heads=8, num_key_value_heads=4,
                    intermediate_size=704, vocab_size=2048),
}


def make_model(shape, folder):
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM
    torch.manual_seed(0)
    config = LlamaConfig(**SHAPES[shape], max_position_embeddings=2048, rms_norm_eps=1e-5, rope_theta=100000.0,
                         tie_word_embeddings=True)
    LlamaForCausalLM(config).save_pretrained(folder)


def line(command):
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads([text for text in output.splitlines() if text.startswith("{")][-1])


def alone(result, threads):
    """Whether it had the processor to itself."""
    return result["step_s"] <= 1.15 * result["cpu_s"] / threads


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--shape", default="smol135", choices=SHAPES)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--sequence", type=int, default=256)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--throughput", default=str(HERE.parent / "target/release/examples/throughput"))
    options = parser.parse_args()
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        make_model(options.shape, folder)
        words = {name: getattr(options, name) for name in ("batch", "sequence", "threads", "steps")}
        for pair in range(options.pairs):
            ours = line([options.throughput, f"model={folder}", *(f"{name}={value}" for name, value in words.items())])
            peft = line([sys.executable, HERE / "peft_reference.py", "--model", folder,
                         *(text for name, value in words.items() for text in (f"--{name}", str(value)))])
            kept = alone(ours, options.threads) and alone(peft, options.threads)
            ratio = ours["tok_s"] / peft["tok_s"]
            print(f"pair {pair + 1}: tunesmith {ours['tok_s']} tok/s, {ours['peak_rss_mib']} MiB; peft {peft['tok_s']} tok/s, "
                  f"{peft['peak_rss_mib']} MiB; ratio {ratio:.2f}; cpu ratio {peft['cpu_s'] / ours['cpu_s']:.2f}"
                  + ("" if kept else " (something else was running: not counted)"))
            ratios += [ratio] * kept
    print(f"kept {len(ratios)} of {options.pairs} pairs"
          + (f", speed ratio {statistics.median(ratios):.2f}" if ratios else ""))


main()
