"""Time a device computes on one micro-batch, kernel by kernel, and on the optimizer step."""

from __future__ import annotations

from functools import partial

from constraints.algebras.maths import maximum
from constraints.quantities import (
    Bytes,
    BytesPerSecond,
    Count,
    FlopPerSecond,
    FlopPerToken,
    Fraction,
    Seconds,
    Tokens,
)
from constraints.rule import rule
from constraints.rules.library.roofline import gemm_time


@rule(wall=11, cite="Chowdhery et al. 2022, PaLM appendix B, with the causal half")
def attention_flops_per_token(
    sequence_length: Tokens,
    causal_share: Count,
    layers: Count,
    heads: Count,
    qk_width: Count,
    v_width: Count,
) -> FlopPerToken:
    """Operations of score and value products for one token, forward.

    `causal_share` is 1/2 where a token sees only those before it, 1 in an encoder.

    >>> round(attention_flops_per_token(8192, 0.5, 126, 128, 128, 128) / 1e9, 1)  # Llama-3.1-405B
    33.8
    """
    return 2 * layers * sequence_length * causal_share * heads * (qk_width + v_width)


@rule(wall=11, cite="Kaplan et al. 2020: two operations per active parameter, plus attention")
def forward_flops_per_token(
    active_parameters: Count, attention_flops_per_token: FlopPerToken
) -> FlopPerToken:
    """Operations of one token's forward pass.

    >>> forward_flops_per_token(1e9, 0.0)
    2000000000.0
    """
    return 2 * active_parameters + attention_flops_per_token


