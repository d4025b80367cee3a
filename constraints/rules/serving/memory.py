"""Memory of one device in serving: weights, key-value cache, workspace, and how many sequences fit."""

from __future__ import annotations

from typing import Any

from constraints.algebras.maths import floor, maximum, minimum, sqrt, where
from constraints.instance import instance
from constraints.quantities import Bytes, BytesPerToken, Count, Fraction, Tokens
from constraints.rule import rule
from constraints.rules.serving.interval import NINETY_NINTH


def held_sequences(room: Any, each: Any, least: Any, dp: Any) -> Any:
    """Whole sequences that fit into the room of each data rank, each of which takes at least so much."""
    return dp * floor(room / maximum(each, least))


@rule(wall=2, cite="Shoeybi et al. 2019; DeepSeek-V2 2024 for the parts every rank repeats")
def attention_device_parameters(
    hidden: Count,
    compressed_width: Count,
    query_up_in: Count,
    query_share: Count,
    kv_up_in: Count,
    kv_share: Count,
    attention_width: Count,
    tp: Count,
) -> Count:
    """Attention parameters of one layer on one device.

    >>> attention_device_parameters(8192, 0, 8192, 2048, 8192, 512, 8192, 4) * 4  # Llama-3-70B
    150994944.0
    """
    return (
        hidden * compressed_width
        + query_up_in * query_share
        + kv_up_in * kv_share
        + hidden * attention_width / tp
    )


@rule(wall=2, cite="definition: parts of a layer may be stored in formats of their own")
def attention_device_bytes(attention_device_parameters: Count, projection_weight_bytes: Bytes) -> Bytes:
    """Attention weights of one layer on one device.

    >>> attention_device_bytes(150_994_944, 2)  # Llama-3-70B
    301989888
    """
    return attention_device_parameters * projection_weight_bytes


@rule(wall=2, cite="definition")
def dense_block_device_bytes(dense_ffn_parameters: Count, weight_bytes: Bytes, tp: Count) -> Bytes:
    """Weights of a dense feed-forward block on one device.

    >>> dense_block_device_bytes(704_643_072, 0.5, 4)  # Llama-3-70B in 4 bit
    88080384.0
    """
    return dense_ffn_parameters * weight_bytes / tp


@rule(wall=2, cite="definition: without the routed experts")
def moe_block_device_bytes(moe_fixed_parameters: Count, weight_bytes: Bytes, tp: Count) -> Bytes:
    """Weights of a mixture block on one device, routed experts aside.

    >>> moe_block_device_bytes(45_875_456, 1, 1)  # DeepSeek-V3 in 8 bit
    45875456.0
    """
    return moe_fixed_parameters * weight_bytes / tp


@rule(wall=2, cite="definition: EP ranks hold whole experts, without EP they are split over TP")
def expert_device_parameters(expert_parameters: Count, tp: Count, ep: Count) -> Count:
    """Parameters a device holds of each of its routed experts.

    >>> expert_device_parameters(44040192, 8, 8), expert_device_parameters(44040192, 8, 1)
    (44040192.0, 5505024.0)
    """
    return expert_parameters / where(ep > 1, 1, tp)


@rule(
    wall=2,
    cite="definition: the fullest pipeline stage, each part in the format it is stored in",
    head="weights",
)
def weight_memory(
    most_layers: Count,
    moe_layers: Count,
    attention_device_bytes: Bytes,
    dense_block_device_bytes: Bytes,
    moe_block_device_bytes: Bytes,
    experts: Count,
    expert_device_parameters: Count,
    embedding_parameters: Count,
    head_parameters: Count,
    extra_parameters: Count,
    vocab: Count,
    hidden: Count,
    tp: Count,
    pp: Count,
    ep: Count,
    expert_weight_bytes: Bytes,
    end_weight_bytes: Bytes,
    activation_bytes: Bytes,
) -> Bytes:
    """Weights on one device of the fullest stage.

    With a pipeline the embedding and the output projection sit on different stages and the larger
    one is counted; a tied one is then stored twice.

    >>> tiny = (10, 0, 80.0, 120.0, 0.0, 0, 0.0, 500.0, 500.0, 0.0, 50, 10, 1)
    >>> weight_memory(*tiny, 1, 1, 2, 2, 2), weight_memory(*tiny, 2, 1, 2, 2, 2)
    (4000.0, 3000.0)
    >>> experts = (8, 10, 500, 500, 0, 50, 10, 1, 1, 2)  # 4 x (100 + 4 x 10 x 0.5) + 6 x 200 + 2000
    >>> weight_memory(10, 4, 80, 120, 20, *experts, 0.5, 2, 2)
    3680.0
    """
    mixture = minimum(most_layers, moe_layers)
    stack = (
        most_layers * attention_device_bytes
        + mixture * (moe_block_device_bytes + experts / ep * expert_device_parameters * expert_weight_bytes)
        + (most_layers - mixture) * dense_block_device_bytes
    )
    one_end = maximum(embedding_parameters, vocab * hidden)
    ends = where(pp > 1, one_end, embedding_parameters + head_parameters)
    return stack + (ends * end_weight_bytes + extra_parameters * activation_bytes) / tp


