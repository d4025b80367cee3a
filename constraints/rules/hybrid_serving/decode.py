"""One decode step of a hybrid: what each kind of layer reads of its cache or state, and the mean layer."""

from __future__ import annotations

from constraints.algebras.maths import maximum, minimum, where
from constraints.instance import instance
from constraints.quantities import Bytes, BytesPerSecond, Count, FlopPerSecond, Fraction, Seconds, Tokens
from constraints.rule import rule
from constraints.rules.serving.decode import decode_attention_time as attention_time


@rule(wall=5, cite="Beltagy et al. 2020, Longformer; Meta 2025, Llama 4: chunked attention")
def local_span(decode_context: Tokens, window: Tokens, chunked: Count) -> Tokens:
    """Cached tokens a new token reads in a layer that sees a window, or the chunk it is in.

    Beyond the first chunk a token is in the middle of its own, in the mean.

    >>> [local_span(8192, window, chunked) for window, chunked in ((1024, 0), (1024, 1), (16_384, 1))]
    [1024.0, 512.0, 8192]
    """
    return where(decode_context > window, window * (1 - chunked / 2), decode_context)


@rule(wall=5, cite="DeepSeek-V3.2 (2025), sec. 2.1: the top k of the context")
def chosen_span(decode_context: Tokens, chosen_tokens: Tokens) -> Tokens:
    """Cached tokens a new token reads where an indexer chooses them.

    >>> chosen_span(65_536, 2048), chosen_span(1000, 2048)
    (2048, 1000)
    """
    return minimum(decode_context, chosen_tokens)


@instance(
    attention_time,
    {
        "decode_context": "local_span",
        "kv_cache_width": "local_cache_width",
        "kv_cache_ranks": "local_cache_ranks",
        "heads": "local_heads",
        "qk_width": "local_qk_width",
        "v_width": "local_v_width",
    },
    fixed={"kv_up_in": 0, "latent": 0},
)
def local_attention_time() -> Seconds:
    """Time of attention in a decode step of one layer that sees a window.

    >>> t = local_attention_time(32, 1e3, 2048, 2, 1, 64, 128, 128, 1, 989e12, .59, 3.35e12, 0., 1.)
    >>> round(t * 1e6, 1)  # 131 MB of cache
    39.1
    """


@instance(attention_time, {"decode_context": "chosen_span"})
def sparse_attention_time() -> Seconds:
    """Time of attention in a decode step of one layer whose tokens are chosen, the choice aside.

    >>> t = sparse_attention_time(32, 2048, 576, 2, 1, 128, 192, 128, 512, 1, 8, 989e12, .6, 3.35e12, 0., 1.)
    >>> round(t * 1e6, 1)  # 75 MB of cache
    22.5
    """


@rule(wall=2, cite="DeepSeek-V3.2 (2025), sec. 2.1: all keys of the context, on every tensor rank")
def index_time(
    decode_tokens: Count,
    decode_context: Tokens,
    index_key_bytes: Bytes,
    index_query: Count,
    attention_rate: FlopPerSecond,
    attention_fraction: Fraction,
    memory_bandwidth: BytesPerSecond,
    decode_attention_floor: Seconds,
    decode_attention_fraction: Fraction,
) -> Seconds:
    """Time of scoring the whole context in a decode step of one layer with an indexer of its own.

    >>> t = index_time(32, 65_536, 132, 8192, 989e12, 0.6, 3.35e12, 0.0, 1.0)
    >>> round(t * 1e6, 1)  # 277 MB of keys
    82.6
    """
    scored = decode_tokens * decode_context
    return decode_attention_floor + maximum(
        scored * index_key_bytes / (memory_bandwidth * decode_attention_fraction),
        2 * scored * index_query / (attention_rate * attention_fraction),
    )


@rule(wall=2, cite="Dao & Gu 2024, Mamba-2; Yang et al. 2024: a state is read and written for every token")
def state_time(
    decode_tokens: Count,
    state_bytes: Bytes,
    tp: Count,
    memory_bandwidth: BytesPerSecond,
    base_bandwidth_fraction: Fraction,
    base_launch_floor: Seconds,
) -> Seconds:
    """Time of the recurrence in a decode step of one layer with a state: a convolution, then the update.

    >>> round(state_time(32, 4.4e6, 8, 3.35e12, 1.0, 0.0) * 1e6, 1)  # 32 x 4.4 MB, both ways, over 8 ranks
    10.5
    """
    traffic = 2 * decode_tokens * state_bytes / tp
    return 2 * base_launch_floor + traffic / (memory_bandwidth * base_bandwidth_fraction)


@rule(wall=2, cite="definition: mean over layers", keeps="full_attention_time")
def decode_attention_time(
    layers: Count,
    full_layers: Count,
    full_attention_time: Seconds,
    sparse_layers: Count,
    sparse_attention_time: Seconds,
    index_layers: Count,
    index_time: Seconds,
    local_layers: Count,
    local_attention_time: Seconds,
    recurrent_layers: Count,
    state_time: Seconds,
) -> Seconds:
    """Time of what mixes tokens in a decode step, in the mean over layers.

    >>> decode_attention_time(60, 15, 8.0, 0, 0, 0, 0, 0, 0, 45, 4.0)
    5.0
    >>> decode_attention_time(6, 2, 8.0, 0, 0, 0, 0, 4, 2.0, 0, 0)
    4.0
    """
    total = (
        (full_layers - sparse_layers) * full_attention_time
        + sparse_layers * sparse_attention_time
        + index_layers * index_time
        + local_layers * local_attention_time
        + recurrent_layers * state_time
    )
    return total / layers
