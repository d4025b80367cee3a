"""What two searches have in common: the partial designs before a limit that only one of them has.

Asking what a limit keeps out means searching again without it. A limit that acts late, such as a
budget on cost or a share of idle devices, leaves everything before it as it was: those partial
designs are kept, and the second search goes on from them. That is allowed where the first search made
the same steps up to there, and dropped nothing that could matter to the second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from designer.question.question import Objective
from designer.search.compile import Array, Schedule
from designer.search.reduce import Ends, interface, steps_below, tables_below

# Bytes of partial designs that are kept at one depth.
MOST_BYTES = 1 << 28


@dataclass
class State:
    """Rows after some levels: positions per decision, and live columns."""

    positions: dict[str, Array]
    columns: dict[str, Array]
    rows: int

    @property
    def bytes(self) -> int:
        return sum(a.nbytes for part in (self.positions, self.columns) for a in part.values())


@dataclass(frozen=True)
class Look:
    """One dropping of dominated rows: which way each number had to be better, and over what values."""

    depth: int
    ends: Ends
    seen: Mapping[str, int]


@dataclass
class Trunk:
    """Partial designs of a search at each depth before a limit acts."""

    plan: Schedule | None = None
    states: dict[int, list[State]] = field(default_factory=dict)
    looks: list[Look] = field(default_factory=list)
    # Processor seconds spent on each decision.
    spent: list[float] = field(default_factory=list)
    # Whether the search came to its end: one that ran out of time holds only some of its partial designs.
    finished: bool = False
    _bytes: dict[int, int] = field(default_factory=dict)

    def start(self, plan: Schedule) -> None:
        """A search by this schedule begins."""
        self.plan, self.finished = plan, False
        cutting = (i for i, level in enumerate(plan.levels) if any(s.id in plan.cuts for s in level.steps))
        self.states = {i - 1: [] for i in cutting if i}
        self._bytes = dict.fromkeys(self.states, 0)
        self.spent = [0.0] * (len(plan.levels) + 1)

    def keep(self, depth: int, state: State) -> None:
        """Remember the rows that are left after the decision at `depth`, unless they are too many."""
        if depth not in self.states:
            return
        self._bytes[depth] += state.bytes
        if self._bytes[depth] > MOST_BYTES:
            del self.states[depth]
        else:
            self.states[depth].append(state)

    def before(self, plan: Schedule, objectives: Sequence[Objective]) -> int | None:
        """The deepest depth from which a search by another schedule may go on; None where there is none."""
        return next((d for d in sorted(self.states, reverse=True) if self._serves(plan, objectives, d)), None)

    def seconds_after(self, depth: int | None) -> float:
        """Processor seconds the search spent after the decision at `depth`, or on all of them."""
        return sum(self.spent[0 if depth is None else depth + 1 :])

    def _serves(self, plan: Schedule, objectives: Sequence[Objective], depth: int) -> bool:
        mine = self.plan
        if mine is None or not self.finished or not self.states[depth] or not _same(mine, plan, depth):
            return False
        later = steps_below(plan, depth)
        made = {s.id for s in later}
        read = {n for s in later for n in s.inputs} | plan.kept
        if not read <= made | plan.scalars.keys() | plan.tables.keys() | self.states[depth][0].columns.keys():
            return False
        depths = {x.depth for x in self.looks if x.depth <= depth}
        return all(self._dropped_alike(plan, objectives, d) for d in depths)

    def _dropped_alike(self, plan: Schedule, objectives: Sequence[Objective], depth: int) -> bool:
        """Whether rows that were dropped at `depth` are of no use to the other search either."""
        assert self.plan is not None
        looks = [x for x in self.looks if x.depth == depth]
        ends: dict[str, tuple[float, float]] = {}
        for name in looks[0].ends:
            pairs = np.array([x.ends[name] for x in looks])
            ends[name] = (float(pairs[:, 0].min()), float(pairs[:, 1].max()))
        if not tables_below(plan, depth, ends) <= tables_below(self.plan, depth, ends):
            return False
        wanted = interface(plan, depth, ends, objectives)
        return all(x.seen.get(n) in (way, 0) for x in looks for n, way in wanted.items())


def _same(one: Schedule, other: Schedule, depth: int) -> bool:
    """Whether two schedules do the same with the same numbers down to a depth."""
    for a, b in zip(one.levels[: depth + 1], other.levels[: depth + 1], strict=True):
        if (a.axis, a.size) != (b.axis, b.size) or set(map(id, a.steps)) != set(map(id, b.steps)):
            return False
        # Limits of later decisions act here too, where tables of them say what no later decision mends.
        if [s.axes for s in a.sieves] != [s.axes for s in b.sieves]:
            return False
        if not all(np.array_equal(s.passes, t.passes) for s, t in zip(a.sieves, b.sieves, strict=True)):
            return False
    read = {n for level in one.levels[: depth + 1] for s in level.steps for n in s.inputs}
    tables = [(one.tables[n], other.tables.get(n)) for n in read & one.tables.keys()]
    return all(one.scalars[n] == other.scalars.get(n) for n in read & one.scalars.keys()) and all(
        t is not None and mine.axes == t.axes and np.array_equal(mine.values, t.values, equal_nan=True)
        for mine, t in tables
    )
