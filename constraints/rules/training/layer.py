"""From kernels to the forward and backward time of one layer, without its communication."""

from __future__ import annotations

from constraints.instance import instance
from constraints.quantities import (
    Bytes,
    BytesPerSecond,
    Count,
    Fraction,
    Seconds,
    Tokens,
)
from constraints.rule import rule


@rule(wall=1, cite="definition: serial kernels")
def forward_time(
    projection: Seconds, core: Seconds, feed_forward: Seconds, elementwise: Seconds, activation: Seconds
) -> Seconds:
    """Forward time of a layer of either kind: its kernels, one after the other.

    >>> forward_time(1.0, 2.0, 3.0, 0.5, 0.25)
    6.75
    """
    return projection + core + feed_forward + elementwise + activation


@rule(wall=1, cite="Kaplan et al. 2020: two gradient products per product")
def backward_time(
    forward: Seconds,
    core: Seconds,
    extra: Seconds,
    unfused_attention: Count,
    cheap: Seconds,
    accumulation: Seconds,
    forward_repeats: Count,
    cheap_repeats: Count,
    core_repeats: Count,
) -> Seconds:
    """Backward time of a layer of either kind: two products for each, and what is repeated.

    Selective recomputation repeats the scores; where a fused kernel keeps none, what else is cheap.

    >>> modes = ((0, 0, 0), (0, 0, 1), (0, 1, 0), (1, 0, 0))  # none, core_attn, selective, full
    >>> [backward_time(10.0, 2, 1, 0, 1, 0, *x) for x in modes]
    [21.0, 23.0, 22.0, 31.0]
    """
    chosen = (1 - unfused_attention) * cheap + unfused_attention * core
    return (
        (2 + forward_repeats) * forward + extra + cheap_repeats * chosen + core_repeats * core + accumulation
    )


@instance(
    forward_time,
    {
        "projection": "attention_projection_time",
        "core": "attention_core_time",
        "feed_forward": "dense_ffn_time",
        "elementwise": "elementwise_time",
        "activation": "dense_activation_time",
    },
)
def dense_layer_forward() -> Seconds:
    """Forward time of one dense layer.

    >>> dense_layer_forward(1.0, 2.0, 3.0, 0.5, 0.25)
    6.75
    """


@instance(
    forward_time,
    {
        "projection": "attention_projection_time",
        "core": "attention_core_time",
        "feed_forward": "expert_ffn_time",
        "elementwise": "elementwise_time",
        "activation": "moe_activation_time",
    },
)
def moe_layer_forward() -> Seconds:
    """Forward time of one mixture layer.

    >>> moe_layer_forward(1.0, 2.0, 4.0, 0.5, 0.25)
    7.75
    """


@rule(wall=2, cite="Ivanov et al. 2021: a norm reads the residual stream and writes it")
def norm_time(
    microbatch_tokens: Tokens,
    hidden: Count,
    residual_blocks: Count,
    sequence_share: Fraction,
    activation_bytes: Bytes,
    memory_bandwidth: BytesPerSecond,
    base_bandwidth_fraction: Fraction,
) -> Seconds:
    """Forward time of a layer's norms, one before each of its blocks.

    >>> round(norm_time(1000, 1000, 2, 1 / 8, 2, 4e12, 0.25) * 1e6, 3)  # 1 MB
    1.0
    """
    traffic = 2 * residual_blocks * microbatch_tokens * hidden * sequence_share * activation_bytes
    return traffic / (memory_bandwidth * base_bandwidth_fraction)


@instance(
    backward_time,
    {
        "forward": "dense_layer_forward",
        "core": "attention_core_time",
        "extra": "attention_backward_extra",
        "cheap": "norm_time",
        "accumulation": "dense_accumulation_time",
    },
)
def dense_layer_backward() -> Seconds:
    """Backward time of one dense layer, with what the recompute mode repeats of the forward pass.

    >>> [dense_layer_backward(10.0, 2, 1, 0, 1, 0, *x, 0) for x in ((0, 0), (0, 1), (1, 0))]  # none, selective, full
    [21.0, 22.0, 31.0]
    """


@instance(
    backward_time,
    {
        "forward": "moe_layer_forward",
        "core": "attention_core_time",
        "extra": "attention_backward_extra",
        "cheap": "moe_activation_time",
        "accumulation": "moe_accumulation_time",
    },
)
def moe_layer_backward() -> Seconds:
    """Backward time of one mixture layer, with what the recompute mode repeats of the forward pass.

    >>> [moe_layer_backward(12.0, 2, 1, 0, 2, 0, *x, 0) for x in ((0, 0), (0, 1), (1, 0))]  # none, selective, full
    [25.0, 27.0, 37.0]
    """


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
    expert_ranks: Count,
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
    held = moe_layer_fixed_parameters / tp + experts * expert_parameters / expert_ranks
    return 2 * each * held / (memory_bandwidth * base_bandwidth_fraction)
