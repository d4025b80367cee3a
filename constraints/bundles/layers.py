"""The layers of a model as numbers: how many there are of each kind, and the sizes of each kind.

A kind that a model does not have has no layers; its sizes are such that nothing divides by zero.
"""

from __future__ import annotations

from collections.abc import Mapping

from catalogs.schema import Architecture
from catalogs.schema.mixers import Heads, counts, full_heads, indexer, local_heads, recurrence
from constraints.bundles import Known

# What a state is kept in: fp32, as `mamba_ssm_dtype` of Qwen3.5 and `mamba_ssm_cache_dtype` of Nemotron-3 say.
STATE_BYTES = 4

KIND_NAMES = frozenset(
    {
        "full_layers", "mixer_share", "ffn_share", "latent_layers", "local_layers", "window", "chunked",
        "local_heads", "local_kv_heads", "local_query_width", "local_kv_width", "local_cache_width",
        "local_attention_width", "local_qk_width", "local_v_width", "local_extra", "sparse_layers",
        "chosen_tokens", "index_layers", "index_query_in", "index_query", "index_columns", "index_extra",
        "index_key_bytes", "recurrent_layers", "recurrent_columns", "recurrent_gates", "gate_rank",
        "gate_columns", "recurrent_rows", "recurrent_extra", "low_rank_gates", "state_elements",
        "state_element_bytes", "state_groups", "state_products", "chunk_width", "state_chunk",
        "convolved_elements",
    }
)  # fmt: skip


def uniform(model: Mapping[str, Known]) -> bool:
    """Whether every layer of a model is one full attention and one feed-forward block of the residual stream."""
    same = model["full_layers"].si == model["layers"].si and model["ffn_share"].si == 1
    return same and not model["sparse_layers"].si and not model["expert_latent"].si


def layer_numbers(a: Architecture) -> dict[str, float]:
    """Numbers of the kinds of layers; what all kinds have in common is in `constraints.bundles.model`."""
    n = counts(a)
    dense = n.layers - n.moe
    return (
        dict(
            layers=n.layers,
            dense_layers=dense,
            moe_layers=n.moe,
            cached_layers=n.full + n.local,
            full_layers=n.full,
            latent_layers=n.full if a.kv_lora_rank else 0,
            mixer_share=(n.full + n.local + n.recurrent) / n.layers,
            ffn_share=n.dense_blocks / dense if dense else 1,
        )
        | _full(a)
        | _local(a, n.local)
        | _indexer(a, n.sparse)
        | _recurrent(a)
    )


def _full(a: Architecture) -> dict[str, float]:
    """Attention to the whole context as up to five projections: `constraints.rules.shared.architecture`."""
    if a.kv_lora_rank and a.rope_dim is not None and a.nope_dim and a.v_dim:
        return dict(
            heads=a.heads,
            kv_heads=a.kv_heads,
            latent=1,
            kv_repeats=1,
            query_down=a.q_lora_rank or 0,
            query_up_in=a.q_lora_rank or a.hidden,
            query_width=a.heads * (a.nope_dim + a.rope_dim),
            kv_down=a.kv_lora_rank + a.rope_dim,
            kv_up_in=a.kv_lora_rank,
            kv_width=a.heads * (a.nope_dim + a.v_dim),
            kv_expanded_width=a.heads * (a.nope_dim + a.rope_dim + a.v_dim),
            kv_cache_width=a.kv_lora_rank + a.rope_dim,
            attention_width=a.heads * a.v_dim,
            qk_width=a.nope_dim + a.rope_dim,
            v_width=a.v_dim,
            attention_extra=_biases(a, full_heads(a)) + (a.q_lora_rank or 0) + a.kv_lora_rank,
        )
    of = full_heads(a)
    cache = of.kv_heads * (of.key + of.value)
    return dict(
        heads=of.heads,
        kv_heads=of.kv_heads,
        latent=0,
        kv_repeats=0,
        query_down=0,
        query_up_in=a.hidden,
        query_width=of.heads * of.key + of.gate,
        kv_down=0,
        kv_up_in=a.hidden,
        kv_width=of.kv_heads * of.key if of.values_are_keys else cache,
        kv_expanded_width=cache,
        kv_cache_width=cache,
        attention_width=of.heads * of.value,
        qk_width=of.key,
        v_width=of.value,
        attention_extra=_biases(a, of),
    )


def _local(a: Architecture, layers: int) -> dict[str, float]:
    """Attention to a window, or to the chunk that a token is in."""
    of = local_heads(a)
    cache = of.kv_heads * (of.key + of.value)
    return dict(
        local_layers=layers,
        window=a.sliding_window or a.attention_chunk or 1,
        chunked=1 if a.chunked_layers else 0,
        local_heads=of.heads,
        local_kv_heads=of.kv_heads,
        local_query_width=of.heads * of.key + of.gate,
        local_kv_width=cache,
        local_cache_width=cache,
        local_attention_width=of.heads * of.value,
        local_qk_width=of.key,
        local_v_width=of.value,
        local_extra=_biases(a, of),
    )


def _biases(a: Architecture, of: Heads) -> int:
    into = of.heads * of.key + of.kv_heads * (of.key + of.value)
    return {"none": 0, "qkv": into, "qkvo": into + a.hidden}[a.attention_bias]


def _indexer(a: Architecture, sparse: int) -> dict[str, float]:
    """What chooses tokens to attend to, and how many."""
    of = indexer(a)
    return dict(
        sparse_layers=sparse if of else 0,
        chosen_tokens=of.chosen if of else 1,
        index_layers=of.layers if of else 0,
        index_query_in=of.query_in if of else 0,
        index_query=of.heads * of.key if of else 0,
        index_columns=of.key + of.weights if of else 0,
        index_extra=of.small if of else 0,
        index_key_bytes=of.key_bytes if of else 0,
    )


def _recurrent(a: Architecture) -> dict[str, float]:
    """A state of fixed size in place of a cache."""
    layers, of = recurrence(a)
    return dict(
        recurrent_layers=layers,
        recurrent_columns=of.columns if of else 0,
        recurrent_gates=of.gates * of.rank if of else 0,
        gate_rank=of.rank if of else 0,
        gate_columns=of.expanded if of else 0,
        low_rank_gates=1 if of and of.gates else 0,
        recurrent_rows=of.rows if of else 0,
        recurrent_extra=of.small if of else 0,
        state_elements=of.state if of else 0,
        state_element_bytes=STATE_BYTES,
        state_groups=of.groups if of else 0,
        state_products=of.products if of else 0,
        chunk_width=of.within if of else 0,
        state_chunk=of.chunk if of else 1,
        convolved_elements=of.convolved if of else 0,
    )
