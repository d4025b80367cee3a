"""Laws of parallel speed-up: what more devices can and cannot do."""

from __future__ import annotations

from constraints.algebras.maths import sqrt
from constraints.quantities import Count, Fraction, Seconds, Whole
from constraints.rule import rule


@rule(cite="Amdahl 1967, Validity of the single processor approach")
def amdahl_speedup(serial_share: Fraction, devices: Whole) -> Count:
    """Speed-up of a job of fixed size when only part of it is shared out; at most 1 / serial share.

    >>> round(amdahl_speedup(0.05, 8), 2), round(amdahl_speedup(0.05, 1e9), 2), round(amdahl_speedup(0.1, 1e9), 2)
    (5.93, 20.0, 10.0)
    """
    return 1 / (serial_share + (1 - serial_share) / devices)


@rule(cite="Gustafson 1988, Reevaluating Amdahl's law")
def gustafson_speedup(serial_share: Fraction, devices: Whole) -> Count:
    """How much more work is done in the same time when the job grows with the devices.

    `serial_share` is measured on the parallel machine, not on one device as in Amdahl's law.

    >>> [round(gustafson_speedup(s, n), 2) for s, n in ((0.05, 8), (0.05, 1000), (0.1, 256))]
    [7.65, 950.05, 230.5]
    """
    return serial_share + (1 - serial_share) * devices


@rule(cite="Gunther 1993; Gunther 2007, Guerrilla capacity planning, chapter 4")
def usl_speedup(devices: Whole, contention: Fraction, coherence: Count) -> Count:
    """Speed-up by the universal scalability law: waiting for shared things, and keeping pairs in step.

    `contention` alone is Amdahl's serial share; `coherence` grows with the square of the devices and
    makes the speed-up fall beyond a peak. Both are fitted to measurements.

    >>> round(usl_speedup(8, 0.05, 0.0), 2), round(usl_speedup(64, 0.02, 0.0005), 1)
    (5.93, 15.0)
    """
    return devices / (1 + contention * (devices - 1) + coherence * devices * (devices - 1))


@rule(
    cite="Gunther 2007, Guerrilla capacity planning, chapter 4",
    where={"or more always helps": lambda coherence: coherence > 0},
)
def usl_peak_devices(contention: Fraction, coherence: Count) -> Count:
    """Number of devices at which the universal scalability law peaks; more make the job slower.

    >>> round(usl_peak_devices(0.02, 0.0005), 1)
    44.3
    """
    return sqrt((1 - contention) / coherence)


@rule(cite="definition: speed-up over devices, for a job of fixed size")
def strong_scaling_efficiency(single_time: Seconds, parallel_time: Seconds, devices: Whole) -> Fraction:
    """Share of an ideal speed-up reached when the same job is spread over more devices.

    >>> strong_scaling_efficiency(100.0, 0.5, 256)  # 200 times as fast on 256
    0.78125
    """
    return single_time / (devices * parallel_time)


@rule(cite="definition: time of one device's share alone over its time among many")
def weak_scaling_efficiency(single_time: Seconds, parallel_time: Seconds) -> Fraction:
    """Share of an ideal throughput kept when the job grows with the devices.

    >>> weak_scaling_efficiency(8.0, 10.0)
    0.8
    """
    return single_time / parallel_time
