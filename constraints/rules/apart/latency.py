"""How long requests take that two pools answer."""

from __future__ import annotations

from constraints.algebras.maths import maximum
from constraints.instance import instance
from constraints.quantities import Seconds
from constraints.rule import rule


@rule(wall=4, cite="definition: the first token comes out of the prefill pool")
def ttft(prefill_ttft: Seconds) -> Seconds:
    """Mean time to first token.

    >>> ttft(0.25)
    0.25
    """
    return 1 * prefill_ttft


@instance(ttft, {"prefill_ttft": "prefill_ttft_p50"}, wall=7)
def ttft_p50() -> Seconds:
    """Median of the time to first token.

    >>> ttft_p50(0.5)
    0.5
    """


@instance(ttft, {"prefill_ttft": "prefill_ttft_p90"}, wall=7)
def ttft_p90() -> Seconds:
    """90th percentile of the time to first token.

    >>> ttft_p90(0.5)
    0.5
    """


@instance(ttft, {"prefill_ttft": "prefill_ttft_p95"}, wall=7)
def ttft_p95() -> Seconds:
    """95th percentile of the time to first token.

    >>> ttft_p95(0.5)
    0.5
    """


@instance(ttft, {"prefill_ttft": "prefill_ttft_p99"}, wall=7)
def ttft_p99() -> Seconds:
    """99th percentile of the time to first token.

    >>> ttft_p99(0.5)
    0.5
    """


@rule(wall=10, cite="definition: bytes leave no faster than they are taken in")
def kv_transfer_time(prefill_kv_transfer_time: Seconds, decode_kv_transfer_time: Seconds) -> Seconds:
    """Time the cache of a mean prompt takes from one pool to the other: that of the slower side.

    >>> kv_transfer_time(0.002, 0.008)
    0.008
    """
    return maximum(prefill_kv_transfer_time, decode_kv_transfer_time)
