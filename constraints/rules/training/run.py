"""From steps to the whole run: failures, checkpoints, time, energy, carbon, money."""

from __future__ import annotations

from constraints.algebras.maths import ceil, guarded, minimum
from constraints.instance import instance
from constraints.quantities import (
    Bytes,
    BytesPerSecond,
    Count,
    Fraction,
    PerSecond,
    Seconds,
    Tokens,
    Truth,
)
from constraints.rule import rule
from constraints.rules.library.checkpointing import checkpoint_goodput, series_mtbf, young_interval
from constraints.rules.library.ingestion import shared_storage_bandwidth


@instance(
    shared_storage_bandwidth,
    {
        "storage_bandwidth": "storage_write_bandwidth",
        "nodes": "node_count",
        "node_bandwidth": "node_storage_bandwidth",
    },
    wall=19,
    cite="definition: the job's share of storage, at most what its nodes can send",
)
def checkpoint_bandwidth() -> BytesPerSecond:
    """Rate at which a sharded checkpoint is written by all nodes together.

    >>> checkpoint_bandwidth(2e12, 100, 2e9), checkpoint_bandwidth(2e12, 2000, 2e9)
    (200000000000.0, 2000000000000.0)
    """


@rule(wall=19, cite="definition")
def checkpoint_time(checkpoint_bytes: Bytes, checkpoint_bandwidth: BytesPerSecond) -> Seconds:
    """Time to write one checkpoint.

    >>> checkpoint_time(4e12, 2e12)
    2.0
    """
    return checkpoint_bytes / checkpoint_bandwidth


@rule(wall=19, cite="definition: an asynchronous checkpoint stalls the job for a share of its writing")
def checkpoint_stall(checkpoint_time: Seconds, checkpoint_blocking: Fraction) -> Seconds:
    """Time the job stands still for one checkpoint.

    >>> checkpoint_stall(20.0, 0.25)
    5.0
    """
    return checkpoint_time * checkpoint_blocking


@rule(wall=19, cite="definition")
def checkpoint_keeps_up(checkpoint_time: Seconds, checkpoint_interval: Seconds) -> Truth:
    """A checkpoint is written before the next one starts.

    >>> checkpoint_keeps_up(60.0, 300.0), checkpoint_keeps_up(600.0, 300.0)
    (True, False)
    """
    return checkpoint_time <= checkpoint_interval


@rule(
    wall=15,
    cite="definition: a job stops when any of its devices does, or a machine of them is taken back",
    better="more",
    head="MTBF",
)
def mtbf(
    device_mtbf: Seconds, devices_used: Count, reclaim_rate: PerSecond, devices_per_node: Count
) -> Seconds:
    """Mean time between interruptions of the job.

    >>> round(mtbf(50_676 * 3600, 16_384, 0, 8) / 3600, 2)  # Llama 3 (2024): 419 interruptions in 54 days
    3.09
    >>> round(mtbf(1e6, 16, 1e-6, 8))  # two machines, each taken back once in 1e6 s, and 16 devices that fail
    55556
    """
    return series_mtbf(1 / (1 / device_mtbf + reclaim_rate / devices_per_node), devices_used)


@instance(
    young_interval,
    {"checkpoint_time": "checkpoint_stall"},
    wall=19,
    cite="Young 1974; for orientation, the interval itself is a decision",
)
def checkpoint_optimum() -> Seconds:
    """Checkpoint interval of least waste, to first order.

    >>> checkpoint_optimum(2.0, 10_000.0)
    200.0
    """


@instance(
    shared_storage_bandwidth,
    {
        "storage_bandwidth": "storage_read_bandwidth",
        "nodes": "node_count",
        "node_bandwidth": "node_storage_bandwidth",
    },
    wall=19,
    cite="definition: the job's share of storage, at most what its nodes can receive",
)
def restore_bandwidth() -> BytesPerSecond:
    """Rate at which all nodes together read a checkpoint back.

    >>> restore_bandwidth(2e12, 100, 2e9), restore_bandwidth(2e12, 2000, 2e9)
    (200000000000.0, 2000000000000.0)
    """


@rule(wall=15, cite="definition: detect and restart, then read the checkpoint back")
def recovery_time(
    restart_time: Seconds, checkpoint_bytes: Bytes, restore_bandwidth: BytesPerSecond
) -> Seconds:
    """Time from a failure to useful work, without the work to redo.

    A spare is taken to be at hand: repair is not waited for.

    >>> recovery_time(300.0, 4e12, 2e11)
    320.0
    """
    return restart_time + checkpoint_bytes / restore_bandwidth


@rule(wall=19, cite="Daly 2006, eq. 20", head="goodput", better="more")
def goodput(
    checkpoint_stall: Seconds,
    checkpoint_interval: Seconds,
    mtbf: Seconds,
    recovery_time: Seconds,
    checkpoint_time: Seconds,
) -> Fraction:
    """Share of wall time that advances training: the rest writes, redoes or recovers.

    Where failures leave no time to advance it is 1e-30, so that the run takes beyond all bounds.

    Holds for failures that come independently of each other and of the job's age. What is written behind
    the work counts once it is all there: a failure also loses the work done in that time.

    >>> round(goodput(10.0, 1000.0, 1e5, 0.0, 10.0), 3)  # 1 % writing, 0.5 % redoing
    0.985
    >>> round(goodput(1.0, 1000.0, 1e5, 0.0, 501.0), 3)  # 0.1 % writing, 1 % redoing
    0.989
    """
    lost = recovery_time + (checkpoint_time - checkpoint_stall)
    return guarded(checkpoint_goodput(checkpoint_stall, checkpoint_interval, mtbf, lost), 1e-30)


@rule(wall=11, cite="definition", head="steps")
def steps(dataset_tokens: Tokens, step_tokens: Tokens) -> Count:
    """Optimizer steps of the run.

    >>> steps(1000, 100), steps(1001, 100)
    (10, 11)
    """
    return ceil(dataset_tokens / step_tokens)


@rule(cite="definition", head="time", phrase="{} to train")
def time_to_train(steps: Count, step_time: Seconds, goodput: Fraction) -> Seconds:
    """Wall time of the run.

    >>> time_to_train(1000, 3.6, 0.9)
    4000.0
    """
    return steps * step_time / goodput


@rule(cite="definition", head="held")
def duration(time_to_train: Seconds) -> Seconds:
    """How long the hardware is held.

    >>> duration(4000.0)
    4000.0
    """
    return 1 * time_to_train


@rule(
    wall=18,
    cite="definition: stages wait in the bubble and in exposed data-parallel traffic; the rest is work",
)
def step_busy_time(microbatches: Count, stage_time: Seconds, step_time: Seconds) -> Seconds:
    """Time of a step in which a device is at work, communication included.

    >>> step_busy_time(16, 0.5, 10.0), step_busy_time(16, 0.5, 7.0)
    (8.0, 7.0)
    """
    return minimum(microbatches * stage_time, step_time)


@rule(wall=18, cite="definition: work lost to failures and done again draws power like any other")
def busy_device_time(
    devices_used: Count, steps: Count, step_busy_time: Seconds, goodput: Fraction
) -> Seconds:
    """Time devices are at work in the whole run, summed over devices.

    >>> busy_device_time(8, 1000, 3.0, 0.75)
    32000.0
    """
    return devices_used * steps * step_busy_time / goodput
