"""Decisions that several jobs have, and what their defaults are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from constraints.bundles import plain
from constraints.bundles.device import ELEMENT_BYTES
from constraints.bundles.site import region_intensity
from designer.question.context import Context, Value
from designer.question.decisions import Decision, only

# No model is cut into more stages, and no service is copied more often.
MOST = 10_000
# Regions that an impossible question could have besides.
CLEANEST = 3
STORED = tuple(p for p in ELEMENT_BYTES if p != "tf32")


def divisors(n: int) -> list[int]:
    """Divisors of `n`, in order.

    >>> divisors(12)
    [1, 2, 3, 4, 6, 12]
    """
    small = [d for d in range(1, int(n**0.5) + 1) if n % d == 0]
    return small + [n // d for d in reversed(small) if d * d != n]


def upto(n: float) -> list[Value]:
    """Counts from one to `n`, or to as many as a default goes through."""
    return list(range(1, max(1, int(min(n, MOST))) + 1))


def _tp(c: Context) -> list[Value]:
    """Divisors of the heads up to the widest scale-up domain (but no further than 16 of a larger one)."""
    most = min(16, c.widest("scale_up_domain"))
    return sorted({d for heads in c.model_counts("heads") for d in _divisors_to(most, heads)})


def _ep(c: Context) -> list[Value]:
    return sorted({d for experts in c.model_counts("experts") for d in _divisors_to(64, max(1, experts))})


def _divisors_to(most: int, n: int) -> list[int]:
    """Divisors of a number, however large, up to a small one."""
    return [d for d in range(1, most + 1) if n % d == 0]


def _etp(c: Context) -> list[Value]:
    """Experts whole, or split by as many ranks as TP has; nothing to decide where there are none."""
    return sorted({1, *(int(d) for d in c.domain("tp"))}) if max(c.model_counts("experts")) else []


def _cleanest(c: Context) -> list[Value]:
    """The regions with the least carbon in their electricity, of the providers there are candidates of."""
    regions = [c.catalog.get("regions", r) for r in c.catalog.ids("regions")]
    known = {r.id: r.provider for r in regions}
    providers = {known[str(r)] for r in c.domains.get("region", []) if r in known}
    regions = [r for r in regions if r.provider in providers] or regions
    return [r.id for r in sorted(regions, key=lambda r: (region_intensity(c.catalog, r).si, r.id))[:CLEANEST]]


# Ranks that share an expert where a model has none.
NO_EXPERTS = plain("definition: no experts", etp=1)

NODE = Decision(
    "node", "choice", "node", only("dgx-h100", "dgx-h200", "dgx-b200"), entries="nodes", written=("accelerator",),
    first=True,
)  # fmt: skip
NODE_COUNT = Decision("node_count", "count", "nodes", only(), written=("devices",), first=True)
REGION = Decision(
    "region", "choice", "region", only("aws-us-east-1"), entries="regions", wider=_cleanest, tells="detail", first=True
)  # fmt: skip
TP = Decision("tp", "count", "TP", _tp, 1, tells="core", edges=(), of_layers=True)
EP = Decision("ep", "count", "EP", _ep, 1, tells="core", edges=(), of_layers=True)


def etp(start: Callable[[Mapping[str, Value]], Value]) -> Decision:
    """Ranks that share each expert; `start` is what launchers take where nobody says."""
    return Decision("etp", "count", "ETP", _etp, start, tells="core", edges=(), of_layers=True)


def pp(default: Callable[[Context], list[Value]]) -> Decision:
    """Pipeline stages."""
    return Decision("pp", "count", "PP", default, 1, tells="core", of_layers=True)


def dp(default: Callable[[Context], list[Value]]) -> Decision:
    """Data-parallel ranks."""
    return Decision("dp", "count", "DP", default, 1, tells="core")


def precision(usual: tuple[str, ...], choices: tuple[str, ...]) -> Decision:
    """What products are made in: of the usual ones those that some candidate can multiply in."""

    def default(c: Context) -> list[Value]:
        found: list[Value] = [p for p in usual if c.any_device_has(p)]
        return found or [c.base_precision()]

    return Decision(
        "precision", "choice", "precision", default, choices=choices, short="prec", left=False, first=True
    )
