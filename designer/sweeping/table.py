"""The designs of a search space, made once for all points that share it.

Rows are the designs that meet every limit no point changes. What the points do change (bounds, prices,
rates, assumptions) is worked out over these rows again, and with it every budget and limit that can
bind. So a point costs a few passes over arrays instead of a search.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from constraints.graph import run
from constraints.rule import Rule
from designer.explaining.binding import can_bind
from designer.question.groups import PLACES, Group
from designer.question.limit import Limit
from designer.question.question import Question
from designer.search.compile import Array, tables_of
from designer.search.deadline import OutOfTime
from designer.search.enumerate import Count, DesignBlock, enumerate_designs
from designer.search.pareto import beats, joined, settled, skyline
from designer.sweeping.conflicts import first_conflict

# Rows a table may have: beyond, each point is searched on its own.
MOST_ROWS = 1_000_000


@dataclass(frozen=True)
class TableAnswer:
    """Designs of one point by their positions in the domains, smaller objectives first."""

    positions: dict[str, Array]
    objectives: Array
    binds: list[list[str]] | None
    conflict: list[str]
    complete: bool = True

    @property
    def rows(self) -> int:
        return len(self.objectives)


class TooLarge(Exception):
    """The search space has more rows than a table may."""


def changing(question: Question, paths: Collection[str]) -> set[str]:
    """Numbers that changes at these paths give another value."""
    out: set[str] = set()
    for path in paths:
        section, _, name = path.partition(".")
        if section == "assume":
            out.add(name)
        elif section == "workload":
            out |= {"answer_rate", "requests"}
        elif section in ("pricing", "site"):
            out |= {n for g in question.named(*PLACES) for n in _names(question, g)}
    return out


def _names(question: Question, group: Group) -> set[str]:
    return set(group.build(*(question.domains[a][0] for a in group.axes))) - question.given.keys()


class PointTable:
    """Every design of a space, with what the answers of its points need."""

    def __init__(self, question: Question, paths: Collection[str], recorded: Collection[str]):
        self.question = question
        self.varies = changing(question, paths)
        self.placed = any(p.startswith(("pricing.", "site.")) for p in paths)
        known = {*question.given, *tables_of(question)}
        reads = {n for t in question.stated for n in t.inputs} | {o.quantity for o in question.objectives}
        order = question.graph.order(sorted({*reads, *question.limited}), known)
        moved = set(self.varies)
        self.again: list[Rule] = []
        for r in order:
            if moved.intersection(r.inputs):
                moved.add(r.id)
                self.again.append(r)
        own = [t for t in question.limits if not t.stated]
        self.limits = [t for t in own if t.name in recorded]
        self.binding = {t.name for t in self.limits if can_bind(question, t)}
        others = [t for t in own if t.name not in recorded]
        # Limits that are no longer known once a number moves; no budget lifts them.
        self.gates = [t for t in others if moved.intersection(t.inputs)]
        needed = reads | {n for r in self.again for n in r.inputs}
        needed |= {n for t in (*self.limits, *self.gates) for n in t.inputs}
        self.kept = sorted(needed - moved)
        self.moved = moved
        self._fill([t for t in others if t not in self.gates])
        self._still()

    def _fill(self, hard: list[Limit]) -> None:
        q = replace(self.question, limits=hard)
        blocks: list[DesignBlock] = []
        rows = 0

        def take(block: DesignBlock) -> None:
            nonlocal rows
            rows += block.rows
            if rows > MOST_ROWS:
                raise TooLarge
            blocks.append(block)

        self.count: Count = enumerate_designs(q, set(self.kept), take)
        if not self.count.complete:
            raise OutOfTime
        self.rows = rows
        self.positions = {
            d.name: np.concatenate([b.positions[d.name] for b in blocks]).astype(np.int32)
            if blocks
            else np.empty(0, dtype=np.int32)
            for d in q.decisions
        }
        self.columns: dict[str, Any] = {}
        for name in self.kept if blocks else ():
            parts = [b.values[name] for b in blocks]
            if all(np.ndim(p) == 0 for p in parts):
                self.columns[name] = float(parts[0])
            else:
                self.columns[name] = np.concatenate(
                    [np.broadcast_to(p, (b.rows,)) for p, b in zip(parts, blocks, strict=True)]
                )

    def _still(self) -> None:
        """What no point changes is worked out once: limits that are recorded, and objectives."""
        q = self.question
        self.fixed_mask: dict[str, Array] = {}
        self.fixed_objectives: dict[str, Array] = {}
        if not self.rows:
            return
        with np.errstate(all="ignore"):
            for t in self.limits:
                if self.moved.isdisjoint(t.inputs):
                    self.fixed_mask[t.name] = self._broken(t, self.columns)
        for o in q.objectives:
            if o.quantity not in self.moved:
                self.fixed_objectives[o.quantity] = self._settled(o.sign, self.columns[o.quantity])

    def _broken(self, limit: Limit, values: Mapping[str, Any]) -> Array:
        return np.broadcast_to(~np.asarray(limit.holds(values), dtype=bool), (self.rows,))

    def _settled(self, sign: int, value: Any) -> Array:
        return settled(np.broadcast_to(sign * np.asarray(value, dtype=float), (self.rows,)))

    def _values(self, q: Question) -> dict[str, Any]:
        values = dict(self.columns)
        for n in self.varies:
            if n in q.given:
                values[n] = q.given[n].si
        if self.placed:
            for name, t in placed_tables(q).items():
                if name in self.varies:
                    values[name] = t.values[tuple(self.positions[a] for a in t.axes)]
        run(self.again, values)
        return values

    def answer(self, q: Question) -> TableAnswer:
        """The frontier of one point, what binds each design of it, or the conflict that leaves none."""
        members = [*q.stated, *self.limits]
        if not self.rows:
            return TableAnswer({}, np.empty((0, len(q.objectives))), [], _cuts(self.count))
        with np.errstate(all="ignore"):
            values = self._values(q)
            mask = np.zeros(self.rows, dtype=np.int64)
            for i, m in enumerate(members):
                fixed = None if m.stated else self.fixed_mask.get(m.name)
                mask |= (fixed if fixed is not None else self._broken(m, values)).astype(np.int64) << i
            gate = np.zeros(self.rows, dtype=bool)
            for t in self.gates:
                gate |= self._broken(t, values)
            objectives = np.stack(
                [
                    self.fixed_objectives[o.quantity]
                    if o.quantity in self.fixed_objectives
                    else self._settled(o.sign, values[o.quantity])
                    for o in q.objectives
                ],
                axis=1,
            )
        mask[gate] |= 1 << len(members)
        free = np.flatnonzero(mask == 0)
        best = free[skyline(objectives[free])]
        best = best[skyline(joined(objectives[best]))]
        if not len(best):
            found = first_conflict(members, np.unique(mask[~gate]).tolist(), len(free) > 0)
            return TableAnswer({}, objectives[best], [], found or _cuts(self.count))
        return TableAnswer(
            {n: p[best] for n, p in self.positions.items()},
            objectives[best],
            self._binds(members, mask, objectives, objectives[best]),
            [],
        )

    def _binds(self, members: list[Limit], mask: Array, objectives: Array, front: Array) -> list[list[str]]:
        """For each design, the members without which another one would beat it."""
        out: list[list[str]] = [[] for _ in front]
        for i, m in enumerate(members):
            if not m.stated and m.name not in self.binding:
                continue
            only = objectives[mask == 1 << i]
            if not len(only):
                continue
            ahead = only[skyline(only)]
            for j, row in enumerate(front):
                if beats(ahead, row).any():
                    out[j].append(m.name)
        return out


def _cuts(count: Count) -> list[str]:
    """The limit that removes most, where no design is well formed."""
    cut = max(count.cut, key=lambda n: count.cut[n], default="")
    return [cut] if cut else []


def placed_tables(q: Question) -> dict[str, Any]:
    """Numbers of a question that depend on region and price."""
    return tables_of(replace(q, decisions=(), groups=q.named(*PLACES)))


def table_of(question: Question, paths: Collection[str]) -> PointTable | None:
    """The table of a space, with as many limits recorded as fit; None where it is too large."""
    own = [t for t in question.limits if not t.stated and not t.form]
    for recorded in (own, [t for t in own if can_bind(question, t)], []):
        try:
            return PointTable(question, paths, {t.name for t in recorded})
        except TooLarge:
            continue
        except OutOfTime:
            return None
    return None
