"""Key-value cache and streaming bounds of decoding, for one model at a time."""

from __future__ import annotations

from constraints.quantities import Bytes, BytesPerSecond, BytesPerToken, Count, Seconds, Tokens
from constraints.rule import rule


@rule(wall=5, cite="Pope et al. 2022, Efficiently scaling transformer inference: keys and values of KV heads")
def kv_cache_per_token(
    layer_count: Count, kv_head_count: Count, head_width: Count, element_bytes: Bytes
) -> BytesPerToken:
    """Bytes of keys and values one token leaves behind, with grouped-query attention counted.

    >>> kv_cache_per_token(80, 8, 128, 2)  # Llama-3-70B, 16 bit
    327680
    """
    return 2 * layer_count * kv_head_count * head_width * element_bytes


@rule(wall=5, cite="definition")
def kv_cache_size(per_token: BytesPerToken, sequences: Count, context: Tokens) -> Bytes:
    """Key-value cache of a batch.

    >>> round(kv_cache_size(327_680, 32, 4096) / 1e9, 2)  # GB
    42.95
    """
    return per_token * sequences * context


@rule(wall=2, cite="definition: every weight is read once per decoded token")
def weight_streaming_time(weights: Bytes, bandwidth: BytesPerSecond) -> Seconds:
    """Lower bound of the time per token at batch 1.

    >>> round(weight_streaming_time(140e9, 2.8e12), 3)
    0.05
    """
    return weights / bandwidth
