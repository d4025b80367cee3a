"""The frontier by plain brute force: every design, every rule, no order, no cuts, no solver.

A second route to the same answer, for `plan --verify` and for benchmarks. It shares the rules and
the facts as tables with the search and nothing else: no schedule, no early limits, no dropping. Tests
hold it and the search against `evaluate`, which knows no tables either.
"""

from __future__ import annotations

import math

import numpy as np

from constraints.graph import run
from designer.question.question import Question
from designer.search.compile import Array, tables_of
from designer.search.pareto import joined, settled, skyline

# Designs that brute force is tried on, and how many at once.
LARGEST = 30_000_000
CHUNK = 1 << 17


def brute_frontier(question: Question) -> tuple[Array, int]:
    """Objective vectors of the Pareto frontier in lexicographic order, and how many designs are feasible.

    Maximised objectives are negated. Raises ValueError for a space of more than `LARGEST` designs.
    """
    sizes = [len(question.domains[d.name]) for d in question.decisions]
    total = math.prod(sizes)
    if total > LARGEST:
        raise ValueError(f"{total:,} designs are too many for brute force; the limit is {LARGEST:,}")
    tables = tables_of(question)
    scalars = {n: k.si for n, k in question.given.items()}
    wanted = [o.quantity for o in question.objectives]
    order = question.graph.order([*wanted, *question.limited], {*scalars, *tables})
    front = np.empty((0, len(question.objectives)))
    feasible = 0
    with np.errstate(all="ignore"):
        for start in range(0, total, CHUNK):
            flat = np.arange(start, min(total, start + CHUNK))
            places = dict(
                zip((d.name for d in question.decisions), np.unravel_index(flat, sizes), strict=True)
            )
            values: dict[str, Array] = {
                name: t.values[tuple(places[a] for a in t.axes)] for name, t in tables.items()
            }
            values.update(scalars)  # type: ignore[arg-type]
            run(order, values)
            keep = np.ones(len(flat), dtype=bool)
            for t in question.limits:
                keep &= np.asarray(t.holds(values), dtype=bool)
            feasible += int(keep.sum())
            goals = [
                o.sign * np.broadcast_to(values[o.quantity], keep.shape)[keep] for o in question.objectives
            ]
            front = np.concatenate([front, settled(np.stack(goals, axis=1))])
            front = front[skyline(front)]
    front = joined(front)
    return front[skyline(front)], feasible
