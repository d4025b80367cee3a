"""How far a fact may move before a design leaves the frontier.

For each uncertain fact under the objectives, such as a price or a grid's intensity, the nearest values
below and above today's at which the design is beaten or breaks a limit. The place is found on rivals
gathered so far, all evaluated at many values of the fact at once, and then the whole question is
solved again on both sides of it. A solution that disagrees brings the rival that was missing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from constraints.bundles import Bundle
from constraints.records import record
from designer.answers.plan import FactRange, Leaving
from designer.evaluating.design import CheckFailed, si_unit, values_of, violations
from designer.evaluating.levers import levers
from designer.question.context import Value
from designer.question.groups import Group
from designer.question.question import Question
from designer.search.archive import frontier_of
from designer.search.compile import Array
from designer.search.deadline import OutOfTime
from designer.search.pareto import settled

# A fact is followed from a tenth to ten times its value, in so many steps before the place is refined.
FARTHEST, STEPS = 10.0, 24
# How closely the place is found, and how far from it the question is solved again.
CLOSE, ASIDE = 1e-9, 1e-6
MOST_ROUNDS = 20
UNCERTAIN = ("measured", "fitted", "assumed", "scenario", "estimated")

Layout = Mapping[str, Value]


def fact_ranges(
    question: Question,
    design: Layout,
    rivals: Sequence[Layout],
    labels: Mapping[str, str],
    most: int,
    deadline: float,
) -> tuple[list[FactRange], list[str]]:
    """Where the frontier loses a design of it, for the facts that matter most to its objectives.

    `rivals` are designs to start from, the rest of the frontier at least; `labels` names designs of
    the frontier by `key`. The second result names facts for which the time did not suffice. Raises
    CheckFailed where the place cannot be settled.
    """
    out: list[FactRange] = []
    names = _facts(question, design, most)
    for i, name in enumerate(names):
        known = question.bundle(design)[name]
        lowest, highest = _range(name, known.si, question.unit(name))
        found = _Search(question, design, name, known.si, list(rivals), labels, deadline)
        try:
            below, above = found.leaves(lowest), found.leaves(highest)
        except OutOfTime:
            return out, names[i:]
        out.append(
            FactRange(
                fact=name,
                value=known.si,
                unit=si_unit(question.unit(name)),
                kind=known.kind,
                source=known.source,
                of=scope(question, design, name),
                below=below,
                above=above,
                searched=(known.si * lowest, known.si * highest),
                solved=found.solved,
            )
        )
    return out, []


def _range(name: str, now: float, unit: str) -> tuple[float, float]:
    """How far a fact is followed, as factors: a share not beyond all of it, none below the least it can be."""
    lowest, highest = 1 / FARTHEST, FARTHEST
    if unit == "%" and now <= 1:
        highest = min(highest, 1 / now)
    return max(lowest, record(name).least / now), highest


def key(design: Layout) -> str:
    """A design as text that is equal for equal designs."""
    return " ".join(f"{k}={v}" for k, v in design.items())


def scope(question: Question, design: Layout, name: str) -> str:
    """Whose fact it is, where it belongs to a choice: the design's own node or region, not all."""
    if name in question.given:
        return ""
    for g in question.groups:
        if name in g.build(*(design[a] for a in g.axes)):
            return ", ".join(str(design[a]) for a in g.axes)
    return ""


def _facts(question: Question, design: Layout, most: int) -> list[str]:
    """Facts by how much they move an objective: prices and grids first, then what is not certain."""
    workload = "the scenario's workload"
    found: dict[str, float] = {}
    objectives = [o.quantity for o in question.objectives]
    for moved in levers(question, design, objectives, most=99).values():
        for lever in moved:
            uncertain = lever.kind in UNCERTAIN and lever.source != workload
            if record(lever.input).market or uncertain:
                found[lever.input] = max(found.get(lever.input, 0.0), abs(lever.elasticity))
    return sorted(found, key=lambda n: (not record(n).market, -found[n], n))[:most]


def with_fact(question: Question, design: Layout, name: str, value: Any) -> Question:
    """The question with another value of a fact; of one that a choice brings, for the design's choice only."""
    if name in question.given:
        return replace(question, given={**question.given, name: replace(question.given[name], si=value)})

    def changed(g: Group) -> Callable[..., Bundle]:
        own = tuple(design[a] for a in g.axes)

        def build(*choice: Value) -> Bundle:
            bundle = g.build(*choice)
            if choice == own and name in bundle:
                bundle = {**bundle, name: replace(bundle[name], si=value)}
            return bundle

        return build

    return replace(question, groups=[replace(g, build=changed(g)) for g in question.groups])


