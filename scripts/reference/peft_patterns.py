"""The rank, alpha and scale that PEFT gives modules by rank_pattern and alpha_pattern, for
crates/candle-lora/tests/candle-lora/patterns.rs: those of the layers that it puts into a tiny Llama.

Run in the virtual environment of families.py:
    .venv/bin/python scripts/reference/peft_patterns.py
"""

from peft import LoraConfig, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

LORA = {
    "r": 2, "lora_alpha": 4, "target_modules": ["q_proj", "down_proj"],
    "rank_pattern": {"^model.layers.0.self_attn.q_proj": 4, "q_proj": 3, "layers\\.1\\.mlp\\..*": 1},
    "alpha_pattern": {"down_proj": 6, "1.self_attn.q_proj": 9, "proj": 5},
}
MODULES = [
    "model.layers.0.self_attn.q_proj",
    "model.layers.1.self_attn.q_proj",
    "model.layers.0.mlp.down_proj",
    "model.layers.1.mlp.down_proj",
    "model.layers.11.mlp.down_proj",
]


def layers(**more):
    config = LlamaConfig(hidden_size=8, intermediate_size=8, num_hidden_layers=12, num_attention_heads=2, vocab_size=8)
    tuned = get_peft_model(LlamaForCausalLM(config), LoraConfig(**LORA, **more)).base_model.model
    return {name: tuned.get_submodule(name) for name in MODULES}


for name, layer in layers().items():
    root = layers(use_rslora=True)[name].scaling["default"]
    print(name, layer.r["default"], layer.lora_alpha["default"], layer.scaling["default"], root)
