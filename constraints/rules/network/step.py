"""A step of a network known by its totals per sample: operations, bytes moved, kernels, parameters."""

from __future__ import annotations

from constraints.algebras.maths import smooth_maximum
from constraints.quantities import (
    Bytes,
    BytesPerSample,
    BytesPerSecond,
    Count,
    Flop,
    FlopPerSample,
    FlopPerSecond,
    Fraction,
    Samples,
    Seconds,
)
from constraints.rule import rule


@rule(cite="definition")
def micro_samples(micro_batch: Count) -> Samples:
    """Samples a device works on at once.

    >>> micro_samples(256)
    256
    """
    return 1 * micro_batch


@rule(
    wall=1, cite="roofline of the pass as one operation, with a rounded corner and a launch for each kernel"
)
def stage_forward(
    micro_samples: Samples,
    forward_flops: FlopPerSample,
    forward_traffic: BytesPerSample,
    half_precision_bytes: Bytes,
    activation_bytes: Bytes,
    forward_kernels: Count,
    compute_rate: FlopPerSecond,
    memory_bandwidth: BytesPerSecond,
    compute_fraction: Fraction,
    bandwidth_fraction: Fraction,
    corner: Count,
    launch_floor: Seconds,
) -> Seconds:
    """Forward time of one micro-batch.

    `forward_traffic` is what the pass moves to and from device memory for each sample in 16 bit.
    Convolutions are taken to reach the efficiency of matrix products; between them normalisation and
    non-linearities move memory, which bounds most networks.

    >>> arithmetic = (256, 8e9, 0, 2, 2, 0, 312e12, 2e12, 1, 1, 1, 0)
    >>> traffic = (256, 0, 200e6, 2, 2, 0, 312e12, 2e12, 1, 1, 1, 0)
    >>> round(stage_forward(*arithmetic) * 1e3, 2), round(stage_forward(*traffic) * 1e3, 2)
    (6.56, 25.6)
    """
    arithmetic = micro_samples * forward_flops / (compute_rate * compute_fraction)
    moved = micro_samples * forward_traffic * (activation_bytes / half_precision_bytes)
    traffic = moved / (memory_bandwidth * bandwidth_fraction)
    return forward_kernels * launch_floor + smooth_maximum(arithmetic, traffic, corner)


@rule(wall=1, cite="two gradient products per product: of the weights and of the inputs")
def stage_backward(stage_forward: Seconds) -> Seconds:
    """Backward time of one micro-batch: twice the forward one.

    >>> stage_backward(0.05)
    0.1
    """
    return 2 * stage_forward


@rule(cite="definition: the network is whole on every device")
def stage_time(stage_forward: Seconds, stage_backward: Seconds) -> Seconds:
    """Time of one micro-batch.

    >>> round(stage_time(0.05, 0.1), 6)
    0.15
    """
    return stage_forward + stage_backward


@rule(cite="definition: without a pipeline there is no bubble")
def pipeline_time(microbatches: Count, stage_time: Seconds) -> Seconds:
    """Time of a step's forward and backward passes.

    >>> pipeline_time(4, 0.15)
    0.6
    """
    return microbatches * stage_time


@rule(cite="definition: no message interrupts the passes of a network that is whole on its device")
def stage_computation(stage_time: Seconds) -> Seconds:
    """Time of one micro-batch in kernels alone.

    >>> stage_computation(0.15)
    0.15
    """
    return 1 * stage_time


@rule(wall=11, cite="definition: a backward pass costs two forward ones")
def step_flops(step_samples: Samples, forward_flops: FlopPerSample) -> Flop:
    """Model operations of a step.

    >>> step_flops(256, 8.18e9) / 1e12
    6.28224
    """
    return 3 * step_samples * forward_flops
