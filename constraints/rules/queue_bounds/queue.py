"""Throughput that comparable measurements exceed, and tails as far out as their means."""

from __future__ import annotations

from constraints.quantities import Count, RequestsPerSecond, Seconds
from constraints.rule import rule


@rule(
    wall=7,
    cite="definition: quantile of measured over predicted, from residuals of sources held out",
    keeps="expected_capacity",
)
def capacity(expected_capacity: RequestsPerSecond, throughput_bound: Count) -> RequestsPerSecond:
    """Requests a second that comparable replicas sustained at least.

    >>> capacity(4.0, 0.75)
    3.0
    """
    return expected_capacity * throughput_bound


@rule(
    wall=7, cite="definition: a slower system has longer tails in proportion", keeps="expected_ttft_deviation"
)
def ttft_deviation(expected_ttft_deviation: Seconds, ttft_bound: Count) -> Seconds:
    """Standard deviation of the time to first token when its mean is at its bound.

    >>> ttft_deviation(0.25, 2.0)
    0.5
    """
    return expected_ttft_deviation * ttft_bound


@rule(
    wall=7, cite="definition: a slower system has longer tails in proportion", keeps="expected_tpot_deviation"
)
def tpot_deviation(expected_tpot_deviation: Seconds, tpot_bound: Count) -> Seconds:
    """Standard deviation of the time per output token when its mean is at its bound.

    >>> tpot_deviation(0.004, 1.25)
    0.005
    """
    return expected_tpot_deviation * tpot_bound
