"""Collectives over trees and other logarithmic patterns, and where they beat the ring.

`bandwidth` is one rank's, per direction; a rank sends and receives one message at a time.
"""

from __future__ import annotations

from constraints.algebras.maths import ceil, log2, sqrt, where
from constraints.quantities import Bytes, BytesPerSecond, Seconds, Whole
from constraints.rule import rule

_THAKUR = "Thakur, Rabenseifner & Gropp 2005, Optimization of collective communication in MPICH"
_SANDERS = "Sanders, Speck & Träff 2009, Two-tree algorithms for full bandwidth broadcast, reduction and scan"
_THREE = {"or there is no second tree": lambda ranks: ranks >= 3}


@rule(wall=14, cite=_THAKUR)
def tree_broadcast_time(message: Bytes, ranks: Whole, bandwidth: BytesPerSecond, latency: Seconds) -> Seconds:
    """Time of a broadcast, or of a reduction to one rank, over a binomial tree that is not pipelined.

    >>> round(tree_broadcast_time(1e6, 8, 50e9, 2e-6) * 1e6)  # us: 3 rounds of 2 + 20
    66
    """
    return ceil(log2(ranks)) * (latency + message / bandwidth)


@rule(wall=14, cite="Barnett et al. 1994 (van de Geijn): scatter, then all-gather")
def scatter_gather_broadcast_time(
    message: Bytes, ranks: Whole, bandwidth: BytesPerSecond, latency: Seconds
) -> Seconds:
    """Time of a broadcast of a large message: a binomial scatter, then a ring all-gather.

    Its bandwidth term stays below two messages however many ranks there are.

    >>> round(scatter_gather_broadcast_time(1e9, 8, 50e9, 2e-6) * 1e3, 2), round(3 * 1e9 / 50e9 * 1e3)  # ms
    (35.02, 60)
    """
    return (ceil(log2(ranks)) + ranks - 1) * latency + 2 * (ranks - 1) / ranks * message / bandwidth


@rule(
    wall=14,
    cite="Rabenseifner 2004, Optimization of collective reduction operations",
    where={"or halving leaves ranks over": lambda ranks: 2 ** ceil(log2(ranks)) == ranks},
)
def halving_all_reduce_time(
    message: Bytes, ranks: Whole, bandwidth: BytesPerSecond, latency: Seconds
) -> Seconds:
    """Time of an all-reduce by recursive halving and doubling: a ring's bytes in a tree's rounds.

    For powers of two, on a network where distant ranks are as near as neighbours.

    >>> round(halving_all_reduce_time(140e9, 1024, 50e9, 2e-6), 4)
    5.5946
    """
    return 2 * ceil(log2(ranks)) * latency + 2 * (ranks - 1) / ranks * message / bandwidth


@rule(wall=14, cite=_SANDERS, where=_THREE)
def double_tree_chunked_time(
    message: Bytes, ranks: Whole, bandwidth: BytesPerSecond, latency: Seconds, chunks: Whole
) -> Seconds:
    """Time of an all-reduce over two trees, each reducing and sending back half of the message in `chunks`.

    A rank inside one tree is a leaf of the other, so every port is always busy: two rounds a chunk for
    the reduction, two for the broadcast, and up to `2 (log2 ranks - 1)` rounds each to fill the trees.
    An upper bound: reached at many numbers of ranks, one round a phase too many at others.

    >>> round(double_tree_chunked_time(1e9, 8, 50e9, 2e-6, 100) * 1e3, 1)  # ms: 408 rounds of 5 MB
    41.6
    """
    rounds = 4 * (chunks + ceil(log2(ranks)) - 1)
    return rounds * (latency + message / (2 * chunks * bandwidth))


@rule(wall=14, cite=_SANDERS + ", with the best number of chunks", where=_THREE)
def double_tree_all_reduce_time(
    message: Bytes, ranks: Whole, bandwidth: BytesPerSecond, latency: Seconds
) -> Seconds:
    """Time of an all-reduce over a double binary tree, cut into the best number of chunks.

    Its bandwidth term is the ring's, 2 messages, unlike that of a single tree that is not pipelined
    (`tree_all_reduce_time`); its latency term grows with the logarithm of the ranks.

    >>> round(double_tree_all_reduce_time(140e9, 1024, 50e9, 2e-6), 3)  # a ring takes 5.599, one tree 56
    5.64
    >>> round(double_tree_all_reduce_time(8.0, 1024, 50e9, 2e-6) * 1e6)  # us; a ring takes 4092
    80
    """
    deep = ceil(log2(ranks)) - 1
    piped = (sqrt(2 * message / bandwidth) + sqrt(4 * deep * latency)) ** 2
    whole = 4 * (deep + 1) * (latency + message / (2 * bandwidth))
    return where(deep * message >= 2 * latency * bandwidth, piped, whole)


@rule(wall=14, cite="Graham et al. 2016, Scalable hierarchical aggregation protocol (SHArP)")
def in_network_all_reduce_time(
    message: Bytes, switch_levels: Whole, bandwidth: BytesPerSecond, latency: Seconds
) -> Seconds:
    """Time of an all-reduce in which switches add: each rank sends its message up once and gets the sum once.

    Both directions run at once, chunk behind chunk, so the bytes cost half of a ring's however many
    ranks there are. It holds while the switches have room for the chunks in flight and keep up.

    >>> round(in_network_all_reduce_time(1e9, 2, 50e9, 2e-6) * 1e3, 2)  # ms
    20.01
    """
    return 2 * switch_levels * latency + message / bandwidth


@rule(wall=14, cite=_THAKUR + ": pairwise exchange")
def pairwise_all_to_all_time(
    message: Bytes, ranks: Whole, bandwidth: BytesPerSecond, latency: Seconds
) -> Seconds:
    """Time of an all-to-all in which each rank sends `message` bytes in all, one peer after another.

    On a network that carries every pairing at full rate; see `bisection_all_to_all_time` for others.

    >>> round(pairwise_all_to_all_time(8e6, 8, 50e9, 2e-6) * 1e6)  # us: 7 rounds of 2 + 20
    154
    """
    return (ranks - 1) * (latency + message / ranks / bandwidth)


@rule(
    wall=14,
    cite="ring_all_reduce_time and tree_all_reduce_time set equal",
    where={"or they are one and the same": lambda ranks: ranks >= 2},
)
def ring_tree_crossover(ranks: Whole, bandwidth: BytesPerSecond, latency: Seconds) -> Bytes:
    """Size of an all-reduce at which a ring and a binomial tree take as long; a tree is faster below.

    The exact solution: the rule of thumb `ranks latency bandwidth` is nine times too large at 1,024
    ranks, since a tree sends its message whole in each of its rounds.

    >>> round(ring_tree_crossover(1024, 50e9, 2e-6) / 1e6, 2), ring_tree_crossover(2, 50e9, 2e-6)  # MB
    (11.25, 0.0)
    """
    rounds = ceil(log2(ranks))
    return latency * bandwidth * (ranks - 1 - rounds) / (rounds - (ranks - 1) / ranks)
