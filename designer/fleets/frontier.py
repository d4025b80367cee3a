"""The complete frontier over fleet totals, closed by a proof that nothing is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from designer.fleets.highs import confirmed_infeasible
from designer.fleets.solver import FleetSolver, Solution
from designer.fleets.table import Goal
from designer.search.compile import Array
from designer.search.pareto import joined, settled, skyline

# HiGHS is asked to confirm the end of a frontier of at most so many options; every "no fleet" it is.
MOST_ROWS = 500


@dataclass
class Front:
    """Choices on the frontier, best first objective first, and what was proven of them."""

    choices: list[Array] = field(default_factory=list)
    points: list[dict[Goal, float]] = field(default_factory=list)
    complete: bool = False
    infeasible: bool = False
    closure: str = ""
    second: str = ""


def frontier(solver: FleetSolver, goals: Sequence[Goal]) -> Front:
    """Every choice that none other beats in all goals, to the resolution of the integers.

    One goal: its optimum. Two: the first is minimised again and again under a falling ceiling on the
    second. Three: their sum is minimised among choices that beat every point so far in something.
    The last solve of each is infeasible, which closes the frontier.
    """
    found: list[Array] = []
    if len(goals) == 1:
        last = _single(solver, goals[0], found)
        closed = last.found
    elif len(goals) == 2:
        last = _falling(solver, goals, found)
        closed = last.status == "infeasible"
    else:
        last = _beating(solver, goals, found)
        closed = last.status == "infeasible"
    front = Front(complete=closed, infeasible=last.status == "infeasible" and not found)
    front.closure = {"found": "OPTIMAL", "infeasible": "INFEASIBLE"}.get(last.status, "UNKNOWN")
    if not found:
        return front
    points = [{g: solver.table.fullest(c, g) for g in goals} for c in found]
    order = skyline(joined(settled(np.array([[p[g] for g in goals] for p in points]))))
    front.choices = [found[int(i)] for i in order]
    front.points = [points[int(i)] for i in order]
    if closed and len(goals) <= 2 and solver.table.rows <= MOST_ROWS:
        # What ended the search: no fleet has less of the last goal than the last fleet has.
        least = min(value_of(solver, goals[-1], c) for c in front.choices)
        same = confirmed_infeasible(solver, ceilings={goals[-1]: least - 1})
        front.second = "INFEASIBLE" if same else "UNKNOWN"
    return front


def value_of(solver: FleetSolver, goal: Goal, counts: Array) -> int:
    """A total of a choice in integers."""
    usage = solver.integers.usage
    return max(int(usage[:, c] @ counts) for c in solver.table.columns_of(goal))


def _single(solver: FleetSolver, goal: Goal, found: list[Array]) -> Solution:
    answer = solver.minimise(goal)
    if answer.counts is not None:
        found.append(answer.counts)
    return answer


def _falling(solver: FleetSolver, goals: Sequence[Goal], found: list[Array]) -> Solution:
    first, second = goals
    ceilings: dict[Goal, int] = {}
    while True:
        answer = solver.minimise(first, ceilings=ceilings, hint=found[-1] if found else None)
        if answer.counts is None:
            return answer
        found.append(answer.counts)
        if not answer.found:
            return answer
        ceilings = {second: value_of(solver, second, answer.counts) - 1}


def _beating(solver: FleetSolver, goals: Sequence[Goal], found: list[Array]) -> Solution:
    beaten: list[dict[Goal, int]] = []
    while True:
        answer = solver.minimise(tuple(goals), beat=beaten)
        if answer.counts is None:
            return answer
        found.append(answer.counts)
        if not answer.found:
            return answer
        beaten.append({g: value_of(solver, g, answer.counts) for g in goals})
