"""The best that a few decisions can still lead to, so that what is beaten already is not looked into.

How many machines a service gets fixes what it costs long before its queues are worked out. For the
decisions that fix the devices, interval arithmetic bounds every objective from below, whatever the
other decisions are. Where a design already found is at least as good as that bound, nothing on the
frontier is lost by leaving the combination out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from constraints.algebras.intervals import Span
from constraints.graph import run
from constraints.records import marked
from constraints.rule import Rule
from designer.question.question import Objective
from designer.search.branch_and_bound import physical
from designer.search.compile import Array, Schedule
from designer.search.pareto import beaten, settled
from designer.search.table_constraints import MOST_CELLS

# The frontier found so far of designs with these positions of the decisions held apart.
Fronts = Callable[[dict[str, int]], Array]


class Outlook:
    """For each combination of `axes`, the lowest that every objective can be.

    It is used when the last of `axes` is decided. Decisions held apart that come later are `later`: a
    combination is left out when it is beaten for all of their values.
    """

    def __init__(self, plan: Schedule, objectives: Sequence[Objective], apart: Sequence[str], fronts: Fronts):
        self.fronts = fronts
        self.axes: tuple[str, ...] = ()
        sizes = {x.axis: x.size for x in plan.levels}
        steps = [s for x in plan.levels for s in x.steps]
        support = _supports(plan, steps)
        # What tells how many machines a design takes; the decisions it follows from are those looked at.
        told = [*marked("sizes"), *(o.quantity for o in objectives)]
        wanted = {a for n in told for a in _small(support, n, sizes)}
        place = list(sizes)
        whole = sorted(wanted | set(apart), key=place.index)
        if not wanted - set(apart) or math.prod(sizes[a] for a in whole) > MOST_CELLS:
            return
        last = max(place.index(a) for a in wanted - set(apart))
        self.axes = tuple(a for a in whole if place.index(a) <= last)
        self.later = tuple(a for a in whole if place.index(a) > last)
        self.held = tuple(a for a in self.axes if a in apart)
        values = _spans(plan, steps, whole, [o.quantity for o in objectives])
        shape = [sizes[a] for a in whole]
        ends = [_lowest(values[o.quantity], o.sign) for o in objectives]
        self.lowest = settled(np.stack([np.broadcast_to(e, shape) for e in ends], axis=-1))
        self.known: list[Array] = []
        self.table: Array = np.ones(shape[: len(self.axes)], dtype=bool)

    def open(self) -> Array:
        """Which combinations may hold something that no design found so far is at least as good as."""
        shape = self.table.shape
        places = [range(n) if a in self.held else (0,) for a, n in zip(self.axes, shape, strict=True)]
        held = np.array(np.meshgrid(*places, indexing="ij")).reshape(len(shape), -1).T
        later = list(np.ndindex(*self.lowest.shape[len(shape) : -1]))
        asked = [
            {a: int(p) for a, p in zip((*self.axes, *self.later), (*row, *rest), strict=True)}
            for row in held.tolist()
            for rest in later
        ]
        found = [self.fronts({a: at[a] for a in (*self.held, *self.later)}) for at in asked]
        if len(found) == len(self.known) and all(map(np.array_equal, found, self.known)):
            return self.table
        self.known = found
        self.table = np.zeros(shape, dtype=bool)
        for at, front in zip(asked, found, strict=True):
            part = tuple(at[a] if a in self.held else slice(None) for a in self.axes)
            rows = self.lowest[(*part, *(at[a] for a in self.later))]
            points = rows.reshape(-1, rows.shape[-1])
            left = ~beaten(points, front) if len(front) else np.ones(len(points), dtype=bool)
            self.table[part] |= left.reshape(rows.shape[:-1])
        return self.table


def _supports(plan: Schedule, steps: Sequence[Rule]) -> dict[str, frozenset[str]]:
    """The decisions that each quantity depends on."""
    out: dict[str, frozenset[str]] = {n: frozenset(t.axes) for n, t in plan.tables.items()}
    out |= dict.fromkeys(plan.scalars, frozenset())
    for s in steps:
        out[s.id] = frozenset().union(*(out[n] for n in s.inputs))
    return out


def _small(support: dict[str, frozenset[str]], name: str, sizes: dict[str, int]) -> frozenset[str]:
    """The decisions of a quantity that few decisions fix; none of another."""
    found = support.get(name, frozenset())
    return found if math.prod(sizes[a] for a in found) <= MOST_CELLS else frozenset()


def _spans(
    plan: Schedule, steps: Sequence[Rule], axes: Sequence[str], wanted: Sequence[str]
) -> dict[str, Any]:
    """Quantities over combinations of `axes`, bounded over all other decisions."""
    needed, order = set(wanted), []
    for s in reversed(steps):
        if s.id in needed:
            needed |= set(s.inputs)
            order.append(s)
    values: dict[str, Any] = dict(plan.scalars)
    for name in needed & set(plan.tables):
        t = plan.tables[name]
        open_ = tuple(k for k, a in enumerate(t.axes) if a not in axes)
        left = [a for a in t.axes if a in axes]
        order_ = sorted(range(len(left)), key=lambda k: axes.index(left[k]))
        shape = [t.values.shape[t.axes.index(a)] if a in left else 1 for a in axes]
        low, high = (f(t.values, axis=open_).transpose(order_).reshape(shape) for f in (np.amin, np.amax))
        values[name] = Span(low, high)
    with np.errstate(all="ignore"):
        run(order[::-1], values, bound=physical)
    return values


def _lowest(value: Any, sign: int) -> Array:
    """The best end of an objective; nothing is claimed where nothing is known."""
    ends = value if isinstance(value, Span) else Span(value, value)
    best = np.asarray(ends.low if sign > 0 else -ends.high, dtype=float)
    return np.where(np.isnan(best), -np.inf, best)
