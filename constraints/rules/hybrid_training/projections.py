"""Products into and out of what mixes tokens in training, for each kind of layer, and those of the mean layer."""

from __future__ import annotations

from constraints.instance import instance
from constraints.quantities import Count, Seconds, Tokens
from constraints.rule import rule
from constraints.rules.hybrid_serving.projections import decode_index_projection
from constraints.rules.training.compute import attention_projection_time as projection_time


@instance(
    projection_time,
    {
        "query_up_in": "hidden",
        "query_width": "local_query_width",
        "kv_up_in": "hidden",
        "kv_width": "local_kv_width",
        "kv_ranks": "local_kv_ranks",
        "attention_width": "local_attention_width",
    },
    fixed={"query_down": 0, "kv_down": 0, "latent": 0},
)
def local_projection_time() -> Seconds:
    """Forward time of the projections of one layer that sees a window.

    >>> device = (2, 2, 989e12, 1e30, 0, 1, 1, 1)
    >>> round(local_projection_time(8192, 8192, 8192, 2048, 1, 8192, 1, *device) * 1e3, 3)
    2.501
    """


@instance(
    projection_time,
    {
        "query_up_in": "hidden",
        "query_width": "recurrent_columns",
        "kv_down": "recurrent_gates",
        "kv_up_in": "gate_rank",
        "kv_width": "gate_columns",
        "kv_ranks": "tp",
        "latent": "low_rank_gates",
        "attention_width": "recurrent_rows",
    },
    fixed={"query_down": 0},
)
def recurrent_projection_time() -> Seconds:
    """Forward time of the projections of one layer with a state.

    >>> device = (2, 2, 989e12, 1e30, 0, 1, 1, 1)  # 2 x 8192 x 118e6 FLOP
    >>> round(recurrent_projection_time(8192, 4096, 20_608, 0, 0, 0, 1, 0, 8192, *device) * 1e3, 3)
    1.954
    """


@instance(decode_index_projection, {"decode_tokens": "microbatch_tokens", "weight_bytes": "operand_bytes"})
def index_projection_time(microbatch_tokens: Tokens) -> Seconds:
    """Forward time of the projections of one indexer.

    >>> t = index_projection_time(8192, 7168, 1536, 8192, 192, 1, 2, 989e12, 1e30, 0, 1, 1, 1)
    >>> round(t * 1e6, 1)  # 2 x 8192 x 14e6 FLOP
    231.3
    """


@rule(wall=1, cite="definition: mean over layers", keeps="full_projection_time")
def attention_projection_time(
    layers: Count,
    full_layers: Count,
    full_projection_time: Seconds,
    local_layers: Count,
    local_projection_time: Seconds,
    recurrent_layers: Count,
    recurrent_projection_time: Seconds,
    index_layers: Count,
    index_projection_time: Seconds,
) -> Seconds:
    """Forward time of a layer's projections into and out of what mixes tokens, in the mean over layers.

    >>> attention_projection_time(60, 15, 8.0, 0, 0, 45, 4.0, 0, 0)
    5.0
    """
    total = (
        full_layers * full_projection_time
        + local_layers * local_projection_time
        + recurrent_layers * recurrent_projection_time
        + index_layers * index_projection_time
    )
    return total / layers
