"""Time to the first token and to the last: the queue for prefill.

Prompts wait for those before them and for the decode step under way: an M/G/1 queue whose server,
when no prompt waits, leaves for one decode step at a time.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from constraints.algebras.maths import exp, guarded, maximum, minimum, sqrt
from constraints.instance import instance
from constraints.quantities import Count, Fraction, Requests, RequestsPerSecond, Seconds
from constraints.rule import rule
from constraints.rules.library.queueing import SecondsCubed, pearson_quantile
from constraints.rules.library.tails import first_token_quantile
from constraints.rules.serving.interval import NINETIETH, NINETY_FIFTH, NINETY_NINTH
from constraints.rules.serving.load import crowded_overhead

SecondsSquared: TypeAlias = Annotated[Any, "s**2"]


@rule(wall=7, cite="definition: a pipeline stage is free again after its share of the step")
def step_under_way(
    decode_step_fixed: Seconds, decode_step_variable: Seconds, occupancy: Requests, batch: Count, pp: Count
) -> Seconds:
    """Time the decode work takes that a prompt may find under way on the first stage.

    >>> round(step_under_way(0.018, 0.006, 16.0, 32, 1), 3)
    0.021
    """
    return (decode_step_fixed + decode_step_variable * minimum(1, occupancy / batch)) / pp


@rule(wall=7, cite="Poisson probability that any sequence is being decoded")
def decoding_share(occupancy: Requests) -> Fraction:
    """Share of the time in which there is something to decode.

    >>> decoding_share(0.0), round(decoding_share(2.0), 3)
    (0.0, 0.865)
    """
    return 1 - exp(-1 * occupancy)


@rule(wall=7, cite="Little 1961: requests being decoded, and prompts that wait or are read")
def crowd_delay(
    step_under_way: Seconds,
    decoding_share: Fraction,
    occupancy: Requests,
    request_rate_per_replica: RequestsPerSecond,
    prefill_wait: Seconds,
    prefill_occupancy: Seconds,
    loaded_overhead: Seconds,
    overhead_per_request: Seconds,
) -> Seconds:
    """What the other requests in flight add to a first token besides their prompts.

    Half a decode step is under way, and the host of a server has other requests to handle.

    >>> round(crowd_delay(0.02, 1.0, 9.0, 10.0, 0.0, 0.1, 0.055, 0.001), 6)  # ten others
    0.07
    """
    others = occupancy + request_rate_per_replica * (prefill_wait + prefill_occupancy)
    return decoding_share * step_under_way / 2 + crowded_overhead(
        others, loaded_overhead, overhead_per_request
    )


@rule(
    wall=4,
    cite="Fuhrmann & Cooper 1985: M/G/1 with vacations, the wait and a residual vacation add",
    head="TTFT",
    aliases=("ttft_mean",),
    needs="waiting",
    follows="ttft",
)
def ttft(prefill_wait: Seconds, prefill_time: Seconds, crowd_delay: Seconds) -> Seconds:
    """Mean time to first token: other prompts, the prompt itself, and what other requests add.

    >>> round(ttft(0.05, 0.2, 0.01), 3)
    0.26
    """
    return prefill_wait + prefill_time + crowd_delay


@rule(wall=4, cite="definition: all stages in series against the slowest of them, the host's own time aside")
def prefill_depth(prefill_time: Seconds, prefill_overhead: Seconds, prefill_occupancy: Seconds) -> Count:
    """How much longer a prompt takes than it occupies a stage, which is how much more it varies.

    >>> round(prefill_depth(0.404, 0.004, 0.1), 6)
    4.0
    """
    return (prefill_time - prefill_overhead) / prefill_occupancy


@rule(wall=7, cite="Fuhrmann & Cooper 1985: independent parts, a uniform residual: variances add")
def ttft_variance(
    prefill_sojourn_deviation: Seconds,
    prefill_occupancy: Seconds,
    prefill_square: Seconds,
    prefill_depth: Count,
    step_under_way: Seconds,
    decoding_share: Fraction,
) -> SecondsSquared:
    """Variance of the time to first token.

    >>> round(ttft_variance(0.0, 0.2, 0.2, 1.0, 0.12, 1.0) ** 0.5, 4)  # the step under way alone
    0.0346
    """
    own = (prefill_depth**2 - 1) * (prefill_square**2 - prefill_occupancy**2)
    residual = decoding_share * step_under_way**2 * (1 / 3 - decoding_share / 4)
    return maximum(0, prefill_sojourn_deviation**2 + own + residual)


@rule(wall=7, cite="definition")
def ttft_deviation(ttft_variance: SecondsSquared) -> Seconds:
    """Standard deviation of the time to first token.

    >>> ttft_deviation(0.04)
    0.2
    """
    return sqrt(ttft_variance)


@rule(wall=7, cite="Fuhrmann & Cooper 1985: independent parts, a uniform residual: third central moments add")
def ttft_skewness(
    ttft_variance: SecondsSquared,
    prefill_sojourn_third: SecondsCubed,
    prefill_occupancy: Seconds,
    prefill_square: Seconds,
    prefill_cube: Seconds,
    prefill_depth: Count,
    step_under_way: Seconds,
    decoding_share: Fraction,
) -> Count:
    """Skewness of the time to first token: 0 of a symmetric law, 2 of an exponential one.

    >>> round(ttft_skewness(1.0, 2.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0), 6)
    2.0
    >>> round(ttft_skewness(1 / 12, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0), 6)  # evenly over a step
    0.0
    """
    own = prefill_cube**3 - 3 * prefill_occupancy * prefill_square**2 + 2 * prefill_occupancy**3
    d = decoding_share
    residual = step_under_way**3 * d * (1 / 4 - d / 2 + d**2 / 4)
    third = prefill_sojourn_third + (prefill_depth**3 - 1) * own + residual
    return third / guarded(ttft_variance * sqrt(ttft_variance), 1e-9 * prefill_occupancy**3)


@rule(wall=7, cite="residual life (Cox 1962): a prefill found under way lasts up to its length-biased mean")
def prefill_remaining(prefill_square: Seconds, prefill_occupancy: Seconds) -> Seconds:
    """Time that a prefill under way takes at most, if all are alike.

    >>> prefill_remaining(0.5, 0.5)
    0.5
    """
    return prefill_square**2 / prefill_occupancy


@instance(
    pearson_quantile,
    {"mean": "ttft", "deviation": "ttft_deviation", "skewness": "ttft_skewness"},
    fixed={"normal_quantile": 0},
    wall=7,
    cite="gamma with the mean, deviation and skewness of the whole sojourn; Wilson & Hilferty 1931",
    needs="waiting",
    head="TTFT\np50",
)
def ttft_p50() -> Seconds:
    """Median of the time to first token; that of a mix of very different prompts lies among the shorter ones.

    >>> ttft_p50(0.2, 0.0, 0.0), round(ttft_p50(0.2, 0.2, 2.0), 2)
    (0.2, 0.14)
    """


@instance(
    first_token_quantile,
    fixed={"normal_quantile": NINETIETH, "beyond": 0.1},
    needs="waiting",
    head="TTFT\np90",
)
def ttft_p90() -> Seconds:
    """90th percentile of the time to first token.

    >>> ttft_p90(0.2, 0.0, 0.0, 0.0, 0.0, 0.1), round(ttft_p90(0.2, 0.2, 2.0, 0.0, 0.0, 0.1), 2)
    (0.2, 0.46)
    """


@instance(
    first_token_quantile,
    fixed={"normal_quantile": NINETY_FIFTH, "beyond": 0.05},
    needs="waiting",
    head="TTFT\np95",
    phrase="TTFT p95 {}",
)
def ttft_p95() -> Seconds:
    """95th percentile of the time to first token.

    >>> ttft_p95(0.2, 0.0, 0.0, 0.0, 0.0, 0.1), round(ttft_p95(0.2, 0.2, 2.0, 0.0, 0.0, 0.1), 2)
    (0.2, 0.59)
    """


@instance(
    first_token_quantile,
    fixed={"normal_quantile": NINETY_NINTH, "beyond": 0.01},
    needs="waiting",
    head="TTFT\np99",
    phrase="TTFT p99 {}",
)
def ttft_p99() -> Seconds:
    """99th percentile of the time to first token.

    >>> ttft_p99(0.2, 0.0, 0.0, 0.0, 0.0, 0.1), round(ttft_p99(0.2, 0.2, 2.0, 0.0, 0.0, 0.1), 2)
    (0.2, 0.92)
    """


@rule(wall=4, cite="definition", needs="waiting", head="latency")
def request_latency(ttft: Seconds, answering_time: Seconds) -> Seconds:
    """Mean time from a request to the last token of its answer.

    >>> request_latency(0.5, 2.0)
    2.5
    """
    return ttft + answering_time
