"""Where the ranks of a replica stand: how many of each group share a scale-up domain.

Tensor ranks are innermost, then data ranks, then stages. A replica that is no larger than a node stays
inside one; a larger one has whole nodes to itself, with as many ranks on each.
"""

from __future__ import annotations

from constraints.algebras.maths import ceil
from constraints.instance import instance
from constraints.quantities import Count
from constraints.rule import rule
from constraints.rules.library.collectives import ranks_inside


@rule(wall=10, cite="vLLM, SGLang: every node of a replica runs as many ranks")
def domain_devices(devices_per_replica: Count, scale_up_domain: Count) -> Count:
    """Devices of a replica in each of as few scale-up domains as hold it.

    >>> domain_devices(6, 8), domain_devices(12, 8), domain_devices(64, 72)
    (6, 6, 64)
    """
    return ceil(devices_per_replica / ceil(devices_per_replica / scale_up_domain))


@instance(
    ranks_inside,
    {"ranks": "tp", "domain": "domain_devices", "devices": "devices_per_replica"},
    fixed={"stride": 1},
    wall=10,
)
def tp_inside() -> Count:
    """Fewest ranks of a tensor group that share a scale-up domain.

    >>> tp_inside(8, 8, 16), tp_inside(16, 8, 16), tp_inside(12, 6, 12)
    (8, 8.0, 6.0)
    """


@instance(
    ranks_inside,
    {"ranks": "ep", "stride": "etp", "domain": "domain_devices", "devices": "devices_per_replica"},
    wall=10,
)
def ep_inside() -> Count:
    """Fewest ranks of an expert group that share a scale-up domain.

    >>> ep_inside(32, 1, 8, 32), ep_inside(8, 2, 8, 16), ep_inside(64, 1, 64, 64)
    (8, 4, 64)
    """


@instance(
    ranks_inside,
    {"ranks": "etp", "domain": "domain_devices", "devices": "devices_per_replica"},
    fixed={"stride": 1},
    wall=10,
)
def etp_inside() -> Count:
    """Fewest ranks of a group that shares each expert and a scale-up domain.

    >>> etp_inside(2, 8, 16)
    2
    """
