"""Links of a replica and the fixed cost of its collectives, the same in prefill and decode."""

from __future__ import annotations

from constraints.algebras.maths import maximum, minimum, where
from constraints.quantities import Bytes, BytesPerSecond, Count, Seconds
from constraints.rule import rule
from constraints.rules.library.collectives import all_to_all_time, hierarchical_gather_time, ranks_inside


@rule(wall=14, cite="fit t = a0 + a1 (n - 2) + bytes of measured all-reduces; a ring between domains")
def reduce_latency(
    tp: Count,
    scale_up_domain: Count,
    collective_floor: Seconds,
    inner_latency: Seconds,
    outer_latency: Seconds,
) -> Seconds:
    """Time of an all-reduce over TP that moves nothing: 0 with TP 1.

    >>> [round(reduce_latency(n, 8, 7e-6, 1.7e-6, 5e-6) * 1e6, 1) for n in (1, 2, 8, 16)]
    [0.0, 7.0, 17.2, 27.2]
    """
    inside = ranks_inside(tp, 1, scale_up_domain)
    return (
        minimum(1, tp - 1) * collective_floor
        + maximum(0, inside - 2) * inner_latency
        + 2 * (tp / inside - 1) * outer_latency
    )


@rule(wall=14, cite="definition: dispatch and combine")
def exchange_latency(
    ep: Count, scale_up_domain: Count, collective_floor: Seconds, outer_latency: Seconds
) -> Seconds:
    """Time of a mixture layer's two all-to-alls when they move nothing: 0 with EP 1.

    >>> [round(exchange_latency(n, 8, 7e-6, 5e-6) * 1e6, 1) for n in (1, 8, 16)]
    [0.0, 14.0, 24.0]
    """
    inside = ranks_inside(ep, 1, scale_up_domain)
    return 2 * (minimum(1, ep - 1) * collective_floor + minimum(1, ep - inside) * outer_latency)


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
    scale_up_domain: Count,
    hidden: Count,
    activation_bytes: Bytes,
    inner_bandwidth: BytesPerSecond,
    outer_bandwidth: BytesPerSecond,
    inner_latency: Seconds,
    outer_latency: Seconds,
) -> Seconds:
    """Time each token adds to one all-reduce over TP: 0 with TP 1.

    >>> round(reduce_seconds_per_token(4, 8, 8192, 2, 292.5e9, 50e9, 0.0, 0.0) * 1e9, 1)  # ns
    84.0
    """
    inside = ranks_inside(tp, 1, scale_up_domain)
    return 2 * hierarchical_gather_time(
        hidden * activation_bytes,
        tp,
        inside,
        inner_bandwidth,
        outer_bandwidth,
        0 * inner_latency,
        0 * outer_latency,
    )


@rule(wall=14, cite="Lepikhin et al. 2020, GShard: dispatch and combine; DeepSeek-V3 2024: one copy per rank")
def exchange_seconds_per_token(
    tp: Count,
    ep: Count,
    experts_per_token: Count,
    scale_up_domain: Count,
    hidden: Count,
    expert_operand_bytes: Bytes,
    activation_bytes: Bytes,
    inner_bandwidth: BytesPerSecond,
    outer_bandwidth: BytesPerSecond,
    inner_latency: Seconds,
    outer_latency: Seconds,
) -> Seconds:
    """Time each token of a data rank adds to a mixture layer's dispatch and combine: 0 with EP 1.

    The TP ranks of a data rank share its tokens out. A token goes to each rank with one of its
    experts at most once, in the precision of the product, and comes back in that of activations.

    >>> exchange_seconds_per_token(1, 1, 8, 8, 7168, 1, 2, 292.5e9, 50e9, 0.0, 0.0)
    0.0
    """
    message = minimum(experts_per_token, ep) / tp * hidden * (expert_operand_bytes + activation_bytes)
    inside = ranks_inside(ep, 1, scale_up_domain)
    return all_to_all_time(
        message, ep, inside, inner_bandwidth, outer_bandwidth, 0 * inner_latency, 0 * outer_latency
    )
