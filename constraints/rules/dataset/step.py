"""The step of a job that is fed from a data set: the slowest of storage, transformation, accelerator."""

from __future__ import annotations

from constraints.algebras.maths import ceil, maximum
from constraints.instance import instance
from constraints.quantities import Count, Fraction, Samples, SamplesPerSecond, Seconds
from constraints.rule import rule
from constraints.rules.library.preprocessing import accelerator_utilisation


@rule(wall=9, cite="definition: what the job costs its devices, and decoding where they do that too")
def accelerate_time(device_step_time: Seconds, device_decode_time: Seconds) -> Seconds:
    """Time the devices need for one step once its samples are there.

    `device_step_time` is the step of the same job with data at hand.

    >>> accelerate_time(0.04, 0.02)
    0.06
    """
    return device_step_time + device_decode_time


@rule(
    wall=9,
    cite="Mohan et al. 2021, section 2: stages overlap, so the slowest sets the pace of each epoch",
    keeps="device_step_time",
)
def step_time(
    storage_time: Seconds, transform_time: Seconds, accelerate_time: Seconds, cold_share: Fraction
) -> Seconds:
    """Time of one optimizer step, in the mean over the run.

    Epochs that find the samples in memory do not wait for storage; in the others what it takes longer
    than the other two stages comes on top.

    >>> step_time(0.05, 0.03, 0.02, 1.0), round(step_time(0.05, 0.03, 0.02, 0.25), 6)
    (0.05, 0.035)
    """
    warm = maximum(transform_time, accelerate_time)
    return warm + cold_share * maximum(0, storage_time - warm)


@rule(wall=9, cite="definition")
def data_wait(step_time: Seconds, accelerate_time: Seconds) -> Seconds:
    """Time of a step in which devices wait for samples.

    >>> round(data_wait(0.035, 0.020), 6)
    0.015
    """
    return maximum(0, step_time - accelerate_time)


@instance(accelerator_utilisation, wall=9, cite="definition", head="fed")
def fed_share() -> Fraction:
    """Share of a step in which devices have samples to work on.

    >>> round(fed_share(0.020, 0.035), 4)
    0.5714
    """


@rule(cite="definition", head="rate")
def sample_rate(step_samples: Samples, step_time: Seconds) -> SamplesPerSecond:
    """Samples per second of the whole job while it runs.

    >>> sample_rate(2048, 0.128)
    16000.0
    """
    return step_samples / step_time


@rule(cite="definition")
def steps(dataset_samples: Samples, epochs: Count, global_batch: Count) -> Count:
    """Optimizer steps of the run.

    >>> steps(1_281_167, 90, 2048)
    56302
    """
    return ceil(dataset_samples * epochs / global_batch)
