"""Compression: what a method saves in storage, what it saves in time, and what it costs in accuracy.

The three are different. Weight-only quantisation speeds up what reads weights (decoding) and not what
multiplies them (prefill); unstructured pruning saves storage only; 2:4 sparsity saves both where the
device has sparse matrix units.
"""

from __future__ import annotations

from constraints.quantities import Bytes, BytesPerSecond, Count, FlopPerSecond, Fraction, Tokens
from constraints.rule import rule
from constraints.rules.library.roofline import roofline_time


@rule(wall=13, cite="Frantar et al. 2022, GPTQ: one scale for each group of weights")
def quantised_bytes(parameters: Count, weight_size: Bytes, group: Count, scale_size: Bytes) -> Bytes:
    """Storage of quantised weights with the scales of their groups.

    >>> bit = 1 / 8
    >>> round(quantised_bytes(70e9, 4 * bit, 128, 16 * bit) / 1e9, 1)  # int4 in groups of 128: not 35 GB
    36.1
    >>> round(quantised_bytes(70e9, 4 * bit, 16, 8 * bit) / 1e9, 1)  # NVFP4: an fp8 scale for every 16
    39.4
    """
    return parameters * (weight_size + scale_size / group)


@rule(wall=13, cite="definition: models are served from 16 bit, not from 32")
def compression_ratio(bits_before: Count, bits_after: Count) -> Count:
    """How many times smaller the weights become.

    >>> compression_ratio(16, 4), compression_ratio(32, 8)
    (4.0, 4.0)
    """
    return bits_before / bits_after


@rule(wall=13, cite="definition: kept values, and a mark for every place whether it is kept")
def unstructured_sparse_bytes(
    parameters: Count, weight_size: Bytes, sparsity: Fraction, mark_size: Bytes
) -> Bytes:
    """Storage of weights of which a share is pruned anywhere.

    Less than 1 / (1 - sparsity) is saved, for the marks. Dense kernels gain no time from it.

    >>> unstructured_sparse_bytes(16, 2, 0.5, 1 / 8) / (16 * 2)  # a bit mask
    0.5625
    """
    return parameters * ((1 - sparsity) * weight_size + mark_size)


@rule(wall=13, cite="Mishra et al. 2021, Accelerating sparse deep neural networks, section 3.1")
def structured_sparse_bytes(
    parameters: Count, weight_size: Bytes, kept: Count, group: Count, index_size: Bytes
) -> Bytes:
    """Storage of weights of which `kept` of every `group` stay, with the index of each one kept.

    >>> structured_sparse_bytes(16, 2, 2, 4, 2 / 8) / (16 * 2)  # 2:4 in 16 bit, two bits an index
    0.5625
    """
    return parameters * kept / group * (weight_size + index_size)


@rule(wall=13, cite="Mishra et al. 2021: only products whose sparse operand keeps the pattern skip work")
def structured_sparse_rate(rate: FlopPerSecond, kept: Count, group: Count) -> FlopPerSecond:
    """Most that a device with sparse matrix units multiplies, counted in dense operations.

    >>> structured_sparse_rate(989e12, 2, 4) / 1e12
    1978.0
    """
    return rate * group / kept


@rule(wall=13, cite="Williams, Waterman & Patterson 2009, Roofline, before and after")
def compression_speedup(
    tokens: Tokens,
    bytes_before: Bytes,
    bytes_after: Bytes,
    rate_before: FlopPerSecond,
    rate_after: FlopPerSecond,
    bandwidth: BytesPerSecond,
) -> Count:
    """Speed-up of the product of so many tokens with a matrix, by what it stores and how it multiplies.

    Bytes are those of one weight. Few tokens gain what is saved in bytes, many what is gained in
    operations; activations are left out.

    >>> w4a16 = (2, 0.5, 989e12, 989e12, 3.35e12)
    >>> [round(compression_speedup(t, *w4a16), 2) for t in (1, 8192)]  # decode, prefill
    [4.0, 1.0]
    >>> w8a8 = (2, 1, 989e12, 1979e12, 3.35e12)
    >>> [round(compression_speedup(t, *w8a8), 2) for t in (1, 8192)]
    [2.0, 2.0]
    >>> compression_speedup(1, 2, 2, 989e12, 989e12, 3.35e12)  # unstructured pruning, dense kernels
    1.0
    """
    return roofline_time(2 * tokens, bytes_before, rate_before, bandwidth) / roofline_time(
        2 * tokens, bytes_after, rate_after, bandwidth
    )


@rule(wall=13, cite="definition: by how much a score worsens, relative to the model it was made of")
def score_loss(score_before: Count, score_after: Count, score_sense: Count) -> Fraction:
    """Share of a benchmark score that compression costs; negative where the score improved.

    `score_sense` is 1 where a higher score is better, -1 where a lower one is, such as a perplexity.

    >>> round(score_loss(63.19, 62.16, 1), 4), round(score_loss(8.34, 8.37, -1), 4)
    (0.0163, 0.0036)
    """
    return score_sense * (score_before - score_after) / score_before
