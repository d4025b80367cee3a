"""From layers to the time of one optimizer step."""

from __future__ import annotations

from constraints.algebras.maths import maximum, minimum
from constraints.instance import instance
from constraints.quantities import (
    Bytes,
    Count,
    Flop,
    FlopPerToken,
    Fraction,
    Seconds,
    Tokens,
    TokensPerSecond,
)
from constraints.rule import rule
from constraints.rules.library.pipeline import heaviest_run
from constraints.rules.library.software import flops_utilisation, hardware_utilisation


@instance(
    heaviest_run,
    {"dense": "dense_time", "mixture": "moe_time"},
    cite="definition: the stage with the most expensive packing of layers",
)
def packed_time(
    stage_layers: Count, dense_layers: Count, moe_layers: Count, dense_time: Seconds, moe_time: Seconds
) -> Seconds:
    """Time of the costliest run of `stage_layers` layers out of a model's dense and mixture ones.

    >>> packed_time(4, 3, 58, 1.0, 2.0), packed_time(61, 3, 58, 1.0, 2.0)
    (8.0, 119.0)
    """


@rule(cite="definition: compute, then the traffic that shows")
def dense_layer_forward_total(
    dense_layer_forward: Seconds, tp_exposed: Seconds, cp_exposed: Seconds, host_layer_time: Seconds
) -> Seconds:
    """Forward time of a dense layer with its communication: no less than the host takes to launch it.

    >>> dense_layer_forward_total(3.0, 0.5, 0.25, 3.0), dense_layer_forward_total(3.0, 0.5, 0.25, 4.0)
    (3.75, 4.0)
    """
    return maximum(host_layer_time, dense_layer_forward + tp_exposed + cp_exposed)


@rule(cite="definition: compute, then the traffic that shows")
def moe_layer_forward_total(
    moe_layer_forward: Seconds,
    tp_exposed: Seconds,
    cp_exposed: Seconds,
    ep_exposed: Seconds,
    host_moe_layer_time: Seconds,
) -> Seconds:
    """Forward time of a mixture layer with its communication: no less than the host takes to route it.

    >>> moe_layer_forward_total(3.0, 0.5, 0.25, 1.0, 4.0), moe_layer_forward_total(3.0, 0.5, 0.25, 1.0, 5.0)
    (4.75, 5.0)
    """
    return maximum(host_moe_layer_time, moe_layer_forward + tp_exposed + cp_exposed + ep_exposed)


@rule(cite="definition: the backward pass repeats the traffic, and what is recomputed repeats it again")
def dense_layer_backward_total(
    dense_layer_backward: Seconds,
    tp_exposed: Seconds,
    cp_exposed: Seconds,
    forward_repeats: Count,
    norm_passes: Count,
    host_layer_time: Seconds,
    recompute_stall: Seconds,
) -> Seconds:
    """Backward time of a dense layer with its communication; two launches for each of the forward pass.

    A layer that is run again waits for the host to restore what it was run with. A pass for per-sample norms
    repeats all of it.

    >>> [dense_layer_backward_total(6.0, 1.0, 0.5, *again, 3.0, 0.5) for again in ((0, 0), (1, 0), (0, 1))]
    [8.0, 10.0, 16.0]
    >>> dense_layer_backward_total(6.0, 1.0, 0.5, 0, 0, 5.0, 0.5)
    10.0
    """
    traffic = (1 + forward_repeats) * tp_exposed + (2 + forward_repeats) * cp_exposed
    once = maximum((2 + forward_repeats) * host_layer_time, dense_layer_backward + traffic)
    return (1 + norm_passes) * (once + forward_repeats * recompute_stall)


@rule(cite="definition: the backward pass repeats the traffic, and what is recomputed repeats it again")
def moe_layer_backward_total(
    moe_layer_backward: Seconds,
    tp_exposed: Seconds,
    cp_exposed: Seconds,
    ep_exposed: Seconds,
    forward_repeats: Count,
    norm_passes: Count,
    host_moe_layer_time: Seconds,
    recompute_stall: Seconds,
) -> Seconds:
    """Backward time of a mixture layer with its communication; two launches for each of the forward pass.

    A layer that is run again waits for the host to restore what it was run with. A pass for per-sample norms
    repeats all of it.

    >>> [moe_layer_backward_total(6.0, 1.0, 0.5, 2.0, *again, 3.0, 0.5) for again in ((0, 0), (1, 0), (0, 1))]
    [10.0, 14.0, 20.0]
    """
    traffic = (1 + forward_repeats) * (tp_exposed + ep_exposed) + (2 + forward_repeats) * cp_exposed
    once = maximum((2 + forward_repeats) * host_moe_layer_time, moe_layer_backward + traffic)
    return (1 + norm_passes) * (once + forward_repeats * recompute_stall)


