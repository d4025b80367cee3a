"""From kernels to the forward and backward time of one layer, without its communication."""

from __future__ import annotations

from typing import Any

from constraints.quantities import (
    Bytes,
    BytesPerSecond,
    Count,
    Fraction,
    Seconds,
)
from constraints.rule import rule


def forward_time(projection: Any, core: Any, feed_forward: Any, elementwise: Any, activation: Any) -> Any:
    """Forward time of a layer of either kind: its kernels, one after the other."""
    return projection + core + feed_forward + elementwise + activation


def backward_time(
    forward: Any,
    core: Any,
    extra: Any,
    unfused_attention: Any,
    activation: Any,
    accumulation: Any,
    forward_repeats: Any,
    cheap_repeats: Any,
) -> Any:
    """Backward time of a layer of either kind: two products for each, and what is repeated."""
    cheap = (1 - unfused_attention) * activation + unfused_attention * core
    return (2 + forward_repeats) * forward + extra + cheap_repeats * cheap + accumulation


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
    return forward_time(
        attention_projection_time,
        attention_core_time,
        dense_ffn_time,
        elementwise_time,
        dense_activation_time,
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
    return forward_time(
        attention_projection_time, attention_core_time, expert_ffn_time, elementwise_time, moe_activation_time
    )


@rule(wall=1, cite="Kaplan et al. 2020: two gradient products per product")
def dense_layer_backward(
    dense_layer_forward: Seconds,
    attention_core_time: Seconds,
    attention_backward_extra: Seconds,
    unfused_attention: Count,
    dense_activation_time: Seconds,
    dense_accumulation_time: Seconds,
    forward_repeats: Count,
    cheap_repeats: Count,
) -> Seconds:
    """Backward time of one dense layer, with what the recompute mode repeats of the forward pass.

    Selective recomputation repeats the scores; where a fused kernel keeps none, the non-linearity.

    >>> [dense_layer_backward(10.0, 2, 1, 0, 2, 0, *x) for x in ((0, 0), (0, 1), (1, 0))]  # none, selective, full
    [21.0, 23.0, 31.0]
    """
    return backward_time(
        dense_layer_forward, attention_core_time, attention_backward_extra, unfused_attention, dense_activation_time,
        dense_accumulation_time, forward_repeats, cheap_repeats,
    )  # fmt: skip


@rule(wall=1, cite="Kaplan et al. 2020: two gradient products per product")
def moe_layer_backward(
    moe_layer_forward: Seconds,
    attention_core_time: Seconds,
    attention_backward_extra: Seconds,
    unfused_attention: Count,
    moe_activation_time: Seconds,
    moe_accumulation_time: Seconds,
    forward_repeats: Count,
    cheap_repeats: Count,
) -> Seconds:
    """Backward time of one mixture layer, with what the recompute mode repeats of the forward pass.

    >>> [moe_layer_backward(12.0, 2, 1, 0, 2, 0, *x) for x in ((0, 0), (0, 1), (1, 0))]  # none, selective, full
    [25.0, 27.0, 37.0]
    """
    return backward_time(
        moe_layer_forward, attention_core_time, attention_backward_extra, unfused_attention, moe_activation_time,
        moe_accumulation_time, forward_repeats, cheap_repeats,
    )  # fmt: skip


@rule(
    wall=2, cite="Megatron-LM gradient accumulation fusion: each micro-batch reads and writes main gradients"
)
def dense_accumulation_time(
    dense_layer_parameters: Count,
    tp: Count,
    gradient_bytes: Bytes,
    parameter_bytes: Bytes,
    shard_gradients: Count,
    memory_bandwidth: BytesPerSecond,
    base_bandwidth_fraction: Fraction,
) -> Seconds:
    """Time a micro-batch takes to add a dense layer's gradients to those before it.

    Sharded gradients are written in the precision of the weights and read to be reduced instead.

    >>> [dense_accumulation_time(1e9, 2, 4, 2, z, 4e12, 0.5) for z in (0, 1)]  # 4 and 2 GB
    [0.002, 0.001]
    """
    each = (1 - shard_gradients) * gradient_bytes + shard_gradients * parameter_bytes
    return 2 * each * dense_layer_parameters / tp / (memory_bandwidth * base_bandwidth_fraction)


@rule(
    wall=2, cite="Megatron-LM gradient accumulation fusion: each micro-batch reads and writes main gradients"
)
def moe_accumulation_time(
    moe_layer_fixed_parameters: Count,
    experts: Count,
    expert_parameters: Count,
    tp: Count,
    ep: Count,
    gradient_bytes: Bytes,
    parameter_bytes: Bytes,
    shard_gradients: Count,
    memory_bandwidth: BytesPerSecond,
    base_bandwidth_fraction: Fraction,
) -> Seconds:
    """The same for a mixture layer: the gradients of all experts on the device, however few tokens they got.

    >>> moe_accumulation_time(1e9, 8, 1e9, 1, 4, 4, 2, 0, 6e12, 0.5)  # 24 GB
    0.008
    """
    each = (1 - shard_gradients) * gradient_bytes + shard_gradients * parameter_bytes
    held = (moe_layer_fixed_parameters + experts * expert_parameters / ep) / tp
    return 2 * each * held / (memory_bandwidth * base_bandwidth_fraction)
