"""Topology: what a network carries across its middle, and which collectives feel it.

`bandwidth` is one link's, or one rank's port, per direction, and so is a bisection's.
"""

from __future__ import annotations

from constraints.algebras.maths import maximum
from constraints.quantities import Bytes, BytesPerSecond, Count, Fraction, Seconds, Whole
from constraints.rule import rule

_CUT = {"or there is nothing to cut": lambda ranks: ranks >= 2}
_DALLY = "Dally & Towles 2004, Principles and practices of interconnection networks, 3.3"


@rule(wall=10, cite=_DALLY)
def ring_bisection(bandwidth: BytesPerSecond) -> BytesPerSecond:
    """Bandwidth between the halves of a ring: two links are cut, however long it is.

    >>> ring_bisection(50e9)
    100000000000.0
    """
    return 2 * bandwidth


@rule(wall=10, cite=_DALLY, where=_CUT)
def torus_bisection(ranks: Whole, dimensions: Whole, bandwidth: BytesPerSecond) -> BytesPerSecond:
    """Bandwidth between the halves of a torus with equal, even sides above 2: two links a row are cut.

    One dimension is the ring.

    >>> round(torus_bisection(4096, 3, 100e9) / 1e12, 3), torus_bisection(64, 1, 50e9) == ring_bisection(50e9)
    (51.2, True)
    """
    return 2 * ranks ** (1 - 1 / dimensions) * bandwidth


@rule(
    wall=10,
    cite="Leiserson 1985, Fat-trees; Al-Fares et al. 2008, A scalable, commodity data center network",
    where=_CUT | {"or the leaves are fed more than they use": lambda oversubscription: oversubscription >= 1},
)
def fat_tree_bisection(ranks: Whole, bandwidth: BytesPerSecond, oversubscription: Count) -> BytesPerSecond:
    """Bandwidth between the halves of a fat tree: half of all ports, over the oversubscription.

    The oversubscription *is* the loss of bisection; it is not to be applied a second time.

    >>> fat_tree_bisection(1024, 50e9, 1) / 1e12, fat_tree_bisection(1024, 50e9, 4) / 1e12
    (25.6, 6.4)
    """
    return ranks / 2 * bandwidth / oversubscription


@rule(
    wall=10,
    cite="Kim, Dally, Scott & Abts 2008, Technology-driven, highly-scalable dragonfly topology",
    where={"or there is nothing to cut": lambda groups: groups >= 2},
)
def dragonfly_bisection(groups: Whole, global_links: Whole, bandwidth: BytesPerSecond) -> BytesPerSecond:
    """Bandwidth between the halves of a dragonfly, groups kept whole.

    Each group's `global_links` go evenly to the other groups; those of half the groups to the other
    half are cut. Traffic is taken to be spread by routing.

    >>> round(dragonfly_bisection(33, 32, 25e9) / 1e12, 3)
    6.806
    """
    return groups / 2 * global_links * (groups / 2) / (groups - 1) * bandwidth


@rule(wall=10, cite="definition: against half of all ranks sending at full rate", where=_CUT)
def bisection_share(bisection: BytesPerSecond, ranks: Whole, bandwidth: BytesPerSecond) -> Fraction:
    """Bisection over that of a network without loss, `ranks / 2` times a port's bandwidth.

    A ring has 4 / N of it, a three-dimensional torus 4 / N^(1/3): from two links in each dimension.

    >>> bisection_share(ring_bisection(50e9), 64, 50e9)
    0.0625
    >>> round(bisection_share(torus_bisection(4096, 3, 1e9), 4096, 1e9), 6)
    0.25
    """
    return bisection / (ranks / 2 * bandwidth)


@rule(wall=10, cite="Dally & Towles 2004, 3.3: half of uniform traffic crosses the bisection", where=_CUT)
def bisection_all_to_all_time(
    message: Bytes, ranks: Whole, bandwidth: BytesPerSecond, bisection: BytesPerSecond
) -> Seconds:
    """Time of an all-to-all in which each rank sends `message` bytes, on a network with this bisection.

    Half of what one half sends crosses to the other, so `ranks message / 4` each way; a rank's own
    ports bound it too, `bandwidth` being all of them. The bisection binds what goes everywhere, as
    expert parallelism does. A ring all-reduce sends to neighbours alone and runs at full rate on a
    ring, a torus or a fat tree of any oversubscription: scaling its bandwidth by the bisection is wrong.

    >>> full = bisection_all_to_all_time(1e9, 1024, 50e9, fat_tree_bisection(1024, 50e9, 1))
    >>> quarter = bisection_all_to_all_time(1e9, 1024, 50e9, fat_tree_bisection(1024, 50e9, 4))
    >>> round(full * 1e3, 2), round(quarter * 1e3, 2)  # ms: ports, then bisection
    (19.98, 40.0)
    """
    ports = message * (ranks - 1) / ranks / bandwidth
    return maximum(ports, ranks * message / 4 / bisection)