@rule(wall=1, cite="roofline of each projection; Shoeybi et al. 2019 for the TP split")
def attention_projection_time(
    microbatch_tokens: Tokens,
    hidden: Count,
    query_down: Count,
    query_up_in: Count,
    query_width: Count,
    kv_down: Count,
    kv_up_in: Count,
    kv_width: Count,
    kv_ranks: Count,
    latent: Count,
    attention_width: Count,
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
    """Forward time of a layer's projections into and out of attention.

    Up-projections are split over TP, compressing ones (latent attention) run whole on every rank.
    With TP above the KV heads each rank keeps one whole head. Keys, values and queries of plain
    attention are one product, so they share a launch.

    >>> layer = (8192, 8192, 0, 8192, 8192, 0, 8192, 2048)  # Llama-3-70B: 2.47 TFLOP
    >>> device = (2, 2, 989e12, 1e30, 0, 1, 1, 1)  # arithmetic alone
    >>> [round(attention_projection_time(*layer, tp, 0, 8192, tp, *device) * 1e3, 3) for tp in (1, 8)]
    [2.501, 0.313]
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
    joined = partial(product, launch_floor=latent * launch_floor)
    return (
        joined(microbatch_tokens, query_down + kv_down, hidden)
        + product(microbatch_tokens, query_width / tp, query_up_in)
        + joined(microbatch_tokens, kv_width / kv_ranks, kv_up_in)
        + product(microbatch_tokens, hidden, attention_width / tp)
    )


@rule(wall=1, cite="Dao et al. 2023, FlashAttention-2: efficiency grows with the sequence a kernel sees")
def fused_attention_time(
    microbatch_tokens: Tokens,
    attention_span: Tokens,
    heads: Count,
    qk_width: Count,
    v_width: Count,
    tp: Count,
    attention_rate: FlopPerSecond,
    attention_fraction: Fraction,
    attention_kernel_share: Fraction,
    attention_half_length: Tokens,
    sequence_length: Tokens,
    base_launch_floor: Seconds,
) -> Seconds:
    """Forward time of score and value products of one layer in one kernel, which keeps no scores.

    `attention_span` is how many tokens each one sees in the mean. `attention_kernel_share` is what a
    framework's kernels reach of the best for the device: below 1 for kernels of an older generation.

    >>> layer = (8192, 4096, 64, 128, 128, 8)  # 137 GFLOP; half as fast at the half length
    >>> [round(fused_attention_time(*layer, 989e12, 1, 1, half, 8192, 0.0) * 1e6) for half in (0, 8192)]
    [139, 278]
    """
    flops = 2 * microbatch_tokens * attention_span * heads / tp * (qk_width + v_width)
    achieved = attention_fraction * attention_kernel_share / (1 + attention_half_length / sequence_length)
    return base_launch_floor + flops / (attention_rate * achieved)


@rule(
    wall=2, cite="Korthikanti et al. 2022, figure 2: scores, softmax, dropout and their products, one by one"
)
def unfused_attention_time(
    microbatch_tokens: Tokens,
    sequence_length: Tokens,
    heads: Count,
    qk_width: Count,
    v_width: Count,
    tp: Count,
    score_passes: Count,
    activation_bytes: Bytes,
    attention_rate: FlopPerSecond,
    memory_bandwidth: BytesPerSecond,
    base_compute_fraction: Fraction,
    base_bandwidth_fraction: Fraction,
) -> Seconds:
    """Forward time of the same as separate kernels: the whole square is computed and goes through memory.

    >>> round(unfused_attention_time(2048, 2048, 96, 128, 128, 8, 6, 2, 1e30, 6e12, 1, 0.5) * 1e6)  # 604 MB
    201
    >>> round(unfused_attention_time(2048, 2048, 96, 128, 128, 8, 6, 2, 312e12, 1e30, 1, 1) * 1e6)  # 25.8 GFLOP
    83
    """
    scores = microbatch_tokens * sequence_length * heads / tp
    arithmetic = 2 * scores * (qk_width + v_width) / (attention_rate * base_compute_fraction)
    traffic = score_passes * activation_bytes * scores / (memory_bandwidth * base_bandwidth_fraction)
    return arithmetic + traffic


@rule(cite="definition: one kernel or several")
def attention_core_time(
    fused_attention_time: Seconds, unfused_attention_time: Seconds, unfused_attention: Count
) -> Seconds:
    """Forward time of score and value products of one layer.

    >>> attention_core_time(1.0, 3.0, 0), attention_core_time(1.0, 3.0, 1)
    (1.0, 3.0)
    """
    return (1 - unfused_attention) * fused_attention_time + unfused_attention * unfused_attention_time


@rule(cite="Dao et al. 2022, FlashAttention: a fused backward pass computes the scores again")
def attention_backward_extra(
    attention_core_time: Seconds, unfused_attention: Count, attention_backward_ratio: Count
) -> Seconds:
    """What the backward pass of attention takes beyond twice its forward time.

    Five products instead of two make a ratio of 2.5; the kernels are less efficient than forward ones.

    >>> attention_backward_extra(2.0, 0, 2.5), attention_backward_extra(2.0, 1, 2.5)
    (1.0, 0.0)
    """
    return (1 - unfused_attention) * (attention_backward_ratio - 2) * attention_core_time


@rule(wall=11, cite="definition: mean over the tokens of a sequence")
def attention_span(sequence_length: Tokens, causal_share: Count) -> Tokens:
    """Tokens each token attends to where it sees the whole context.

    >>> attention_span(8192, 0.5)
    4096.0
    """
    return sequence_length * causal_share


@rule(wall=2, cite="Ivanov et al. 2021, Data movement is all you need: norms and residuals are memory bound")
def elementwise_time(
    microbatch_tokens: Tokens,
    hidden: Count,
    elementwise_passes: Count,
    sequence_share: Fraction,
    activation_bytes: Bytes,
    memory_bandwidth: BytesPerSecond,
    base_bandwidth_fraction: Fraction,
    elementwise_kernels: Count,
    base_launch_floor: Seconds,
) -> Seconds:
    """Forward time of a layer's norms, residual adds, rotary and cast kernels.

    >>> round(elementwise_time(1000, 1000, 8, 1 / 8, 2, 4e12, 0.5, 5, 1e-6) * 1e6, 3)  # 2 MB, five launches
    6.0
    """
    traffic = elementwise_passes * microbatch_tokens * hidden * sequence_share * activation_bytes
    return elementwise_kernels * base_launch_floor + traffic / (memory_bandwidth * base_bandwidth_fraction)


@rule(wall=2, cite="Ivanov et al. 2021: read the projections, write the product")
def dense_activation_time(
    microbatch_tokens: Tokens,
    ffn: Count,
    ffn_matrices: Count,
    tp: Count,
    activation_bytes: Bytes,
    memory_bandwidth: BytesPerSecond,
    base_bandwidth_fraction: Fraction,
) -> Seconds:
    """Forward time of the non-linearity of a dense layer.

    >>> round(dense_activation_time(1000, 4000, 3, 4, 2, 6e12, 0.5) * 1e6, 3)  # 6 MB
    2.0
    """
    traffic = ffn_matrices * microbatch_tokens * ffn / tp * activation_bytes
    return traffic / (memory_bandwidth * base_bandwidth_fraction)


@rule(wall=2, cite="Megatron-Core MoE: permute, unpermute and the non-linearity")
def moe_activation_time(
    microbatch_tokens: Tokens,
    expert_hidden: Count,
    expert_ffn: Count,
    ffn_matrices: Count,
    experts_per_token: Count,
    shared_experts: Count,
    tp: Count,
    sequence_share: Fraction,
    activation_bytes: Bytes,
    permutation_passes: Count,
    memory_bandwidth: BytesPerSecond,
    base_bandwidth_fraction: Fraction,
) -> Seconds:
    """Forward time of copying tokens to experts and back, and of the experts' non-linearity.

    >>> round(moe_activation_time(1000, 1000, 500, 3, 2, 1, 2, 0.5, 2, 4, 2.5e12, 0.5) * 1e6, 3)  # 25 MB
    10.0
    """
    traffic = (
        microbatch_tokens
        * activation_bytes
        * (
            ffn_matrices * (experts_per_token + shared_experts) * expert_ffn / tp
            + permutation_passes * experts_per_token * expert_hidden * sequence_share
        )
    )
    return traffic / (memory_bandwidth * base_bandwidth_fraction)


@rule(wall=2, cite="Adam: read and write weights, gradients, both moments")
def optimizer_time(
    inner_stage_state: Bytes, first_stage_state: Bytes, last_stage_state: Bytes,
    memory_bandwidth: BytesPerSecond, base_bandwidth_fraction: Fraction,
) -> Seconds:  # fmt: skip
    """Time of the optimizer step: every state is read and written once.

    >>> optimizer_time(18e9, 15e9, 9e9, 6e12, 0.5)
    0.012
    """
    state = maximum(inner_stage_state, first_stage_state, last_stage_state)
    return 2 * state / (memory_bandwidth * base_bandwidth_fraction)
