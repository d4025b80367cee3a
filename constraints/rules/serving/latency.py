"""Time to the first token and to the last: the queue for prefill.

Prompts wait for those before them and for the decode step under way: an M/G/1 queue whose server,
when no prompt waits, leaves for one decode step at a time.
"""

from __future__ import annotations

from constraints.algebras.maths import exp, maximum, minimum, sqrt
from constraints.instance import instance
from constraints.quantities import Count, Fraction, Requests, Seconds, Tokens
from constraints.rule import rule
from constraints.rules.serving.interval import NINETIETH, NINETY_NINTH, tail


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


@rule(
    wall=4,
    cite="Fuhrmann & Cooper 1985: M/G/1 with vacations, the wait and a residual vacation add",
    head="TTFT",
    aliases=("ttft_mean",),
    needs="waiting",
    follows="ttft",
)
def ttft(
    prefill_wait: Seconds, prefill_time: Seconds, step_under_way: Seconds, decoding_share: Fraction
) -> Seconds:
    """Mean time to first token: other prompts, half a decode step, the prompt itself.

    >>> round(ttft(0.05, 0.2, 0.02, 1.0), 3)
    0.26
    """
    return prefill_wait + prefill_time + decoding_share * step_under_way / 2


@rule(wall=7, cite="Fuhrmann & Cooper 1985: independent parts, a uniform residual")
def ttft_deviation(
    prefill_sojourn_deviation: Seconds,
    prefill_occupancy: Seconds,
    prefill_square: Seconds,
    prefill_time: Seconds,
    step_under_way: Seconds,
    decoding_share: Fraction,
) -> Seconds:
    """Standard deviation of the time to first token.

    In a pipeline a prompt takes longer than it occupies a stage, and varies as much more.

    >>> round(ttft_deviation(0.0, 0.2, 0.2, 0.2, 0.12, 1.0), 4)  # the step under way alone
    0.0346
    """
    own = (prefill_time**2 / prefill_occupancy**2 - 1) * (prefill_square**2 - prefill_occupancy**2)
    residual = decoding_share * step_under_way**2 * (1 / 3 - decoding_share / 4)
    return sqrt(maximum(0, prefill_sojourn_deviation**2 + own + residual))


@instance(
    tail,
    {"mean": "ttft", "deviation": "ttft_deviation"},
    fixed={"normal_quantile": 0},
    wall=7,
    cite="quantile of the whole sojourn: a quantile of the wait plus a mean would be too low",
    needs="waiting",
    head="TTFT\np50",
)
def ttft_p50(ttft: Seconds, ttft_deviation: Seconds) -> Seconds:
    """Median of the time to first token.

    >>> ttft_p50(0.2, 0.0), round(ttft_p50(0.2, 0.2), 2)
    (0.2, 0.14)
    """


@instance(
    tail,
    {"mean": "ttft", "deviation": "ttft_deviation"},
    fixed={"normal_quantile": NINETIETH},
    wall=7,
    cite="quantile of the whole sojourn: a quantile of the wait plus a mean would be too low",
    needs="waiting",
    head="TTFT\np90",
)
def ttft_p90(ttft: Seconds, ttft_deviation: Seconds) -> Seconds:
    """90th percentile of the time to first token.

    >>> ttft_p90(0.2, 0.0), round(ttft_p90(0.2, 0.2), 2)
    (0.2, 0.46)
    """


@instance(
    tail,
    {"mean": "ttft", "deviation": "ttft_deviation"},
    fixed={"normal_quantile": NINETY_NINTH},
    wall=7,
    cite="quantile of the whole sojourn: a quantile of the wait plus a mean would be too low",
    head="TTFT\np99",
    needs="waiting",
    phrase="TTFT p99 {}",
)
def ttft_p99(ttft: Seconds, ttft_deviation: Seconds) -> Seconds:
    """99th percentile of the time to first token.

    >>> ttft_p99(0.2, 0.0), round(ttft_p99(0.2, 0.2), 2)
    (0.2, 0.92)
    """


@rule(wall=4, cite="definition", needs="waiting", head="latency")
def request_latency(ttft: Seconds, decode_steps: Tokens, tpot: Seconds) -> Seconds:
    """Mean time from a request to the last token of its answer.

    >>> request_latency(0.5, 100, 0.02)
    2.5
    """
    return ttft + decode_steps * tpot
