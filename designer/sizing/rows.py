"""Layouts that meet everything, and how far a specification can fall before none does."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from constraints.graph import run
from constraints.roles import NODES
from constraints.rule import Rule
from designer.question import expressions
from designer.question.context import Value
from designer.question.limit import Limit
from designer.question.question import Objective, Question
from designer.question.specifications import opened_groups, with_specs
from designer.search.compile import Array, tables_of
from designer.search.enumerate import DesignBlock, enumerate_designs

# Layouts kept of one search; more only start the descent lower.
KEPT = 20_000
# From this many designs on, a search drops dominated layouts on the way.
LARGE = 3_000_000
# Every number of nodes up to this is tried, and beyond it those of as many digits: 1.6 % apart at most.
FINEST = 64
# How close the descent at fixed layouts comes to its end, as a share.
CLOSE = 1e-4


def at_most(question: Question, devices: int) -> Question:
    """The same question with no more devices than these (whole nodes, idle ones included), which no file says."""
    text = f"devices <= {devices}"
    limit = Limit.stated_as(text, text, "size", "--devices", expressions.parse(text), question.units)
    return replace(_no_more(question, devices), limits=[*question.limits, limit], edited=None)


def _no_more(question: Question, devices: int) -> Question:
    """The question without numbers of nodes that hold more devices, unless all do."""
    if NODES not in question.domains:
        return question
    held = question.bundle(question.first_design())[question.each("devices_per_node")[0]].si
    kept = [n for n in question.domains[NODES] if float(n) * held <= devices]
    return replace(question, domains={**question.domains, NODES: kept or question.domains[NODES]})


def nodes_up_to(most: int) -> list[Value]:
    """Numbers of nodes that a fleet of at most so many may have, the same ones whatever `most` is.

    >>> nodes_up_to(3), nodes_up_to(300)[-3:]
    ([1, 2, 3], [280, 288, 296])
    """
    out: list[Value] = []
    n, step = 1, 1
    while n <= most:
        out.append(n)
        step = 2 * step if n == FINEST * step else step
        n += step
    return out


def with_nodes_up_to(question: Question, most: int) -> Question:
    """The question with every number of nodes up to one, where it chooses how many."""
    return replace(question, domains={**question.domains, NODES: nodes_up_to(most)})


@dataclass(frozen=True)
class Layouts:
    """Feasible designs by the positions of their decisions, and how many were looked at."""

    question: Question
    positions: Mapping[str, Array]
    rows: int
    searched: int

    def design(self, row: int = 0) -> dict[str, Value]:
        return {n: self.question.domains[n][int(p[row])] for n, p in self.positions.items()}

    def some(self, rows: Array) -> Layouts:
        return Layouts(
            self.question, {n: p[rows] for n, p in self.positions.items()}, len(rows), self.searched
        )


def layouts(question: Question) -> Layouts:
    """Layouts that meet every limit and budget: all of a small space, the undominated ones of a large one."""
    found: list[DesignBlock] = []
    held = 0

    def take(block: DesignBlock) -> None:
        nonlocal held
        if held < KEPT:
            found.append(block)
            held += block.rows

    size = math.prod(len(v) for n, v in question.domains.items())
    goals = _goals(question) if size > LARGE else ()
    count = enumerate_designs(question, {g.quantity for g in goals}, take, objectives=goals)
    names = [d.name for d in question.decisions]
    positions = {
        n: np.concatenate([b.positions[n] for b in found]) if found else np.empty(0, dtype=int) for n in names
    }
    return Layouts(question, positions, held, count.raw)


def _goals(question: Question) -> list[Objective]:
    """What is bounded, as what should be far from its bound."""
    out: dict[str, Objective] = {}
    for t in question.limits:
        if t.comparison and t.quantity and t.kind in ("budget", "size"):
            out.setdefault(t.quantity, Objective(t.quantity, -1 if t.comparison.flipped else 1))
    return list(out.values())[:4]


class Descent:
    """Layouts of a question as functions of one specification."""

    def __init__(self, found: Layouts, spec: str):
        self.found, self.spec = found, spec
        question = with_specs(found.question, {spec: [1.0]})
        made = opened_groups(found.question, found.question.groups, [spec])
        self.scaled = {n for g in made for n in g.build(*(question.domains[a][0] for a in g.axes))}
        at = {**found.positions, spec: np.zeros(found.rows, dtype=int)}
        self.values: dict[str, Any] = {n: k.si for n, k in question.given.items()}
        self.values |= {n: t.values[tuple(at[a] for a in t.axes)] for n, t in tables_of(question).items()}
        order = question.graph.order(question.limited, self.values)
        moved = set(self.scaled)
        self.after: list[Rule] = []
        still: list[Rule] = []
        for r in order:
            if moved.isdisjoint(r.inputs):
                still.append(r)
            else:
                moved.add(r.id)
                self.after.append(r)
        with np.errstate(all="ignore"):
            run(still, self.values)
        self.changing = [t for t in question.limits if moved.intersection(t.inputs)]

    def meets(self, rows: Array, value: float) -> Array:
        """Which of these layouts meet everything on a part with this value."""
        values = {n: v[rows] if np.ndim(v) else v for n, v in self.values.items()}
        values |= {n: values[n] * value for n in self.scaled}
        ok = np.ones(len(rows), dtype=bool)
        with np.errstate(all="ignore"):
            run(self.after, values)
            for t in self.changing:
                ok &= np.asarray(t.holds(values), dtype=bool)
        return ok

    def least(self, low: float, high: float) -> tuple[float, dict[str, Value]]:
        """The least value one of the layouts lives with, all of which live with `high`, and that layout."""
        rows = np.arange(self.found.rows)
        ok = self.meets(rows, low)
        if ok.any():
            return low, self.found.design(int(rows[ok][0]))
        while high > low * (1 + CLOSE):
            middle = math.sqrt(low * high)
            ok = self.meets(rows, middle)
            if ok.any():
                high, rows = middle, rows[ok]
            else:
                low = middle
        return high, self.found.design(int(rows[0]))


def trial(question: Question, spec: str, values: Sequence[float]) -> Layouts:
    """Layouts that meet everything on a part with one of these values."""
    return layouts(with_specs(question, {spec: sorted(values)}))
