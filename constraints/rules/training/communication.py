"""Communication of a training step, over the link each group really uses, and what of it shows.

That of experts is in `expert_communication`.
"""

from __future__ import annotations

from typing import Any

from constraints.algebras.maths import maximum, minimum, where
from constraints.instance import instance
from constraints.quantities import Bytes, BytesPerSecond, Count, Fraction, Seconds, Tokens, Truth
from constraints.rule import rule
from constraints.rules.library.collectives import hierarchical_gather_time, spine_time
from constraints.rules.shared.layout import within_reach


@instance(
    within_reach,
    {"devices": "devices_used"},
    wall=10,
    cite="definition: a device without a NIC cannot leave its domain",
)
def network_reaches(devices_used: Count, scale_up_domain: Count, has_network: Count) -> Truth:
    """The job stays inside one scale-up domain, or there is a network between domains.

    >>> network_reaches(8, 8, 0), network_reaches(16, 8, 0), network_reaches(16, 8, 1)
    (True, False, True)
    """


@rule(wall=14, cite="Korthikanti et al. 2022: sequence parallelism gathers and scatters the residual stream")
def tp_gather_time(
    microbatch_tokens: Tokens,
    hidden: Count,
    activation_bytes: Bytes,
    tp: Count,
    tp_inside: Count,
    inner_bandwidth: BytesPerSecond,
    outer_bandwidth: BytesPerSecond,
    inner_latency: Seconds,
    outer_latency: Seconds,
) -> Seconds:
    """Time in which a tensor group gathers a micro-batch, or scatters its sums: 0 with TP 1.

    >>> links = (360e9, 50e9, 0.0, 0.0)
    >>> [round(tp_gather_time(8192, 16_384, 2, tp, tp, *links) * 1e3, 3) for tp in (1, 8)]  # 7/8 of 268 MB
    [0.0, 0.652]
    >>> round(tp_gather_time(8192, 16_384, 2, 6, 2, *links) * 1e3, 2)  # 2 + 4: a third of it over each of two NICs
    2.16
    """
    return hierarchical_gather_time(
        microbatch_tokens * hidden * activation_bytes,
        tp,
        tp_inside,
        inner_bandwidth,
        outer_bandwidth,
        inner_latency,
        outer_latency,
    )


@rule(wall=14, cite="Korthikanti et al. 2022: a gather before each block and a scatter after it")
def tp_layer_time(tp_gather_time: Seconds, residual_blocks: Count) -> Seconds:
    """TP traffic of one layer's forward pass. The backward pass has as much again.

    Attention and feed-forward are two blocks, or one where both read the same norm.

    >>> tp_layer_time(1.0, 2), tp_layer_time(1.0, 1)
    (4.0, 2.0)
    """
    return 2 * residual_blocks * tp_gather_time


@rule(wall=14, cite="Liu et al. 2023, Ring attention: keys and values go round the ring")
def cp_layer_time(
    microbatch_tokens: Tokens,
    kv_expanded_width: Count,
    kv_ranks: Count,
    activation_bytes: Bytes,
    cp: Count,
    cp_inside: Count,
    inner_bandwidth: BytesPerSecond,
    outer_bandwidth: BytesPerSecond,
    inner_latency: Seconds,
    outer_latency: Seconds,
) -> Seconds:
    """CP traffic of one layer's forward pass: none with CP 1. The backward pass has twice that.

    >>> links = (360e9, 50e9, 0.0, 0.0)
    >>> [round(cp_layer_time(8192, 2048, 8, 2, cp, 1, *links) * 1e3, 2) for cp in (1, 16)]  # 15 x 4.2 MB
    [0.0, 1.26]
    """
    message = microbatch_tokens * cp * kv_expanded_width / kv_ranks * activation_bytes
    return hierarchical_gather_time(
        message, cp, cp_inside, inner_bandwidth, outer_bandwidth, inner_latency, outer_latency
    )