@instance(
    packed_time,
    {
        "stage_layers": "most_layers",
        "dense_time": "dense_layer_forward_total",
        "moe_time": "moe_layer_forward_total",
    },
    cite="definition",
)
def stage_forward() -> Seconds:
    """Forward time of one micro-batch on the fullest stage.

    >>> stage_forward(8, 126, 0, 0.5, 0.0)
    4.0
    """


@instance(
    packed_time,
    {
        "stage_layers": "most_layers",
        "dense_time": "dense_layer_backward_total",
        "moe_time": "moe_layer_backward_total",
    },
    cite="definition",
)
def stage_backward() -> Seconds:
    """Backward time of one micro-batch on the fullest stage.

    >>> stage_backward(8, 126, 0, 1.0, 0.0)
    8.0
    """


@rule(cite="definition: slowest of the fullest stage and the last one, which has the output projection")
def stage_time(
    stage_forward: Seconds,
    stage_backward: Seconds,
    last_layers: Count,
    dense_layers: Count,
    moe_layers: Count,
    dense_layer_forward_total: Seconds,
    dense_layer_backward_total: Seconds,
    moe_layer_forward_total: Seconds,
    moe_layer_backward_total: Seconds,
    head_time: Seconds,
    pp_exposed: Seconds,
) -> Seconds:
    """Time of one micro-batch on the slowest stage: the beat of the pipeline.

    >>> [round(stage_time(4.0, 8.0, 7, 126, 0, 0.5, 1.0, 0.0, 0.0, head, 0.1), 3) for head in (1.0, 2.0)]
    [12.1, 12.6]
    """
    last = packed_time(
        last_layers,
        dense_layers,
        moe_layers,
        dense_layer_forward_total + dense_layer_backward_total,
        moe_layer_forward_total + moe_layer_backward_total,
    )
    return maximum(stage_forward + stage_backward, last + head_time) + pp_exposed


@rule(wall=14, cite="Narayanan et al. 2021: each virtual stage hands over once per pass")
def pp_exposed(pp_boundary_time: Seconds, vpp: Count, pp_overlap: Fraction) -> Seconds:
    """Stage hand-overs of one micro-batch that the schedule does not hide, both passes.

    >>> pp_exposed(0.5, 2, 0.0), pp_exposed(0.5, 2, 1.0)
    (2.0, 0.0)
    """
    return 2 * vpp * (1 - pp_overlap) * pp_boundary_time


@rule(wall=14, cite="definition: one micro-batch through all layers")
def traversal_time(
    dense_layers: Count,
    moe_layers: Count,
    dense_layer_forward_total: Seconds,
    dense_layer_backward_total: Seconds,
    moe_layer_forward_total: Seconds,
    moe_layer_backward_total: Seconds,
    head_time: Seconds,
    pp: Count,
    pp_exposed: Seconds,
) -> Seconds:
    """Time one micro-batch takes through the whole model and back.

    >>> traversal_time(3, 58, 0.5, 1.0, 1.0, 2.0, 2.0, 16, 0.25)  # 4.5 + 174 + 2 + 4
    184.5
    """
    return (
        dense_layers * (dense_layer_forward_total + dense_layer_backward_total)
        + moe_layers * (moe_layer_forward_total + moe_layer_backward_total)
        + head_time
        + pp * pp_exposed
    )


@rule(wall=14, cite="definition")
def pipeline_time(microbatches: Count, stage_time: Seconds, bubble_time: Seconds) -> Seconds:
    """Time of a step's forward and backward passes.

    >>> pipeline_time(64, 12.0, 180.0)
    948.0
    """
    return microbatches * stage_time + bubble_time


@rule(cite="definition: passes, exposed data-parallel traffic, optimizer", head="step", follows="step_time")
def step_time(
    pipeline_time: Seconds,
    gradient_exposed: Seconds,
    gather_exposed: Seconds,
    optimizer_time: Seconds,
    straggler_factor: Count,
) -> Seconds:
    """Time of one optimizer step.

    `straggler_factor` is what the slowest of many equal devices adds.

    >>> round(step_time(90.0, 4.0, 5.0, 1.0, 1.05), 6)
    105.0
    """
    return straggler_factor * (pipeline_time + gradient_exposed + gather_exposed + optimizer_time)


