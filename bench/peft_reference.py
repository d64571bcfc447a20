#!/usr/bin/env python3
"""LoRA training steps with PyTorch + transformers + PEFT; prints the JSON line that the throughput example prints."""
import argparse
import json
import os
import resource
import statistics
import time

parser = argparse.ArgumentParser()
parser.add_argument("--model", required=True)
parser.add_argument("--batch", type=int, default=4)
parser.add_argument("--sequence", type=int, default=256)
parser.add_argument("--steps", type=int, default=6)
parser.add_argument("--threads", type=int, default=2)
options = parser.parse_args()
os.environ["OMP_NUM_THREADS"] = str(options.threads)

import torch  # noqa: E402  (reads OMP_NUM_THREADS when imported)
from peft import LoraConfig, get_peft_model  # noqa: E402
from transformers import AutoModelForCausalLM  # noqa: E402

torch.set_num_threads(options.threads)
model = AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.float32, attn_implementation="sdpa")
model.config.use_cache = False
model = get_peft_model(model, LoraConfig(r=16, lora_alpha=32, lora_dropout=0.0, task_type="CAUSAL_LM", target_modules=[
    "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]))
model.train()
trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
optimizer = torch.optim.AdamW(trained, lr=2e-4)
generator = torch.Generator().manual_seed(7)
batches = torch.randint(0, model.config.vocab_size, (2, options.batch, options.sequence), generator=generator)
walls, cpus = [], []
for step in range(options.steps):
    wall, cpu = time.perf_counter(), time.process_time()
    ids = batches[step % 2]
    loss = model(input_ids=ids, labels=ids).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(trained, 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    walls.append(time.perf_counter() - wall)
    cpus.append(time.process_time() - cpu)
median = statistics.median(walls[2:])
print(json.dumps(dict(impl="peft", batch=options.batch, seq=options.sequence, step_s=median, cpu_s=statistics.median(cpus[2:]),
                      tok_s=round(options.batch * options.sequence / median, 1),
                      peak_rss_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)))
