"""Adapters of low rank: what they add to a model that stays as it is, in training and in serving."""

from __future__ import annotations

from constraints.quantities import Bytes, Count, Whole
from constraints.rule import rule


@rule(wall=2, cite="Hu et al. 2022, LoRA, eq. 3: a product of width in and out gains two of rank r")
def adapter_parameters(rank: Whole, adapted_widths: Count) -> Count:
    """Parameters of an adapter; `adapted_widths` sums in and out of every product that is adapted.

    >>> adapter_parameters(8, 32 * 2 * (4096 + 4096))  # queries and values of Llama-2-7B
    4194304
    """
    return rank * adapted_widths


@rule(wall=2, cite="definition")
def layer_widths(
    hidden: Whole, query_width: Whole, kv_width: Whole, ffn: Whole, ffn_matrices: Whole
) -> Count:
    """In and out of all products of a dense layer, summed: what `all-linear` adapts.

    `kv_width` is that of keys, and of values, alone.

    >>> layer_widths(4096, 4096, 1024, 14_336, 3)  # Llama-3.1-8B
    81920
    """
    attention = (hidden + query_width) + 2 * (hidden + kv_width) + (query_width + hidden)
    return attention + ffn_matrices * (hidden + ffn)


@rule(
    wall=2,
    cite="vLLM lora/layers.py of 0.8: slots of all products, of embedding and head, and their added tokens",
)
def adapter_slot_bytes(
    rank: Whole, adapted_widths: Count, hidden: Whole, vocab: Whole, added_tokens: Whole, element_bytes: Bytes
) -> Bytes:
    """Memory a server sets aside for one adapter: products, both ends, and three tables of `added_tokens`.

    >>> round(adapter_slot_bytes(16, 32 * 81_920, 4096, 128_256, 256, 2) / 2**20, 1)  # Llama-3.1-8B; 94.1 measured
    94.1
    """
    ends = 2 * rank * (hidden + vocab + added_tokens)
    return (rank * adapted_widths + ends + 3 * added_tokens * hidden) * element_bytes
