"""Where a step's time goes: computation, communication that shows, coordination (waiting for others)."""

from __future__ import annotations

from constraints.quantities import Count, Fraction, Seconds
from constraints.rule import rule
from constraints.rules.library.ironlaw import communication_share, computation_share, coordination_share
from constraints.rules.training.step import packed_time, stage_time


@rule(cite="definition: the beat of the pipeline if no message took time")
def stage_computation(
    most_layers: Count,
    last_layers: Count,
    dense_layers: Count,
    moe_layers: Count,
    dense_layer_forward: Seconds,
    dense_layer_backward: Seconds,
    moe_layer_forward: Seconds,
    moe_layer_backward: Seconds,
    head_time: Seconds,
) -> Seconds:
    """Time of one micro-batch on the slowest stage in kernels alone.

    >>> stage_computation(8, 7, 126, 0, 0.5, 1.0, 0.0, 0.0, 1.0)
    12.0
    """
    return stage_time(
        packed_time(most_layers, dense_layers, moe_layers, dense_layer_forward, moe_layer_forward),
        packed_time(most_layers, dense_layers, moe_layers, dense_layer_backward, moe_layer_backward),
        last_layers,
        dense_layers,
        moe_layers,
        dense_layer_forward,
        dense_layer_backward,
        moe_layer_forward,
        moe_layer_backward,
        head_time,
        0 * head_time,
    )


@rule(wall=3, cite="definition: kernels of the slowest stage, and the optimizer")
def step_computation(microbatches: Count, stage_computation: Seconds, optimizer_time: Seconds) -> Seconds:
    """Part of a step in which the slowest stage runs kernels.

    >>> step_computation(64, 10.0, 5.0)
    645.0
    """
    return microbatches * stage_computation + optimizer_time


@rule(wall=14, cite="definition: what the step would save if no message took time, bubble aside")
def step_communication(
    microbatches: Count,
    stage_time: Seconds,
    stage_computation: Seconds,
    gradient_exposed: Seconds,
    gather_exposed: Seconds,
) -> Seconds:
    """Part of a step in which the slowest stage waits for messages that nothing hides.

    >>> step_communication(64, 12.0, 10.0, 3.0, 4.0)
    135.0
    """
    return microbatches * (stage_time - stage_computation) + gradient_exposed + gather_exposed


@rule(wall=14, cite="definition: pipeline bubble, and the slowest of many devices")
def step_coordination(bubble_time: Seconds, step_time: Seconds, straggler_factor: Count) -> Seconds:
    """Part of a step spent waiting until others are ready; the three parts add up to the step.

    >>> step_coordination(180.0, 1000.0, 2.0)
    680.0
    """
    return bubble_time + (1 - 1 / straggler_factor) * step_time


@rule(wall=3, cite="definition", head="step\ncomputing")
def step_computation_share(
    step_computation: Seconds, step_communication: Seconds, step_coordination: Seconds
) -> Fraction:
    """Share of a step in which devices compute: its scaling efficiency.

    >>> step_computation_share(6.0, 1.0, 1.0)
    0.75
    """
    return computation_share(step_computation, step_communication, step_coordination)


@rule(wall=14, cite="definition", head="step\nsending")
def step_communication_share(
    step_computation: Seconds, step_communication: Seconds, step_coordination: Seconds
) -> Fraction:
    """Share of a step in which devices wait for messages that nothing hides.

    >>> step_communication_share(6.0, 1.0, 1.0)
    0.125
    """
    return communication_share(step_computation, step_communication, step_coordination)


@rule(wall=14, cite="definition", head="step\nwaiting")
def step_coordination_share(
    step_computation: Seconds, step_communication: Seconds, step_coordination: Seconds
) -> Fraction:
    """Share of a step in which devices wait until others are ready.

    >>> step_coordination_share(6.0, 1.0, 1.0)
    0.125
    """
    return coordination_share(step_computation, step_communication, step_coordination)
