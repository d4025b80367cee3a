"""Failures of many parts at once: how often a job stops, and how surely."""

from __future__ import annotations

from constraints.algebras.maths import exprel
from constraints.quantities import Count, Fraction, Seconds
from constraints.rule import rule


@rule(wall=15, cite="Barlow & Proschan 1975, Statistical theory of reliability: rates of a series system add")
def parts_mtbf(
    device_mtbf: Seconds,
    devices: Count,
    host_mtbf: Seconds,
    hosts: Count,
    link_mtbf: Seconds,
    links: Count,
    switch_mtbf: Seconds,
    switches: Count,
) -> Seconds:
    """Mean time between failures of a job that stops when any of its parts does, by kind of part.

    Parts fail independently and at a steady rate. Give each cause once: a device's figure taken from a
    fleet's log of *all* interruptions already holds its host, its link and its share of the switches.
    A count of 0 leaves a kind out.

    >>> round(parts_mtbf(50_000.0, 1000, 1.0, 0, 1.0, 0, 1.0, 0), 6)  # hours, devices alone
    50.0
    >>> round(parts_mtbf(50_000.0, 8, 30_000.0, 1, 200_000.0, 8, 100_000.0, 0.25), 1)
    4240.3
    """
    return 1 / (devices / device_mtbf + hosts / host_mtbf + links / link_mtbf + switches / switch_mtbf)


@rule(wall=15, cite="definition: a Poisson process of failures")
def expected_failures(duration: Seconds, mtbf: Seconds) -> Count:
    """Mean number of failures in a run.

    >>> expected_failures(30 * 24.0, 5.0), round(expected_failures(54 * 24.0, 3.09))  # in hours; Llama 3: 419
    (144.0, 419)
    """
    return duration / mtbf


@rule(wall=15, cite="definition: a Poisson process of failures")
def failure_probability(duration: Seconds, mtbf: Seconds) -> Fraction:
    """Probability of at least one failure in a run, 1 - e^(-duration / mtbf), also where it is tiny.

    >>> failure_probability(30 * 24.0, 5.0), failure_probability(1.0, 1e12)
    (1.0, 9.999999999995e-13)
    """
    failures = expected_failures(duration, mtbf)
    return failures * exprel(-failures)
