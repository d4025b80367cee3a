"""Kernels of a mixture layer in one decode step at a full batch."""

from __future__ import annotations

from functools import partial

from constraints.algebras.maths import guarded, maximum, minimum
from constraints.instance import instance
from constraints.quantities import Bytes, BytesPerSecond, Count, FlopPerSecond, Fraction, Seconds
from constraints.rule import rule
from constraints.rules.library.roofline import gemm_time
from constraints.rules.serving.kernels import feed_forward, routed, touched
from constraints.rules.training.compute import elementwise_time, moe_activation_time


@rule(
    wall=2, cite="definition: with EP the tokens of all data ranks meet; a rank waits for at least one token"
)
def decode_group_tokens(decode_tokens: Count, expert_sources: Count) -> Count:
    """Tokens that reach one group of experts in a decode step.

    >>> decode_group_tokens(8, 32), decode_group_tokens(0.5, 1)
    (256, 1)
    """
    return maximum(1, decode_tokens * expert_sources)


@instance(
    touched,
    {"tokens": "decode_group_tokens"},
    wall=2,
    cite="expectation of distinct draws: each token picks k of E experts, balanced routing",
)
def experts_touched(decode_group_tokens: Count, experts: Count, experts_per_token: Count, ep: Count) -> Count:
    """Experts of one device whose weights a decode step reads.

    In the mean over devices: the busiest of few tokens' devices reads somewhat more.

    >>> [round(experts_touched(n, 256, 8, ep), 2) for n, ep in ((1, 1), (64, 1), (4096, 32))]
    [8.0, 222.44, 8.0]
    """


@rule(wall=2, cite="grouped products of the experts touched, balanced routing")
def decode_expert_time(
    decode_tokens: Count,
    decode_group_tokens: Count,
    hidden: Count,
    expert_hidden: Count,
    experts: Count,
    experts_per_token: Count,
    shared_experts: Count,
    expert_ffn: Count,
    expert_width: Count,
    ffn_matrices: Count,
    tp: Count,
    ep: Count,
    weight_bytes: Bytes,
    operand_bytes: Bytes,
    expert_weight_bytes: Bytes,
    expert_operand_bytes: Bytes,
    activation_bytes: Bytes,
    compute_rate: FlopPerSecond,
    ffn_speed: Count,
    expert_speed: Count,
    memory_bandwidth: BytesPerSecond,
    launch_floor: Seconds,
    compute_fraction: Fraction,
    bandwidth_fraction: Fraction,
    corner: Count,
    expert_floor: Seconds,
    expert_compute_fraction: Fraction,
    expert_bandwidth_fraction: Fraction,
    expert_imbalance: Count,
    expert_each_floor: Seconds,
    expert_half_width: Count,
) -> Seconds:
    """Time of a mixture layer's feed-forward part in a decode step: routed and shared experts, router.

    The experts of a device are one grouped product, with a floor of its own (router, sorting and all
    launches) and shares of the peak that grow with the width of an expert.

    >>> layer, device = (7168, 7168, 256, 8, 1, 2048, 2048, 3, 1, 1, 1, 1, 1, 1, 2), (1e30, 1, 1, 3.35e12, 0, 1, 1, 1)
    >>> t = decode_expert_time(1, 1, *layer, *device, 0, 1, 1, 1, 0, 0)
    >>> round(t * 1e6)  # 9 experts of 44 MB
    118
    """
    product = partial(
        gemm_time,
        weight_bytes=weight_bytes,
        operand_bytes=operand_bytes,
        result_bytes=activation_bytes,
        rate=compute_rate * ffn_speed,
        bandwidth=memory_bandwidth,
        launch_floor=launch_floor,
        compute_fraction=compute_fraction,
        bandwidth_fraction=bandwidth_fraction,
        corner=corner,
    )
    columns = guarded(expert_width, 1)
    grouped = partial(
        product,
        weight_bytes=expert_weight_bytes,
        operand_bytes=expert_operand_bytes,
        rate=compute_rate * expert_speed,
        launch_floor=0 * launch_floor,
        compute_fraction=expert_compute_fraction * columns / (columns + expert_half_width),
        bandwidth_fraction=expert_bandwidth_fraction,
        corner=1,
    )
    shared_width = shared_experts * expert_ffn / tp
    return (
        expert_floor
        + routed(
            decode_group_tokens,
            expert_hidden,
            ffn_matrices,
            experts=experts,
            per_token=experts_per_token,
            width=expert_width,
            ep=ep,
            imbalance=expert_imbalance,
            each_floor=expert_each_floor,
            product=grouped,
        )
        + minimum(1, shared_width) * feed_forward(decode_tokens, hidden, shared_width, ffn_matrices, product)
    )


@rule(wall=2, cite="Ivanov et al. 2021; Megatron-Core MoE for copying tokens to experts and back")
def decode_moe_elementwise_time(
    decode_tokens: Count,
    hidden: Count,
    elementwise_passes: Count,
    elementwise_kernels: Count,
    expert_hidden: Count,
    expert_ffn: Count,
    ffn_matrices: Count,
    experts_per_token: Count,
    shared_experts: Count,
    tp: Count,
    activation_bytes: Bytes,
    memory_bandwidth: BytesPerSecond,
    base_bandwidth_fraction: Fraction,
    base_launch_floor: Seconds,
) -> Seconds:
    """Time of a mixture layer's small kernels in a decode step.

    >>> t = decode_moe_elementwise_time(1000, 1000, 1, 5, 1000, 500, 3, 2, 1, 1, 2, 2e12, 1, 1e-6)
    >>> round(t * 1e6, 3)  # 2 + 25 MB and five launches
    18.5
    """
    return elementwise_time(
        microbatch_tokens=decode_tokens,
        hidden=hidden,
        elementwise_passes=elementwise_passes,
        sequence_share=1,
        activation_bytes=activation_bytes,
        memory_bandwidth=memory_bandwidth,
        base_bandwidth_fraction=base_bandwidth_fraction,
        elementwise_kernels=elementwise_kernels,
        base_launch_floor=base_launch_floor,
    ) + moe_activation_time(
        microbatch_tokens=decode_tokens,
        expert_hidden=expert_hidden,
        expert_ffn=expert_ffn,
        ffn_matrices=ffn_matrices,
        experts_per_token=experts_per_token,
        shared_experts=shared_experts,
        tp=tp,
        sequence_share=1 / tp,
        activation_bytes=activation_bytes,
        permutation_passes=4,
        memory_bandwidth=memory_bandwidth,
        base_bandwidth_fraction=base_bandwidth_fraction,
    )
