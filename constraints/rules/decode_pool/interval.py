"""Time per output token where the cache comes from another pool."""

from __future__ import annotations

from constraints.instance import instance
from constraints.quantities import Seconds
from constraints.rule import rule


@rule(
    wall=4,
    cite="DistServe (Zhong et al. 2024), sec. 3.3: the transfer comes before the second token",
)
def tpot(decode_tpot: Seconds, transfer_delay: Seconds) -> Seconds:
    """Mean time per output token after the first, the wait for the cache among them.

    >>> round(tpot(0.02, 0.001), 3)
    0.021
    """
    return decode_tpot + transfer_delay


@instance(
    tpot, {"decode_tpot": "decode_tpot_p50"}, wall=7, cite="definition: caches of a mean prompt take as long"
)
def tpot_p50() -> Seconds:
    """Median of the time per output token, the wait for the cache among them.

    >>> round(tpot_p50(0.03, 0.001), 3)
    0.031
    """


@instance(
    tpot, {"decode_tpot": "decode_tpot_p90"}, wall=7, cite="definition: caches of a mean prompt take as long"
)
def tpot_p90() -> Seconds:
    """90th percentile of the time per output token, the wait for the cache among them.

    >>> round(tpot_p90(0.03, 0.001), 3)
    0.031
    """


@instance(
    tpot, {"decode_tpot": "decode_tpot_p95"}, wall=7, cite="definition: caches of a mean prompt take as long"
)
def tpot_p95() -> Seconds:
    """95th percentile of the time per output token, the wait for the cache among them.

    >>> round(tpot_p95(0.03, 0.001), 3)
    0.031
    """


@instance(
    tpot, {"decode_tpot": "decode_tpot_p99"}, wall=7, cite="definition: caches of a mean prompt take as long"
)
def tpot_p99() -> Seconds:
    """99th percentile of the time per output token, the wait for the cache among them.

    >>> round(tpot_p99(0.03, 0.001), 3)
    0.031
    """


@rule(
    wall=4,
    cite="DistServe (Zhong et al. 2024), sec. 3.3: the transfer comes before the second token",
)
def answering_time(decode_answering_time: Seconds, kv_transfer_time: Seconds) -> Seconds:
    """Mean time from the first token of an answer to its last, the wait for the cache among them.

    >>> answering_time(2.0, 0.25)
    2.25
    """
    return decode_answering_time + kv_transfer_time
