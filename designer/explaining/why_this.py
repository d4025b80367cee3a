"""Why this design: what binds it, where the answer changes, what better values would take."""

from __future__ import annotations

import time

import numpy as np

from designer.answers.plan import Binding, Design, FactRange, NextBetter, PlanResult, Step, Trade
from designer.evaluating.design import CheckFailed, binding, values_of
from designer.explaining.binding import stages
from designer.explaining.fact_ranges import fact_ranges, key
from designer.explaining.next_better import changes_of
from designer.infeasible.impossible import NARROWEST, WIDER, size_of
from designer.question.limit import Limit
from designer.question.question import Premise, Question
from designer.search.archive import Archive, frontier_of
from designer.search.compile import Array
from designer.search.deadline import OutOfTime
from designer.search.pareto import beats, settled, slack
from designer.search.relaxation import loosened

# How far from a bound the question is solved again, as a share of the bound.
ASIDE = 1e-7


def why_this(
    question: Question, plan: PlanResult, design: Design, facts: int
) -> tuple[list[Binding], list[NextBetter], list[FactRange], list[str]]:
    """Every limit of a frontier design that is stated or binds, with its breakpoints, what better values
    would take, the range of facts, and notes.

    Each breakpoint is confirmed by solving again on both sides of it. Raises CheckFailed where that
    contradicts the search that found it.
    """
    deadline = time.monotonic() + question.scenario.solver.time_limit
    found = {b.name: b for b in design.binds}
    shown = [*question.stated, *(t for t in question.limits if not t.stated and t.name in found)]
    shown += [t for t in stages(question) if t.name in found and t.name not in {x.name for x in shown}]
    budgets, notes = [], []
    labels = {key(d.design): d.id for d in plan.frontier}
    solver = _Solver(question, design, labels, deadline)
    for t in shown:
        known = found.get(t.name) or binding(question, t, solver.values)
        try:
            budgets.append(known.model_copy(update=solver.confirmed(t, known)))
        except OutOfTime:
            notes.append(f"no time was left to solve again around {t.name}")
            budgets.append(known)
    steps = design.next_better
    try:
        steps = solver.by_candidates(steps)
    except OutOfTime:
        notes.append("no time was left to widen the candidates")
    rivals = [d.design for d in plan.frontier if d.id != design.id]
    ranges, skipped = fact_ranges(question, design.design, rivals, labels, facts, deadline)
    if skipped:
        notes.append(f"no time was left to move {', '.join(skipped)}")
    return budgets, steps, ranges, notes


class _Solver:
    """A question solved again with one bound moved, seen from one design."""

    def __init__(self, question: Question, design: Design, labels: dict[str, str], deadline: float):
        self.question, self.design, self.labels, self.deadline = question, design, labels, deadline
        self.values = values_of(question, design.design)
        goals = [o.sign * float(self.values[o.quantity]) for o in question.objectives]
        self.row: Array = settled(np.array(goals))

    def solve(self, limit: Limit, share: float) -> Archive:
        archive, count = frontier_of(loosened(self.question, limit, share), self.deadline)
        if not count.complete:
            raise OutOfTime
        return archive

    def archive(self) -> Archive:
        archive, count = frontier_of(self.question, self.deadline)
        if not count.complete:
            raise OutOfTime
        return archive

    def confirmed(self, limit: Limit, known: Binding) -> dict[str, object]:
        """A breakpoint solved again on both sides, and what follows when a stated bound is too tight."""
        if limit.comparison is None:
            return {}
        out: dict[str, object] = {}
        share = known.loosened
        if share is None and limit.bound == 0 and known.breakpoint is not None:
            share = abs(known.breakpoint)  # of a bound of 0 the amount
        if share is not None:
            aside = ASIDE * max(1.0, abs(share))
            # Up to the bound itself the question is the one that was asked.
            before = self.solve(limit, share - aside) if share > aside else self.archive()
            beyond = self.solve(limit, share + aside)
            if self.beaten(before) or not self.beaten(beyond):
                raise CheckFailed(f"{limit.name}: solving again around {share:+.6g} finds another breakpoint")
            out["confirmed"] = True
        if limit.stated:
            room = float(limit.comparison.excess(self.values))
            out["successor"] = self.successor(self.solve(limit, room - ASIDE * max(1.0, abs(room))))
        return out

    def by_candidates(self, found: list[NextBetter]) -> list[NextBetter]:
        """Where no limit is in the way of a better value, the nearest candidate that would bring one."""
        if all(n.step for n in found):
            return found
        q = self.question
        steps: dict[int, Step] = {}
        most = max(NARROWEST, WIDER * size_of(q))
        for p in (p for p in q.taken_for_granted() if p.kind == "candidates"):
            wider = p.least(q)
            if size_of(wider) > most:
                continue
            archive, count = frontier_of(wider, self.deadline)
            if not count.complete:
                raise OutOfTime
            better = beats(archive.objectives, self.row)
            for k, n in enumerate(found):
                rows = np.flatnonzero(better & (archive.objectives[:, k] < self.row[k] - slack(self.row)[k]))
                if n.step is None and k not in steps and len(rows):
                    steps[k] = self.added(p, archive, rows)
        return [n.model_copy(update={"step": steps.get(k, n.step)}) for k, n in enumerate(found)]

    def added(self, p: Premise, archive: Archive, rows: Array) -> Step:
        """The first of the added candidates, nearest first, that some row of these has."""
        designs = archive.designs()
        rank = {str(v): i for i, v in enumerate(p.more)}
        j = min(rows.tolist(), key=lambda i: rank.get(str(designs[i].get(p.decision)), len(rank)))
        value = designs[j].get(p.decision)
        return Step(
            limit=p.name,
            text=f"up to {p.said(p.more[-1])}" if value is None else f"add {p.said(value)}",
            place=p.place,
            relative=None,
            changes=changes_of(self.question, self.row, archive.objectives[j]),
            design=designs[j],
        )

    def beaten(self, archive: Archive) -> bool:
        return bool(beats(archive.objectives, self.row).any())

    def successor(self, archive: Archive) -> Trade | None:
        """The design that gives up least where this one is not admitted any more."""
        front = archive.objectives
        if not len(front):
            return None
        scale = np.where(self.row != 0, np.abs(self.row), 1.0)
        change = (front - self.row) / scale
        j = int(np.argmin(change.max(axis=1)))
        design = archive.designs()[j]
        o = self.question.objectives
        return Trade(
            id=self.labels.get(key(design), ""),
            design=design,
            changes={x.quantity: float(x.sign * c) for x, c in zip(o, change[j], strict=True)},
        )
