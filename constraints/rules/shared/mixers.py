"""Parameters of what mixes tokens in a layer, for each kind of layer, and their mean over layers.

The five projections of `attention_parameters` are those of every kind: a window has heads of its own, a
recurrence has gates of low rank in place of compressed keys.
"""

from __future__ import annotations

from constraints.instance import instance
from constraints.quantities import Count
from constraints.rule import rule
from constraints.rules.shared.architecture import attention_parameters


@instance(
    attention_parameters,
    {
        "query_up_in": "hidden",
        "query_width": "local_query_width",
        "kv_up_in": "hidden",
        "kv_width": "local_kv_width",
        "attention_width": "local_attention_width",
        "attention_extra": "local_extra",
    },
    fixed={"query_down": 0, "kv_down": 0},
    wall=11,
    cite="definition: attention to a window or a chunk, with heads of its own",
)
def local_parameters() -> Count:
    """Parameters of one block of attention to a window.

    >>> local_parameters(4096, 64 * 192, 8 * (192 + 128), 64 * 128, 0)  # MiMo-V2-Flash
    94371840.0
    """


@instance(
    attention_parameters,
    {
        "query_up_in": "hidden",
        "query_width": "recurrent_columns",
        "kv_down": "recurrent_gates",
        "kv_up_in": "gate_rank",
        "kv_width": "gate_columns",
        "attention_width": "recurrent_rows",
        "attention_extra": "recurrent_extra",
    },
    fixed={"query_down": 0},
    wall=11,
    cite="Yang et al. 2024, Gated Delta Networks; Dao & Gu 2024, Mamba-2: projections in, gates, projection out",
)
def recurrent_parameters() -> Count:
    """Parameters of one block with a state: gated delta net, Kimi delta attention, lightning attention, Mamba-2.

    >>> recurrent_parameters(4096, 20_608, 0, 0, 0, 8192, 49_408)  # Qwen3.5-397B-A17B
    118014208.0
    """


@rule(wall=11, cite="DeepSeek-V3.2 (2025), sec. 2.1: queries of the heads, one key, weights of the heads")
def index_parameters(
    index_query_in: Count, index_query: Count, hidden: Count, index_columns: Count, index_extra: Count
) -> Count:
    """Parameters of the indexer of one layer.

    >>> index_parameters(1536, 64 * 128, 7168, 128 + 64, 2 * 128)  # DeepSeek-V3.2
    13959424
    """
    return index_query_in * index_query + hidden * index_columns + index_extra


@rule(wall=11, cite="definition: mean over layers")
def mixer_parameters(
    layers: Count,
    full_layers: Count,
    attention_parameters: Count,
    local_layers: Count,
    local_parameters: Count,
    recurrent_layers: Count,
    recurrent_parameters: Count,
    index_layers: Count,
    index_parameters: Count,
) -> Count:
    """Parameters of what mixes tokens in a layer, in the mean over layers.

    >>> mixer_parameters(80, 80, 150_994_944, 0, 0, 0, 0, 0, 0)  # Llama-3-70B
    150994944.0
    >>> mixer_parameters(60, 15, 100, 0, 0, 45, 200, 0, 0)
    175.0
    """
    total = (
        full_layers * attention_parameters
        + local_layers * local_parameters
        + recurrent_layers * recurrent_parameters
        + index_layers * index_parameters
    )
    return total / layers
