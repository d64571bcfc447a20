"""The rank, alpha and scale that PEFT gives modules by rank_pattern and alpha_pattern, for
crates/candle-lora/tests/candle-lora/patterns.rs.

PEFT 0.21.2's LoraModel takes `rank_pattern.get(get_pattern_key(rank_pattern.keys(), module), r)`, alpha likewise, and
scales by alpha / rank, or by alpha / sqrt(rank) with use_rslora. Run in the virtual environment of families.py:
    .venv/bin/python scripts/reference/peft_patterns.py
"""

from peft.utils.other import get_pattern_key

R, ALPHA = 2, 4
RANKS = {"^model.layers.0.self_attn.q_proj": 4, "q_proj": 3, "layers\\.1\\.mlp\\..*": 1}
ALPHAS = {"down_proj": 6, "1.self_attn.q_proj": 9, "proj": 5}
MODULES = [
    "model.layers.0.self_attn.q_proj",
    "model.layers.1.self_attn.q_proj",
    "model.layers.0.mlp.down_proj",
    "model.layers.1.mlp.down_proj",
    "model.layers.11.mlp.down_proj",
]

for module in MODULES:
    rank = RANKS.get(get_pattern_key(RANKS.keys(), module), R)
    alpha = ALPHAS.get(get_pattern_key(ALPHAS.keys(), module), ALPHA)
    print(module, rank, alpha, alpha / rank, alpha / rank**0.5)
