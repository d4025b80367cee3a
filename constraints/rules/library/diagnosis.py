"""Diagnosis of a measured step: how its time splits, and what the best step of its work would take."""

from __future__ import annotations

from constraints.algebras.maths import maximum
from constraints.quantities import (
    Bytes,
    BytesPerSecond,
    Count,
    Flop,
    FlopPerSecond,
    Fraction,
    Seconds,
    Tokens,
)
from constraints.rule import rule
from constraints.rules.library.roofline import roofline_time

_STEP = {"or there is no step": lambda step_time: step_time > 0}
_PART = {"as it is a part of the step": lambda part, step_time: part <= step_time}
_REACHED = {
    "or nothing of the peak is ever reached": lambda compute_fraction, bandwidth_fraction: (
        (compute_fraction > 0) & (bandwidth_fraction > 0)
    )
}


@rule(cite="definition: the terms of the iron law over their sum", where=_STEP | _PART)
def share_of_step(part: Seconds, step_time: Seconds) -> Fraction:
    """Share of a step that one part of it takes: waiting for data, waiting for other devices.

    The data scorecard reads it for the wait at the data loader. A loader that works ahead makes a
    device wait only when it is the slower of the two, so that a steady wait means that the data, not
    the device, set the pace.

    >>> round(share_of_step(5e-3, 50e-3), 3)
    0.1
    """
    return part / step_time


@rule(wall=2, cite="definition: bytes moved over what the memory could have moved in the time")
def bandwidth_utilisation(traffic: Bytes, time: Seconds, bandwidth: BytesPerSecond) -> Fraction:
    """Share of the peak memory bandwidth that a step used: MBU, the counterpart of MFU below the ridge.

    >>> round(bandwidth_utilisation(14e9, 50e-3, 3.35e12), 4)
    0.0836
    """
    return traffic / (time * bandwidth)


@rule(wall=1, cite="Williams, Waterman & Patterson 2009, Roofline, with ceilings", where=_REACHED)
def attainable_time(
    flops: Flop,
    traffic: Bytes,
    rate: FlopPerSecond,
    bandwidth: BytesPerSecond,
    compute_fraction: Fraction,
    bandwidth_fraction: Fraction,
) -> Seconds:
    """Time of a step's arithmetic and memory traffic at the shares of the peaks that good kernels reach.

    They overlap perfectly. It leaves out launches, waiting and small shapes: what a measured step takes
    beyond it is none of the two peaks' doing.

    >>> round(attainable_time(140e9, 140e9, 989e12, 3.35e12, 0.8, 0.85) * 1e3, 1)
    49.2
    """
    return roofline_time(flops, traffic, rate * compute_fraction, bandwidth * bandwidth_fraction)


@rule(wall=3, cite="definition: the iron law's overhead, as what its other terms leave", where=_STEP)
def overhead_share(
    step_time: Seconds, data_wait: Seconds, communication: Seconds, attainable: Seconds
) -> Fraction:
    """Share of a step that neither waiting nor the roofline explains: launches, gaps and slow kernels.

    >>> round(overhead_share(50e-3, 0.0, 0.0, 4.9e-3), 3), overhead_share(50e-3, 0.0, 0.0, 60e-3)
    (0.902, 0)
    """
    return maximum(0, 1 - (data_wait + communication + attainable) / step_time)


@rule(
    cite="Amdahl 1967, with the improved part taking no time at all",
    where={"or nothing of the step is left": lambda share: share < 1},
)
def speedup_without(share: Fraction) -> Count:
    """Most that a step can gain when one part of it is removed; without bound for a part that is all of it.

    >>> speedup_without(0.2), round(speedup_without(0.9), 9)
    (1.25, 10.0)
    """
    return 1 / (1 - share)


@rule(wall=11, cite="Kaplan et al. 2020, section 2.1: a multiply and an add for each parameter and token")
def work_flops(active_parameters: Count, tokens: Tokens, passes: Count) -> Flop:
    """Operations of a step, attention's own products left out: 1 pass to read or generate, 3 to train.

    >>> work_flops(7e9, 1, 1), work_flops(1e9, 20e9, 3)
    (14000000000.0, 1.2e+20)
    """
    return 2 * active_parameters * tokens * passes


@rule(wall=2, cite="definition")
def weights_size(parameters: Count, element_bytes: Bytes) -> Bytes:
    """Bytes of a model's weights; a step that reads each of them once moves at least as much.

    >>> weights_size(70e9, 2) / 1e9, weights_size(70e9, 0.5) / 1e9  # 16 bit and 4 bit, GB
    (140.0, 35.0)
    """
    return parameters * element_bytes


@rule(
    wall=11, cite="definition",
    where={
        "or nothing was executed": lambda executed_flops: executed_flops > 0,
        "as the model's own are executed too": lambda flops, executed_flops: flops <= executed_flops,
    },
)  # fmt: skip
def useful_share(flops: Flop, executed_flops: Flop) -> Fraction:
    """Share of the executed operations that the model asks for: the rest is recomputed, padded or masked.

    MFU over HFU. Full recomputation repeats the forward pass: 6 of 8 operations are the model's.

    >>> useful_share(6.0, 8.0)
    0.75
    """
    return flops / executed_flops


@rule(wall=13, cite="definition: the algorithm scorecard's ratio; a description, not a grade")
def active_share(active_parameters: Count, parameters: Count) -> Fraction:
    """Share of a model's parameters that a token is multiplied with: 1 for a dense model.

    A dense model is no failure: the ratio says what sparsity could save, not how well a system runs.

    >>> round(active_share(37e9, 671e9), 3)
    0.055
    """
    return active_parameters / parameters
