"""Time per output token of a request, after the first, in the mean and in the tail."""

from __future__ import annotations

from typing import Any

from constraints.algebras.maths import guarded, maximum, minimum, sqrt
from constraints.instance import instance
from constraints.quantities import Count, Fraction, Requests, RequestsPerSecond, Seconds, Tokens
from constraints.rule import rule
from constraints.rules.library.queueing import gamma_quantile

# Standard normal quantiles; that of the median is 0.
NINETIETH = 1.2816
NINETY_NINTH = 2.3263


def tail(mean: Any, deviation: Any, normal_quantile: Any) -> Any:
    """Quantile of a gamma-distributed quantity, never falling as its deviation grows.

    Beyond 1.5 normal quantiles (or one, for the median) the cube-root form would turn back: in
    overload the deviation says nothing any more.

    >>> tail(1.0, 1e9, 2.3263) > tail(1.0, 3.0, 2.3263) > tail(1.0, 1.0, 2.3263)
    True
    """
    return gamma_quantile(mean, minimum(deviation, maximum(1, 1.5 * normal_quantile) * mean), normal_quantile)


@rule(wall=4, cite="definition: a sequence shares its steps with the others being decoded")
def shared_step(
    occupancy: Requests, decode_step_fixed: Seconds, decode_step_variable: Seconds, batch: Count
) -> Seconds:
    """Decode step a sequence sees in the mean, without prefills in between.

    >>> round(shared_step(0.0, 0.018, 0.006, 1), 3), round(shared_step(99.0, 0.018, 0.006, 32), 3)
    (0.024, 0.024)
    """
    return decode_step_fixed + decode_step_variable * minimum(batch, occupancy + 1) / batch


@rule(
    wall=4,
    cite="definition: steps, stretched by prefills, after those of the prompts left behind",
    head="TPOT",
    aliases=("tpot_mean", "itl"),
    needs="output",
    follows="tpot",
)
def tpot(
    shared_step: Seconds, prefill_stretch: Count, prefill_backlog: Seconds, decode_steps: Tokens
) -> Seconds:
    """Mean time per output token after the first.

    By Little's law the sequences being decoded are `rate x steps x tpot`.

    >>> round(tpot(0.02, 1.25, 0.1, 100), 5)
    0.02625
    """
    return (shared_step + prefill_backlog / guarded(decode_steps, 1)) * prefill_stretch


@rule(wall=7, cite="delay busy period (Conway, Maxwell & Miller 1967) begun by a request's own steps")
def prefill_jitter(
    decode_steps: Tokens,
    shared_step: Seconds,
    prefill_backlog: Seconds,
    prefill_load: Fraction,
    prefill_stretch: Count,
    prefill_rate: RequestsPerSecond,
    prefill_square: Seconds,
    prefill_wait: Seconds,
    prefill_occupancy: Seconds,
    prefill_sojourn_deviation: Seconds,
) -> Seconds:
    """Standard deviation of a request's time to decode, for the prefills that happen to fall into it.

    A stretch of decoding that takes `w` alone has variance `w rate E[S^2] / (1 - load)^3`; the
    backlog it starts with varies too.

    >>> round(prefill_jitter(100, 0.02, 0.0, 0.2, 1.25, 2.0, 0.1, 0.0, 0.0, 0.0), 4)
    0.2795
    """
    noise = prefill_rate * prefill_square**2
    begun = noise * (prefill_wait + prefill_occupancy) + (prefill_load * prefill_sojourn_deviation) ** 2
    work = decode_steps * shared_step + prefill_backlog
    return prefill_stretch * sqrt(begun + work * noise * prefill_stretch)


@rule(wall=7, cite="bound: what a burst does through prefills and through more sequences adds up")
def tpot_deviation(
    prefill_jitter: Seconds,
    decode_steps: Tokens,
    decode_step_variable: Seconds,
    occupancy_deviation: Requests,
    batch: Count,
    prefill_stretch: Count,
) -> Seconds:
    """Standard deviation of the time per output token among requests.

    >>> round(tpot_deviation(0.2, 100, 0.006, 4.0, 32, 1.25), 6)
    0.002938
    """
    crowd = decode_step_variable * minimum(1, occupancy_deviation / batch)
    return prefill_jitter / guarded(decode_steps, 1) + crowd * prefill_stretch


@instance(
    tail,
    {"mean": "tpot", "deviation": "tpot_deviation"},
    fixed={"normal_quantile": 0},
    wall=7,
    cite="gamma with the mean and deviation; Wilson & Hilferty 1931",
    needs="output",
    head="TPOT\np50",
)
def tpot_p50(tpot: Seconds, tpot_deviation: Seconds) -> Seconds:
    """Median of the time per output token.

    >>> tpot_p50(0.02, 0.0), round(tpot_p50(1.0, 1.0), 2)  # an exponential: ln 2 = 0.69
    (0.02, 0.7)
    """


@instance(
    tail,
    {"mean": "tpot", "deviation": "tpot_deviation"},
    fixed={"normal_quantile": NINETIETH},
    wall=7,
    cite="gamma with the mean and deviation; Wilson & Hilferty 1931",
    needs="output",
    head="TPOT\np90",
)
def tpot_p90(tpot: Seconds, tpot_deviation: Seconds) -> Seconds:
    """90th percentile of the time per output token.

    >>> tpot_p90(0.02, 0.0), round(tpot_p90(1.0, 1.0), 2)  # an exponential: ln 10 = 2.30
    (0.02, 2.28)
    """


@instance(
    tail,
    {"mean": "tpot", "deviation": "tpot_deviation"},
    fixed={"normal_quantile": NINETY_NINTH},
    wall=7,
    cite="gamma with the mean and deviation; Wilson & Hilferty 1931",
    head="TPOT\np99",
    needs="output",
    phrase="TPOT p99 {}",
)
def tpot_p99(tpot: Seconds, tpot_deviation: Seconds) -> Seconds:
    """99th percentile of the time per output token.

    >>> tpot_p99(0.02, 0.0), round(tpot_p99(0.02, 0.005), 4)
    (0.02, 0.0334)
    """
