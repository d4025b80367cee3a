"""Transformation: preparing samples on the host, and the three-stage pipeline (wall 9).

The stages of a training step are storage, transformation and the accelerator. A loader that prefetches
runs them side by side, so that the slowest sets the pace; one that does not runs them one after the
other, and their times add.
"""

from __future__ import annotations

from constraints.algebras.maths import ceil, guarded, maximum, where
from constraints.quantities import Count, Fraction, Samples, SamplesPerSecond, Seconds, Whole
from constraints.rule import rule

_STAGES = "Mohan et al. 2021, Analyzing and mitigating data stalls in DNN training, section 2"


@rule(wall=9, cite="definition: one after the other on one core")
def worker_sample_rate(decode_rate: SamplesPerSecond, augment_time: Seconds) -> SamplesPerSecond:
    """Samples per second one worker prepares: decode, then augment.

    >>> worker_sample_rate(500.0, 0.0), worker_sample_rate(500.0, 0.002)
    (500.0, 250.0)
    """
    return decode_rate / (1 + augment_time * decode_rate)


@rule(wall=9, cite="definition: workers share nothing, and each has a core")
def preprocessing_rate(workers: Whole, worker_sample_rate: SamplesPerSecond) -> SamplesPerSecond:
    """Samples per second that `workers` prepare together.

    Memory bandwidth, the interpreter lock and the copy to the accelerator are not counted.

    >>> preprocessing_rate(8, 500.0)  # 8 workers of 250 MB/s, samples of 500 kB
    4000.0
    """
    return workers * worker_sample_rate


@rule(wall=9, cite="definition: bytes of the batch over bytes per second; samples, not sequence length")
def sample_prepare_time(samples: Samples, preprocessing_rate: SamplesPerSecond) -> Seconds:
    """Time the host takes to prepare the samples of one step.

    >>> sample_prepare_time(256, 4000.0)
    0.064
    """
    return samples / preprocessing_rate


@rule(wall=9, cite=_STAGES)
def pipelined_step_time(storage_time: Seconds, transform_time: Seconds, accelerate_time: Seconds) -> Seconds:
    """Time of a step whose stages overlap, as with a loader that prefetches: the slowest stage.

    >>> pipelined_step_time(0.005, 0.035, 0.020)
    0.035
    """
    return maximum(storage_time, transform_time, accelerate_time)


@rule(wall=9, cite=_STAGES)
def sequential_step_time(storage_time: Seconds, transform_time: Seconds, accelerate_time: Seconds) -> Seconds:
    """Time of a step whose stages wait for each other, as without prefetching: the sum.

    >>> round(sequential_step_time(0.005, 0.035, 0.020), 6)
    0.06
    """
    return storage_time + transform_time + accelerate_time


@rule(wall=9, cite="definition")
def accelerator_utilisation(accelerate_time: Seconds, step_time: Seconds) -> Fraction:
    """Share of a step in which the accelerator has data to work on.

    It says nothing of how well it computes: that is the MFU.

    >>> round(accelerator_utilisation(0.020, pipelined_step_time(0.0, 0.035, 0.020)), 4)
    0.5714
    """
    return accelerate_time / step_time


@rule(
    wall=9,
    cite="definition: transformation solved for the workers at which it takes as long as the accelerator",
)
def workers_to_saturate(
    samples: Samples, accelerate_time: Seconds, worker_sample_rate: SamplesPerSecond
) -> Count:
    """Fewest workers with which transformation does not hold the accelerator up.

    >>> workers_to_saturate(256, 0.0419, 500.0)
    13
    """
    return ceil(samples / (accelerate_time * worker_sample_rate))


@rule(
    wall=9,
    cite="definition: fixed + B a = B t, solved for B",
    where={
        "or the accelerator sets the pace at every batch": (
            lambda accelerator_time_per_sample, transform_time_per_sample: (
                accelerator_time_per_sample < transform_time_per_sample
            )
        )
    },
)
def crossover_batch(
    accelerator_overhead: Seconds,
    accelerator_time_per_sample: Seconds,
    transform_time_per_sample: Seconds,
) -> Count:
    """Batch above which transformation, not the accelerator, sets the pace.

    The accelerator takes a fixed time a step and some more a sample; transformation has no fixed part.
    Infinite where it is the faster one for each sample.

    >>> round(crossover_batch(0.515e-3, 0.0526e-3, 0.25e-3), 1)
    2.6
    >>> crossover_batch(0.515e-3, 0.25e-3, 0.1e-3)
    inf
    """
    ahead = 1 - accelerator_time_per_sample / transform_time_per_sample
    return where(ahead > 0, accelerator_overhead / transform_time_per_sample / guarded(ahead, 1e-30), 1e400)
