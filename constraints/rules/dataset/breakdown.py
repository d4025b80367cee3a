"""Where the time of a fed step goes: decoding on devices computes, waiting for samples coordinates."""

from __future__ import annotations

from constraints.algebras.maths import maximum
from constraints.instance import instance
from constraints.quantities import Seconds
from constraints.rule import rule
from constraints.rules.dataset.step import accelerate_time


@instance(
    accelerate_time,
    {"device_step_time": "device_computation"},
    wall=3,
    cite="definition: kernels of training, and of decoding where devices do that too",
    keeps="device_computation",
)
def step_computation() -> Seconds:
    """Part of a step in which the slowest stage runs kernels.

    >>> step_computation(0.06, 0.02)
    0.08
    """


@rule(wall=9, cite="definition: what is neither computation nor communication, late samples included")
def step_coordination(step_time: Seconds, step_computation: Seconds, step_communication: Seconds) -> Seconds:
    """Part of a step spent waiting until other devices or samples are ready.

    >>> step_coordination(10.0, 6.0, 1.0)
    3.0
    """
    return maximum(0, step_time - step_computation - step_communication)
