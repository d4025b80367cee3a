"""A fleet as one table: a row for each option of each workload, a column for each thing that is bounded.

Every cap, residency rule, deadline and pairing of pools is a bound from above on column sums, and every
objective is a column sum or the largest of a few. What is held at a time changes only when a workload
starts, so it is enough to bound it at each start.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from constraints.records import record
from constraints.roles import DURATION
from designer.fleets.options import Menu, Menus, Option, pools_of
from designer.fleets.reading import FleetQuestion, Wanted
from designer.fleets.terms import Cap
from designer.search.compile import Array
from designer.search.pareto import skyline

# What a solver makes small: a total by its name, or the use of a member's bound by its position.
Goal = str | int


@dataclass(frozen=True)
class FleetMember:
    """Something a fleet must respect: named, placed, and bounding the sums of some columns.

    `demand` holds the pools of a workload that must be placed; its columns are empty. A `loose` member has a bound
    one may raise; of the others one can only let go.
    """

    name: str
    text: str
    place: str
    kind: str
    columns: tuple[int, ...]
    bound: float
    unit: str = ""
    demand: tuple[int, ...] = ()

    @property
    def loose(self) -> bool:
        return self.kind in ("inventory", "site", "budget", "rule")


@dataclass(frozen=True)
class Placed:
    """A workload, or one pool of a disaggregated one, that gets its options chosen."""

    name: str
    wanted: Wanted
    pool: str
    menu: Menu


@dataclass
class OptionTable:
    """Rows are options; `usage[i, c]` is what one copy of option i adds to column c."""

    placed: list[Placed]
    counts: Array
    owner: Array
    options: list[Option]
    usage: Array
    members: list[FleetMember]
    goals: dict[str, tuple[int, ...]]

    @property
    def rows(self) -> int:
        return len(self.owner)

    def columns_of(self, goal: Goal) -> tuple[int, ...]:
        """Columns whose largest sum a goal is: a total by name, or the use of a member's bound by position."""
        return self.members[goal].columns if isinstance(goal, int) else self.goals[goal]

    def fullest(self, counts: Any, goal: Goal) -> float:
        """A total of a choice, or its use of a member's bound; sums are exactly rounded."""
        used = np.flatnonzero(counts)
        return max(math.fsum((self.usage[used, c] * counts[used]).tolist()) for c in self.columns_of(goal))


@dataclass
class _Columns:
    """Columns as they are asked for: each computes one number of an option of a workload."""

    fill: list[Callable[[int, Placed, Option], float]] = field(default_factory=list)

    def add(self, f: Callable[[int, Placed, Option], float]) -> int:
        self.fill.append(f)
        return len(self.fill) - 1


def build(question: FleetQuestion, menus: Menus) -> OptionTable:
    """The table of a fleet, each workload reduced to its undominated options on each line."""
    placed: list[Placed] = []
    for w in question.workloads:
        for pool in pools_of(w):
            name = f"{w.entry.name} {pool}".strip()
            placed.append(Placed(name, w, pool, menus.of(w, pool)))
    columns = _Columns()
    starts = sorted({w.entry.start for w in question.workloads})
    goals = {q: _sums(columns, question, {q: 1.0}, None, None, starts) for q in question.objectives}
    members = [_cap(columns, question, c, starts) for c in question.caps]
    for i, p in enumerate(placed):
        members += _own(columns, question, i, p)
    members += _pairs(columns, question, placed)
    for w in question.workloads:
        pools = tuple(i for i, p in enumerate(placed) if p.wanted is w)
        text = f"{w.entry.name} runs{_why_not(placed, pools)}"
        members.append(FleetMember(w.entry.name, text, w.place, "demand", (), 0.0, demand=pools))
    owner: list[int] = []
    options: list[Option] = []
    usage: list[Array] = []
    for i, p in enumerate(placed):
        rows = np.array([[f(i, p, o) for f in columns.fill] for o in p.menu.options], dtype=float)
        rows = rows.reshape(len(p.menu.options), len(columns.fill))
        kept = _undominated(p.menu.options, rows)
        owner += [i] * len(kept)
        options += [p.menu.options[k] for k in kept]
        usage.append(rows[kept])
    return OptionTable(
        placed=placed,
        counts=np.array([p.wanted.entry.count for p in placed], dtype=int),
        owner=np.array(owner, dtype=int),
        options=options,
        usage=np.concatenate(usage) if usage else np.empty((0, len(columns.fill))),
        members=members,
        goals=goals,
    )


