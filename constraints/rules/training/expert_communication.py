"""Communication of a mixture layer in training: to the experts and back, and among ranks that share one."""

from __future__ import annotations

from typing import Any

from constraints.algebras.maths import ceil, maximum, minimum, where
from constraints.instance import instance
from constraints.quantities import Bytes, BytesPerSecond, Count, Fraction, Seconds, Tokens
from constraints.rule import rule
from constraints.rules.library.collectives import hierarchical_gather_time
from constraints.rules.shared.experts import elsewhere, exchanged
from constraints.rules.training.communication import tp_exposed


@instance(elsewhere, {"near": "ep_near"}, wall=10, cite="definition: those of its domains in other pods")
def expert_pods(
    experts: Count,
    experts_per_token: Count,
    ep: Count,
    ep_inside: Count,
    routed_domain_limit: Count,
    ep_near: Count,
) -> Count:
    """Scale-up domains in other pods of the network that a token's experts are spread over, in expectation.

    >>> [round(expert_pods(256, 8, 64, 8, 4, near), 2) for near in (64, 32)]
    [0.0, 2.0]
    """


@rule(wall=14, cite="Lepikhin et al. 2020, GShard: dispatch and combine, in every mixture layer")
def ep_layer_time(
    microbatch_tokens: Tokens,
    ranks_reached: Count,
    expert_domains: Count,
    expert_pods: Count,
    expert_hidden: Count,
    operand_bytes: Bytes,
    activation_bytes: Bytes,
    sequence_share: Fraction,
    ep: Count,
    ep_inside: Count,
    inner_bandwidth: BytesPerSecond,
    outer_bandwidth: BytesPerSecond,
    oversubscription: Count,
    inner_latency: Seconds,
    outer_latency: Seconds,
) -> Seconds:
    """EP traffic of one mixture layer's forward pass: none with EP 1. Backward has as much again.

    Each token goes to its experts in the precision of the products and comes back in that of
    activations.

    >>> links, groups = (360e9, 50e9, 1, 1e-4, 1e-3), ((1, 1, 1, 0.0), (5.29, 8, 8, 0.0), (7.22, 64, 8, 3.5))
    >>> [round(ep_layer_time(4096, r, d, 0, 7168, 1, 2, 1, *ep, *links) * 1e3, 2) for r, *ep, d in groups]
    [0.0, 1.33, 8.37]
    >>> round(ep_layer_time(4096, 7.22, 3.5, 2.0, 7168, 1, 2, 1, 64, 8, 360e9, 50e9, 4, 0.0, 0.0) * 1e3, 2)  # two pods
    14.09
    """
    latency = minimum(1, ep - 1) * inner_latency + minimum(1, ep - ep_inside) * outer_latency
    return 2 * latency + exchanged(
        microbatch_tokens * sequence_share * expert_hidden,
        ranks_reached=ranks_reached,
        expert_domains=expert_domains,
        ep_inside=ep_inside,
        there=operand_bytes,
        back=activation_bytes,
        inner_bandwidth=inner_bandwidth,
        outer_bandwidth=outer_bandwidth,
        expert_pods=expert_pods,
        oversubscription=oversubscription,
    )


@rule(
    wall=14,
    cite="Megatron-Core MoE: an ETP group gathers what its ranks were sent, and scatters its partial sums",
)
def etp_layer_time(
    microbatch_tokens: Tokens,
    experts_per_token: Count,
    expert_token_share: Fraction,
    expert_hidden: Count,
    operand_bytes: Bytes,
    activation_bytes: Bytes,
    sp: Count,
    ep: Count,
    etp: Count,
    etp_inside: Count,
    inner_bandwidth: BytesPerSecond,
    outer_bandwidth: BytesPerSecond,
    inner_latency: Seconds,
    outer_latency: Seconds,
) -> Seconds:
    """ETP traffic of one mixture layer's forward pass: none with ETP 1. Backward has as much again.

    A token was copied for each of its experts before it was sent; where nothing is sent (EP 1) it is gathered
    first. Of two gathers and two scatters in both passes the first is in the precision of the products, those
    of sums and gradients in that of activations. Without sequence parallelism tensor ranks have the same
    tokens, and the layer's sums are TP's.

    >>> links = (150e9, 50e9, 0.0, 0.0)  # half of 8 copies of 4096 tokens over a link, in 8 bit once and 16 bit
    >>> [round(etp_layer_time(4096, 8, 1, 7168, 1, 2, 1, ep, 2, 2, *links) * 1e3, 2) for ep in (64, 1)]
    [2.74, 0.34]
    """
    copies = where(ep > 1, experts_per_token, 1)
    each = (operand_bytes + 3 * activation_bytes) / 4
    message = microbatch_tokens * expert_token_share * copies * expert_hidden * each
    return (
        2
        * sp
        * hierarchical_gather_time(
            message, etp, etp_inside, inner_bandwidth, outer_bandwidth, inner_latency, outer_latency
        )
    )


def mixture_traffic(mixers: Any, gather: Any, shared_experts: Any, sp: Any, etp: Any) -> Any:
    """TP and ETP traffic of a mixture layer with so many mixers of tokens, for one gather of its tokens."""
    feed_forward = where(sp > 0, minimum(1, shared_experts), 1)
    return 2 * (mixers + feed_forward) * gather + etp


@instance(
    mixture_traffic,
    {"gather": "tp_gather_time", "etp": "etp_layer_time"},
    fixed={"mixers": 1},
    wall=14,
    cite="Korthikanti et al. 2022 for attention and shared experts; routed ones have their own tokens",
)
def moe_tp_layer_time(
    tp_gather_time: Seconds, shared_experts: Count, sp: Count, etp_layer_time: Seconds
) -> Seconds:
    """TP and ETP traffic of one mixture layer's forward pass. The backward pass has as much again.

    >>> moe_tp_layer_time(1.0, 1, 1, 3.0), moe_tp_layer_time(1.0, 0, 1, 3.0), moe_tp_layer_time(1.0, 0, 0, 0.0)
    (7.0, 5.0, 4.0)
    """


@instance(
    tp_exposed,
    {"tp_layer_time": "moe_tp_layer_time", "dense_layer_forward": "moe_layer_forward"},
    wall=14,
)
def moe_tp_exposed() -> Seconds:
    """TP and ETP traffic of a mixture layer's forward pass that the schedule does not hide.

    >>> moe_tp_exposed(3.0, 2.0, 1.0, 0.0, 1.0)  # CP hides behind half of the layer already
    2.0
    """


@rule(wall=14, cite="overlap hides at most the time there is to hide behind, and each moment of it once")
def ep_exposed(
    ep_layer_time: Seconds,
    moe_layer_forward: Seconds,
    cp_layer_time: Seconds,
    cp_exposed: Seconds,
    moe_tp_layer_time: Seconds,
    moe_tp_exposed: Seconds,
    ep_overlap: Fraction,
    overlap_interference: Fraction,
) -> Seconds:
    """EP traffic of a layer's forward pass that shows: what is not hidden, and what hiding the rest costs.

    Hidden traffic slows the computation beside it by `overlap_interference` of its own time.

    >>> layer = (3.0, 5.0, 1.5, 0.5, 3.0, 1.0)  # room for 2 is left
    >>> [ep_exposed(*layer, *x) for x in ((0, 0), (1, 0), (1, 0.5))]
    [3.0, 1.0, 2.0]
    """
    taken = cp_layer_time - cp_exposed + moe_tp_layer_time - moe_tp_exposed
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
