"""How the layers of a hybrid are split over tensor ranks, and what must divide."""

from __future__ import annotations

from constraints.instance import instance
from constraints.quantities import Count, Truth
from constraints.rule import rule
from constraints.rules.serving.layout import kv_cache_ranks, kv_share, query_share, tp_fits_kv_heads


@instance(kv_cache_ranks, {"kv_heads": "local_kv_heads"}, fixed={"kv_repeats": 0})
def local_cache_ranks() -> Count:
    """Tensor ranks the cache of a window is split over.

    >>> local_cache_ranks(4, 8), local_cache_ranks(16, 8)
    (4.0, 8.0)
    """


@instance(query_share, {"query_width": "local_query_width"})
def local_query_share() -> Count:
    """Query columns of one device in a layer that sees a window.

    >>> local_query_share(8192, 4)
    2048.0
    """


@instance(kv_share, {"kv_width": "local_kv_width", "kv_heads": "local_kv_heads"}, fixed={"latent": 0})
def local_kv_share() -> Count:
    """Key and value columns of one device in a layer that sees a window.

    >>> local_kv_share(2048, 8, 16)
    256.0
    """


@instance(query_share, {"query_width": "recurrent_columns"})
def recurrent_share() -> Count:
    """Columns into a recurrence on one device: heads are split.

    >>> recurrent_share(20_608, 8)
    2576.0
    """


@instance(query_share, {"query_width": "gate_columns"})
def gate_share() -> Count:
    """Columns of low-rank gates on one device.

    >>> gate_share(8192, 8)
    1024.0
    """


@instance(tp_fits_kv_heads, {"kv_heads": "local_kv_heads"}, fixed={"latent": 0}, form=True)
def tp_fits_local_heads() -> Truth:
    """TP divides the KV heads of layers that see a window, or is a multiple of them.

    >>> tp_fits_local_heads(8, 16), tp_fits_local_heads(8, 6)
    (True, False)
    """


@rule(cite="vLLM, SGLang: heads of a recurrence are split over tensor ranks, groups of keys whole", form=True)
def tp_divides_state(state_groups: Count, tp: Count) -> Truth:
    """TP divides the key heads, or groups, of layers with a state; there are none without such layers.

    >>> tp_divides_state(16, 8), tp_divides_state(16, 32), tp_divides_state(0, 32)
    (True, False, True)
    """
    return state_groups % tp == 0
