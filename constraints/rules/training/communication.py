"""Communication of a training step, over the link each group really uses, and what of it shows."""

from __future__ import annotations

from functools import partial

from constraints.algebras.maths import ceil, maximum, minimum, where
from constraints.instance import instance
from constraints.quantities import Bytes, BytesPerSecond, Count, Fraction, Seconds, Tokens, Truth
from constraints.rule import rule
from constraints.rules.library.collectives import hierarchical_gather_time
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


@rule(wall=14, cite="Korthikanti et al. 2022: reduce-scatter and all-gather, two each per layer and pass")
def tp_layer_time(
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
    """TP traffic of one layer's forward pass: none with TP 1. The backward pass has as much again.

    >>> links = (360e9, 50e9, 0.0, 0.0)
    >>> [round(tp_layer_time(8192, 16_384, 2, tp, tp, *links) * 1e3, 2) for tp in (1, 8)]  # 4 x 7/8 of 268 MB
    [0.0, 2.61]
    >>> round(tp_layer_time(8192, 16_384, 2, 6, 2, *links) * 1e3, 2)  # 2 + 4: a third of it over each of two NICs
    8.65
    """
    message = microbatch_tokens * hidden * activation_bytes
    return 4 * hierarchical_gather_time(
        message, tp, tp_inside, inner_bandwidth, outer_bandwidth, inner_latency, outer_latency
    )


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


@rule(wall=14, cite="DeepSeek-V3 (2024), section 3.2.2: one copy of a token per node, forwarded inside")
def expert_domains(
    experts_per_token: Count, ep: Count, ep_inside: Count, routed_domain_limit: Count
) -> Count:
    """Other scale-up domains a token's experts are spread over, in expectation.

    Routing is taken as even over the domains of an EP group, within the router's own limit of
    domains per token.

    >>> expert_domains(8, 8, 8, 1e9), round(expert_domains(8, 64, 8, 1e9), 2), expert_domains(8, 64, 8, 4)
    (0.0, 4.59, 3.5)
    """
    domains = ep / ep_inside
    reached = minimum(routed_domain_limit, domains * (1 - (1 - 1 / domains) ** experts_per_token))
    return reached * (1 - 1 / domains)


@rule(wall=14, cite="Lepikhin et al. 2020, GShard: dispatch and combine, in every mixture layer")
def ep_layer_time(
    microbatch_tokens: Tokens,
    experts_per_token: Count,
    expert_domains: Count,
    hidden: Count,
    operand_bytes: Bytes,
    activation_bytes: Bytes,
    sequence_share: Fraction,
    ep: Count,
    ep_inside: Count,
    inner_bandwidth: BytesPerSecond,
    outer_bandwidth: BytesPerSecond,
    inner_latency: Seconds,
    outer_latency: Seconds,
) -> Seconds:
    """EP traffic of one mixture layer's forward pass: none with EP 1. Backward has as much again.

    Each token goes to its experts in the precision of the products and comes back in that of
    activations. One copy crosses to each other domain; inside, every expert's copy is forwarded.

    >>> links, groups = (360e9, 50e9, 1e-4, 1e-3), ((1, 1, 0.0), (8, 8, 0.0), (64, 8, 3.5))
    >>> [round(ep_layer_time(4096, 8, d, 7168, 1, 2, 1, *ep, *links) * 1e3, 2) for *ep, d in groups]
    [0.0, 1.91, 8.37]
    """
    elements = microbatch_tokens * sequence_share * hidden
    inner = elements * experts_per_token * (1 - 1 / ep_inside) / inner_bandwidth
    outer = where(expert_domains > 0, elements * expert_domains / outer_bandwidth, 0 * inner)
    latency = minimum(1, ep - 1) * inner_latency + minimum(1, ep - ep_inside) * outer_latency
    return (operand_bytes + activation_bytes) * maximum(inner, outer) + 2 * latency


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


@rule(wall=14, cite="overlap hides at most the time there is to hide behind, and each moment of it once")
def ep_exposed(
    ep_layer_time: Seconds,
    moe_layer_forward: Seconds,
    cp_layer_time: Seconds,
    cp_exposed: Seconds,
    tp_layer_time: Seconds,
    tp_exposed: Seconds,
    ep_overlap: Fraction,
    overlap_interference: Fraction,
) -> Seconds:
    """EP traffic of a layer's forward pass that shows: what is not hidden, and what hiding the rest costs.

    Hidden traffic slows the computation beside it by `overlap_interference` of its own time.

    >>> layer = (3.0, 5.0, 1.5, 0.5, 3.0, 1.0)  # room for 2 is left
    >>> [ep_exposed(*layer, *x) for x in ((0, 0), (1, 0), (1, 0.5))]
    [3.0, 1.0, 2.0]
    """
    taken = cp_layer_time - cp_exposed + tp_layer_time - tp_exposed
    hidden = minimum(ep_overlap * ep_layer_time, maximum(0, moe_layer_forward - taken))
    return ep_layer_time - (1 - overlap_interference) * hidden


@rule(wall=14, cite="a NIC carries one collective at a time")
def network_taken(
    most_layers: Count, moe_layers: Count, expert_domains: Count, ep_layer_time: Seconds
) -> Seconds:
    """Time of a stage's forward pass in which expert traffic between domains holds the NIC, hidden or not.

    >>> network_taken(4, 58, 3.5, 0.25), network_taken(4, 58, 0.0, 0.25), network_taken(8, 0, 0.0, 0.0)
    (1.0, 0.0, 0.0)
    """
    return minimum(1, ceil(expert_domains)) * minimum(most_layers, moe_layers) * ep_layer_time


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
    expert_data_ranks: Count,
    expert_data_inside: Count,
    inner_bandwidth: BytesPerSecond,
    outer_bandwidth: BytesPerSecond,
    inner_latency: Seconds,
    outer_latency: Seconds,
) -> Seconds:
    """Time of one reduce-scatter of a device's gradients over its data ranks.

    >>> cases = ((1e9, 0, 4, 1, 1, 1, 1), (1e9, 0, 4, 4, 1, 4, 1), (0, 1e9, 4, 16, 8, 2, 1))  # 4 GB each
    >>> [round(gradient_reduce_time(*x, 450e9, 50e9, 0.0, 0.0), 4) for x in cases]  # 1, 4, 2 ranks
    [0.0, 0.06, 0.04]
    >>> round(gradient_reduce_time(8e9, 0, 4, 18, 2, 1, 1, 1e30, 37e9, 0.0, 0.0), 3)  # 8 + 8 + 2: 16/18 over 2 NICs
    0.384
    """
    reduced = partial(
        hierarchical_gather_time,
        inner_bandwidth=inner_bandwidth,
        outer_bandwidth=outer_bandwidth,
        inner_latency=inner_latency,
        outer_latency=outer_latency,
    )
    return reduced(stage_dense_parameters * gradient_traffic_bytes, data_ranks, data_inside) + minimum(
        1, stage_expert_parameters
    ) * reduced(stage_expert_parameters * gradient_traffic_bytes, expert_data_ranks, expert_data_inside)


