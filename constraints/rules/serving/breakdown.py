"""Where a decode step goes: kernels, and the messages that nothing hides."""

from __future__ import annotations

from constraints.quantities import Count, Fraction, Seconds
from constraints.rule import rule
from constraints.rules.serving.step import decode_dense_layer, decode_full_step, decode_moe_layer


@rule(wall=4, cite="definition: a decode step if no message took time")
def decode_computation(
    pp: Count,
    most_layers: Count,
    last_layers: Count,
    layers: Count,
    dense_layers: Count,
    moe_layers: Count,
    decode_projection_time: Seconds,
    decode_attention_time: Seconds,
    decode_ffn_time: Seconds,
    decode_dense_elementwise_time: Seconds,
    decode_expert_time: Seconds,
    decode_moe_elementwise_time: Seconds,
    decode_head_time: Seconds,
    decode_tokens: Count,
    host_step_overhead: Seconds,
    host_sequence_overhead: Seconds,
) -> Seconds:
    """Part of a decode step at a full batch spent in kernels, reading weights and cache, and on the host.

    >>> decode_computation(1, 2, 2, 2, 1, 1, 1.0, 2.0, 3.0, 0.5, 4.0, 0.5, 2.0, 8, 0.25, 0.0)  # 6.5 + 7.5 + 2 + 0.25
    16.25
    """
    none = 0 * decode_head_time
    dense = decode_dense_layer(
        decode_projection_time,
        decode_attention_time,
        decode_ffn_time,
        decode_dense_elementwise_time,
        decode_tokens,
        none,
        none,
    )
    mixture = decode_moe_layer(
        decode_projection_time,
        decode_attention_time,
        decode_expert_time,
        decode_moe_elementwise_time,
        decode_tokens,
        none,
        none,
        none,
        none,
        0,
    )
    return decode_full_step(
        pp,
        most_layers,
        last_layers,
        layers,
        dense_layers,
        moe_layers,
        dense,
        mixture,
        decode_head_time,
        decode_tokens,
        none,
        none,
        host_step_overhead,
        host_sequence_overhead,
    )


@rule(wall=14, cite="definition: what a decode step would save if no message took time")
def decode_communication(decode_full_step: Seconds, decode_computation: Seconds) -> Seconds:
    """Part of a decode step at a full batch spent on messages that nothing hides.

    >>> decode_communication(20.0, 16.0)
    4.0
    """
    return decode_full_step - decode_computation


@rule(wall=14, cite="definition", head="decode\nsending")
def decode_communication_share(decode_full_step: Seconds, decode_communication: Seconds) -> Fraction:
    """Share of a decode step at a full batch spent on messages that nothing hides.

    >>> decode_communication_share(20.0, 4.0)
    0.2
    """
    return decode_communication / decode_full_step
