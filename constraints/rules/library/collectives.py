"""Collective communication: time of moving a message among ranks."""

from __future__ import annotations

from constraints.algebras.maths import ceil, computed, guarded, log2, maximum, minimum
from constraints.instance import instance
from constraints.quantities import Bytes, BytesPerSecond, Count, Fraction, Seconds, Whole
from constraints.rule import rule
from constraints.tiling import smallest_part


@rule(wall=14, cite="Patarasuk & Yuan 2009, Bandwidth optimal all-reduce algorithms")
def ring_all_reduce_time(
    message: Bytes, ranks: Whole, bandwidth: BytesPerSecond, latency: Seconds
) -> Seconds:
    """Time of a ring all-reduce: a reduce-scatter, then an all-gather.

    `bandwidth` is one rank's, per direction: of an InfiniBand port 50 GB/s, of NVLink 4 nine times that.
    It ignores congestion and the adding itself. Its second term tends to `2 message / bandwidth` as
    ranks are added; only the latency term keeps growing.

    >>> round(ring_all_reduce_time(140e9, 1024, 50e9, 2e-6), 4)
    5.5986
    >>> [round(ring_all_reduce_time(1e9, 8, b, 0.0) * 1e3, 1) for b in (50e9, 450e9)]  # ms: NDR port, NVLink 4
    [35.0, 3.9]
    """
    return 2 * (ranks - 1) * latency + 2 * (ranks - 1) / ranks * message / bandwidth


@rule(wall=14, cite="Patarasuk & Yuan 2009; half of a ring all-reduce")
def ring_all_gather_time(
    message: Bytes, ranks: Whole, bandwidth: BytesPerSecond, latency: Seconds
) -> Seconds:
    """Time of a ring all-gather (or reduce-scatter) that leaves `message` bytes on every rank.

    >>> round(ring_all_gather_time(8e9, 8, 50e9, 0.0), 3)
    0.14
    """
    return (ranks - 1) * latency + (ranks - 1) / ranks * message / bandwidth


@instance(ring_all_gather_time, wall=14, cite="Patarasuk & Yuan 2009; the other half of a ring all-reduce")
def ring_reduce_scatter_time() -> Seconds:
    """Time of a ring reduce-scatter of `message` bytes, of which each rank keeps its summed share.

    Adding is taken to be free beside sending.

    >>> ring_reduce_scatter_time(8e9, 8, 50e9, 1e-6) == ring_all_gather_time(8e9, 8, 50e9, 1e-6)
    True
    """


@rule(wall=14, cite="Thakur, Rabenseifner & Gropp 2005, Optimization of collective communication in MPICH")
def tree_all_reduce_time(
    message: Bytes, ranks: Whole, bandwidth: BytesPerSecond, latency: Seconds
) -> Seconds:
    """Time of an all-reduce over a binomial tree that is not pipelined: reduce, then broadcast.

    It holds for any number of ranks and for small messages; large ones are cut into chunks that follow each
    other, which takes a tenth of this at 1,024 ranks (`double_tree_all_reduce_time`).

    >>> round(tree_all_reduce_time(140e9, 1024, 50e9, 2e-6), 1)
    56.0
    """
    return 2 * ceil(log2(ranks)) * (latency + message / bandwidth)


