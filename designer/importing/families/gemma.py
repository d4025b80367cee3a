"""Gemma: tied embeddings, and windows in all but every n-th layer."""

from designer.importing.config import Config
from designer.importing.family import Family, Keys


def _two_sizes(c: Config, keys: Keys) -> None:
    """Gemma 4: heads of the layers without a window are counted by keys of their own.

    Where the values of these layers are made of the projection of their keys, they are normed otherwise and
    are cached beside them. A dense block beside the experts runs for every token, as a shared expert does.
    """
    pairs = {"num_global_key_value_heads": "kv_heads", "global_head_dim": "head_dim"}
    for theirs, ours in pairs.items():
        n = c.number(theirs)
        if n and n != keys[ours]:
            keys[f"local_{ours}"], keys[ours] = keys[ours] if keys.get("sliding_layers") else None, n
    if c.flag("attention_k_eq_v"):
        keys["keys_as_values"] = True
    if c.flag("enable_moe_block") and keys.get("experts"):
        width = c.needed("intermediate_size")
        keys |= {"shared_experts": 1, "shared_expert_ffn": width if width != keys["expert_ffn"] else None}


FAMILIES = (
    Family(types=("gemma",), tied=True),
    Family(types=("gemma2",), tied=True, windows=2),
    Family(types=("gemma3", "gemma3_text"), name="gemma3", tied=True, windows=6),
    Family(types=("gemma4", "gemma4_text"), name="gemma4", tied=True, own=_two_sizes),
)
