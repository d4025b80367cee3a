"""From steps to the whole run: failures, checkpoints, time, energy, carbon, money."""

from __future__ import annotations

from constraints.maths import ceil, maximum, minimum
from constraints.quantities import (
    Bytes,
    BytesPerSecond,
    Count,
    Fraction,
    Seconds,
    Tokens,
    Truth,
)
from constraints.rule import rule
from constraints.rules.library.checkpointing import checkpoint_goodput, series_mtbf, young_interval


@rule(cite="definition: the job's share of storage, at most what its nodes can send")
def checkpoint_bandwidth(
    storage_write_bandwidth: BytesPerSecond, node_storage_bandwidth: BytesPerSecond, node_count: Count
) -> BytesPerSecond:
    """Rate at which a sharded checkpoint is written by all nodes together."""
    return minimum(storage_write_bandwidth, node_count * node_storage_bandwidth)


@rule(wall=19, cite="definition")
def checkpoint_time(checkpoint_bytes: Bytes, checkpoint_bandwidth: BytesPerSecond) -> Seconds:
    """Time to write one checkpoint."""
    return checkpoint_bytes / checkpoint_bandwidth


@rule(wall=19, cite="definition: an asynchronous checkpoint stalls the job for a share of its writing")
def checkpoint_stall(checkpoint_time: Seconds, checkpoint_blocking: Fraction) -> Seconds:
    """Time the job stands still for one checkpoint."""
    return checkpoint_time * checkpoint_blocking


@rule(wall=19, cite="definition")
def checkpoint_keeps_up(checkpoint_time: Seconds, checkpoint_interval: Seconds) -> Truth:
    """A checkpoint is written before the next one starts."""
    return checkpoint_time <= checkpoint_interval


@rule(wall=15, cite="definition: a job stops when any of its devices does")
def mtbf(device_mtbf: Seconds, devices_used: Count) -> Seconds:
    """Mean time between failures of the job."""
    return series_mtbf(device_mtbf, devices_used)


@rule(wall=19, cite="Young 1974; for orientation, the interval itself is a decision")
def checkpoint_optimum(checkpoint_stall: Seconds, mtbf: Seconds) -> Seconds:
    """Checkpoint interval of least waste, to first order."""
    return young_interval(checkpoint_stall, mtbf)


@rule(wall=15, cite="definition: detect and restart, then read the checkpoint back")
def recovery_time(
    restart_time: Seconds, checkpoint_bytes: Bytes, storage_read_bandwidth: BytesPerSecond
) -> Seconds:
    """Time from a failure to useful work, without the work to redo."""
    return restart_time + checkpoint_bytes / storage_read_bandwidth


@rule(wall=19, cite="Daly 2006, eq. 20")
def goodput(
    checkpoint_stall: Seconds, checkpoint_interval: Seconds, mtbf: Seconds, recovery_time: Seconds
) -> Fraction:
    """Share of wall time that advances training: the rest writes, redoes or recovers.

    Where failures leave no time to advance it is 1e-30, so that the run takes beyond all bounds.
    """
    return maximum(1e-30, checkpoint_goodput(checkpoint_stall, checkpoint_interval, mtbf, recovery_time))


@rule(cite="definition")
def steps(dataset_tokens: Tokens, step_tokens: Tokens) -> Count:
    """Optimizer steps of the run."""
    return ceil(dataset_tokens / step_tokens)


@rule(cite="definition")
def time_to_train(steps: Count, step_time: Seconds, goodput: Fraction) -> Seconds:
    """Wall time of the run.

    >>> time_to_train(1000, 3.6, 0.9)
    4000.0
    """
    return steps * step_time / goodput


@rule(cite="definition")
def duration(time_to_train: Seconds) -> Seconds:
    """How long the hardware is held."""
    return 1 * time_to_train


@rule(cite="definition: stages wait in the bubble and in exposed data-parallel traffic; the rest is work")
def step_busy_time(microbatches: Count, stage_time: Seconds, step_time: Seconds) -> Seconds:
    """Time of a step in which a device is at work, communication included."""
    return minimum(microbatches * stage_time, step_time)


@rule(cite="definition: work lost to failures and done again draws power like any other")
def busy_device_time(
    devices_used: Count, steps: Count, step_busy_time: Seconds, goodput: Fraction
) -> Seconds:
    """Time devices are at work in the whole run, summed over devices."""
    return devices_used * steps * step_busy_time / goodput