@rule(wall=5, cite="Pope et al. 2022; DeepSeek-V2 2024 for the latent cache")
def kv_bytes_per_token(kv_cache_width: Count, cached_layers: Count, kv_element_bytes: Bytes) -> BytesPerToken:
    """Cache one token of context keeps in the whole model.

    `kv_cache_width` is `2 kv_heads head_dim` for plain attention and `kv_lora + rope` for latent.

    >>> kv_bytes_per_token(2 * 8 * 128, 80, 2)  # Llama-3-70B
    327680
    """
    return kv_cache_width * cached_layers * kv_element_bytes


@rule(wall=5, cite="Kwon et al. 2023, PagedAttention: pages as they fill")
def kv_sequence_bytes(
    length: Tokens,
    kv_cache_width: Count,
    kv_element_bytes: Bytes,
    cached_layers: Count,
    most_layers: Count,
    layers: Count,
    kv_cache_ranks: Count,
) -> Bytes:
    """Cache of one sequence of `length` tokens on one device of the fullest stage.

    >>> kv_sequence_bytes(1000, 2048, 2, 80, 80, 80, 1) / 1000  # Llama-3-70B, 16 bit
    327680.0
    """
    return cached_layers * length * kv_cache_width * kv_element_bytes * most_layers / layers / kv_cache_ranks


@instance(
    kv_sequence_bytes,
    {"length": "held_context"},
    wall=5,
    cite="Kwon et al. 2023, PagedAttention: pages as they fill",
)
def mean_sequence_memory() -> Bytes:
    """Cache of a sequence on one device, in the mean over those that are held at once.

    >>> [mean_sequence_memory(1000, 2048, 2, 80, 80, 80, ranks) / 1000 for ranks in (1, 8)]  # Llama-3-70B
    [327680.0, 40960.0]
    """


@instance(kv_sequence_bytes, {"length": "context_limit"}, cite="definition")
def longest_sequence_memory() -> Bytes:
    """Cache of the longest sequence of the mix on one device.

    >>> longest_sequence_memory(8192, 2048, 2, 80, 20, 80, 1) / 8192  # a quarter of the layers
    81920.0
    """


@rule(
    wall=5,
    cite="central limit theorem: the sum of many caches; at least the longest sequence fits, and never more are",
    head="cache",
)
def kv_memory(
    batch: Count,
    dp: Count,
    mean_sequence_memory: Bytes,
    context_spread: Count,
    longest_sequence_memory: Bytes,
) -> Bytes:
    """Key-value cache on one device with every slot taken, which all but one in a hundred full batches stay within.

    >>> kv_memory(64, 2, 1e9, 0.0, 8e9), kv_memory(4, 2, 1e9, 0.5, 8e9)
    (32000000000.0, 8000000000.0)
    >>> round(kv_memory(64, 2, 1e9, 0.5, 8e9) / 1e9, 2)  # 32 + 2.33 x 0.5 x 32 ** 0.5
    38.58
    """
    held = batch / dp
    many = mean_sequence_memory * (held + NINETY_NINTH * context_spread * sqrt(held))
    return maximum(minimum(many, held * longest_sequence_memory), longest_sequence_memory)


