"""The second-best place of each workload: the fleet solved again with the line it is on taken from it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from designer.answers.fleet import Alternative
from designer.fleets.frontier import Front, value_of
from designer.fleets.reading import FleetQuestion
from designer.fleets.solver import FleetSolver
from designer.fleets.table import OptionTable
from designer.search.compile import Array

# So many workloads are moved at most, and so much is done for each; what is not known by then is not said.
MOST, WORK = 10, 0.1


def alternatives(solver: FleetSolver, question: FleetQuestion, front: Front) -> list[Alternative]:
    """What the best fleet of the first objective loses when one workload has to leave its lines."""
    goal = question.objectives[0]
    best = min(front.choices, key=lambda c: value_of(solver, goal, c))
    out = []
    for w in range(min(MOST, len(solver.table.placed))):
        if solver.seconds_left() <= 0:
            break
        found = _elsewhere(solver, question, goal, best, w)
        if found is not None:
            out.append(found)
    return out


def _elsewhere(
    solver: FleetSolver, question: FleetQuestion, goal: str, best: Array, w: int
) -> Alternative | None:
    """The best fleet in which a workload uses none of the lines it is on; None where time was up."""
    table = solver.table
    lines = np.array([o.line for o in table.options], dtype=int)
    taken = set(lines[(best > 0) & (table.owner == w)].tolist())
    kept = np.flatnonzero((table.owner != w) | ~np.isin(lines, list(taken)))
    answer = FleetSolver(_rows(table, kept), solver.deadline, solver.seed).minimise(
        goal, hint=best[kept], work=WORK
    )
    solver.solves += 1
    if answer.status == "unknown":
        return None
    entry, pool = table.placed[w].wanted.entry.name, table.placed[w].pool
    if answer.counts is None:
        return Alternative(workload=entry, pool=pool, lines=[], objective=goal, more=None)
    counts = np.zeros_like(best)
    counts[kept] = answer.counts
    to = sorted(set(lines[(counts > 0) & (table.owner == w)].tolist()))
    return Alternative(
        workload=entry,
        pool=pool,
        lines=[question.fleet.inventory[k].label for k in to],
        objective=goal,
        more=max(0.0, table.fullest(counts, goal) - table.fullest(best, goal)),
    )


def _rows(table: OptionTable, kept: Array) -> OptionTable:
    """The table with some of its options only."""
    return replace(
        table,
        owner=table.owner[kept],
        options=[table.options[int(i)] for i in kept],
        usage=table.usage[kept],
    )