def _why_not(placed: list[Placed], pools: tuple[int, ...]) -> str:
    """Why a workload has no option at all, where that is so."""
    for p in (placed[i] for i in pools):
        if not p.menu.questions:
            return "; no inventory line has a node and a region that its scenario names"
        if not p.menu.options:
            return "; no design on any inventory line meets its own scenario (designer plan says why)"
    return ""


def _undominated(options: list[Option], rows: Array) -> list[int]:
    """Rows to keep: on each inventory line, those that no other is at least as good as in all columns."""
    lines = np.array([o.line for o in options], dtype=int)
    kept: list[int] = []
    for line in np.unique(lines):
        at = np.flatnonzero(lines == line)
        kept += sorted(int(i) for i in at[skyline(rows[at])])
    return kept


def _sums(
    columns: _Columns,
    question: FleetQuestion,
    weights: dict[str, float],
    region: str | None,
    line: int | None,
    starts: list[float],
) -> tuple[int, ...]:
    """Columns of a weighted sum of quantities: one, or one for each start if it is held at a time."""
    where = [r.region for r in question.fleet.inventory]

    def at(o: Option) -> bool:
        return (line is None or o.line == line) and (region is None or where[o.line] == region)

    def total(_: int, p: Placed, o: Option) -> float:
        return sum(w * o.takes[q] for q, w in weights.items()) if at(o) else 0.0

    if not any(record(q).total == "peak" for q in weights):
        return (columns.add(total),)

    def during(moment: float) -> Callable[[int, Placed, Option], float]:
        def held(i: int, p: Placed, o: Option) -> float:
            begin = p.wanted.entry.start
            return total(i, p, o) if begin <= moment < begin + o.duration else 0.0

        return held

    return tuple(columns.add(during(s)) for s in starts)


def _cap(columns: _Columns, question: FleetQuestion, cap: Cap, starts: list[float]) -> FleetMember:
    found = _sums(columns, question, cap.weights, cap.region, cap.line, starts)
    return FleetMember(cap.name, cap.text, cap.place, cap.kind, found, cap.bound, cap.unit)


def _own(columns: _Columns, question: FleetQuestion, i: int, p: Placed) -> list[FleetMember]:
    """Residency and deadline of one workload, as columns that count what breaks them."""
    e, out = p.wanted.entry, []
    if e.regions:
        where = [r.region for r in question.fleet.inventory]

        def abroad(j: int, _: Placed, o: Option) -> float:
            return float(j == i and where[o.line] not in e.regions)

        text = f"{p.name} only in {', '.join(e.regions)}"
        out.append(
            FleetMember(
                f"{p.name} regions", text, p.wanted.regions_place, "residency", (columns.add(abroad),), 0
            )
        )
    if any(DURATION in o.takes for o in p.menu.options):
        end = e.deadline if e.deadline is not None else question.fleet.period

        def late(j: int, _: Placed, o: Option) -> float:
            return float(j == i and e.start + o.duration > end)

        from designer.words.numbers import human

        text = f"{p.name} done by {human(end, 's')}"
        out.append(
            FleetMember(
                f"{p.name} deadline", text, p.wanted.deadline_place, "deadline", (columns.add(late),), 0
            )
        )
    return out


def _pairs(columns: _Columns, question: FleetQuestion, placed: list[Placed]) -> list[FleetMember]:
    """A prefill pool and its decode pool are in the same region: no region has more of the one."""
    where = [r.region for r in question.fleet.inventory]
    out = []
    for i, p in enumerate(placed):
        if p.pool != "prefill":
            continue

        def more(region: str, first: int = i) -> Callable[[int, Placed, Option], float]:
            def difference(j: int, _: Placed, o: Option) -> float:
                sign = {first: 1.0, first + 1: -1.0}.get(j, 0.0)
                return sign * (where[o.line] == region)

            return difference

        found = tuple(columns.add(more(r)) for r in dict.fromkeys(where))
        name = p.wanted.entry.name
        out.append(
            FleetMember(
                f"{name} pools", f"both pools of {name} in one region", p.wanted.place, "pair", found, 0.0
            )
        )
    return out