@rule(wall=2, cite="definition: the widest live activations of one pass, and the logits of one step")
def workspace_memory(
    prefill_chunk: Tokens,
    prefill_batch: Count,
    context_limit: Tokens,
    decode_tokens: Count,
    hidden: Count,
    query_share: Count,
    kv_share: Count,
    ffn: Count,
    ffn_matrices: Count,
    expert_width: Count,
    experts_per_token: Count,
    vocab: Count,
    tp: Count,
    activation_bytes: Bytes,
    logit_bytes: Bytes,
) -> Bytes:
    """Activations of one device at the widest point of a pass.

    An engine cuts long prompts into passes of at most `prefill_chunk` tokens.

    >>> workspace_memory(100, 1, 50, 8, 10, 10, 4, 40, 3, 0, 0, 1000, 2, 2, 4)  # 50 x 80 x 2 + 8000 x 4
    40000.0
    >>> workspace_memory(100, 1, 50, 8, 10, 10, 4, 0, 3, 20, 2, 1000, 2, 2, 4)  # 50 x 180 x 2 + 8000 x 4
    50000
    """
    tokens = maximum(minimum(prefill_chunk, prefill_batch * context_limit), decode_tokens)
    widest = maximum(
        2 * query_share + kv_share,
        ffn_matrices * ffn / tp,
        experts_per_token * (2 * hidden + ffn_matrices * expert_width),
    )
    logits = maximum(prefill_batch, decode_tokens) * vocab * logit_bytes
    return tokens * (2 * hidden + widest) * activation_bytes + logits


@rule(
    wall=2,
    cite="documentation of vLLM (gpu-memory-utilization), SGLang (mem-fraction-static), TensorRT-LLM (KvCacheConfig)",
    head="memory\nleft",
)
def usable_memory(
    memory_capacity: Bytes,
    memory_utilization: Fraction,
    engine_reserve: Fraction,
    activations_outside: Fraction,
    cache_share: Fraction,
    weight_memory: Bytes,
    workspace_memory: Bytes,
) -> Bytes:
    """Memory an engine lets weights, cache and activations take of a device.

    It takes `memory_utilization` of the device, `engine_reserve` of that for itself; activations are in it or
    beside it, as far as there is room; of what is then free, the cache gets `cache_share`.

    >>> usable_memory(80e9, 0.9, 0.05, 0, 1, 20e9, 2e9) / 1e9, usable_memory(80e9, 0.9, 0.05, 1, 1, 20e9, 2e9) / 1e9
    (68.0, 70.0)
    >>> usable_memory(80e9, 1, 0.05, 0, 0.9, 20e9, 6e9) / 1e9  # 26 and nine tenths of the other 50
    71.0
    """
    beside = minimum(workspace_memory, memory_capacity * (1 - memory_utilization))
    taken = memory_capacity * (memory_utilization - engine_reserve) + activations_outside * beside
    return taken - (1 - cache_share) * maximum(0, taken - weight_memory - workspace_memory)


@rule(wall=2, cite="definition")
def device_memory(weight_memory: Bytes, kv_memory: Bytes, workspace_memory: Bytes) -> Bytes:
    """Memory the fullest device needs, the reserve aside.

    >>> device_memory(40e9, 30e9, 2e9)
    72000000000.0
    """
    return weight_memory + kv_memory + workspace_memory


@rule(wall=5, cite="definition")
def cache_room(usable_memory: Bytes, weight_memory: Bytes, workspace_memory: Bytes) -> Bytes:
    """Memory of a device that is left for key-value cache; 0 where the weights alone are too much.

    >>> cache_room(75e9, 40e9, 5e9), cache_room(75e9, 80e9, 5e9)
    (30000000000.0, 0)
    """
    return maximum(0, usable_memory - weight_memory - workspace_memory)


@rule(
    wall=5,
    cite="Kwon et al. 2023, PagedAttention; a sequence takes at least one row of activations",
    better="more",
)
def kv_capacity_sequences(
    cache_room: Bytes, mean_sequence_memory: Bytes, hidden: Count, activation_bytes: Bytes, dp: Count
) -> Count:
    """Sequences a replica's memory holds at once, in the mean over those that are held.

    >>> kv_capacity_sequences(30e9, 1e9, 8192, 2, 2)
    60
    """
    return held_sequences(cache_room, mean_sequence_memory, hidden * activation_bytes, dp)


@rule(
    wall=5,
    cite="definition: what pages save; a sequence takes at least one row of activations",
    better="more",
)
def static_concurrency(
    cache_room: Bytes, longest_sequence_memory: Bytes, hidden: Count, activation_bytes: Bytes, dp: Count
) -> Count:
    """Sequences a replica would hold if each reserved memory for the longest one.

    >>> static_concurrency(30e9, 8e9, 8192, 2, 2)
    6
    """
    return held_sequences(cache_room, longest_sequence_memory, hidden * activation_bytes, dp)
