"""Links of a replica and the fixed cost of its collectives, the same in prefill and decode."""

from __future__ import annotations

from constraints.algebras.maths import maximum, minimum, where
from constraints.quantities import Bytes, BytesPerSecond, Count, Seconds
from constraints.rule import rule
from constraints.rules.library.collectives import hierarchical_gather_time
from constraints.rules.shared.experts import exchanged


@rule(wall=14, cite="fit t = a0 + a1 (n - 2) + bytes of measured all-reduces; a ring between domains")
def reduce_latency(
    tp: Count,
    tp_inside: Count,
    collective_floor: Seconds,
    inner_latency: Seconds,
    outer_latency: Seconds,
) -> Seconds:
    """Time of an all-reduce over TP that moves nothing: 0 with TP 1.

    >>> [round(reduce_latency(n, min(n, 8), 7e-6, 1.7e-6, 5e-6) * 1e6, 1) for n in (1, 2, 8, 16)]
    [0.0, 7.0, 17.2, 27.2]
    """
    return (
        minimum(1, tp - 1) * collective_floor
        + maximum(0, tp_inside - 2) * inner_latency
        + 2 * (tp / tp_inside - 1) * outer_latency
    )


@rule(wall=14, cite="definition: dispatch and combine")
def exchange_latency(
    ep: Count, ep_inside: Count, etp: Count, collective_floor: Seconds, outer_latency: Seconds
) -> Seconds:
    """Time of a mixture layer's two all-to-alls when they move nothing: 0 with EP 1.

    Where ranks share each expert, a gather and a scatter among them come in between.

    >>> [round(exchange_latency(n, min(n, 8), 1, 7e-6, 5e-6) * 1e6, 1) for n in (1, 8, 16)]
    [0.0, 14.0, 24.0]
    >>> round(exchange_latency(8, 8, 2, 7e-6, 5e-6) * 1e6, 1)
    28.0
    """
    started = minimum(1, ep - 1) * (1 + minimum(1, etp - 1)) * collective_floor
    return 2 * (started + minimum(1, ep - ep_inside) * outer_latency)


@rule(wall=14, cite="definition: stages are the outermost ranks of a replica")
def handover_latency(
    pp: Count,
    devices_per_replica: Count,
    scale_up_domain: Count,
    inner_latency: Seconds,
    outer_latency: Seconds,
) -> Seconds:
    """Time of an empty hand-over to the next stage: 0 with PP 1.

    >>> [handover_latency(pp, n, 8, 2e-6, 5e-6) for pp, n in ((1, 8), (2, 8), (2, 16))]
    [0.0, 2e-06, 5e-06]
    """
    return minimum(1, pp - 1) * where(devices_per_replica <= scale_up_domain, inner_latency, outer_latency)


@rule(wall=14, cite="Narayanan et al. 2021, section 4.1: the boundary activation, scattered over TP")
def handover_seconds_per_token(
    pp: Count,
    tp: Count,
    devices_per_replica: Count,
    scale_up_domain: Count,
    hidden: Count,
    activation_bytes: Bytes,
    inner_bandwidth: BytesPerSecond,
    outer_bandwidth: BytesPerSecond,
) -> Seconds:
    """Time each token adds to a hand-over to the next stage: 0 with PP 1.

    >>> cases = ((1, 8, 8), (2, 4, 8), (2, 8, 16))  # no pipeline; inside the domain; between domains
    >>> [round(handover_seconds_per_token(*x, 8, 8192, 2, 400e9, 50e9) * 1e9, 2) for x in cases]  # ns
    [0.0, 10.24, 40.96]
    """
    fits = devices_per_replica <= scale_up_domain
    link = where(fits, inner_bandwidth, outer_bandwidth)
    return minimum(1, pp - 1) * hidden / tp * activation_bytes / link


