"""How the layers of a hybrid are split over tensor ranks in training, and what must divide."""

from __future__ import annotations

from constraints.instance import instance
from constraints.quantities import Count, Truth
from constraints.rules.hybrid_serving.layout import tp_divides_state as divides_state
from constraints.rules.training.stages import kv_ranks
from constraints.rules.training.stages import tp_fits_kv_heads as fits_kv_heads


@instance(kv_ranks, {"kv_heads": "local_kv_heads"}, fixed={"kv_repeats": 0})
def local_kv_ranks() -> Count:
    """Ranks that keys and values of a window are split over.

    >>> local_kv_ranks(4, 8), local_kv_ranks(16, 8)
    (4.0, 8.0)
    """


@instance(fits_kv_heads, {"kv_heads": "local_kv_heads"}, form=True)
def tp_fits_local_heads() -> Truth:
    """TP divides the KV heads of layers that see a window, or is a multiple of them.

    >>> tp_fits_local_heads(8, 16), tp_fits_local_heads(8, 6)
    (True, False)
    """


@instance(divides_state, form=True)
def tp_divides_state() -> Truth:
    """TP divides the key heads, or groups, of layers with a state; there are none without such layers.

    >>> tp_divides_state(16, 8), tp_divides_state(16, 32), tp_divides_state(0, 32)
    (True, False, True)
    """
