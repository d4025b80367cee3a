"""Kernels of one decode step at a full batch: attention, dense blocks, logits."""

from __future__ import annotations

from functools import partial

from constraints.algebras.maths import maximum
from constraints.quantities import Bytes, BytesPerSecond, Count, FlopPerSecond, Fraction, Seconds, Tokens
from constraints.rule import rule
from constraints.rules.library.roofline import gemm_time
from constraints.rules.serving.kernels import feed_forward, projections
from constraints.rules.training.compute import dense_activation_time, elementwise_time


@rule(wall=5, cite="definition: a pipeline works on as many groups of sequences as it has stages")
def decode_tokens(batch: Count, dp: Count, pp: Count) -> Count:
    """Sequences a data rank advances by one token in one pass through a stage.

    A stage works on one sequence at least, or it rests.

    >>> decode_tokens(64, 2, 4), decode_tokens(1, 1, 4)
    (8.0, 1)
    """
    return maximum(1, batch / (dp * pp))




@rule(wall=2, cite="roofline of each projection; Shoeybi et al. 2019 for the TP split")
def decode_projection_time(
    decode_tokens: Count,
    hidden: Count,
    compressed_width: Count,
    query_up_in: Count,
    query_share: Count,
    kv_up_in: Count,
    kv_share: Count,
    attention_width: Count,
    latent: Count,
    tp: Count,
    projection_weight_bytes: Bytes,
    projection_operand_bytes: Bytes,
    activation_bytes: Bytes,
    compute_rate: FlopPerSecond,
    projection_speed: Count,
    memory_bandwidth: BytesPerSecond,
    launch_floor: Seconds,
    compute_fraction: Fraction,
    bandwidth_fraction: Fraction,
    corner: Count,
) -> Seconds:
    """Time of one layer's projections into and out of attention in a decode step.

    A latent attention absorbs its up-projections into queries and outputs, which costs as much.

    >>> layer = (8192, 0, 8192, 8192, 8192, 2048, 8192, 0, 1)  # Llama-3-70B: 302 MB of weights
    >>> round(decode_projection_time(1, *layer, 2, 2, 2, 1e30, 1, 3.35e12, 0, 1, 1, 1) * 1e6)
    90
    """
    product = partial(
        gemm_time,
        weight_bytes=projection_weight_bytes,
        operand_bytes=projection_operand_bytes,
        result_bytes=activation_bytes,
        rate=compute_rate * projection_speed,
        bandwidth=memory_bandwidth,
        launch_floor=launch_floor,
        compute_fraction=compute_fraction,
        bandwidth_fraction=bandwidth_fraction,
        corner=corner,
    )
    return projections(
        decode_tokens,
        hidden,
        compressed_width,
        query_in=query_up_in,
        query=query_share,
        kv_in=kv_up_in,
        kv=kv_share,
        attention=attention_width / tp,
        latent=latent,
        product=product,
        joined=partial(product, launch_floor=latent * launch_floor),
    )


@rule(wall=2, cite="Pope et al. 2022: the cache is read once a token; DeepSeek-V2 2024 for the absorbed form")
def decode_attention_time(
    decode_tokens: Count,
    decode_context: Tokens,
    kv_cache_width: Count,
    kv_element_bytes: Bytes,
    kv_cache_ranks: Count,
    heads: Count,
    qk_width: Count,
    v_width: Count,
    kv_up_in: Count,
    latent: Count,
    tp: Count,
    attention_rate: FlopPerSecond,
    attention_fraction: Fraction,
    memory_bandwidth: BytesPerSecond,
    decode_attention_floor: Seconds,
    decode_attention_fraction: Fraction,
) -> Seconds:
    """Time of one layer's attention in a decode step, split over the cache and then combined.

    Latent attention multiplies every head with the shared latent vectors, as keys and as values.

    >>> t = decode_attention_time(32, 1e4, 2048, 2, 1, 64, 128, 128, 0, 0, 1, 989e12, .59, 3.35e12, 0., 1.)
    >>> round(t * 1e6, 1)  # 1.31 GB of cache
    391.3
    """
    traffic = decode_tokens * decode_context * kv_cache_width * kv_element_bytes / kv_cache_ranks
    width = latent * (kv_cache_width + kv_up_in) + (1 - latent) * (qk_width + v_width)
    flops = 2 * decode_tokens * decode_context * heads / tp * width
    return decode_attention_floor + maximum(
        traffic / (memory_bandwidth * decode_attention_fraction),
        flops / (attention_rate * attention_fraction),
    )


