"""Layers with a state of fixed size: a chunk of tokens at a time, or one token after the other."""

from __future__ import annotations

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


@rule(
    wall=11,
    cite="Yang et al. 2024, Parallelizing linear transformers with the delta rule, sec. 3.2; Dao & Gu 2024",
)
def recurrence_flops(
    state_products: Count, state_elements: Count, state_chunk: Tokens, chunk_width: Count
) -> FlopPerToken:
    """Operations of one token in one layer, a chunk at a time.

    Each token has some products with the state, and with the other tokens of its chunk; a kernel computes
    the whole square of a chunk.

    >>> recurrence_flops(3, 64 * 128 * 128, 64, 64 * 5 * 128)  # Qwen3.5-397B-A17B
    11534336
    """
    return 2 * (state_products * state_elements + state_chunk * chunk_width)


@rule(
    wall=2,
    cite="Yang et al. 2024, Parallelizing linear transformers with the delta rule, sec. 3.2; Dao & Gu 2024",
)
def chunked_recurrence_time(
    tokens: Tokens,
    state_products: Count,
    state_elements: Count,
    state_chunk: Tokens,
    chunk_width: Count,
    tp: Count,
    activation_bytes: Bytes,
    attention_rate: FlopPerSecond,
    attention_fraction: Fraction,
    memory_bandwidth: BytesPerSecond,
    base_bandwidth_fraction: Fraction,
    base_launch_floor: Seconds,
) -> Seconds:
    """Time of one layer's recurrence over a prompt or a sequence, a chunk at a time.

    Kernels, one after the other: products within chunks, states from chunk to chunk, outputs. What they hand
    over goes through memory once each way: operands as wide as the products, and the state of each chunk.
    Products are taken to reach the share of the peak that fused attention reaches.

    >>> layer = (3, 100, 4, 20, 1, 2)  # 2 (300 + 80) FLOP and 2 x 2 (25 + 20) byte a token
    >>> chunked_recurrence_time(10, *layer, 760.0, 0.5, 180.0, 1.0, 1.0)
    34.0
    """
    flops = tokens * recurrence_flops(state_products, state_elements, state_chunk, chunk_width) / tp
    traffic = 2 * tokens * activation_bytes * (state_elements / state_chunk + chunk_width) / tp
    return (
        4 * base_launch_floor
        + flops / (attention_rate * attention_fraction)
        + traffic / (memory_bandwidth * base_bandwidth_fraction)
    )