@rule(wall=14, cite="Narayanan et al. 2021, section 4.1: the boundary activation, scattered over TP")
def pp_boundary_time(
    microbatch_tokens: Tokens,
    hidden: Count,
    activation_bytes: Bytes,
    tp: Count,
    cp: Count,
    dp: Count,
    pp: Count,
    scale_up_domain: Count,
    inner_bandwidth: BytesPerSecond,
    outer_bandwidth: BytesPerSecond,
    inner_latency: Seconds,
    outer_latency: Seconds,
) -> Seconds:
    """Time to hand one micro-batch to the next stage, one way: none with PP 1.

    Stages are the outermost ranks, so the hand-over leaves the scale-up domain unless all fit in it.

    >>> links = (450e9, 50e9, 0.0, 0.0)  # a message of 33.6 MB
    >>> [round(pp_boundary_time(8192, 16_384, 2, 8, 1, 1, pp, 8, *links) * 1e3, 2) for pp in (1, 16)]
    [0.0, 0.67]
    >>> pp_boundary_time(100, 10, 2, 2, 1, 1, 4, 8, 10.0, 1.0, 1.0, 7.0)  # inside the domain: 1 + 1000 / 10
    101.0
    """
    message = microbatch_tokens * hidden / tp * activation_bytes
    fits = tp * cp * dp * pp <= scale_up_domain
    return minimum(1, pp - 1) * where(
        fits, inner_latency + message / inner_bandwidth, outer_latency + message / outer_bandwidth
    )


@rule(wall=14, cite="Liu et al. 2023: hidden behind the attention of the blocks at hand")
def cp_exposed(cp_layer_time: Seconds, attention_core_time: Seconds) -> Seconds:
    """CP traffic of a layer's forward pass that attention does not hide.

    >>> cp_exposed(3.0, 2.0), cp_exposed(1.0, 2.0)
    (1.0, 0)
    """
    return maximum(0, cp_layer_time - attention_core_time)


@rule(wall=14, cite="overlap hides at most the time there is to hide behind, and each moment of it once")
def tp_exposed(
    tp_layer_time: Seconds,
    dense_layer_forward: Seconds,
    cp_layer_time: Seconds,
    cp_exposed: Seconds,
    tp_overlap: Fraction,
) -> Seconds:
    """TP traffic of a layer's forward pass that the schedule does not hide.

    >>> tp_exposed(3.0, 2.0, 1.0, 0.0, 1.0)  # CP hides behind half of the layer already
    2.0
    """
    room = dense_layer_forward - (cp_layer_time - cp_exposed)
    return tp_layer_time - minimum(tp_overlap * tp_layer_time, room)


@rule(
    wall=14,
    cite="Rajbhandari et al. 2020, ZeRO section 7: reduce-scatter once, or per micro-batch if sharded",
)
def gradient_reduce_time(
    stage_dense_parameters: Count,
    stage_expert_parameters: Count,
    gradient_traffic_bytes: Bytes,
    data_ranks: Count,
    data_inside: Count,
    data_near: Count,
    expert_data_ranks: Count,
    expert_data_inside: Count,
    expert_data_near: Count,
    inner_bandwidth: BytesPerSecond,
    outer_bandwidth: BytesPerSecond,
    oversubscription: Count,
    inner_latency: Seconds,
    outer_latency: Seconds,
) -> Seconds:
    """Time of one reduce-scatter of a device's gradients over its data ranks.

    >>> cases = ((1e9, 0, 1, 1, 1, 1, 1, 1), (1e9, 0, 4, 1, 4, 4, 1, 4), (0, 1e9, 16, 8, 16, 2, 1, 2))  # 4 GB each
    >>> made = [gradient_reduce_time(*x[:2], 4, *x[2:], 450e9, 50e9, 1, 0.0, 0.0) for x in cases]  # 1, 4, 2 ranks
    >>> [round(x, 4) for x in made]
    [0.0, 0.06, 0.04]
    >>> rest = (8e9, 0, 4, 18, 2, 18, 1, 1, 1, 1e30, 37e9)  # 8 + 8 + 2: 16/18 over 2 NICs
    >>> round(gradient_reduce_time(*rest, 1, 0.0, 0.0), 3)
    0.384
    >>> round(gradient_reduce_time(8e9, 0, 4, 64, 8, 32, 1, 1, 1, 1e30, 50e9, 4, 0.0, 0.0), 3)  # and between pods
    0.1
    """

    def reduced(parameters: Any, ranks: Any, inside: Any, near: Any) -> Any:
        message = parameters * gradient_traffic_bytes
        return hierarchical_gather_time(
            message, ranks, inside, inner_bandwidth, outer_bandwidth, inner_latency, outer_latency
        ) + spine_time(message, ranks, near, outer_bandwidth, oversubscription)

    return reduced(stage_dense_parameters, data_ranks, data_inside, data_near) + minimum(
        1, stage_expert_parameters
    ) * reduced(stage_expert_parameters, expert_data_ranks, expert_data_inside, expert_data_near)


