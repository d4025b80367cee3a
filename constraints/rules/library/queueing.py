"""Queues: how long a request waits, in the mean and in the tail."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from constraints.algebras.maths import guarded, maximum, minimum, sqrt
from constraints.instance import instance
from constraints.quantities import Count, Fraction, PerSecond, Real, Seconds
from constraints.rule import rule

SecondsCubed: TypeAlias = Annotated[Any, "s*s*s"]


@rule(wall=7, cite="Little 1961, A proof for the queuing formula L = lambda W")
def littles_law(arrival_rate: PerSecond, time_in_system: Seconds) -> Count:
    """Mean number of requests in a system.

    Holds for any arrivals, service and order, over a time that is long against a request's.

    >>> littles_law(1000.0, 0.05), littles_law(500.0, 0.1)
    (50.0, 50.0)
    """
    return arrival_rate * time_in_system


_STABLE = {"or the queue grows without bound": lambda arrival_rate, service: arrival_rate * service < 1}


@rule(wall=7, cite="Pollaczek 1930, Khinchine 1932: mean wait of the M/G/1 queue", where=_STABLE)
def mg1_wait(arrival_rate: PerSecond, service: Seconds, service_square: Seconds) -> Seconds:
    """Mean wait before service in an M/G/1 queue; `service_square` is the root of E[S^2].

    Holds for utilisation below 1; at or above it the wait is unbounded.

    >>> mg1_wait(0.8, 1.0, 1.0)  # M/D/1 at 80 %: wait is twice the service
    2.0000000000000004
    """
    return arrival_rate * service_square**2 / (2 * guarded(1 - arrival_rate * service))


@instance(
    mg1_wait,
    {"service_square": "service"},
    wall=7,
    cite="Khinchine 1932, the M/G/1 queue with equal requests",
)
def md1_wait() -> Seconds:
    """Mean wait before service in an M/D/1 queue: Poisson arrivals, every request alike.

    Half of M/M/1's at the same load.

    >>> round(md1_wait(0.8, 1.0), 6)  # at 80 % the wait is twice the service
    2.0
    """


@rule(wall=7, cite="Kingman 1962, Some inequalities for the queue GI/G/1", where=_STABLE)
def kingman_bound(
    arrival_rate: PerSecond, service: Seconds, arrival_deviation: Seconds, service_deviation: Seconds
) -> Seconds:
    """Upper bound of the mean wait in a G/G/1 queue, whatever the laws of arrivals and of service.

    From the standard deviations of the time between arrivals and of the service; the bound is
    approached as the load tends to 1. It ignores correlation between arrivals.

    >>> round(kingman_bound(0.8, 1.0, 1 / 0.8, 1.0), 3)  # M/M/1, whose wait is 4
    5.125
    """
    spread = arrival_deviation**2 + service_deviation**2
    return arrival_rate * spread / (2 * (1 - arrival_rate * service))


@rule(wall=7, cite="Kingman 1961, The single server queue in heavy traffic", where=_STABLE)
def gg1_wait(
    arrival_rate: PerSecond, service: Seconds, arrival_variability: Count, service_variability: Count
) -> Seconds:
    """Approximate mean wait in a G/G/1 queue: load / (1 - load), times mean variability, times service.

    A variability is the squared coefficient of variation. Exact for M/G/1 and as the load tends to
    1; too long for arrivals more even than Poisson at low load.

    >>> round(gg1_wait(0.8, 1.0, 1.0, 1.0), 6), round(gg1_wait(0.8, 1.0, 1.0, 0.0), 6)  # M/M/1, M/D/1
    (4.0, 2.0)
    """
    load = arrival_rate * service
    return load / (1 - load) * (arrival_variability + service_variability) / 2 * service


@rule(
    wall=7,
    cite="Takacs 1962: second moment of the M/G/1 wait, and independence of wait and service",
    where=_STABLE,
)
def mg1_sojourn_deviation(
    arrival_rate: PerSecond, service: Seconds, service_square: Seconds, service_cube: Seconds
) -> Seconds:
    """Standard deviation of the time in an M/G/1 system, from the first three moments of service.

    `service_square` and `service_cube` are the roots of E[S^2] and E[S^3].

    >>> round(mg1_sojourn_deviation(0.5, 1.0, 2**0.5, 6**(1 / 3)), 6)  # M/M/1: deviation = mean = 2
    2.0
    """
    idle = guarded(1 - arrival_rate * service)
    wait = arrival_rate * service_square**2 / (2 * idle)
    variance = wait**2 + arrival_rate * service_cube**3 / (3 * idle) + service_square**2 - service**2
    return sqrt(maximum(variance, 0))


@rule(
    wall=7, cite="Wilson & Hilferty 1931, The distribution of chi-square: cube root of a gamma is near normal"
)
def gamma_quantile(mean: Seconds, deviation: Seconds, normal_quantile: Real) -> Seconds:
    """Quantile of a gamma-distributed time with this mean and standard deviation.

    Exact when the deviation is 0; for an exponential (deviation = mean) the 99th percentile comes
    out at 4.61 means against ln 100 = 4.605.

    >>> round(gamma_quantile(1.0, 1.0, 2.3263), 2), gamma_quantile(1.0, 0.0, 2.3263)
    (4.61, 1.0)
    """
    inverse_shape = (deviation / mean) ** 2 / 9
    return mean * maximum(0, 1 - inverse_shape + normal_quantile * sqrt(inverse_shape)) ** 3


@rule(
    wall=7,
    cite="Takacs 1962: moments of the M/G/1 wait, and independence of wait and service",
    where=_STABLE,
)
def mg1_sojourn_third(
    arrival_rate: PerSecond, service: Seconds, service_square: Seconds, service_cube: Seconds
) -> SecondsCubed:
    """Third central moment of the time in an M/G/1 system.

    From the first three moments of service; the fourth, which rare long requests make, is E[S^3]^2 / E[S^2],
    as of equal requests or of one kind beside short ones.

    >>> round(mg1_sojourn_third(0.5, 1.0, 1.0, 1.0), 6)  # equal requests: E[W^3] - 3 E[W^2] / 2 + 2 / 8
    1.0
    """
    idle = guarded(1 - arrival_rate * service)
    second, third = service_square**2, service_cube**3
    wait = arrival_rate * second / (2 * idle)
    square = 2 * wait**2 + arrival_rate * third / (3 * idle)
    cube = 3 * wait * square + arrival_rate / idle * (third * wait + third**2 / second / 4)
    own = third - 3 * service * second + 2 * service**3
    return cube - 3 * wait * square + 2 * wait**3 + own


@rule(wall=7, cite="Wilson & Hilferty 1931: the cube root of a gamma is near normal; Pearson's type III")
def pearson_quantile(mean: Seconds, deviation: Seconds, skewness: Real, normal_quantile: Real) -> Seconds:
    """Quantile of a gamma-distributed time that begins anywhere, from its first three moments.

    With a constant part the same as the quantile of the rest and the constant.

    >>> round(pearson_quantile(1.0, 1.0, 2.0, 2.3263), 2), pearson_quantile(1.0, 0.0, 0.0, 2.3263)  # ln 100
    (4.61, 1.0)
    >>> round(pearson_quantile(11.0, 1.0, 2.0, 2.3263), 2)
    14.61
    """
    skew = maximum(-3, minimum(skewness, 3 * maximum(1, normal_quantile)))
    bent = normal_quantile / 6 - skew / 36
    return mean + deviation * 2 * bent * (3 + 3 * skew * bent + (skew * bent) ** 2)


@rule(wall=7, cite="definition: offered work per unit of time")
def utilisation(arrival_rate: PerSecond, service: Seconds) -> Fraction:
    """Share of time a server is busy; above 1 it is asked for more than it can do.

    >>> utilisation(40.0, 0.02)
    0.8
    """
    return arrival_rate * service
