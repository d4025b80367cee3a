"""Checkpoints and failures: how often to save, and what is lost."""

from __future__ import annotations

from constraints.algebras.maths import exp, guarded, minimum, sqrt
from constraints.quantities import Bytes, BytesPerSecond, Count, Fraction, Seconds, Whole
from constraints.rule import rule


@rule(wall=15, cite="definition: failures of independent devices add")
def series_mtbf(device_mtbf: Seconds, devices: Whole) -> Seconds:
    """Mean time between failures of a job that stops when any device does.

    >>> [round(series_mtbf(50_000.0, n), 3) for n in (8, 1_000, 10_000, 16_000, 100_000)]  # hours
    [6250.0, 50.0, 5.0, 3.125, 0.5]
    """
    return device_mtbf / devices


_WRITES = {"or no write ends before the next failure": lambda checkpoint_time, mtbf: checkpoint_time <= mtbf}


@rule(
    wall=19, cite="Young 1974, A first order approximation to the optimum checkpoint interval", where=_WRITES
)
def young_interval(checkpoint_time: Seconds, mtbf: Seconds) -> Seconds:
    """Checkpoint interval of least waste, to first order; right while `checkpoint_time << mtbf`.

    >>> round(young_interval(120.0, 180 * 60.0) / 60, 1)
    26.8
    """
    return sqrt(2 * checkpoint_time * mtbf)


@rule(
    wall=19,
    cite="Daly 2006, A higher order estimate of the optimum checkpoint interval, eq. 37",
    where=_WRITES,
)
def daly_interval(checkpoint_time: Seconds, mtbf: Seconds) -> Seconds:
    """Checkpoint interval of least waste, higher order, for `checkpoint_time < 2 mtbf`.

    >>> round(daly_interval(120.0, 180 * 60.0) / 60, 1)
    25.5
    """
    x = checkpoint_time / (2 * mtbf)
    return sqrt(2 * checkpoint_time * mtbf) * (1 + sqrt(x) / 3 + x / 9) - checkpoint_time


@rule(wall=19, cite="Young 1974: one write per interval, half an interval lost per failure", where=_WRITES)
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
        exp(recovery_time / mtbf) * guarded(exp((interval + checkpoint_time) / mtbf) - 1, 1e-300)
    )


@rule(wall=19, cite="definition: bytes over bandwidth")
def checkpoint_write_time(
    parameters: Count, parameter_bytes: Bytes, writers: Count, writer_bandwidth: BytesPerSecond,
    storage_bandwidth: BytesPerSecond,
) -> Seconds:  # fmt: skip
    """Time to write a checkpoint that is sharded over writers, at most as fast as the storage takes it.

    `parameter_bytes` is what a restart needs of a parameter: 14 with 16-bit weights, their fp32 master
    and both moments of Adam.

    >>> round(checkpoint_write_time(405e9, 14, 2048, 5e9, 2e12), 2), checkpoint_write_time(1e9, 14, 1, 7e9, 2e12)
    (2.83, 2.0)
    """
    return parameters * parameter_bytes / minimum(writers * writer_bandwidth, storage_bandwidth)


@rule(wall=19, cite="Young 1974, with a write that goes on behind the work")
def asynchronous_waste(
    snapshot_time: Seconds, write_time: Seconds, interval: Seconds, mtbf: Seconds, recovery_time: Seconds
) -> Fraction:
    """Share of time lost with asynchronous checkpoints, to first order.

    Only the snapshot blocks the job. A checkpoint counts once it is written in full, so a failure also
    loses the work done while it was being written.

    >>> blocking, behind = (checkpoint_waste(120.0, 1500.0, 10_800.0, 0.0),
    ...                     asynchronous_waste(6.0, 120.0, 1500.0, 10_800.0, 0.0))
    >>> round(blocking, 3), round(behind, 3)
    (0.149, 0.085)
    """
    lost = interval / 2 + write_time + recovery_time
    return snapshot_time / interval + lost / mtbf
