"""Qwen: biases of queries, keys and values in the second generation, gated delta nets from Qwen3-Next on."""

from designer.importing.config import Config
from designer.importing.family import Family, Keys


def _gated(c: Config, keys: Keys) -> None:
    """The gate of the layers that attend, which Qwen3-Next does not state."""
    if c.flag("attn_output_gate") is not False:
        keys["output_gate"] = "channel"


def _hybrid(*types: str, name: str, full_every: int | None = None) -> Family:
    return Family(types=types, name=name, full_every=full_every, linear="gated_delta_net", own=_gated)


FAMILIES = (
    Family(types=("qwen2", "qwen2_vl_text", "qwen2_5_vl_text"), name="qwen2", bias="qkv", windows="all"),
    Family(types=("qwen2_moe",), bias="qkv"),
    Family(types=("qwen3", "qwen3_vl_text"), name="qwen3", windows="all"),
    Family(types=("qwen3_moe", "qwen3_vl_moe_text"), name="qwen3_moe", windows="all"),
    _hybrid("qwen3_next", name="qwen3_next", full_every=4),
    _hybrid("qwen3_5_text", name="qwen3_5"),
    _hybrid("qwen3_5_moe_text", name="qwen3_5_moe"),
)
