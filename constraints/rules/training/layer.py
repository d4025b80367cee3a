"""From kernels to the forward and backward time of one layer, without its communication."""

from __future__ import annotations

from constraints.quantities import Count, Seconds
from constraints.rule import rule


@rule(wall=1, cite="definition: serial kernels")
def dense_layer_forward(
    attention_projection_time: Seconds,
    attention_core_time: Seconds,
    dense_ffn_time: Seconds,
    elementwise_time: Seconds,
    dense_activation_time: Seconds,
) -> Seconds:
    """Forward time of one dense layer.

    >>> dense_layer_forward(1.0, 2.0, 3.0, 0.5, 0.25)
    6.75
    """
    return (
        attention_projection_time
        + attention_core_time
        + dense_ffn_time
        + elementwise_time
        + dense_activation_time
    )


@rule(wall=1, cite="definition: serial kernels")
def moe_layer_forward(
    attention_projection_time: Seconds,
    attention_core_time: Seconds,
    expert_ffn_time: Seconds,
    elementwise_time: Seconds,
    moe_activation_time: Seconds,
) -> Seconds:
    """Forward time of one mixture layer.

    >>> moe_layer_forward(1.0, 2.0, 4.0, 0.5, 0.25)
    7.75
    """
    return (
        attention_projection_time
        + attention_core_time
        + expert_ffn_time
        + elementwise_time
        + moe_activation_time
    )


@rule(
    wall=1,
    cite="two gradient products per product; Dao et al. 2023: 2.5x for fused attention, which recomputes scores",
)
def dense_layer_backward(
    dense_layer_forward: Seconds,
    attention_core_time: Seconds,
    elementwise_time: Seconds,
    dense_activation_time: Seconds,
    forward_repeats: Count,
    cheap_repeats: Count,
) -> Seconds:
    """Backward time of one dense layer, with what the recompute mode repeats of the forward pass.

    >>> [dense_layer_backward(10, 2, 1, 1, *x) for x in ((0, 0), (0, 1), (1, 0))]  # none, selective, full
    [21.0, 23.0, 31.0]
    """
    return (
        (2 + forward_repeats) * dense_layer_forward
        + 0.5 * attention_core_time
        + cheap_repeats * (elementwise_time + dense_activation_time)
    )


@rule(
    wall=1,
    cite="two gradient products per product; Dao et al. 2023: 2.5x for fused attention, which recomputes scores",
)
def moe_layer_backward(
    moe_layer_forward: Seconds,
    attention_core_time: Seconds,
    elementwise_time: Seconds,
    moe_activation_time: Seconds,
    forward_repeats: Count,
    cheap_repeats: Count,
) -> Seconds:
    """Backward time of one mixture layer, with what the recompute mode repeats of the forward pass.

    >>> [moe_layer_backward(12, 2, 1, 1, *x) for x in ((0, 0), (0, 1), (1, 0))]  # none, selective, full
    [25.0, 27.0, 37.0]
    """
    return (
        (2 + forward_repeats) * moe_layer_forward
        + 0.5 * attention_core_time
        + cheap_repeats * (elementwise_time + moe_activation_time)
    )