@rule(
    wall=14, cite="Rajbhandari et al. 2020, ZeRO section 7: weights are gathered after the update or per pass"
)
def weight_gather_time(
    gradient_reduce_time: Seconds, parameter_bytes: Bytes, gradient_traffic_bytes: Bytes
) -> Seconds:
    """Time of one all-gather of a device's weights: the same path as its gradients, other bytes.

    >>> weight_gather_time(0.06, 2, 4)
    0.03
    """
    return gradient_reduce_time * parameter_bytes / gradient_traffic_bytes


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

    Without any sharding the reduction is a whole all-reduce, which moves as much: the gather counts
    the same for stages 0 to 2. Stage 3 gathers for every micro-batch, here and in the backward pass
    (see `gradient_exposed`): 1.5 times as much for a single one.

    >>> [gather_exposed(1.0, 8, *x) for x in ((0, 5.0, 0, 0.0, 0), (1, 5.0, 0, 0.0, 0), (1, 0.25, 0, 1.0, 0.5))]
    [1.0, 8.0, 7.0]
    """
    times = 1 + shard_weights * (microbatches - 1)
    room = maximum(0, stage_forward - network_taken)
    hidden = minimum(dp_overlap * weight_gather_time, room)
    return times * (weight_gather_time - (1 - overlap_interference) * hidden)
