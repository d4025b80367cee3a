"""The iron law: where the time of one machine, and of a fleet, goes.

Each term is a wall's rule: data is `transfer_time` or `weight_streaming_time` (walls 2, 4 to 9),
compute is wall 1, overhead wall 3; a fleet's efficiencies are `kernel_efficiency` (wall 3),
`computation_share` (walls 10 and 14) and `checkpoint_goodput` (walls 15 and 19).
"""

from __future__ import annotations

from constraints.algebras.maths import maximum
from constraints.quantities import Flop, FlopPerSecond, Fraction, Seconds, Whole
from constraints.rule import rule
from constraints.rules.library.software import effective_rate


@rule(wall=1, cite="definition: one multiply-add is two operations", where={
    "or nothing of the peak arrives": lambda fraction: fraction > 0
})  # fmt: skip
def compute_time(flops: Flop, rate: FlopPerSecond, fraction: Fraction) -> Seconds:
    """Time of the arithmetic alone, `fraction` of the peak being reached.

    16e9 multiply-adds are 32e9 operations.

    >>> round(compute_time(16e9, 989e12, 0.5) * 1e3, 4), round(compute_time(32e9, 989e12, 0.5) * 1e3, 4)  # ms
    (0.0324, 0.0647)
    """
    return flops / (rate * fraction)


@rule(cite="Hennessy & Patterson 2017, Computer architecture, 1.9: times that do not overlap add")
def iron_law_sum(data_time: Seconds, compute_time: Seconds, overhead: Seconds) -> Seconds:
    """Time of a task whose data movement, arithmetic and overhead follow one another: the longest it takes.

    >>> iron_law_sum(4.0, 3.0, 1.0)
    8.0
    """
    return data_time + compute_time + overhead


@rule(cite="Williams, Waterman & Patterson 2009, Roofline: data and arithmetic overlap")
def iron_law_overlapped(data_time: Seconds, compute_time: Seconds, overhead: Seconds) -> Seconds:
    """Time of a task whose data movement hides behind its arithmetic, or the other way round.

    A task lies between this and `iron_law_sum`, which is at most twice as long. The larger of the two
    is the regime: more of the other resource does nothing.

    >>> iron_law_overlapped(4.0, 3.0, 1.0)
    5.0
    """
    return maximum(data_time, compute_time) + overhead


@rule(cite="Kaplan et al. 2020 for the work, Chowdhery et al. 2022 for MFU, Daly 2006 for goodput")
def fleet_time(
    flops: Flop,
    devices: Whole,
    rate: FlopPerSecond,
    kernel_efficiency: Fraction,
    scaling_efficiency: Fraction,
    goodput: Fraction,
) -> Seconds:
    """Time of a training run on a fleet: work over what the fleet delivers.

    The efficiency of kernels while they run, not MFU, stands beside the scaling efficiency. It holds
    for work bound by arithmetic; data that starve it, memory that does not fit and money have walls of
    their own and no factor here.

    >>> round(fleet_time(6 * 175e9 * 300e9, 1024, 312e12, 0.5, 1.0, 1.0) / 86400, 2)  # GPT-3, days
    22.82
    """
    return flops / effective_rate(devices, rate, kernel_efficiency, scaling_efficiency, goodput)


@rule(cite="definition: computation, communication, coordination")
def computation_share(computation: Seconds, communication: Seconds, coordination: Seconds) -> Fraction:
    """Share of a step in which devices compute: the scaling efficiency of the step.

    `communication` is what is not hidden behind computation; `coordination` is waiting: pipeline bubble,
    stragglers, barriers. The three make up the step.

    >>> computation_share(6.0, 1.0, 1.0)
    0.75
    """
    return computation / (computation + communication + coordination)


@rule(cite="definition: computation, communication, coordination")
def communication_share(computation: Seconds, communication: Seconds, coordination: Seconds) -> Fraction:
    """Share of a step in which devices wait for data of others to arrive.

    >>> communication_share(6.0, 1.0, 1.0)
    0.125
    """
    return communication / (computation + communication + coordination)


@rule(cite="definition: computation, communication, coordination")
def coordination_share(computation: Seconds, communication: Seconds, coordination: Seconds) -> Fraction:
    """Share of a step in which devices wait for others to be ready.

    >>> coordination_share(6.0, 1.0, 1.0)
    0.125
    """
    return coordination / (computation + communication + coordination)
