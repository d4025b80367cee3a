"""Time per output token of a request, after the first, in the mean and in the tail."""

from __future__ import annotations

from constraints.algebras.maths import guarded, maximum, minimum, sqrt
from constraints.instance import instance
from constraints.quantities import Count, Fraction, Requests, RequestsPerSecond, Seconds, Tokens
from constraints.rule import rule
from constraints.rules.library.tails import token_quantile

# Standard normal quantiles; that of the median is 0.
NINETIETH = 1.2816
NINETY_FIFTH = 1.6449
NINETY_NINTH = 2.3263


@rule(wall=4, cite="definition: a sequence shares its steps with the others being decoded")
def shared_step(
    occupancy: Requests, decode_step_fixed: Seconds, decode_step_variable: Seconds, batch: Count
) -> Seconds:
    """Decode step a sequence sees in the mean, without prefills in between.

    >>> round(shared_step(0.0, 0.018, 0.006, 1), 3), round(shared_step(99.0, 0.018, 0.006, 32), 3)
    (0.024, 0.024)
    """
    return decode_step_fixed + decode_step_variable * minimum(batch, occupancy + 1) / batch


@rule(wall=4, cite="definition: steps, stretched by prefills, after those of the prompts left behind")
def answering_time(
    shared_step: Seconds, prefill_stretch: Count, prefill_backlog: Seconds, decode_steps: Tokens
) -> Seconds:
    """Mean time from the first token of an answer to its last; by Little's law `rate x` it are being decoded.

    >>> round(answering_time(0.02, 1.25, 0.1, 100), 5)
    2.625
    """
    return (decode_steps * shared_step + minimum(1, decode_steps) * prefill_backlog) * prefill_stretch


@rule(
    wall=4,
    cite="definition: the mean over requests, of which short answers spread what they find over few tokens",
    head="TPOT",
    aliases=("tpot_mean", "itl"),
    needs="output",
    follows="tpot",
)
def tpot(
    shared_step: Seconds, prefill_stretch: Count, prefill_backlog: Seconds, steps_harmonic: Tokens
) -> Seconds:
    """Mean over requests of the time per output token after the first.

    >>> round(tpot(0.02, 1.25, 0.1, 100), 5)
    0.02625
    """
    return (shared_step + prefill_backlog / guarded(steps_harmonic, 1)) * prefill_stretch


@rule(wall=7, cite="delay busy period (Conway, Maxwell & Miller 1967) begun by a request's own steps")
def prefill_jitter(
    steps_harmonic: Tokens,
    steps_harmonic_square: Tokens,
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
    """Standard deviation of the time per output token for the prefills that happen to fall into an answer.

    A stretch of decoding that takes `w` alone has variance `w rate E[S^2] / (1 - load)^3`; the backlog it
    starts with varies too. Over n steps that is divided by n^2, of which `steps_harmonic_square` is the harmonic
    mean over requests; what a backlog is spread over differs among them besides.

    >>> round(prefill_jitter(100, 100, 0.02, 0.0, 0.2, 1.25, 2.0, 0.1, 0.0, 0.0, 0.0), 6)
    0.002795
    """
    noise = prefill_rate * prefill_square**2
    begun = noise * (prefill_wait + prefill_occupancy) + (prefill_load * prefill_sojourn_deviation) ** 2
    each, squared = 1 / guarded(steps_harmonic, 1), 1 / guarded(steps_harmonic_square, 1) ** 2
    within = (begun + prefill_backlog * noise * prefill_stretch) * squared
    among = prefill_backlog**2 * maximum(0, squared - each**2)
    return prefill_stretch * sqrt(within + shared_step * noise * prefill_stretch * each + among)


@rule(wall=7, cite="bound: what a burst does through prefills and through more sequences adds up")
def tpot_deviation(
    prefill_jitter: Seconds,
    decode_step_variable: Seconds,
    occupancy_deviation: Requests,
    batch: Count,
    prefill_stretch: Count,
) -> Seconds:
    """Standard deviation of the time per output token among requests.

    >>> round(tpot_deviation(0.002, 0.006, 4.0, 32, 1.25), 6)
    0.002938
    """
    crowd = decode_step_variable * minimum(1, occupancy_deviation / batch)
    return prefill_jitter + crowd * prefill_stretch


@rule(wall=7, cite="Poisson arrivals while a request waits, is read and is decoded")
def prefills_met(
    prefill_rate: RequestsPerSecond,
    prefill_wait: Seconds,
    prefill_occupancy: Seconds,
    answering_time: Seconds,
) -> Count:
    """Prefills of other requests that come between the first token of a request and its last.

    >>> round(prefills_met(0.1, 0.0, 0.5, 4.5), 6)
    0.5
    """
    return prefill_rate * (prefill_wait + prefill_occupancy + answering_time)


@instance(
    token_quantile,
    fixed={"normal_quantile": 0, "beyond": 0.5},
    needs="output",
    head="TPOT\np50",
)
def tpot_p50() -> Seconds:
    """Median of the time per output token.

    >>> round(tpot_p50(1.0, 2.0, 1.0, 1.0, 0.0, 0.1, 100), 2)  # an exponential beyond 1: 1 + ln 2
    1.7
    """


@instance(
    token_quantile,
    fixed={"normal_quantile": NINETIETH, "beyond": 0.1},
    needs="output",
    head="TPOT\np90",
)
def tpot_p90() -> Seconds:
    """90th percentile of the time per output token.

    >>> round(tpot_p90(1.0, 2.0, 1.0, 1.0, 0.0, 0.1, 100), 2)  # an exponential beyond 1: 1 + ln 10
    3.28
    """


@instance(
    token_quantile,
    fixed={"normal_quantile": NINETY_FIFTH, "beyond": 0.05},
    needs="output",
    head="TPOT\np95",
    phrase="TPOT p95 {}",
)
def tpot_p95() -> Seconds:
    """95th percentile of the time per output token.

    >>> round(tpot_p95(1.0, 2.0, 1.0, 1.0, 0.0, 0.1, 100), 2)  # an exponential beyond 1: 1 + ln 20
    3.97
    """


@instance(
    token_quantile,
    fixed={"normal_quantile": NINETY_NINTH, "beyond": 0.01},
    needs="output",
    head="TPOT\np99",
    phrase="TPOT p99 {}",
)
def tpot_p99() -> Seconds:
    """99th percentile of the time per output token.

    >>> round(tpot_p99(1.0, 2.0, 1.0, 1.0, 0.0, 0.1, 100), 2)  # an exponential beyond 1: 1 + ln 100
    5.61
    """
