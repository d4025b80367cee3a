"""Activations a hybrid keeps for its backward pass: each kind of layer, and the mean layer."""

from __future__ import annotations

from constraints.instance import instance
from constraints.quantities import Bytes, BytesPerToken, Count, Fraction
from constraints.rule import rule
from constraints.rules.training.activations import attention_activation_bytes as attention_bytes


@instance(
    attention_bytes,
    {
        "query_width": "local_query_width",
        "kv_expanded_width": "local_cache_width",
        "attention_width": "local_attention_width",
        "kv_ranks": "local_kv_ranks",
    },
    fixed={"query_down": 0, "kv_down": 0},
)
def local_activation_bytes() -> BytesPerToken:
    """What one layer that sees a window keeps per token, without scores.

    >>> local_activation_bytes(8192, 8192, 2 * 8192, 8192, 8, 8, 1 / 8, 2, 2)
    10240.0
    """


@rule(wall=2, cite="Yang et al. 2024: inputs of the chunks are kept, and their states are computed again")
def recurrent_activation_bytes(
    hidden: Count,
    recurrent_columns: Count,
    recurrent_gates: Count,
    gate_columns: Count,
    recurrent_rows: Count,
    tp: Count,
    sequence_share: Fraction,
    activation_bytes: Bytes,
    operand_bytes: Bytes,
) -> BytesPerToken:
    """What one layer with a state keeps per token.

    Its projections, before and after the convolution, the output of the recurrence, and that output normed
    and gated in the precision of the product it goes into; the residual stream after it.

    >>> recurrent_activation_bytes(10, 8, 2, 4, 6, 2, 0.5, 2, 1)  # 2 ((16 + 4 + 6) / 2 + 12 / 2) + 6 / 2
    41.0
    """
    split = (2 * recurrent_columns + gate_columns + recurrent_rows) / tp
    kept = split + (hidden + recurrent_gates) * sequence_share
    return activation_bytes * kept + operand_bytes * recurrent_rows / tp


@rule(wall=2, cite="definition: mean over layers", keeps="full_activation_bytes")
def attention_activation_bytes(
    layers: Count,
    full_layers: Count,
    full_activation_bytes: BytesPerToken,
    local_layers: Count,
    local_activation_bytes: BytesPerToken,
    recurrent_layers: Count,
    recurrent_activation_bytes: BytesPerToken,
    index_layers: Count,
    index_query: Count,
    index_columns: Count,
    activation_bytes: Bytes,
) -> BytesPerToken:
    """What mixes tokens must keep for its backward pass per token of a layer, in the mean over layers.

    >>> attention_activation_bytes(60, 15, 8.0, 0, 0, 45, 4.0, 0, 0, 0, 2)
    5.0
    >>> attention_activation_bytes(6, 6, 8.0, 0, 0, 0, 0, 3, 3, 1, 2)
    12.0
    """
    total = (
        full_layers * full_activation_bytes
        + local_layers * local_activation_bytes
        + recurrent_layers * recurrent_activation_bytes
        + index_layers * (index_query + index_columns) * activation_bytes
    )
    return total / layers


@rule(wall=2, cite="definition: layers with a state have no scores", keeps="full_score_bytes")
def score_activation_bytes(
    layers: Count, full_layers: Count, local_layers: Count, full_score_bytes: BytesPerToken
) -> BytesPerToken:
    """Attention scores kept per token of a layer where attention is not a fused kernel, in the mean over layers.

    >>> score_activation_bytes(60, 15, 0, 8.0)
    2.0
    """
    return (full_layers + local_layers) / layers * full_score_bytes


@rule(
    wall=2,
    cite="definition: mean over dense layers of the share of the widest block",
    keeps="widest_ffn_bytes",
)
def dense_ffn_activation_bytes(ffn_share: Fraction, widest_ffn_bytes: BytesPerToken) -> BytesPerToken:
    """Outputs of the first feed-forward projections, per token of a dense layer, in the mean over these.

    >>> dense_ffn_activation_bytes(0.75, 4.0)
    3.0
    """
    return ffn_share * widest_ffn_bytes


@rule(
    wall=2, cite="definition: a layer without its feed-forward block has one norm", keeps="whole_cheap_bytes"
)
def dense_cheap_activation_bytes(
    ffn_share: Fraction,
    whole_cheap_bytes: BytesPerToken,
    hidden: Count,
    sequence_share: Fraction,
    operand_bytes: Bytes,
) -> BytesPerToken:
    """Activations of a dense layer that are cheap to recompute, in the mean over dense layers.

    >>> dense_cheap_activation_bytes(0.5, 80.0, 10, 1, 2)
    50.0
    """
    return ffn_share * whole_cheap_bytes + (1 - ffn_share) * operand_bytes * hidden * sequence_share
