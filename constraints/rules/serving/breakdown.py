"""Where a decode step goes: kernels, and the messages that nothing hides."""

from __future__ import annotations

from constraints.instance import instance
from constraints.quantities import Fraction, Seconds
from constraints.rule import rule
from constraints.rules.serving.step import decode_dense_layer, decode_full_step, decode_moe_layer


@instance(
    decode_dense_layer,
    fixed={
        "decode_tokens": 0,
        "reduce_latency": 0.0,
        "reduce_seconds_per_token": 0.0,
        "residual_blocks": 0,
    },
    wall=4,
    cite="definition: a decode step if no message took time",
)
def decode_dense_layer_computation() -> Seconds:
    """Time of one dense layer in a decode step in kernels alone.

    >>> decode_dense_layer_computation(1.0, 2.0, 3.0, 0.5)
    6.5
    """


@instance(
    decode_moe_layer,
    fixed={
        "decode_tokens": 0,
        "reduce_latency": 0.0,
        "reduce_seconds_per_token": 0.0,
        "exchange_latency": 0.0,
        "exchange_seconds_per_token": 0.0,
        "ep_overlap": 0.0,
    },
    wall=4,
    cite="definition: a decode step if no message took time",
)
def decode_moe_layer_computation() -> Seconds:
    """Time of one mixture layer in a decode step in kernels alone.

    >>> decode_moe_layer_computation(1.0, 2.0, 4.0, 0.5)
    7.5
    """


@instance(
    decode_full_step,
    {
        "decode_dense_layer": "decode_dense_layer_computation",
        "decode_moe_layer": "decode_moe_layer_computation",
    },
    fixed={"handover_latency": 0.0, "handover_seconds_per_token": 0.0},
    wall=4,
    cite="definition: a decode step if no message took time",
)
def decode_computation() -> Seconds:
    """Part of a decode step at a full batch spent in kernels, reading weights and cache, and on the host.

    >>> decode_computation(1, 2, 2, 2, 1, 1, 6.5, 7.5, 2.0, 8, 0.25, 0.0)  # 6.5 + 7.5 + 2 + 0.25
    16.25
    """


@rule(wall=14, cite="definition: what a decode step would save if no message took time")
def decode_communication(decode_full_step: Seconds, decode_computation: Seconds) -> Seconds:
    """Part of a decode step at a full batch spent on messages that nothing hides.

    >>> decode_communication(20.0, 16.0)
    4.0
    """
    return decode_full_step - decode_computation


@rule(wall=14, cite="definition", head="decode\nsending", wasted="{} of a decode step is communication")
def decode_communication_share(decode_full_step: Seconds, decode_communication: Seconds) -> Fraction:
    """Share of a decode step at a full batch spent on messages that nothing hides.

    >>> decode_communication_share(20.0, 4.0)
    0.2
    """
    return decode_communication / decode_full_step
