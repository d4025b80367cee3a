"""Latencies that comparable measurements stay below, in place of expected ones."""

from __future__ import annotations

from constraints.quantities import Count, Seconds
from constraints.rule import rule


@rule(
    wall=4,
    cite="definition: quantile of measured over predicted, from residuals of sources held out",
    keeps="expected_ttft",
)
def ttft(expected_ttft: Seconds, ttft_bound: Count) -> Seconds:
    """Mean time to first token that comparable measurements stay below.

    >>> ttft(0.25, 2.0)
    0.5
    """
    return expected_ttft * ttft_bound


@rule(
    wall=4,
    cite="definition: quantile of measured over predicted, from residuals of sources held out",
    keeps="expected_tpot",
)
def tpot(expected_tpot: Seconds, tpot_bound: Count) -> Seconds:
    """Mean time per output token after the first that comparable measurements stay below.

    >>> tpot(0.02, 1.25)
    0.025
    """
    return expected_tpot * tpot_bound


@rule(
    wall=4,
    cite="definition: quantile of measured over predicted, from residuals of sources held out",
    keeps="expected_answering_time",
)
def answering_time(expected_answering_time: Seconds, tpot_bound: Count) -> Seconds:
    """Mean time from the first token of an answer to its last that comparable measurements stay below.

    >>> answering_time(2.0, 1.25)
    2.5
    """
    return expected_answering_time * tpot_bound
