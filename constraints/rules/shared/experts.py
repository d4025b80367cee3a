"""Where a token's experts are: on how many ranks, in how many scale-up domains; and the way there and back."""

from __future__ import annotations

from typing import Any

from constraints.algebras.maths import maximum, minimum, where
from constraints.instance import instance
from constraints.quantities import Count
from constraints.rule import rule
from constraints.rules.library.collectives import groups_reached


@rule(
    wall=14,
    cite="DeepSeek-V3 (2024), section 3.2.2: a rank gets a token once, whichever of its experts it is for",
)
def ranks_reached(
    experts: Count, experts_per_token: Count, ep: Count, ep_inside: Count, routed_domain_limit: Count
) -> Count:
    """Ranks of an expert group that a token is sent to, in expectation, its own among them.

    Routing is taken as balanced, within the router's own limit of domains per token.

    >>> [round(ranks_reached(256, 8, ep, 8, limit), 2) for ep, limit in ((8, 1e9), (64, 1e9), (64, 4))]
    [5.29, 7.68, 7.36]
    """
    open_ = minimum(1, routed_domain_limit * ep_inside / ep)
    return groups_reached(ep * open_, experts * open_, experts_per_token)


def elsewhere(
    experts: Any, experts_per_token: Any, ep: Any, ep_inside: Any, routed_domain_limit: Any, near: Any
) -> Any:
    """Scale-up domains a token is sent to that are not among those of the `near` ranks around its own."""
    reached = groups_reached(ep / ep_inside, experts, experts_per_token)
    return minimum(routed_domain_limit, reached) * (1 - near / ep)


@instance(
    elsewhere,
    {"near": "ep_inside"},
    wall=14,
    cite="DeepSeek-V3 (2024), section 3.2.2: one copy of a token per node, forwarded inside",
)
def expert_domains(
    experts: Count, experts_per_token: Count, ep: Count, ep_inside: Count, routed_domain_limit: Count
) -> Count:
    """Other scale-up domains a token's experts are spread over, in expectation.

    >>> [round(expert_domains(256, 8, ep, 8, limit), 2) for ep, limit in ((8, 1e9), (32, 1e9), (64, 1e9), (64, 4))]
    [0.0, 2.71, 4.63, 3.5]
    """


def exchanged(
    elements: Any,
    *,
    ranks_reached: Any,
    expert_domains: Any,
    ep_inside: Any,
    there: Any,
    back: Any,
    inner_bandwidth: Any,
    outer_bandwidth: Any,
    expert_pods: Any = 0,
    oversubscription: Any = 1,
) -> Any:
    """Time in which `elements` of a rank's tokens go to their experts and come back, in so many bytes each.

    One copy crosses to each other domain; inside, one is forwarded to each rank. All links work at once, those
    between pods of the network for `expert_pods` of the copies.
    """
    inner = elements * ranks_reached * (1 - 1 / ep_inside) / inner_bandwidth
    copies = maximum(expert_domains, expert_pods * oversubscription)
    outer = where(expert_domains > 0, elements * copies / outer_bandwidth, 0 * inner)
    return (there + back) * maximum(inner, outer)
