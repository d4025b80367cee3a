"""The queue of prompts for prefill, and what it does to the sequences being decoded meanwhile."""

from __future__ import annotations

from constraints.algebras.maths import guarded
from constraints.instance import instance
from constraints.quantities import Count, Fraction, RequestsPerSecond, Seconds
from constraints.rule import rule
from constraints.rules.library.queueing import (
    SecondsCubed,
    mg1_sojourn_deviation,
    mg1_sojourn_third,
    mg1_wait,
)


@rule(wall=7, cite="definition: passes a second in the queue of one data rank")
def prefill_rate(
    request_rate_per_replica: RequestsPerSecond, prefill_batch: Count, dp: Count
) -> RequestsPerSecond:
    """Prefill passes a second of one data rank.

    >>> prefill_rate(4.0, 2, 2)
    1.0
    """
    return request_rate_per_replica / (prefill_batch * dp)


@instance(
    mg1_wait,
    {"arrival_rate": "prefill_rate", "service": "prefill_occupancy", "service_square": "prefill_square"},
    wall=7,
    cite="Pollaczek 1930, Khinchine 1932",
)
def prefill_wait(prefill_rate: RequestsPerSecond) -> Seconds:
    """Mean wait of a prompt for the prompts before it.

    Holds below a load of 1.

    >>> prefill_wait(0.5, 1.0, 1.0), round(prefill_wait(0.5, 1.0, 2**0.5), 6)  # M/D/1, M/M/1
    (0.5, 1.0)
    """


@instance(
    mg1_sojourn_deviation,
    {
        "arrival_rate": "prefill_rate",
        "service": "prefill_occupancy",
        "service_square": "prefill_square",
        "service_cube": "prefill_cube",
    },
    wall=7,
    cite="Takacs 1962: second moment of the M/G/1 wait",
)
def prefill_sojourn_deviation(prefill_rate: RequestsPerSecond) -> Seconds:
    """Standard deviation of a prompt's wait and prefill together.

    >>> prefill_sojourn_deviation(0.0, 1.0, 1.0, 1.0)  # equal prompts that never meet
    0.0
    >>> round(prefill_sojourn_deviation(0.5, 1.0, 2**0.5, 6 ** (1 / 3)), 6)  # M/M/1
    2.0
    """


@instance(
    mg1_sojourn_third,
    {
        "arrival_rate": "prefill_rate",
        "service": "prefill_occupancy",
        "service_square": "prefill_square",
        "service_cube": "prefill_cube",
    },
    wall=7,
    cite="Takacs 1962: third moment of the M/G/1 wait",
)
def prefill_sojourn_third(prefill_rate: RequestsPerSecond) -> SecondsCubed:
    """Third central moment of a prompt's wait and prefill together.

    >>> round(prefill_sojourn_third(0.5, 1.0, 1.0, 1.0), 6)
    1.0
    """


@rule(wall=7, cite="definition: prefills come first, decoding gets the time they leave")
def prefill_stretch(prefill_load: Fraction) -> Count:
    """How much longer decoding takes for the prefills in between.

    >>> prefill_stretch(0.5)
    2.0
    """
    return 1 / guarded(1 - prefill_load)


@rule(wall=7, cite="Little 1961: prompts that came while one waited and was read, times their prefill")
def prefill_backlog(prefill_load: Fraction, prefill_wait: Seconds, prefill_occupancy: Seconds) -> Seconds:
    """Prefill work a prompt leaves behind, which comes before its second token.

    >>> round(prefill_backlog(0.5, 0.05, 0.1), 3)
    0.075
    """
    return prefill_load * (prefill_wait + prefill_occupancy)


@rule(wall=7, cite="delay busy period (Conway, Maxwell & Miller 1967): arrivals bring arrivals")
def prefill_burstiness(
    prefill_load: Fraction, prefill_stretch: Count, prefill_rate: RequestsPerSecond, prefill_square: Seconds
) -> Count:
    """Variance of the sequences being decoded over that of a Poisson number.

    Each arrival adds a sequence and holds up those that would have left during its prefill.

    >>> round(prefill_burstiness(0.5, 2.0, 5.0, 0.1), 6)  # equal prompts: 1 / (1 - load)^2
    4.0
    """
    return 1 + 2 * prefill_load * prefill_stretch + (prefill_rate * prefill_square * prefill_stretch) ** 2
