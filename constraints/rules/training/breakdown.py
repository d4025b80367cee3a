"""Where a step's time goes: computation, communication that shows, coordination (waiting for others)."""

from __future__ import annotations

from constraints.instance import instance
from constraints.quantities import Count, Fraction, Seconds
from constraints.rule import rule
from constraints.rules.library.ironlaw import communication_share, computation_share, coordination_share
from constraints.rules.training.step import packed_time, pipeline_time, stage_time, step_time


@instance(
    packed_time,
    {"stage_layers": "most_layers", "dense_time": "dense_layer_forward", "moe_time": "moe_layer_forward"},
    cite="definition: kernels alone",
)
def stage_forward_computation() -> Seconds:
    """Forward time of one micro-batch on the fullest stage in kernels alone.

    >>> stage_forward_computation(8, 126, 0, 0.5, 0.0)
    4.0
    """


@rule(
    wall=20, cite="Li et al. 2022, ghost clipping: kernels of the pass for gradients, and of that for norms"
)
def dense_layer_backward_passes(dense_layer_backward: Seconds, norm_passes: Count) -> Seconds:
    """Kernels of all backward passes of a dense layer.

    >>> dense_layer_backward_passes(6.0, 0), dense_layer_backward_passes(6.0, 1)
    (6.0, 12.0)
    """
    return (1 + norm_passes) * dense_layer_backward


@instance(
    dense_layer_backward_passes,
    {"dense_layer_backward": "moe_layer_backward"},
    cite="Li et al. 2022, ghost clipping: kernels of the pass for gradients, and of that for norms",
)
def moe_layer_backward_passes() -> Seconds:
    """Kernels of all backward passes of a mixture layer.

    >>> moe_layer_backward_passes(6.0, 1)
    12.0
    """


@instance(
    packed_time,
    {
        "stage_layers": "most_layers",
        "dense_time": "dense_layer_backward_passes",
        "moe_time": "moe_layer_backward_passes",
    },
    cite="definition: kernels alone",
)
def stage_backward_computation() -> Seconds:
    """Backward time of one micro-batch on the fullest stage in kernels alone.

    >>> stage_backward_computation(8, 126, 0, 1.0, 0.0)
    8.0
    """


@instance(
    stage_time,
    {
        "stage_forward": "stage_forward_computation",
        "stage_backward": "stage_backward_computation",
        "dense_layer_forward_total": "dense_layer_forward",
        "dense_layer_backward_total": "dense_layer_backward_passes",
        "moe_layer_forward_total": "moe_layer_forward",
        "moe_layer_backward_total": "moe_layer_backward_passes",
    },
    fixed={"pp_exposed": 0.0},
    cite="definition: the beat of the pipeline if no message took time",
)
def stage_computation() -> Seconds:
    """Time of one micro-batch on the slowest stage in kernels alone.

    >>> stage_computation(4.0, 8.0, 7, 126, 0, 0.5, 1.0, 0.0, 0.0, 1.0, 0.0)
    12.0
    """


@rule(wall=14, cite="definition: what the beat of the pipeline would save if no message took time")
def stage_communication(stage_time: Seconds, stage_computation: Seconds) -> Seconds:
    """Time of one micro-batch that the slowest stage spends on messages which nothing hides.

    >>> stage_communication(12.0, 10.0)
    2.0
    """
    return stage_time - stage_computation


@instance(
    pipeline_time,
    {"stage_time": "stage_computation"},
    fixed={"bubble_time": 0.0},
    cite="definition: passes without messages and without a bubble",
)
def passes_computation() -> Seconds:
    """Part of a step's passes in which the slowest stage runs kernels.

    >>> passes_computation(64, 10.0)
    640.0
    """


@instance(
    pipeline_time,
    {"stage_time": "stage_communication"},
    fixed={"bubble_time": 0.0},
    cite="definition: the messages of all passes, without a bubble",
)
def passes_communication() -> Seconds:
    """Part of a step's passes in which the slowest stage waits for messages that nothing hides.

    >>> passes_communication(64, 2.0)
    128.0
    """


@instance(
    step_time,
    {"pipeline_time": "passes_computation"},
    fixed={"gradient_exposed": 0.0, "gather_exposed": 0.0, "straggler_factor": 1},
    wall=3,
    cite="definition: kernels of the slowest stage, and the optimizer",
)
def step_computation() -> Seconds:
    """Part of a step in which the slowest stage runs kernels.

    >>> step_computation(640.0, 5.0)
    645.0
    """


@instance(
    step_time,
    {"pipeline_time": "passes_communication"},
    fixed={"optimizer_time": 0.0, "straggler_factor": 1},
    wall=14,
    cite="definition: what the step would save if no message took time, bubble aside",
)
def step_communication() -> Seconds:
    """Part of a step in which the slowest stage waits for messages that nothing hides.

    >>> step_communication(128.0, 3.0, 4.0)
    135.0
    """


@rule(wall=14, cite="definition: pipeline bubble, and the slowest of many devices")
def step_coordination(bubble_time: Seconds, step_time: Seconds, straggler_factor: Count) -> Seconds:
    """Part of a step spent waiting until others are ready; the three parts add up to the step.

    >>> step_coordination(180.0, 1000.0, 2.0)
    680.0
    """
    return bubble_time + (1 - 1 / straggler_factor) * step_time


@instance(
    computation_share,
    {
        "computation": "step_computation",
        "communication": "step_communication",
        "coordination": "step_coordination",
    },
    wall=3,
    cite="definition",
    head="step\ncomputing",
)
def step_computation_share() -> Fraction:
    """Share of a step in which devices compute: its scaling efficiency.

    >>> step_computation_share(6.0, 1.0, 1.0)
    0.75
    """


@instance(
    communication_share,
    {
        "computation": "step_computation",
        "communication": "step_communication",
        "coordination": "step_coordination",
    },
    wall=14,
    cite="definition",
    head="step\nsending",
    wasted="{} of a step is communication that nothing hides",
)
def step_communication_share() -> Fraction:
    """Share of a step in which devices wait for messages that nothing hides.

    >>> step_communication_share(6.0, 1.0, 1.0)
    0.125
    """


@instance(
    coordination_share,
    {
        "computation": "step_computation",
        "communication": "step_communication",
        "coordination": "step_coordination",
    },
    wall=14,
    cite="definition",
    head="step\nwaiting",
)
def step_coordination_share() -> Fraction:
    """Share of a step in which devices wait until others are ready.

    >>> step_coordination_share(6.0, 1.0, 1.0)
    0.125
    """
