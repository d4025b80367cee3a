"""What mixes tokens in a layer: attention with its heads and cache, or a recurrence with its state.

Each kind that equations describe is one function here, from the integers of an architecture to the sizes
that count: parameters, operations, cache and state follow from these by the rules, whatever the kind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catalogs.schema.model import Architecture


@dataclass(frozen=True)
class Heads:
    """Heads of attention to keys and values that are cached as they are.

    `gate` counts the columns of a gate on the output; values may be made of the same projection as keys.
    """

    heads: int
    kv_heads: int
    key: int
    value: int
    gate: int = 0
    values_are_keys: bool = False


@dataclass(frozen=True)
class Indexer:
    """What chooses the tokens that a layer attends to: scores of all of them by a few narrow heads.

    Queries are projected from `query_in` columns to heads x `key`; one key a token is shared by all heads.
    `weights` are the columns that weigh the heads. A key takes `key_bytes` of cache.
    """

    layers: int
    heads: int
    key: int
    query_in: int
    weights: int
    small: int
    chosen: int
    key_bytes: float


@dataclass(frozen=True)
class Recurrence:
    """A layer with a state of fixed size instead of a cache.

    Its matrices have `columns` into it, `rows` out of it, and gates of low rank: to `rank` columns each of
    `gates`, then `expanded` columns in all; `small` counts what is no matrix. The state has `state` elements in
    `groups` that tensor ranks may share out, besides the last `convolved` inputs of its convolution.

    Prompts go through in chunks of `chunk` tokens: each token has `products` products with the state, and
    products with the other tokens of its chunk that are `within` wide, summed over heads.
    """

    columns: int
    rows: int
    small: int
    state: int
    groups: int
    products: int
    within: int
    chunk: int
    convolved: int = 0
    gates: int = 0
    rank: int = 0
    expanded: int = 0


def gated_delta_net(a: Architecture) -> Recurrence:
    """Yang et al. 2024, Gated Delta Networks, sec. 3.3 (chunks by the WY form); Qwen3-Next for the sizes.

    Queries and keys have heads of their own number; each value head has a gate, a decay and a step.
    """
    keys, heads, key, value, conv = _linear(a)
    mixed = 2 * keys * key + heads * value
    return Recurrence(
        columns=mixed + heads * value + 2 * heads,
        rows=heads * value,
        small=conv * mixed + 2 * heads + value,
        state=heads * key * value,
        groups=keys,
        products=3,
        within=heads * (3 * key + 2 * value),
        chunk=64,
        convolved=(conv - 1) * mixed,
    )


def kimi_delta_attention(a: Architecture) -> Recurrence:
    """Kimi Team 2025, Kimi Linear, sec. 3: a decay for each channel; decay and output gate are of low rank."""
    _, heads, key, value, conv = _linear(a)
    mixed = heads * (2 * key + value)
    gate = heads * value if a.linear_full_gate else 0
    return Recurrence(
        columns=mixed + heads + gate,
        rows=heads * value,
        small=conv * mixed + heads + heads * key + value,
        state=heads * key * value,
        groups=heads,
        products=3,
        within=heads * (3 * key + 2 * value),
        chunk=64,
        convolved=(conv - 1) * mixed,
        gates=1 if gate else 2,
        rank=value,
        expanded=heads * (key + value) - gate,
    )


def lightning_attention(a: Architecture) -> Recurrence:
    """MiniMax 2025, MiniMax-01, sec. 2.2: queries, keys and values of one size, a fixed decay, a gate and a norm."""
    _, heads, key, value, _ = _linear(a)
    return Recurrence(
        columns=heads * (2 * key + 2 * value),
        rows=heads * value,
        small=heads * value,
        state=heads * key * value,
        groups=heads,
        products=2,
        within=heads * (key + value),
        chunk=256,
    )


def mamba2(a: Architecture) -> Recurrence:
    """Dao & Gu 2024, Transformers are SSMs, sec. 6 and 7: keys and queries (B and C) are shared in groups."""
    heads, width, state = a.mamba_heads or 0, a.mamba_head_dim or 0, a.mamba_state or 0
    groups, conv = a.mamba_groups or 1, a.mamba_conv or 1
    inner = heads * width
    mixed = inner + 2 * groups * state
    return Recurrence(
        columns=inner + mixed + heads,
        rows=inner,
        small=(conv + 1) * mixed + 3 * heads + inner,
        state=inner * state,
        groups=groups,
        products=2,
        within=groups * state + inner,
        chunk=128,
        convolved=(conv - 1) * mixed,
    )


def _linear(a: Architecture) -> tuple[int, int, int, int, int]:
    """Key heads, value heads, the size of each, and the width of the convolution."""
    heads = a.linear_heads or 0
    key = a.linear_key_dim or 0
    return a.linear_key_heads or heads, heads, key, a.linear_value_dim or key, a.linear_conv or 1


# Kinds of linear attention by the name an entry gives them.
LINEAR: dict[str, Callable[[Architecture], Recurrence]] = {
    "gated_delta_net": gated_delta_net,
    "kimi_delta_attention": kimi_delta_attention,
    "lightning_attention": lightning_attention,
}


def recurrence(a: Architecture) -> tuple[int, Recurrence | None]:
    """How many layers of an architecture are recurrent, and what they are."""
    if a.mamba_blocks:
        return a.mamba_blocks, mamba2(a)
    if a.linear_attention and a.linear_layers:
        return a.linear_layers, LINEAR[a.linear_attention](a)
    return 0, None


@dataclass(frozen=True)
class Counts:
    """Layers by what mixes tokens in them, and blocks of feed-forward.

    A block that is only one of the two makes a layer with the one beside it: `layers` are the larger number.
    """

    layers: int
    full: int
    local: int
    recurrent: int
    sparse: int
    dense_blocks: float
    moe: int


def counts(a: Architecture) -> Counts:
    """Layers of an architecture by kind; `sparse` ones are full ones that attend to chosen tokens."""
    recurrent, _ = recurrence(a)
    local = (a.sliding_layers or 0) + (a.chunked_layers or 0)
    if a.mamba_blocks:
        attention = a.attention_blocks or 0
        moe, dense = a.moe_blocks or 0, a.mlp_blocks or 0
        layers = max(attention + recurrent, moe + dense)
    else:
        layers, attention = a.layers, a.layers - recurrent - (a.layers_without_attention or 0)
        moe = (layers - (a.dense_layers or 0)) // (a.moe_every or 1) if a.experts else 0
        dense = layers - moe
    full = attention - local
    sparse = (a.sparse_layers or full) if a.index_heads else 0
    widths = a.ffn_sum / a.ffn if a.ffn_sum and a.ffn else dense
    return Counts(layers, full, local, recurrent, sparse, widths, moe)


def full_heads(a: Architecture) -> Heads:
    """Heads of the layers that attend to the whole context, where they are not latent."""
    value = a.v_dim or a.head_dim
    gate = {None: 0, "head": a.heads, "channel": a.heads * value}[a.output_gate]
    return Heads(a.heads, a.kv_heads, a.head_dim, value, gate, bool(a.keys_as_values))


def local_heads(a: Architecture) -> Heads:
    """Heads of the layers that see a window or a chunk: those of the others where nothing else is said."""
    heads = a.local_heads or a.heads
    key = a.local_head_dim or a.head_dim
    value = a.local_v_dim or (key if a.local_head_dim else a.v_dim or key)
    gate = {None: 0, "head": heads, "channel": heads * value}[a.output_gate]
    return Heads(heads, a.local_kv_heads or a.kv_heads, key, value, gate)


def indexer(a: Architecture) -> Indexer | None:
    """The indexer of an architecture, if it has one.

    DeepSeek-V3.2 (2025), sec. 2.1: queries from the compressed queries of latent attention, weights for the
    heads, keys in 8 bit with a scale of 4 bytes for each 128. Others (MiniMax-M3) project queries from the
    residual stream, weigh no heads and keep keys in 16 bit.
    """
    if not a.index_heads or not a.index_head_dim or not a.index_topk:
        return None
    latent = bool(a.kv_lora_rank)
    key = a.index_head_dim
    return Indexer(
        layers=a.index_layers or counts(a).sparse,
        heads=a.index_heads,
        key=key,
        query_in=a.q_lora_rank or a.hidden,
        weights=a.index_heads if latent else 0,
        small=2 * key,
        chosen=a.index_topk,
        key_bytes=key + 4 * key / 128 if latent else 2 * key,
    )
