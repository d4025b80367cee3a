"""Tails of latencies: gammas above what is constant, and at low load the one prefill that a request may meet."""

from __future__ import annotations

from typing import Any

from constraints.algebras.maths import exp, guarded, maximum, minimum, where
from constraints.quantities import Count, Fraction, Real, Seconds, Tokens
from constraints.rule import rule
from constraints.rules.library.queueing import gamma_quantile, pearson_quantile


def tail(mean: Any, deviation: Any, normal_quantile: Any) -> Any:
    """Quantile of a gamma-distributed quantity, never falling as its deviation grows.

    Beyond 1.5 normal quantiles (or one, for the median) the cube-root form would turn back: in
    overload the deviation says nothing any more.

    >>> tail(1.0, 1e9, 2.3263) > tail(1.0, 3.0, 2.3263) > tail(1.0, 1.0, 2.3263)
    True
    """
    return gamma_quantile(mean, minimum(deviation, maximum(1, 1.5 * normal_quantile) * mean), normal_quantile)


def tail_above(least: Any, mean: Any, deviation: Any, normal_quantile: Any) -> Any:
    """The same of what is above a constant part.

    >>> round(tail_above(10.0, 11.0, 1.0, 2.3263) - tail(1.0, 1.0, 2.3263), 12)
    10.0
    """
    return least + tail(guarded(mean - least, 1e-9 * least), deviation, normal_quantile)


@rule(
    wall=7,
    cite="gamma with the mean, deviation and skewness of the whole sojourn (Wilson & Hilferty 1931); at low load"
    " what is left of the one prefill that a prompt may find",
)
def first_token_quantile(
    ttft: Seconds,
    ttft_deviation: Seconds,
    ttft_skewness: Count,
    prefill_wait: Seconds,
    prefill_remaining: Seconds,
    prefill_load: Fraction,
    normal_quantile: Real,
    beyond: Fraction,
) -> Seconds:
    """Quantile of the time to first token, which a share `beyond` exceeds.

    Few prompts wait at low load, each for what is left of one prefill, evenly up to the whole: no gamma does that.

    >>> round(first_token_quantile(1.035, 0.14, 4.9, 0.035, 1.0, 0.07, 2.3263, 0.01), 3)  # 1 + (1 - 0.01 / 0.07)
    1.857
    """
    tail = pearson_quantile(
        mean=ttft, deviation=ttft_deviation, skewness=ttft_skewness, normal_quantile=normal_quantile
    )
    found = prefill_remaining * maximum(0, 1 - beyond / guarded(prefill_load, beyond))
    return maximum(tail, ttft - prefill_wait + found)


@rule(
    wall=7,
    cite="gamma with the mean and deviation above an empty step (Wilson & Hilferty 1931); at low load the one prefill"
    " that an answer may meet",
)
def token_quantile(
    decode_step_fixed: Seconds,
    tpot: Seconds,
    tpot_deviation: Seconds,
    shared_step: Seconds,
    prefills_met: Count,
    prefill_occupancy: Seconds,
    steps_harmonic: Tokens,
    normal_quantile: Real,
    beyond: Fraction,
) -> Seconds:
    """Quantile of the time per output token, which a share `beyond` exceeds.

    Where more than that share of answers meets a prefill, they are held up by the whole of one.

    >>> token_quantile(0.01, 0.0107, 0.0026, 0.01, 0.07, 50.0, 500, 2.3263, 0.01)  # a million tokens to read
    0.11
    """
    tail = tail_above(decode_step_fixed, tpot, tpot_deviation, normal_quantile)
    held = where(1 - exp(-1 * prefills_met) > beyond, prefill_occupancy / guarded(steps_harmonic, 1), 0)
    return maximum(tail, shared_step + held)
