"""Parts of newer models that a key gives away, and that no equation describes: counted by layer, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from designer.importing.config import Config
from designer.importing.family import Keys

# What a key's value says of how many layers have the part: given the value and the layers there are.
_Layers = Callable[[Any, int], int]


def _every(value: Any, layers: int) -> int:
    """All layers, where the value says that there is such a part at all."""
    return layers if value else 0


def _above_one(value: Any, layers: int) -> int:
    return layers if isinstance(value, int) and value > 1 else 0


def _named(value: Any, layers: int) -> int:
    return min(layers, len(value)) if isinstance(value, list) else _every(value, layers)


def _compressed(value: Any, layers: int) -> int:
    return sum(1 for ratio in value[:layers] if ratio) if isinstance(value, list) else _every(value, layers)


# Key -> the part it gives away, and the layers that have it. A value that is null or 0 says there is none.
FOREIGN: dict[str, tuple[str, _Layers]] = {
    "compress_ratios": ("compressed_attention", _compressed),
    "kv_source_layer_ids": ("shared_cache", _every),
    "kv_source_layers": ("shared_cache", _every),
    "num_kv_shared_layers": ("shared_cache", lambda n, layers: min(n, layers) if isinstance(n, int) else 0),
    "index_kpool": ("pooled_index", _above_one),
    "index_source_layer_ids": ("shared_index", _every),
    "o_lora_rank": ("grouped_output", _every),
    "num_attention_heads_per_layer": ("heads_by_layer", _every),
    "zero_expert_num": ("zero_experts", _every),
    "hc_mult": ("hyper_connections", _above_one),
    "attn_res_block_size": ("attention_residuals", _every),
    "engram_layer_ids": ("lookup_tables", _named),
    "engram_num_embeddings": ("lookup_tables", _named),
    "hidden_size_per_layer_input": ("lookup_tables", _every),
}

# Parts of the layers that attend; the others cannot have them.
_OF_ATTENTION = {"pooled_index", "shared_index"}


def read(c: Config, keys: Keys) -> None:
    """Parts by the keys that give them away."""
    layers = keys["layers"]
    for key, (part, count) in FOREIGN.items():
        _, value = c.raw(key)
        n = count(value, layers) if value is not None else 0
        if part in _OF_ATTENTION:
            n = min(n, keys.get("attention_blocks") or layers)
        if n:
            keys["undescribed"][part] = max(n, keys["undescribed"].get(part, 0))
