"""Checkpoints and failures: how often to save, and what is lost."""

from __future__ import annotations

from constraints.maths import exp, maximum, sqrt
from constraints.quantities import Count, Fraction, Seconds
from constraints.rule import rule


@rule(wall=15, cite="definition: failures of independent devices add")
def series_mtbf(device_mtbf: Seconds, devices: Count) -> Seconds:
    """Mean time between failures of a job that stops when any device does.

    >>> round(series_mtbf(50_000 * 3600, 16_000) / 3600, 3)
    3.125
    """
    return device_mtbf / devices


@rule(wall=19, cite="Young 1974, A first order approximation to the optimum checkpoint interval")
def young_interval(checkpoint_time: Seconds, mtbf: Seconds) -> Seconds:
    """Checkpoint interval of least waste, to first order; right while `checkpoint_time << mtbf`.

    >>> round(young_interval(120.0, 180 * 60.0) / 60, 1)
    26.8
    """
    return sqrt(2 * checkpoint_time * mtbf)


@rule(wall=19, cite="Daly 2006, A higher order estimate of the optimum checkpoint interval, eq. 37")
def daly_interval(checkpoint_time: Seconds, mtbf: Seconds) -> Seconds:
    """Checkpoint interval of least waste, higher order, for `checkpoint_time < 2 mtbf`.

    >>> round(daly_interval(120.0, 180 * 60.0) / 60, 1)
    25.5
    """
    x = checkpoint_time / (2 * mtbf)
    return sqrt(2 * checkpoint_time * mtbf) * (1 + sqrt(x) / 3 + x / 9) - checkpoint_time


@rule(wall=19, cite="Young 1974: one write per interval, half an interval lost per failure")
def checkpoint_waste(
    checkpoint_time: Seconds, interval: Seconds, mtbf: Seconds, recovery_time: Seconds
) -> Fraction:
    """Share of time lost to writing checkpoints, to redoing work and to recovery, to first order.

    The write costs one `checkpoint_time` every interval, not half of one: only then is the optimum
    `sqrt(2 checkpoint_time mtbf)` and are the first two terms equal there.

    >>> [round(100 * checkpoint_waste(120.0, 60.0 * t, 180 * 60.0, 0.0), 1) for t in (10, 26.83, 60)]
    [22.8, 14.9, 20.0]
    """
    return checkpoint_time / interval + interval / (2 * mtbf) + recovery_time / mtbf


@rule(wall=19, cite="Daly 2006, eq. 20: exponential failures, during work, writing and recovery")
def checkpoint_goodput(
    checkpoint_time: Seconds, interval: Seconds, mtbf: Seconds, recovery_time: Seconds
) -> Fraction:
    """Share of wall time that is useful work under exponential failures, exact at any interval.

    >>> [round(100 * (1 - checkpoint_goodput(120.0, 60.0 * t, 180 * 60.0, 0.0)), 1) for t in (10, 26.83, 60)]
    [19.4, 14.2, 18.9]
    """
    return (interval / mtbf) / (
        exp(recovery_time / mtbf) * maximum(exp((interval + checkpoint_time) / mtbf) - 1, 1e-300)
    )
