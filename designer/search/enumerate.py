"""Every feasible design of a question, as arrays: exact, and without ever holding the whole space."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from designer.question.question import Objective, Question
from designer.search.compile import Array, Schedule, schedule
from designer.search.deadline import OutOfTime, check
from designer.search.lower_bounds import Fronts, Outlook
from designer.search.reduce import SMALLEST, ends_of, interface, undominated
from designer.search.table_constraints import Sieve, narrow
from designer.search.warm_start import Look, State, Trunk

# Rows handled at once; a table of a few dozen columns of this length stays in cache and memory.
CHUNK = 1 << 17
# Above this share of rows kept, dropping dominated ones is not tried again at the same decision.
POOR = 0.7


@dataclass
class DesignBlock:
    """Feasible designs: the position of each decision in its domain, and the quantities asked for."""

    positions: dict[str, Array]
    values: dict[str, Any]

    @property
    def rows(self) -> int:
        return len(next(iter(self.positions.values())))


@dataclass
class Count:
    """What became of the designs of a space."""

    raw: int
    feasible: int = 0
    cut: dict[str, int] = field(default_factory=dict)
    dominated: int = 0
    complete: bool = True
    seconds: float = 0.0
    processor: float = 0.0


def enumerate_designs(
    question: Question,
    keep: set[str],
    take: Callable[[DesignBlock], None],
    *,
    soft: frozenset[str] = frozenset(),
    objectives: Sequence[Objective] = (),
    apart: Sequence[str] = (),
    fronts: Fronts | None = None,
    deadline: float | None = None,
    trunk: Trunk | None = None,
    after: Trunk | None = None,
) -> Count:
    """Hand every feasible design to `take`, in blocks, with the quantities in `keep`.

    A design is cut by the first limit that rejects it; those named in `soft` do not reject.
    With `objectives`, partial designs that can only lead to designs worse in all of them are dropped
    on the way (see `designer.search.reduce`), so that what `take` gets holds the frontier but not every
    feasible design; designs that differ in a decision in `apart` are never held against each other. With
    `fronts`, what `take` was given so far is held against what is still to come.
    Returns how many designs there were, how many are feasible, and what cut the
    others. `complete` is False when `deadline` (of `time.monotonic`) came first.

    Partial designs are kept in `trunk`. With `after`, the trunk of an earlier search, this one goes on from
    there where it may; it then counts only what it did itself.
    """
    plan = schedule(question, keep, soft)
    started, began = time.monotonic(), time.process_time()
    count = Count(plan.size, cut=dict.fromkeys((t.name for t in plan.cuts.values()), 0))
    if plan.impossible:
        count.cut[plan.impossible[0]] = plan.size
        return count
    wanted = () if soft else objectives
    if trunk is not None:
        trunk.start(plan)
    outlook = Outlook(plan, wanted, apart, fronts) if fronts and wanted else None
    run = _Run(plan, keep, take, count, deadline, wanted, apart, trunk, outlook)
    depth = after.before(plan, wanted) if after is not None else None
    states = [State({}, {}, 1)] if after is None or depth is None else after.states[depth]
    with np.errstate(all="ignore"):
        try:
            for state in states:
                run.descend(state, 0 if depth is None else depth + 1)
            if trunk is not None:
                trunk.finished = True
        except OutOfTime:
            count.complete = False
    count.seconds = time.monotonic() - started
    count.processor = time.process_time() - began
    return count


@dataclass
class _Run:
    plan: Schedule
    keep: set[str]
    take: Callable[[DesignBlock], None]
    count: Count
    deadline: float | None
    objectives: Sequence[Objective]
    apart: Sequence[str]
    trunk: Trunk | None
    outlook: Outlook | None
    # Depths at which dropping dominated rows turned out not to be worth the look.
    stubborn: set[int] = field(default_factory=set)

    def descend(self, state: State, depth: int) -> None:
        """Make the decision at `depth` for all rows of `state`, and the deeper ones."""
        check(self.deadline)
        if depth == len(self.plan.levels):
            self.count.feasible += state.rows
            began = time.process_time()
            positions = {k: v.astype(np.intp) for k, v in state.positions.items()}
            self.take(DesignBlock(positions, {k: self._value(state, k) for k in self.keep}))
            self._note(depth, began)
            return
        began = time.process_time()
        for parent, chosen in self._pairs(state, depth):
            grown = self._grow(state, depth, parent, chosen)
            left = self._reduced(grown, depth) if grown.rows else grown
            self._note(depth, began)
            if left.rows:
                if self.trunk is not None:
                    self.trunk.keep(depth, left)
                self.descend(left, depth + 1)
            began = time.process_time()

    def _note(self, depth: int, began: float) -> None:
        if self.trunk is not None:
            self.trunk.spent[depth] += time.process_time() - began

    def _reduced(self, state: State, depth: int) -> State:
        """The same rows without those that can only lead to dominated designs."""
        below = self.plan.below(depth)
        if not self.objectives or depth in self.stubborn or below == 1 or state.rows < SMALLEST:
            return state
        ends = ends_of(state.columns)
        seen = interface(self.plan, depth, ends, self.objectives)
        kept = undominated(self.plan, depth, state.columns, state.positions, seen, self.apart, self.deadline)
        if kept is None or len(kept) > state.rows * POOR:
            self.stubborn.add(depth)
        if kept is None:
            return state
        self.count.dominated += (state.rows - len(kept)) * below
        if self.trunk is not None:
            self.trunk.looks.append(Look(depth, ends, seen))
        return State(
            {k: v[kept] for k, v in state.positions.items()},
            {k: v[kept] for k, v in state.columns.items()},
            len(kept),
        )

    def _value(self, state: State, name: str) -> Any:
        """A quantity of complete designs; one that no step read is still in its table."""
        if name in state.columns:
            return state.columns[name]
        if name in self.plan.scalars:
            return self.plan.scalars[name]
        table = self.plan.tables[name]
        return table.values[tuple(state.positions[a] for a in table.axes)]

    def _grow(self, state: State, depth: int, parent: Array, chosen: Array) -> State:
        """Rows of `state` with a value each for the decision at `depth`, and all that is then known."""
        level, below = self.plan.levels[depth], self.plan.below(depth)
        if self.outlook and self.outlook.axes and self.outlook.axes[-1] == level.axis:
            table = self.outlook.open()
            at = _cells(state, self.outlook.axes, table.shape)
            kept = np.flatnonzero(table.reshape(-1)[at[parent] * level.size + chosen])
            self.count.dominated += (len(parent) - len(kept)) * below
            parent, chosen = parent[kept], chosen[kept]
        rows = _Rows(self.plan, state, parent, {level.axis: chosen})
        # Not `run`: a test cuts rows, and columns are gathered from the parents when a step first reads them.
        for step in level.run:
            if not rows.n:
                break
            value = step.fn(**{n: rows.get(n) for n in step.inputs})
            limit = self.plan.cuts.get(step.id)
            if limit is None:
                rows.put(step.id, value)
            else:
                self.count.cut[limit.name] += rows.cut(np.asarray(value, dtype=bool)) * below
        return rows.state(depth, self.plan.last_use)

    def _pairs(self, state: State, depth: int) -> Iterator[tuple[Array, Array]]:
        """Rows, each with a value that tables let it take for the decision at `depth`, a chunk at a time."""
        level, below = self.plan.levels[depth], self.plan.below(depth)
        if not level.sieves:
            step = max(1, CHUNK // level.size)
            for start in range(0, state.rows, step):
                rows = np.arange(start, min(state.rows, start + step))
                yield (
                    np.repeat(rows, level.size),
                    np.tile(np.arange(level.size, dtype=narrow(level.size)), len(rows)),
                )
            return
        first, *rest = level.sieves
        ways = first.ways
        cell = _cells(state, first.axes, first.passes.shape)
        self._blame(first, np.bincount(cell, minlength=len(ways.many)).repeat(level.size), below)
        many = ways.many[cell]
        ends = np.cumsum(many)
        stops = np.searchsorted(ends, np.arange(CHUNK, ends[-1] + CHUNK, CHUNK)) + 1
        start = 0
        for stop in np.minimum(stops, state.rows).tolist():
            n = many[start:stop]
            parent = np.repeat(np.arange(start, stop), n)
            nth = np.arange(len(parent)) - np.repeat(np.cumsum(n) - n, n)
            chosen = ways.values[ways.begin[cell[parent]] + nth]
            start = stop
            for sieve in rest:
                at = _cells(state, sieve.axes, sieve.passes.shape)[parent] * level.size + chosen
                passes = sieve.passes.reshape(-1)[at]
                self._blame(sieve, np.bincount(at[~passes], minlength=sieve.passes.size), below)
                parent, chosen = parent[passes], chosen[passes]
            if len(parent):
                yield parent, chosen

    def _blame(self, sieve: Sieve, cells: Array, below: int) -> None:
        """Count what a table rejects against the limits it is made of."""
        for name, shares in sieve.cut(cells).items():
            self.count.cut[name] += shares * (below // sieve.share)


class _Rows:
    """Rows of a level while its steps run. Columns of the level before are gathered when first read."""

    def __init__(self, plan: Schedule, before: State, parent: Array, chosen: dict[str, Array]):
        self.plan, self.before, self.parent, self.chosen = plan, before, parent, chosen
        self.columns: dict[str, Any] = {}

    @property
    def n(self) -> int:
        return len(self.parent)

    def position(self, axis: str) -> Array:
        found = self.chosen.get(axis)
        return found if found is not None else self.before.positions[axis][self.parent]

    def get(self, name: str) -> Any:
        if name in self.columns:
            return self.columns[name]
        if name in self.plan.scalars:
            return self.plan.scalars[name]
        if name in self.before.columns:
            value = self.before.columns[name][self.parent]
        else:
            table = self.plan.tables[name]
            value = table.values[tuple(self.position(a) for a in table.axes)]
        self.columns[name] = value
        return value

    def put(self, name: str, value: Any) -> None:
        self.columns[name] = value

    def cut(self, keep: Array) -> int:
        """Drop rows; returns how many."""
        if keep.ndim == 0:
            keep = np.full(self.n, bool(keep))
        kept = np.flatnonzero(keep)
        dropped = self.n - len(kept)
        if dropped:
            self.parent = self.parent[kept]
            self.chosen = {k: v[kept] for k, v in self.chosen.items()}
            self.columns = {k: v[kept] if np.ndim(v) else v for k, v in self.columns.items()}
        return dropped

    def state(self, depth: int, last_use: dict[str, int]) -> State:
        """The rows as the next level finds them, with the columns it may still need."""
        positions = {k: v[self.parent] for k, v in self.before.positions.items()} | self.chosen
        columns: dict[str, Array] = {}
        for name in {*self.before.columns, *self.columns}:
            if last_use.get(name, -1) > depth:
                value = self.get(name)
                columns[name] = value if np.ndim(value) else np.full(self.n, value)
        return State(positions, columns, self.n)


def _cells(state: State, axes: Sequence[str], shape: Sequence[int]) -> Array:
    """Where each row stands in a table over decisions of which the last is not made yet."""
    at = np.zeros(state.rows, dtype=np.int64)
    for axis, size in zip(axes[:-1], shape, strict=False):
        at = at * size + state.positions[axis]
    return at