@rule(wall=11, cite="definition")
def step_tokens(global_batch: Count, sequence_length: Tokens) -> Tokens:
    """Tokens of one optimizer step.

    >>> step_tokens(2048, 8192)
    16777216
    """
    return global_batch * sequence_length


@rule(cite="definition", better="more")
def training_throughput(step_tokens: Tokens, step_time: Seconds) -> TokensPerSecond:
    """Tokens per second of the whole job while it runs.

    >>> training_throughput(16_777_216, 8.0)
    2097152.0
    """
    return step_tokens / step_time


@rule(cite="definition", head="tok/s\n/GPU", better="more", follows="step_time", inversely=True)
def throughput_per_device(training_throughput: TokensPerSecond, devices: Count) -> TokensPerSecond:
    """Tokens per second and device, idle ones counted.

    >>> throughput_per_device(2_097_152.0, 2048)
    1024.0
    """
    return training_throughput / devices


@rule(wall=11, cite="Kaplan et al. 2020: a backward pass costs two forward ones")
def step_flops(step_tokens: Tokens, forward_flops_per_token: FlopPerToken) -> Flop:
    """Model operations of a step; recomputation is not counted, causal attention by half.

    >>> step_flops(1e6, 2e9) == 6 * 1e6 * 1e9  # 6 N D
    True
    """
    return 3 * step_tokens * forward_flops_per_token


@instance(
    flops_utilisation,
    {"flops": "step_flops", "time": "step_time", "rate": "compute_rate"},
    wall=3,
    cite="Chowdhery et al. 2022, PaLM appendix B, with causal attention counted by half",
    head="MFU",
    better="more",
    follows="step_time",
    inversely=True,
    phrase="MFU {}",
)
def mfu() -> Fraction:
    """Model FLOP/s utilisation over all devices paid for, against the dense peak of the precision used.

    >>> round(mfu(16_384 * 400e12, 1.0, 16_384, 989e12), 3)  # 400 of 989 TFLOP/s
    0.404
    """


@rule(wall=3, cite="Korthikanti et al. 2022: recomputed operations counted", better="more", head="HFU")
def hfu(mfu: Fraction, forward_repeats: Count, norm_passes: Count) -> Fraction:
    """Hardware FLOP/s utilisation: MFU with repeated passes counted as work.

    >>> round(hfu(0.3, 0, 0), 3), round(hfu(0.3, 1, 0), 3), round(hfu(0.3, 0, 1), 3)
    (0.3, 0.4, 0.5)
    """
    backward = 2 + forward_repeats
    return hardware_utilisation(mfu, (forward_repeats + norm_passes * backward) / 3)


@rule(wall=2, cite="definition: the fullest stage's parameters outside the experts")
def stage_dense_parameters(
    first_layers: Count,
    most_layers: Count,
    dense_layer_parameters: Count,
    moe_layers: Count,
    moe_layer_fixed_parameters: Count,
    embedding_parameters: Count,
    tp: Count,
) -> Count:
    """Parameters outside the experts on one device of the largest stage: the first, or a fuller inner one.

    >>> stage_dense_parameters(7, 8, 100, 0, 0, 200, 4), stage_dense_parameters(4, 4, 100, 3, 60, 0, 1)
    (225.0, 280.0)
    """
    mixture = minimum(most_layers, moe_layers)
    fullest = mixture * moe_layer_fixed_parameters + (most_layers - mixture) * dense_layer_parameters
    spare = (most_layers - first_layers) * maximum(dense_layer_parameters, moe_layer_fixed_parameters)
    return maximum(fullest, fullest - spare + embedding_parameters) / tp


@rule(wall=2, cite="definition")
def stage_expert_parameters(
    most_layers: Count, moe_layers: Count, experts: Count, expert_parameters: Count, tp: Count, ep: Count
) -> Count:
    """Routed-expert parameters on one device of the fullest stage.

    >>> stage_expert_parameters(4, 58, 256, 44_040_192, 1, 64) / 44_040_192  # 4 of 256 experts in 4 layers
    16.0
    """
    return minimum(most_layers, moe_layers) * experts * expert_parameters / (tp * ep)


@rule(wall=19, cite="definition: what is written to storage is what a restart needs")
def checkpoint_bytes(parameters: Count, checkpoint_parameter_bytes: Bytes) -> Bytes:
    """Size of a checkpoint: weights and optimizer state of the whole model.

    >>> checkpoint_bytes(405_853_388_800, 14) / 1e12  # TB
    5.6819474432
    """
    return parameters * checkpoint_parameter_bytes
