"""Feed-forward blocks: dense ones, experts, and which layers have which."""

from __future__ import annotations

from typing import Any

from designer.importing.config import Config
from designer.importing.family import Family, Keys

_EXPERTS = ("n_routed_experts", "num_local_experts", "num_experts", "moe_num_experts")
_CHOSEN = (
    "num_experts_per_tok", "num_experts_per_token", "experts_per_token", "top_k_experts", "moe_topk", "moe_k"
)  # fmt: skip
_SHARED = ("n_shared_experts", "num_shared_experts", "moe_num_shared_experts")
_SHARED_WIDTH = (
    "shared_expert_intermediate_size", "moe_shared_expert_intermediate_size", "shared_intermediate_size",
    "share_expert_dim",
)  # fmt: skip
_LATENT = ("moe_latent_size", "routed_expert_hidden_size")


def read(c: Config, family: Family, keys: Keys) -> None:
    """Keys of the catalog about feed-forward blocks."""
    keys["ffn_matrices"] = family.matrices
    said = c.flag("mlp_bias")
    keys["mlp_bias"] = family.mlp_bias if said is None else said
    width = c.number(*family.width) or (family.times and family.times * keys["hidden"])
    experts = c.number(*_EXPERTS)
    listed = c.items("mlp_only_layers")
    if not experts or experts == 1:
        keys["ffn"] = width
        return
    keys["experts"] = experts
    keys["experts_per_token"] = c.needed(*_CHOSEN)
    keys["zero_experts"] = c.number("zero_expert_num")
    each = c.number(*family.expert_width) or width or c.needed(*family.expert_width)
    keys["expert_ffn"] = each
    _shared(c, family, keys, each)
    latent = c.number(*_LATENT)
    keys["expert_latent"] = latent if latent != keys["hidden"] else None
    dense = _dense(c, family, keys["layers"], listed)
    keys["dense_layers"] = dense or None
    every = c.number("interleave_moe_layer_step", "decoder_sparse_step")
    keys["moe_every"] = every if every and every > 1 else None
    if dense or keys["moe_every"]:
        keys["ffn"] = width or c.needed(*family.width)


def _shared(c: Config, family: Family, keys: Keys, each: int) -> None:
    """Shared experts; a width of their own stands for one where no count is given."""
    width = c.number(*_SHARED_WIDTH)
    stated = c.number(*_SHARED, zero=True)
    shared = stated if stated is not None else 1 if width else family.shared
    keys["shared_experts"] = shared
    keys["shared_expert_ffn"] = width if width and shared and width != each else None


def _dense(c: Config, family: Family, layers: int, only: list[Any] | None) -> int:
    """How many layers have a dense block instead of experts; they must be the first ones."""
    listed = c.items("mlp_layer_types")
    key, frequency = c.raw("moe_layer_freq")
    first = c.number("first_k_dense_replace", zero=True)
    if listed is not None:
        dense = [i for i, kind in enumerate(listed) if kind == "dense"]
    elif isinstance(frequency, list):
        dense = [i for i, n in enumerate(frequency) if n == 0]
    elif frequency not in (None, 1):
        c.fail(key, f"{frequency!r}: mixture layers at other places than the last ones")
    elif only:
        dense = sorted(i for i in only if isinstance(i, int))
    else:
        return min(layers, family.dense_first if first is None else first)
    if dense != list(range(len(dense))):
        c.fail("mlp_layer_types", "dense layers that are not the first ones")
    return len(dense)