@rule(
    wall=14, cite="Rajbhandari et al. 2020, ZeRO section 7: weights are gathered after the update or per pass"
)
def weight_gather_time(
    gradient_reduce_time: Seconds,
    parameter_bytes: Bytes,
    gradient_traffic_bytes: Bytes,
    shard_optimizer: Count,
) -> Seconds:
    """Time of one all-gather of a device's weights: the same path as its gradients, other bytes.

    Where every rank has the whole optimizer it is summed gradients that are gathered: with the scatter an
    all-reduce of them.

    >>> weight_gather_time(0.06, 2, 4, 1), weight_gather_time(0.06, 2, 4, 0)
    (0.03, 0.06)
    """
    gathered = where(shard_optimizer > 0, parameter_bytes, gradient_traffic_bytes)
    return gradient_reduce_time * gathered / gradient_traffic_bytes


@rule(wall=14, cite="Rajbhandari et al. 2020: sharded gradients are reduced with every micro-batch")
def gradient_exposed(
    gradient_reduce_time: Seconds,
    weight_gather_time: Seconds,
    microbatches: Count,
    shard_gradients: Count,
    shard_weights: Count,
    stage_backward: Seconds,
    network_taken: Seconds,
    forward_repeats: Count,
    dp_overlap: Fraction,
    overlap_interference: Fraction,
) -> Seconds:
    """Data-parallel traffic of a step's backward passes that shows.

    Stage 3 gathers weights there again, behind the same pass as the reduction. It hides behind the
    part of the pass in which expert traffic leaves the NIC free, and slows that by
    `overlap_interference` of its own time.

    >>> [gradient_exposed(2.0, 1.0, 8, *zero, 5.0, 0, 0, 0.0, 0.0) for zero in ((0, 0), (1, 0), (1, 1))]  # ZeRO
    [2.0, 16.0, 24.0]
    >>> hidden = (2.0, 1.0, 8, 1, 1, 1.0)  # at most 1 of 3 is hidden, eight times
    >>> [gradient_exposed(*hidden, *x) for x in ((0.0, 0, 1.0, 0.0), (0.0, 0, 1.0, 0.25), (0.5, 1, 1.0, 0.0))]
    [16.0, 18.0, 24.0]
    """
    times = 1 + shard_gradients * (microbatches - 1)
    traffic = gradient_reduce_time + shard_weights * weight_gather_time
    room = maximum(0, stage_backward - (1 + forward_repeats) * network_taken)
    hidden = minimum(dp_overlap * traffic, room)
    return times * (traffic - (1 - overlap_interference) * hidden)


@rule(wall=14, cite="Rajbhandari et al. 2020: stage 3 gathers weights for both passes of every micro-batch")
def gather_exposed(
    weight_gather_time: Seconds,
    microbatches: Count,
    shard_weights: Count,
    stage_forward: Seconds,
    network_taken: Seconds,
    dp_overlap: Fraction,
    overlap_interference: Fraction,
) -> Seconds:
    """Weight gathering of a step's forward passes that shows.

    Stages 0 to 2 gather once a step: weights, or without any sharding the summed gradients. Stage 3
    gathers for every micro-batch, here and in the backward pass (see `gradient_exposed`): 1.5 times as
    much for a single one.

    >>> [gather_exposed(1.0, 8, *x) for x in ((0, 5.0, 0, 0.0, 0), (1, 5.0, 0, 0.0, 0), (1, 0.25, 0, 1.0, 0.5))]
    [1.0, 8.0, 7.0]
    """
    times = 1 + shard_weights * (microbatches - 1)
    room = maximum(0, stage_forward - network_taken)
    hidden = minimum(dp_overlap * weight_gather_time, room)
    return times * (weight_gather_time - (1 - overlap_interference) * hidden)
