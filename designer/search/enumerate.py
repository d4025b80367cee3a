"""Every feasible design of a question, as arrays: exact, and without ever holding the whole space."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from constraints.rule import Rule
from designer.question import Objective, Question
from designer.search.compile import Array, Schedule, schedule
from designer.search.reduce import SMALLEST, ends_of, interface, undominated
from designer.search.trunk import Look, State, Trunk

# Rows handled at once; a table of a few dozen columns of this length stays in cache and memory.
CHUNK = 1 << 17
# Above this share of rows kept, dropping dominated ones is not tried again at the same decision.
POOR = 0.7


@dataclass
class Block:
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


class OutOfTime(Exception):
    """The time limit was reached before the space was exhausted."""


def enumerate_designs(
    question: Question,
    keep: set[str],
    take: Callable[[Block], None],
    *,
    soft: frozenset[str] = frozenset(),
    objectives: Sequence[Objective] = (),
    apart: Sequence[str] = (),
    deadline: float | None = None,
    trunk: Trunk | None = None,
    after: Trunk | None = None,
) -> Count:
    """Hand every feasible design to `take`, in blocks, with the quantities in `keep`.

    A design is cut by the first limit or constraint that rejects it; those in `soft` do not reject.
    With `objectives`, partial designs that can only lead to designs worse in all of them are dropped
    on the way (see `designer.search.reduce`), so that what `take` gets holds the frontier but not every
    feasible design; designs that differ in a decision in `apart` are never held against each other.
    Returns how many designs there were, how many are feasible, and what cut the
    others. `complete` is False when `deadline` (of `time.monotonic`) came first.

    Partial designs are kept in `trunk`. With `after`, the trunk of an earlier search, this one goes on from
    there where it may; it then counts only what it did itself.
    """
    plan = schedule(question, keep, soft)
    started, began = time.monotonic(), time.process_time()
    count = Count(plan.size, cut=dict.fromkeys(plan.cuts, 0))
    if plan.impossible:
        count.cut[plan.impossible[0]] = plan.size
        return count
    wanted = () if soft else objectives
    if trunk is not None:
        trunk.start(plan)
    run = _Run(plan, keep, take, count, deadline, wanted, apart, trunk)
    depth = after.before(plan, wanted) if after is not None else None
    states = [State({}, {}, 1)] if after is None or depth is None else after.states[depth]
    with np.errstate(all="ignore"):
        try:
            for state in states:
                run.descend(state, 0 if depth is None else depth + 1)
        except OutOfTime:
            count.complete = False
    count.seconds = time.monotonic() - started
    count.processor = time.process_time() - began
    return count


@dataclass
class _Run:
    plan: Schedule
    keep: set[str]
    take: Callable[[Block], None]
    count: Count
    deadline: float | None
    objectives: Sequence[Objective]
    apart: Sequence[str]
    trunk: Trunk | None
    # Depths at which dropping dominated rows turned out not to be worth the look.
    stubborn: set[int] = field(default_factory=set)

    def descend(self, state: State, depth: int) -> None:
        """Make the decision at `depth` for all rows of `state`, and the deeper ones."""
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise OutOfTime
        if depth == len(self.plan.levels):
            self.count.feasible += state.rows
            began = time.process_time()
            positions = {k: v.astype(np.intp) for k, v in state.positions.items()}
            self.take(Block(positions, {k: self._value(state, k) for k in self.keep}))
            self._note(depth, began)
            return
        size = self.plan.levels[depth].size
        step = max(1, CHUNK // size)
        for start in range(0, state.rows, step):
            part = _slice(state, start, min(state.rows, start + step))
            began = time.process_time()
            grown = self._grow(part, depth)
            left = self._reduced(grown, depth) if grown.rows else grown
            self._note(depth, began)
            if left.rows:
                if self.trunk is not None:
                    self.trunk.keep(depth, left)
                self.descend(left, depth + 1)

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
        kept = undominated(self.plan, depth, state.columns, state.positions, seen, self.apart)
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

    def _grow(self, state: State, depth: int) -> State:
        level = self.plan.levels[depth]
        parent = np.repeat(np.arange(state.rows), level.size)
        chosen = np.tile(np.arange(level.size, dtype=_narrow(level.size)), state.rows)
        rows = _Rows(self.plan, state, parent, {level.axis: chosen})
        below = self.plan.below(depth)
        for step in level.steps:
            if not rows.n:
                break
            inputs = {n: rows.get(n) for n in step.inputs}
            if isinstance(step, Rule):
                value = step.fn(**inputs)
                if not step.is_limit:
                    rows.put(step.id, value)
                    continue
                name = step.id
            else:
                value, name = step.holds(inputs), step.name
            cut = rows.cut(np.asarray(value, dtype=bool))
            self.count.cut[name] += cut * below
        return rows.state(depth, self.plan.last_use)


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


def _narrow(size: int) -> Any:
    """The smallest integers that number so many candidates: most of what a row holds are positions."""
    return np.int16 if size <= np.iinfo(np.int16).max else np.int64


def _slice(state: State, start: int, stop: int) -> State:
    if start == 0 and stop == state.rows:
        return state
    cut = slice(start, stop)
    return State(
        {k: v[cut] for k, v in state.positions.items()},
        {k: v[cut] for k, v in state.columns.items()},
        stop - start,
    )