@rule(wall=2, cite="roofline of both projections; Shoeybi et al. 2019 for the TP split")
def decode_ffn_time(
    decode_tokens: Count,
    hidden: Count,
    ffn: Count,
    ffn_matrices: Count,
    tp: Count,
    weight_bytes: Bytes,
    operand_bytes: Bytes,
    activation_bytes: Bytes,
    compute_rate: FlopPerSecond,
    ffn_speed: Count,
    memory_bandwidth: BytesPerSecond,
    launch_floor: Seconds,
    compute_fraction: Fraction,
    bandwidth_fraction: Fraction,
    corner: Count,
) -> Seconds:
    """Time of a dense feed-forward block in a decode step.

    >>> device = (1e30, 1, 3.35e12, 0, 1, 1, 1)  # Llama-3-70B: 1.41 GB of weights
    >>> [round(decode_ffn_time(1, 8192, 28_672, 3, tp, 2, 2, 2, *device) * 1e6) for tp in (1, 8)]
    [421, 53]
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
    return feed_forward(decode_tokens, hidden, ffn / tp, ffn_matrices, product)


@rule(wall=2, cite="Ivanov et al. 2021: norms, residuals, rotary and the non-linearity are memory bound")
def decode_dense_elementwise_time(
    decode_tokens: Count,
    hidden: Count,
    elementwise_passes: Count,
    elementwise_kernels: Count,
    ffn: Count,
    ffn_matrices: Count,
    tp: Count,
    activation_bytes: Bytes,
    memory_bandwidth: BytesPerSecond,
    base_bandwidth_fraction: Fraction,
    base_launch_floor: Seconds,
) -> Seconds:
    """Time of a dense layer's small kernels in a decode step.

    >>> t = decode_dense_elementwise_time(1000, 1000, 1, 5, 4000, 3, 4, 2, 2e12, 1, 1e-6)
    >>> round(t * 1e6, 3)  # 2 + 6 MB and five launches
    9.0
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
    ) + dense_activation_time(
        microbatch_tokens=decode_tokens,
        ffn=ffn,
        ffn_matrices=ffn_matrices,
        tp=tp,
        activation_bytes=activation_bytes,
        memory_bandwidth=memory_bandwidth,
        base_bandwidth_fraction=base_bandwidth_fraction,
    )


@rule(wall=2, cite="roofline of the output projection in 16 bit, then sampling reads and writes the logits")
def decode_head_time(
    decode_tokens: Count,
    vocab: Count,
    hidden: Count,
    tp: Count,
    end_weight_bytes: Bytes,
    activation_bytes: Bytes,
    logit_bytes: Bytes,
    attention_rate: FlopPerSecond,
    memory_bandwidth: BytesPerSecond,
    base_launch_floor: Seconds,
    base_compute_fraction: Fraction,
    base_bandwidth_fraction: Fraction,
    base_corner: Count,
) -> Seconds:
    """Time of the logits of one decode step and of sampling from them.

    Every rank samples from the whole vocabulary.

    >>> t = decode_head_time(1, 128_256, 8192, 1, 2, 2, 4, 1e30, 3.35e12, 0, 1, 1, 1)
    >>> round(t * 1e3, 2)  # 2.1 GB of weights
    0.63
    """
    product = gemm_time(
        m=decode_tokens,
        n=vocab / tp,
        k=hidden,
        weight_bytes=end_weight_bytes,
        operand_bytes=activation_bytes,
        result_bytes=activation_bytes,
        rate=attention_rate,
        bandwidth=memory_bandwidth,
        launch_floor=base_launch_floor,
        compute_fraction=base_compute_fraction,
        bandwidth_fraction=base_bandwidth_fraction,
        corner=base_corner,
    )
    return product + 2 * decode_tokens * vocab * logit_bytes / (memory_bandwidth * base_bandwidth_fraction)