@rule(wall=14, cite="definition: groups follow each other, and fill one domain after the other")
def ranks_inside(ranks: Whole, stride: Whole, domain: Whole, devices: Whole) -> Count:
    """Fewest ranks of a group that share one scale-up domain, when neighbours are `stride` devices apart.

    Groups are laid out side by side from the first of `devices` on. A boundary that cuts a group leaves a
    smaller part, which waits the longest for what the rest of the group has.

    >>> ranks_inside(16, 8, 8, 128), ranks_inside(16, 2, 8, 32), ranks_inside(4, 1, 8, 64)
    (1, 4, 4)
    >>> ranks_inside(6, 1, 8, 48), ranks_inside(6, 1, 8, 6), ranks_inside(18, 1, 8, 18)  # 2 + 4; one; 8 + 8 + 2
    (2, 6, 2)
    """
    part = computed("smallest_part", smallest_part, ranks * stride, domain, devices)
    # No part is larger than this, which is all there is to say where not everything is known.
    most = minimum(ranks, maximum(1, domain // stride))
    return minimum(most, maximum(1, part // stride))


_SMALLEST = {"or a part of the group is larger than all of it": lambda ranks, inside: inside <= ranks}


@rule(wall=14, cite="two-level ring: Patarasuk & Yuan 2009 inside and across domains", where=_SMALLEST)
def hierarchical_gather_time(
    message: Bytes,
    ranks: Whole,
    inside: Whole,
    inner_bandwidth: BytesPerSecond,
    outer_bandwidth: BytesPerSecond,
    inner_latency: Seconds,
    outer_latency: Seconds,
) -> Seconds:
    """Time of an all-gather (or reduce-scatter) of `message` bytes in two levels.

    `inside` ranks share a scale-up domain; each then exchanges its `1/inside` share with its peers
    over its own NIC. With one level it is the ring of that level. An all-reduce takes twice this.
    Where domains hold different numbers of a group, `inside` is the smallest: the ranks there have the
    most to get over their NICs, `message (1 / inside - 1 / ranks)` each.

    >>> flat = ring_all_gather_time(8e9, 8, 50e9, 0.0)
    >>> hierarchical_gather_time(8e9, 8, 1, 450e9, 50e9, 0.0, 0.0) == flat
    True
    >>> round(hierarchical_gather_time(8e9, 32, 8, 400e9, 50e9, 1e-3, 1e-2), 6)  # 7 + 17.5 + 30 + 15 ms
    0.0695
    """
    outside = ranks / inside
    return (
        (inside - 1) * inner_latency
        + (inside - 1) / inside * message / inner_bandwidth
        + (outside - 1) * outer_latency
        + (outside - 1) / outside * (message / inside) / outer_bandwidth
    )


@rule(wall=14, cite="two-level ring: Patarasuk & Yuan 2009 inside and across domains", where=_SMALLEST)
def hierarchical_all_reduce_time(
    message: Bytes,
    ranks: Whole,
    inside: Whole,
    inner_bandwidth: BytesPerSecond,
    outer_bandwidth: BytesPerSecond,
    inner_latency: Seconds,
    outer_latency: Seconds,
) -> Seconds:
    """Time of an all-reduce in two levels: reduce-scatter inside, all-reduce across, all-gather inside.

    Only a share of the message crosses between domains, over the NICs of all ranks at once.

    >>> flat = ring_all_reduce_time(1e9, 64, 50e9, 5e-6)
    >>> round(flat / hierarchical_all_reduce_time(1e9, 64, 8, 450e9, 50e9, 1e-6, 5e-6), 1)  # times as fast
    4.8
    """
    return 2 * hierarchical_gather_time(
        message, ranks, inside, inner_bandwidth, outer_bandwidth, inner_latency, outer_latency
    )


@rule(
    wall=10,
    cite="two-level ring, once more: Patarasuk & Yuan 2009 inside and across pods",
    where={
        "or a part of the group is larger than all of it": lambda ranks, near: near <= ranks,
        "or uplinks carry more than the ports below": lambda oversubscription: oversubscription >= 1,
    },
)
def spine_time(
    message: Bytes, ranks: Whole, near: Whole, bandwidth: BytesPerSecond, oversubscription: Count
) -> Seconds:
    """What a gather (or scatter) over several pods takes beyond one in a network that carries every port at full rate.

    `near` is the fewest ranks of the group in one pod. They have `message (1 / near - 1 / ranks)` each to get
    from other pods, over uplinks that carry `1 / oversubscription` of the ports below them when all are busy.

    >>> [round(spine_time(8e9, 64, near, 50e9, 4) * 1e3, 2) for near in (64, 16)]  # ms: one pod, four of them
    [0.0, 22.5]
    """
    return message * (1 / near - 1 / ranks) / bandwidth * (oversubscription - 1)


@rule(wall=14, cite="definition: every rank sends an equal part to every other", where=_SMALLEST)
def all_to_all_time(
    message: Bytes,
    ranks: Whole,
    inside: Whole,
    inner_bandwidth: BytesPerSecond,
    outer_bandwidth: BytesPerSecond,
    inner_latency: Seconds,
    outer_latency: Seconds,
) -> Seconds:
    """Time of an all-to-all in which each rank sends `message` bytes in all.

    The parts for ranks of the same scale-up domain and those for other domains travel at once over
    their own links. `outer_latency` is paid once when the group leaves the domain. Of domains with
    different numbers of the group, that with `inside` ranks, the fewest, sends the most to others.

    >>> all_to_all_time(8e9, 8, 8, 450e9, 50e9, 0.0, 0.0) == 7e9 / 450e9
    True
    >>> round(all_to_all_time(8e9, 32, 8, 400e9, 50e9, 1e-3, 1e-2), 6)  # 6 GB leave the domain
    0.131
    """
    return (
        maximum(
            message * (inside - 1) / ranks / inner_bandwidth,
            message * (ranks - inside) / ranks / outer_bandwidth,
        )
        + minimum(1, ranks - 1) * inner_latency
        + minimum(1, ranks - inside) * outer_latency
    )


@rule(
    wall=14,
    cite="expectation of different draws: the mean of its factors, raised to their number, for their product",
    where={"or something is drawn twice": lambda members, draws: draws <= members},
)
def groups_reached(groups: Count, members: Count, draws: Count) -> Count:
    """Groups that hold at least one of `draws` different members, of which each group has as many.

    A group is missed by all draws with probability (M - M/G)(M - M/G - 1).../(M (M - 1)...), for M members of G
    groups. With balanced routing it is over how many ranks, or nodes, a token's experts are spread.

    >>> [round(groups_reached(n, 256, 8), 2) for n in (1, 4, 8)]  # exactly 1, 3.61 and 5.29
    [1.0, 3.61, 5.29]
    """
    middle = (draws - 1) / 2
    missed = maximum(0, members * (1 - 1 / groups) - middle) / guarded(members - middle, 0.5)
    return groups * (1 - missed**draws)


@rule(wall=14, cite="Patarasuk & Yuan 2009, with latencies fitted to measured all-reduces within one domain")
def measured_all_reduce_time(
    message: Bytes,
    ranks: Whole,
    bandwidth: BytesPerSecond,
    collective_floor: Seconds,
    inner_latency: Seconds,
    collective_fraction: Fraction,
) -> Seconds:
    """Time of an all-reduce over two or more ranks of one scale-up domain, as it is measured.

    Links reach `collective_fraction` of `bandwidth`; the smallest message takes `collective_floor` between
    two ranks and `inner_latency` more for each further one.

    >>> round(measured_all_reduce_time(1e3, 8, 450e9, 7e-6, 1.75e-6, 0.65) * 1e6, 1)
    17.5
    >>> measured_all_reduce_time(8.0, 2, 1.0, 5.0, 1.0, 0.5)
    21.0
    """
    wire = ring_all_reduce_time(message, ranks, bandwidth * collective_fraction, 0 * inner_latency)
    return collective_floor + inner_latency * (ranks - 2) + wire
