"""A cluster shared by many: waiting for a turn, and for enough devices at once."""

from __future__ import annotations

from constraints.algebras.maths import floor, log
from constraints.quantities import Count, Fraction, PerSecond, Seconds, Whole
from constraints.rule import rule
from constraints.rules.library.multiserver import ggc_wait

_FIT = {"or a gang never fits": lambda gang, devices: gang <= devices}


@rule(wall=16, cite="definition: all devices of a job or none (Ousterhout 1982, gang scheduling)", where=_FIT)
def gang_slots(devices: Whole, gang: Whole) -> Count:
    """Jobs of `gang` devices that run at once on a cluster.

    >>> gang_slots(1024, 48), gang_slots(1024, 768)
    (21, 1)
    """
    return floor(devices / gang)


@rule(wall=16, cite="definition: devices left over when no further gang fits", where=_FIT)
def gang_utilisation_limit(devices: Whole, gang: Whole) -> Fraction:
    """Largest share of a cluster that jobs of one size can keep busy; the rest is too few for another.

    >>> gang_utilisation_limit(1024, 48), gang_utilisation_limit(1024, 768)
    (0.984375, 0.75)
    """
    return gang * gang_slots(devices, gang) / devices


@rule(
    wall=16,
    cite="Allen 1990, 5.3.6 (Allen-Cunneen), a slot of a gang being the server",
    where=_FIT
    | {
        "or the queue grows without bound": lambda devices, gang, arrival_rate, job_time: (
            arrival_rate * job_time < floor(devices / gang)
        )
    },
)
def cluster_wait(
    devices: Whole, gang: Whole, arrival_rate: PerSecond, job_time: Seconds, job_variability: Count
) -> Seconds:
    """Mean wait of a job for its devices on a shared cluster, first come first served.

    Jobs of `gang` devices each arrive at random; `job_variability` is the squared coefficient of
    variation of their running times, which is far above 1 in real traces: a few jobs run for weeks.
    The wait depends on the number of slots as much as on utilisation: at 80 % a cluster of one slot
    waits for twice a job (if all are alike), one of 64 slots hardly at all.

    >>> round(cluster_wait(8, 8, 0.8, 1.0, 0.0), 6), round(cluster_wait(512, 8, 51.2, 1.0, 0.0), 4)
    (2.0, 0.0022)
    >>> round(cluster_wait(512, 256, 1.6, 1.0, 9.0), 2)  # half of the cluster each, running times that vary
    8.89
    """
    return ggc_wait(gang_slots(devices, gang), arrival_rate, job_time, 1.0, job_variability)


@rule(wall=16, cite="Euler 1735; Abramowitz & Stegun 6.3.18, after 8 steps of its recurrence")
def harmonic_number(n: Count) -> Count:
    """1 + 1/2 + ... + 1/n, also between whole numbers; good to 1e-11.

    >>> round(harmonic_number(4), 9), round(harmonic_number(0), 9), round(harmonic_number(1000), 6)
    (2.083333333, 0.0, 7.485471)
    """
    m = n + 8
    near = log(m) + 0.57721566490153286 + 1 / (2 * m) - 1 / (12 * m**2) + 1 / (120 * m**4) - 1 / (252 * m**6)
    return near + 1 / (240 * m**8) - sum(1 / (n + i) for i in range(1, 9))


@rule(wall=16, cite="Rényi 1953, On the theory of order statistics", where=_FIT)
def gang_assembly_time(devices: Whole, gang: Whole, remaining_time: Seconds) -> Seconds:
    """Mean time until `gang` of the `devices` busy with jobs of one device each have become free.

    The scheduler keeps what becomes free; remaining times are independent and exponential. A gang of
    all devices waits for the last one, about ln(devices) times as long as a job has left on average.

    >>> round(gang_assembly_time(64, 1, 64.0), 6), round(gang_assembly_time(64, 64, 1.0), 2)
    (1.0, 4.74)
    """
    return remaining_time * (harmonic_number(devices) - harmonic_number(devices - gang))


@rule(wall=16, cite="Rényi 1953: spacings of exponential times, with the devices then idle", where=_FIT)
def gang_assembly_idle(devices: Whole, gang: Whole, remaining_time: Seconds) -> Seconds:
    """Device time that is lost while devices kept for a gang wait for the others.

    What backfilling short jobs can win back. Jeon et al. 2019 measured such waits for locality to
    dominate the queueing of large jobs.

    >>> gang_assembly_idle(64, 1, 1.0), round(gang_assembly_idle(64, 64, 1.0), 1)
    (0.0, 239.6)
    """
    harmonic = harmonic_number(devices - 1) - harmonic_number(devices - gang)
    return remaining_time * (devices * harmonic - (gang - 1))


@rule(
    wall=16, cite="binomial; the effect: Jeon et al. 2019, Multi-tenant GPU clusters; Weng et al. 2023, FGD"
)
def free_node_share(utilisation: Fraction, devices_per_node: Whole) -> Fraction:
    """Share of nodes that are wholly free when the busy devices are spread at random.

    Fragmentation: packed, the share would be 1 - utilisation. Jobs that need whole nodes wait although
    devices are free.

    >>> round(free_node_share(0.8, 8) * 1e6, 2), free_node_share(0.5, 1)  # millionths
    (2.56, 0.5)
    """
    return (1 - utilisation) ** devices_per_node
