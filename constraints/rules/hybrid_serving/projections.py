"""Products into and out of what mixes tokens, for each kind of layer, and those of the mean layer."""

from __future__ import annotations

from functools import partial

from constraints.instance import instance
from constraints.quantities import Bytes, BytesPerSecond, Count, FlopPerSecond, Fraction, Seconds, Tokens
from constraints.rule import rule
from constraints.rules.library.roofline import gemm_time
from constraints.rules.serving.decode import decode_projection_time as projection_time

_LOCAL = {
    "query_up_in": "hidden",
    "query_share": "local_query_share",
    "kv_up_in": "hidden",
    "kv_share": "local_kv_share",
    "attention_width": "local_attention_width",
}
_RECURRENT = {
    "compressed_width": "recurrent_gates",
    "query_up_in": "hidden",
    "query_share": "recurrent_share",
    "kv_up_in": "gate_rank",
    "kv_share": "gate_share",
    "attention_width": "recurrent_rows",
    "latent": "low_rank_gates",
}


@instance(projection_time, _LOCAL, fixed={"compressed_width": 0, "latent": 0})
def decode_local_projection() -> Seconds:
    """Time of the projections of one layer that sees a window, in a decode step.

    >>> layer = (8192, 8192, 2048, 8192, 1)  # 302 MB of weights
    >>> round(decode_local_projection(1, *layer, 2, 2, 2, 1e30, 1, 3.35e12, 0, 1, 1, 1) * 1e6)
    90
    """


@instance(projection_time, _RECURRENT)
def decode_recurrent_projection() -> Seconds:
    """Time of the projections of one layer with a state, in a decode step.

    >>> layer = (4096, 0, 20_608, 0, 0, 8192, 0, 1)  # Qwen3.5-397B-A17B: 236 MB of weights
    >>> round(decode_recurrent_projection(1, *layer, 2, 2, 2, 1e30, 1, 3.35e12, 0, 1, 1, 1) * 1e6)
    70
    """


@rule(
    wall=2, cite="roofline of each product; DeepSeek-V3.2 (2025), sec. 2.1; every tensor rank has all heads"
)
def decode_index_projection(
    decode_tokens: Count,
    hidden: Count,
    index_query_in: Count,
    index_query: Count,
    index_columns: Count,
    weight_bytes: Bytes,
    operand_bytes: Bytes,
    activation_bytes: Bytes,
    compute_rate: FlopPerSecond,
    memory_bandwidth: BytesPerSecond,
    launch_floor: Seconds,
    compute_fraction: Fraction,
    bandwidth_fraction: Fraction,
    corner: Count,
) -> Seconds:
    """Time of the projections of one indexer in a decode step: queries, one key, weights of the heads.

    >>> t = decode_index_projection(1, 7168, 1536, 8192, 192, 1, 1, 2, 1e30, 3.35e12, 0, 1, 1, 1)
    >>> round(t * 1e6, 2)  # 14 MB of weights
    4.17
    """
    product = partial(
        gemm_time,
        weight_bytes=weight_bytes,
        operand_bytes=operand_bytes,
        result_bytes=activation_bytes,
        rate=compute_rate,
        bandwidth=memory_bandwidth,
        launch_floor=launch_floor,
        compute_fraction=compute_fraction,
        bandwidth_fraction=bandwidth_fraction,
        corner=corner,
    )
    return product(decode_tokens, index_query, index_query_in) + product(decode_tokens, index_columns, hidden)


@rule(wall=2, cite="definition: mean over layers", keeps="decode_full_projection")
def decode_projection_time(
    layers: Count,
    full_layers: Count,
    decode_full_projection: Seconds,
    local_layers: Count,
    decode_local_projection: Seconds,
    recurrent_layers: Count,
    decode_recurrent_projection: Seconds,
    index_layers: Count,
    decode_index_projection: Seconds,
) -> Seconds:
    """Time of a layer's projections into and out of what mixes tokens in a decode step, in the mean over layers.

    >>> decode_projection_time(60, 15, 8.0, 0, 0, 45, 4.0, 0, 0), decode_projection_time(6, 6, 8.0, 0, 0, 0, 0, 3, 1.0)
    (5.0, 8.5)
    """
    total = (
        full_layers * decode_full_projection
        + local_layers * decode_local_projection
        + recurrent_layers * decode_recurrent_projection
        + index_layers * decode_index_projection
    )
    return total / layers


@instance(decode_local_projection, {"decode_tokens": "prefill_tokens"})
def prefill_local_projection(prefill_tokens: Tokens) -> Seconds:
    """Time of the projections of one layer that sees a window, in a prefill pass.

    >>> round(prefill_local_projection(8192, 8192, 8192, 2048, 8192, 1, 2, 2, 2, 989e12, 1, 1e30, 0, 1, 1, 1) * 1e3, 3)
    2.501
    """


@instance(decode_recurrent_projection, {"decode_tokens": "prefill_tokens"})
def prefill_recurrent_projection(prefill_tokens: Tokens) -> Seconds:
    """Time of the projections of one layer with a state, in a prefill pass.

    >>> layer = (4096, 0, 20_608, 0, 0, 8192, 0, 1)  # 2 x 8192 x 118e6 FLOP
    >>> round(prefill_recurrent_projection(8192, *layer, 2, 2, 2, 989e12, 1, 1e30, 0, 1, 1, 1) * 1e3, 3)
    1.954
    """


@instance(decode_index_projection, {"decode_tokens": "prefill_tokens"})
def prefill_index_projection(prefill_tokens: Tokens) -> Seconds:
    """Time of the projections of one indexer in a prefill pass.

    >>> t = prefill_index_projection(8192, 7168, 1536, 8192, 192, 1, 1, 2, 989e12, 1e30, 0, 1, 1, 1)
    >>> round(t * 1e6, 1)  # 2 x 8192 x 14e6 FLOP
    231.3
    """


@instance(
    decode_projection_time,
    {
        "decode_full_projection": "prefill_full_projection",
        "decode_local_projection": "prefill_local_projection",
        "decode_recurrent_projection": "prefill_recurrent_projection",
        "decode_index_projection": "prefill_index_projection",
    },
    keeps="prefill_full_projection",
)
def prefill_projection_time() -> Seconds:
    """Time of a layer's projections into and out of what mixes tokens in a prefill pass, in the mean over layers.

    >>> prefill_projection_time(60, 15, 8.0, 0, 0, 45, 4.0, 0, 0)
    5.0
    """
