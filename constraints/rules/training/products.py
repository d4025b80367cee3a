"""Dense products of a layer in training: feed-forward blocks, experts, output projection."""

from __future__ import annotations

from functools import partial

from constraints.algebras.maths import guarded, minimum
from constraints.quantities import (
    Bytes,
    BytesPerSecond,
    Count,
    FlopPerSecond,
    Fraction,
    Seconds,
    Tokens,
)
from constraints.rule import rule
from constraints.rules.library.roofline import gemm_time


@rule(wall=1, cite="roofline of both projections; Shoeybi et al. 2019 for the TP split")
def dense_ffn_time(
    microbatch_tokens: Tokens,
    hidden: Count,
    ffn: Count,
    ffn_matrices: Count,
    tp: Count,
    operand_bytes: Bytes,
    activation_bytes: Bytes,
    compute_rate: FlopPerSecond,
    memory_bandwidth: BytesPerSecond,
    launch_floor: Seconds,
    compute_fraction: Fraction,
    bandwidth_fraction: Fraction,
    corner: Count,
) -> Seconds:
    """Forward time of a dense feed-forward block; gate and up projections are one product.

    >>> device = (989e12, 1e30, 0, 1, 1, 1)  # arithmetic alone: 2 x 8192 x 705e6 FLOP
    >>> [round(dense_ffn_time(8192, 8192, 28_672, 3, tp, 2, 2, *device) * 1e3, 3) for tp in (1, 8)]
    [11.673, 1.459]
    """
    product = partial(
        gemm_time,
        weight_bytes=operand_bytes,
        operand_bytes=operand_bytes,
        result_bytes=activation_bytes,
        rate=compute_rate,
        bandwidth=memory_bandwidth,
        launch_floor=launch_floor,
        compute_fraction=compute_fraction,
        bandwidth_fraction=bandwidth_fraction,
        corner=corner,
    )
    gate_and_up = product(microbatch_tokens, (ffn_matrices - 1) * ffn / tp, hidden)
    return gate_and_up + product(microbatch_tokens, hidden, ffn / tp)


@rule(wall=1, cite="grouped products, one per local expert; balanced routing")
def expert_ffn_time(
    microbatch_tokens: Tokens,
    hidden: Count,
    expert_hidden: Count,
    expert_ffn: Count,
    ffn_matrices: Count,
    experts: Count,
    experts_per_token: Count,
    shared_experts: Count,
    tp: Count,
    ep: Count,
    operand_bytes: Bytes,
    activation_bytes: Bytes,
    compute_rate: FlopPerSecond,
    memory_bandwidth: BytesPerSecond,
    launch_floor: Seconds,
    compute_fraction: Fraction,
    bandwidth_fraction: Fraction,
    corner: Count,
    grouped_share: Fraction,
) -> Seconds:
    """Forward time of a mixture layer's routed and shared experts.

    An EP rank holds `experts / ep` of them and receives the tokens all EP ranks send to these;
    active parameters compute, and each local expert's weights are read once. `grouped_share` is what a
    grouped product of uneven parts reaches of a single one.

    >>> layer, device = (4096, 7168, 7168, 2048, 3, 256, 8, 1, 1), (1, 2, 989e12, 1e30, 0, 1, 1, 1, 1)
    >>> [round(expert_ffn_time(*layer, ep, *device) * 1e3, 3) for ep in (1, 8)]  # 2 x 4096 x 9 x 44e6 FLOP
    [3.283, 3.283]
    """
    product = partial(
        gemm_time,
        weight_bytes=operand_bytes,
        operand_bytes=operand_bytes,
        result_bytes=activation_bytes,
        rate=compute_rate,
        bandwidth=memory_bandwidth,
        launch_floor=0 * launch_floor,
        compute_fraction=compute_fraction,
        bandwidth_fraction=bandwidth_fraction,
        corner=corner,
    )
    local = experts / ep
    routed = microbatch_tokens * ep * experts_per_token / guarded(experts, 1)
    width = expert_ffn / tp
    shared = shared_experts * width
    grouped = local * product(routed, (ffn_matrices - 1) * width, expert_hidden) + local * product(
        routed, expert_hidden, width
    )
    return (
        grouped / grouped_share
        + product(microbatch_tokens, (ffn_matrices - 1) * shared, hidden)
        + product(microbatch_tokens, hidden, shared)
        + (2 + 2 * minimum(1, shared_experts)) * launch_floor
    )


@rule(wall=1, cite="roofline of the output projection, forward and both gradients, in 16 bit")
def head_time(
    microbatch_tokens: Tokens,
    vocab: Count,
    hidden: Count,
    tp: Count,
    activation_bytes: Bytes,
    logit_traffic_bytes: Bytes,
    attention_rate: FlopPerSecond,
    memory_bandwidth: BytesPerSecond,
    base_launch_floor: Seconds,
    base_compute_fraction: Fraction,
    base_bandwidth_fraction: Fraction,
    base_corner: Count,
) -> Seconds:
    """Time of logits and loss for one micro-batch on the last stage, forward and backward.

    `logit_traffic_bytes` go through memory for each logit beside the products.

    >>> t = head_time(8192, 128_256, 8192, 8, 2, 8, 989e12, 1e30, 0, 1, 1, 1)
    >>> round(t * 1e3, 3)  # arithmetic alone: 6 x 8192 x 1.05e9 / 8 FLOP
    6.527
    >>> head_time(10, 100, 10, 2, 2, 8, 1.0, 1.0, 0, 1, 1, 1)  # 3 (10,000 FLOP + 2200 byte) + 4000 byte
    40600.0
    """
    product = gemm_time(
        m=microbatch_tokens,
        n=vocab / tp,
        k=hidden,
        weight_bytes=activation_bytes,
        operand_bytes=activation_bytes,
        result_bytes=activation_bytes,
        rate=attention_rate,
        bandwidth=memory_bandwidth,
        launch_floor=base_launch_floor,
        compute_fraction=base_compute_fraction,
        bandwidth_fraction=base_bandwidth_fraction,
        corner=base_corner,
    )
    softmax = (
        microbatch_tokens * vocab / tp * logit_traffic_bytes / (memory_bandwidth * base_bandwidth_fraction)
    )
    return 3 * product + softmax
