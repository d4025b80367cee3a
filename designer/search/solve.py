"""OR-Tools: the frontier as a model over all decisions, closed by a proof of infeasibility.

Quantities enter the model as their rank among the rows, never as scaled floats: ranks are small
integers, order and ties are exact, and a bound on a quantity is the exact bound on its rank. CP-SAT
sees one table and linear comparisons only, the part of it that can be trusted (products of large
`element` variables make OR-Tools 9.15 answer INFEASIBLE for feasible models).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
# Above this many rows the model is given those that no row of the same block of the search dominates:
# a row left out is worse in everything than one that is in.
MAX_ROWS = 1_000


@dataclass(frozen=True)
class Closure:
    """What the solver proved about a frontier."""

    rows: int
    optima: list[str]
    closed: str
    bound_seconds: float

    @property
    def proven(self) -> bool:
        return all(s == "OPTIMAL" for s in self.optima) and self.closed == "INFEASIBLE"


def ranks(column: Array) -> Array:
    """Dense ranks of a column: equal numbers share one.

    >>> ranks(np.array([3.5, 1.0, 3.5, 2.0])).tolist()
    [2, 0, 2, 1]
    """
    return np.unique(column, return_inverse=True)[1].reshape(-1)


def close(positions: Array, objectives: Array, frontier: Array, time_limit: float, seed: int) -> Closure:
    """Prove with CP-SAT that `frontier` (positions of rows) is the complete Pareto set of the rows.

    `positions` (rows x decisions) and `objectives` (rows x objectives, smaller is better) are all
    rows of the model. First each objective is minimised to optimality, which must give the best row
    of the frontier; then the solver is asked for a row that beats every frontier row in something:
    the frontier is complete when there is none.
    """
    from ortools.sat.python import cp_model

    rank = np.stack([ranks(objectives[:, k]) for k in range(objectives.shape[1])], axis=1)
    data = np.concatenate([positions, rank], axis=1).astype(int)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed
    solver.parameters.max_time_in_seconds = max(0.1, time_limit)

    def model() -> tuple[Any, list[Any]]:
        m = cp_model.CpModel()
        highest = data.max(axis=0)
        variables = [m.new_int_var(0, int(h), f"x{i}") for i, h in enumerate(highest)]
        m.add_allowed_assignments(variables, data.tolist())
        return m, variables[positions.shape[1] :]

    spent = 0.0
    optima: list[str] = []
    for k in range(rank.shape[1]):
        m, goals = model()
        m.minimize(goals[k])
        status = solver.solve(m)
        spent += solver.wall_time
        name = str(solver.status_name(status))
        if name == "OPTIMAL" and round(solver.objective_value) != rank[frontier, k].min():
            name = "DISAGREES"
        optima.append(name)
    m, goals = model()
    for row in rank[frontier].tolist():
        better = []
        for goal, r in zip(goals, row, strict=True):
            b = m.new_bool_var("")
            m.add(goal <= int(r) - 1).only_enforce_if(b)
            better.append(b)
        m.add_bool_or(better)
    closed = str(solver.status_name(solver.solve(m)))
    return Closure(len(data), optima, closed, spent + solver.wall_time)