class _Search:
    """One fact of one design: where it is beaten, by the rivals known so far."""

    def __init__(
        self,
        question: Question,
        design: Layout,
        name: str,
        now: float,
        rivals: list[Layout],
        labels: Mapping[str, str],
        deadline: float,
    ):
        self.question, self.design, self.name, self.now = question, dict(design), name, now
        self.rivals, self.labels = [dict(design), *rivals], labels
        self.deadline = deadline
        self.solved = 0

    def leaves(self, factor: float) -> Leaving | None:
        """The nearest value towards `factor` times today's at which the design is off the frontier."""
        if factor == 1:
            return None
        for _ in range(MOST_ROUNDS):
            place = self._place(factor)
            if place is None:
                rival = self._beaten_by(self.now * factor)
                if rival is None:
                    return None
            else:
                away = ASIDE if factor > 1 else -ASIDE
                rival = self._beaten_by(place * (1 - away))
                if rival is None:
                    return self._leaving(place, place * (1 + away))
            if not isinstance(rival, dict) or rival in self.rivals:
                raise CheckFailed(f"{self.name}: the search and its rivals disagree about {self.design}")
            self.rivals.append(rival)
        raise CheckFailed(f"{self.name}: no end of rivals to {self.design}")

    def _leaving(self, place: float, beyond: float) -> Leaving:
        values = values_of(with_fact(self.question, self.design, self.name, beyond), self.design)
        broken = violations(self.question, values)
        if broken:
            return Leaving(at=place, breaks=broken[0].name)
        rival = self._beaten_by(beyond)
        if not isinstance(rival, dict):
            raise CheckFailed(f"{self.name}: {self.design} is still on the frontier at {beyond:g}")
        return Leaving(at=place, beaten_by=self.labels.get(key(rival), ""), rival=rival)

    def _beaten_by(self, value: float) -> dict[str, Value] | str | None:
        """The question solved with this value: what beats the design, or the limit it breaks."""
        self.solved += 1
        moved = with_fact(self.question, self.design, self.name, value)
        values = values_of(moved, self.design)
        if violations(moved, values):
            return "broken"
        own = settled(np.array([o.sign * float(values[o.quantity]) for o in self.question.objectives]))
        archive, count = frontier_of(moved, self.deadline)
        better = (archive.objectives <= own).all(axis=1) & (archive.objectives < own).any(axis=1)
        if not count.complete:
            raise OutOfTime
        if not better.any():
            return None
        return archive.designs()[int(np.flatnonzero(better)[0])]

    def _place(self, factor: float) -> float | None:
        """The nearest place at which a rival beats the design or it breaks a limit, or None."""
        low, high = 1.0, factor
        steps = np.geomspace(low, high, STEPS)
        while True:
            out = self._off(self.now * steps)
            if not out.any():
                return None
            first = int(np.argmax(out))
            if first == 0:  # beaten at once: no step of this direction is on the frontier
                return self.now * float(steps[0])
            low, high = float(steps[first - 1]), float(steps[first])
            if abs(high / low - 1) < CLOSE:
                return self.now * low
            steps = np.geomspace(low, high, STEPS)

    def _off(self, values: Array) -> Array:
        """At which values of the fact the design is beaten by a rival, or breaks a limit."""
        q = self.question
        given = self._stacked(values)
        wanted = [*(o.quantity for o in q.objectives), *q.limited]
        shape = (len(values), len(self.rivals))
        with np.errstate(all="ignore"):
            made = q.graph.evaluate(wanted, given)
            fits = np.ones(shape, dtype=bool)
            for t in q.limits:
                fits &= np.broadcast_to(np.asarray(t.holds(made), dtype=bool), shape)
            goals = [
                settled(np.broadcast_to(o.sign * np.asarray(made[o.quantity], float), shape))
                for o in q.objectives
            ]
            no_worse = np.all([g <= g[:, :1] for g in goals], axis=0)
            better = np.any([g < g[:, :1] for g in goals], axis=0)
        beaten: Array = (fits & no_worse & better).any(axis=1)
        return beaten | ~fits[:, 0]

    def _stacked(self, values: Array) -> dict[str, Any]:
        """Every given number: a column a rival, and a row a value of the fact."""
        q = self.question
        bundles = [q.bundle(r) for r in self.rivals]
        own = scope(q, self.design, self.name)
        out: dict[str, Any] = {}
        for n in bundles[0]:
            column = np.array([b[n].si if n in b else math.nan for b in bundles])
            out[n] = column if (column != column[0]).any() else float(column[0])
        mine = np.array([scope(q, r, self.name) == own for r in self.rivals])
        out[self.name] = np.where(mine[None, :], values[:, None], np.asarray(out[self.name]))
        return out
