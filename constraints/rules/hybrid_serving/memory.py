"""Memory of a hybrid: parameters of the mean layer on a device, caches that end, states of fixed size."""

from __future__ import annotations

from constraints.algebras.maths import minimum
from constraints.instance import instance
from constraints.quantities import Bytes, BytesPerToken, Count, Tokens
from constraints.rule import rule
from constraints.rules.serving.memory import attention_device_parameters as device_parameters


@instance(
    device_parameters,
    {
        "query_up_in": "hidden",
        "query_share": "local_query_share",
        "kv_up_in": "hidden",
        "kv_share": "local_kv_share",
        "attention_width": "local_attention_width",
    },
    fixed={"compressed_width": 0},
)
def local_device_parameters() -> Count:
    """Attention parameters of one layer that sees a window, on one device.

    >>> local_device_parameters(8192, 2048, 512, 8192, 4) * 4
    150994944.0
    """


@instance(
    device_parameters,
    {
        "compressed_width": "recurrent_gates",
        "query_up_in": "hidden",
        "query_share": "recurrent_share",
        "kv_up_in": "gate_rank",
        "kv_share": "gate_share",
        "attention_width": "recurrent_rows",
    },
)
def recurrent_device_parameters() -> Count:
    """Parameters of the matrices of one layer with a state, on one device.

    >>> recurrent_device_parameters(4096, 0, 20_608 / 8, 0, 0, 8192, 8) * 8
    117964800.0
    """


@rule(
    wall=2,
    cite="definition: mean over layers; every tensor rank has a whole indexer",
    keeps="full_device_parameters",
)
def attention_device_parameters(
    layers: Count,
    full_layers: Count,
    full_device_parameters: Count,
    local_layers: Count,
    local_device_parameters: Count,
    recurrent_layers: Count,
    recurrent_device_parameters: Count,
    index_layers: Count,
    index_parameters: Count,
) -> Count:
    """Parameters of what mixes tokens on one device, in the mean over layers.

    >>> attention_device_parameters(60, 15, 100, 0, 0, 45, 200, 0, 0)
    175.0
    >>> attention_device_parameters(6, 6, 100, 0, 0, 0, 0, 3, 8)
    104.0
    """
    total = (
        full_layers * full_device_parameters
        + local_layers * local_device_parameters
        + recurrent_layers * recurrent_device_parameters
        + index_layers * index_parameters
    )
    return total / layers


@rule(wall=5, cite="Pope et al. 2022; DeepSeek-V3.2 (2025), sec. 2.1 for keys of the indexer")
def kv_bytes_per_token(
    full_layers: Count,
    kv_cache_width: Count,
    local_layers: Count,
    local_cache_width: Count,
    kv_element_bytes: Bytes,
    index_layers: Count,
    index_key_bytes: Bytes,
) -> BytesPerToken:
    """Cache one token of context keeps in the whole model as long as it is inside every window.

    Layers with a state keep nothing for it. Keys of an indexer have a format of their own.

    >>> kv_bytes_per_token(15, 2 * 2 * 256, 0, 0, 2, 0, 0)  # Qwen3.5-397B-A17B: 15 of 60 layers
    30720
    >>> kv_bytes_per_token(61, 576, 0, 0, 1, 61, 132)  # DeepSeek-V3.2 with its cache in 8 bit
    43188
    """
    elements = full_layers * kv_cache_width + local_layers * local_cache_width
    return elements * kv_element_bytes + index_layers * index_key_bytes


@rule(
    wall=5,
    cite="Dao & Gu 2024, Mamba-2; vLLM, SGLang: the state in fp32, last inputs of the convolution in 16 bit",
)
def state_bytes(
    state_elements: Count, state_element_bytes: Bytes, convolved_elements: Count, activation_bytes: Bytes
) -> Bytes:
    """State of one sequence in one layer that has one, however long the sequence is.

    >>> state_bytes(64 * 128 * 128, 4, 3 * 12_288, 2)  # Qwen3.5-397B-A17B
    4268032
    """
    return state_elements * state_element_bytes + convolved_elements * activation_bytes


@rule(
    wall=5, cite="Kwon et al. 2023, PagedAttention: pages as they fill; pages behind a window are given back"
)
def hybrid_sequence_bytes(
    length: Tokens,
    full_layers: Count,
    kv_cache_width: Count,
    kv_cache_ranks: Count,
    local_layers: Count,
    local_cache_width: Count,
    local_cache_ranks: Count,
    window: Tokens,
    kv_element_bytes: Bytes,
    index_layers: Count,
    index_key_bytes: Bytes,
    recurrent_layers: Count,
    state_bytes: Bytes,
    tp: Count,
    most_layers: Count,
    layers: Count,
) -> Bytes:
    """Cache and states of one sequence of `length` tokens on one device of the fullest stage.

    A window, or a chunk, keeps no more tokens than it is long. States are split over tensor ranks by their
    heads; keys of an indexer are on every rank.

    >>> none = (0, 0, 1, 1)
    >>> hybrid_sequence_bytes(1000, 15, 1024, 2, *none, 2, 0, 0, 45, 4_268_032, 8, 60, 60)  # 15.4 + 24 MB
    39367680.0
    >>> hybrid_sequence_bytes(1000, 18, 1024, 8, 18, 1024, 8, 128, 1, 0, 0, 0, 0, 8, 36, 36)  # gpt-oss-120b
    2598912.0
    """
    full = full_layers * length * kv_cache_width / kv_cache_ranks
    local = local_layers * minimum(length, window) * local_cache_width / local_cache_ranks
    kept = (
        (full + local) * kv_element_bytes
        + index_layers * length * index_key_bytes
        + recurrent_layers * state_bytes / tp
    )
    return kept * most_layers / layers


@instance(hybrid_sequence_bytes, {"length": "held_context"}, cite="definition")
def mean_sequence_memory() -> Bytes:
    """Cache and states of a sequence on one device, in the mean over those that are held at once.

    >>> mean_sequence_memory(1000, 15, 1024, 2, 0, 0, 1, 1, 2, 0, 0, 45, 4_268_032, 8, 60, 60)
    39367680.0
    """


@instance(hybrid_sequence_bytes, {"length": "context_limit"}, cite="definition")
def longest_sequence_memory() -> Bytes:
    """Cache and states of the longest sequence of the mix on one device.

    >>> longest_sequence_memory(1000, 15, 1024, 2, 0, 0, 1, 1, 2, 0, 0, 45, 4_268_032, 8, 60, 60)
    39367680.0
    """


@instance(
    hybrid_sequence_bytes,
    {"length": "input_tokens"},
    fixed={"kv_cache_ranks": 1, "local_cache_ranks": 1, "tp": 1, "most_layers": 1, "layers": 1},
    cite="Splitwise (Patel et al. 2024), sec. 4: the whole cache of the prompt moves once, and so do states",
)
def transferred_cache() -> Bytes:
    """Cache and states of a mean prompt, all layers: what moves from the machine that read it.

    >>> transferred_cache(1000, 15, 1024, 0, 0, 1, 2, 0, 0, 45, 4_268_032)
    222781440.0
    """