@rule(wall=14, cite="Shoeybi et al. 2019: attention and feed-forward block each end in an all-reduce")
def reduce_seconds_per_token(
    tp: Count,
    tp_inside: Count,
    hidden: Count,
    activation_bytes: Bytes,
    inner_bandwidth: BytesPerSecond,
    outer_bandwidth: BytesPerSecond,
    inner_latency: Seconds,
    outer_latency: Seconds,
) -> Seconds:
    """Time each token adds to one all-reduce over TP: 0 with TP 1.

    >>> round(reduce_seconds_per_token(4, 4, 8192, 2, 292.5e9, 50e9, 0.0, 0.0) * 1e9, 1)  # ns
    84.0
    """
    return 2 * hierarchical_gather_time(
        hidden * activation_bytes,
        tp,
        tp_inside,
        inner_bandwidth,
        outer_bandwidth,
        0 * inner_latency,
        0 * outer_latency,
    )


@rule(wall=14, cite="Lepikhin et al. 2020, GShard: dispatch and combine; DeepSeek-V3 2024: one copy per rank")
def dispatch_seconds_per_token(
    tp: Count,
    ranks_reached: Count,
    expert_domains: Count,
    ep_inside: Count,
    expert_hidden: Count,
    expert_operand_bytes: Bytes,
    activation_bytes: Bytes,
    inner_bandwidth: BytesPerSecond,
    outer_bandwidth: BytesPerSecond,
) -> Seconds:
    """Time each token of a data rank adds to a mixture layer's dispatch and combine: 0 with EP 1.

    The TP ranks of a data rank share its tokens out. A token goes to each rank with one of its
    experts once, in the precision of the product, and comes back in that of activations.

    >>> cases = ((1, 0, 1), (5.29, 0, 8), (7.36, 2.71, 8))  # EP 1; EP 8 in a domain; EP 32 over four
    >>> [round(dispatch_seconds_per_token(1, *x, 7168, 1, 2, 300e9, 50e9) * 1e9) for x in cases]  # ns
    [0, 332, 1166]
    """
    return exchanged(
        expert_hidden / tp,
        ranks_reached=ranks_reached,
        expert_domains=expert_domains,
        ep_inside=ep_inside,
        there=expert_operand_bytes,
        back=activation_bytes,
        inner_bandwidth=inner_bandwidth,
        outer_bandwidth=outer_bandwidth,
    )


@rule(
    wall=14,
    cite="Megatron-Core MoE: an ETP group gathers what its ranks were sent, and scatters its partial sums",
)
def split_experts_seconds_per_token(
    tp: Count,
    ep: Count,
    etp: Count,
    etp_inside: Count,
    experts_per_token: Count,
    expert_hidden: Count,
    activation_bytes: Bytes,
    inner_bandwidth: BytesPerSecond,
    outer_bandwidth: BytesPerSecond,
    inner_latency: Seconds,
    outer_latency: Seconds,
) -> Seconds:
    """Time each token of a data rank adds to what ranks that share experts exchange: 0 with EP 1 or ETP 1.

    Without EP tensor ranks have the tokens already, and their sums are reduced like those of any layer.

    >>> cases = ((1, 8), (8, 1), (8, 2))
    >>> [round(split_experts_seconds_per_token(2, *x, x[1], 8, 4096, 2, 300e9, 50e9, 0, 0) * 1e9) for x in cases]
    [0, 0, 218]
    """
    message = experts_per_token * etp / tp * expert_hidden * activation_bytes
    return (
        2
        * minimum(1, ep - 1)
        * hierarchical_gather_time(
            message, etp, etp_inside, inner_bandwidth, outer_bandwidth, 0 * inner_latency, 0 * outer_latency
        )
    )


@rule(wall=14, cite="definition")
def exchange_seconds_per_token(
    dispatch_seconds_per_token: Seconds, split_experts_seconds_per_token: Seconds
) -> Seconds:
    """Time each token of a data rank adds to the way to a mixture layer's experts and back: 0 with EP 1.

    >>> exchange_seconds_per_token(2e-7, 1e-7) > 2e-7
    True
    """
    return dispatch_seconds_per_token + split_experts_seconds_per_token
