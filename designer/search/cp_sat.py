"""OR-Tools: the frontier as a model over all decisions, closed by a proof of infeasibility.

Quantities enter the model as their rank among the rows, never as scaled floats: ranks are small
integers, order and ties are exact, and a bound on a quantity is the exact bound on its rank. CP-SAT
sees one table and linear comparisons only, the part of it that can be trusted (products of large
`element` variables make OR-Tools 9.15 answer INFEASIBLE for feasible models).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
# Of more rows than this the model is given those that none of them dominates: a row left out is no
# better in anything than some row that is in.
MAX_ROWS = 1_000
# The lowest number of a domain, to CP-SAT.
LOWEST = -(2**62)


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
    rows of the model. First each objective is minimised to optimality among the rows that are no
    worse than the best of the frontier, which must be the least; then the solver is asked for a row
    that beats every frontier row in something: the frontier is complete when there is none. All of it
    takes no longer than `time_limit` seconds.
    """
    until = time.monotonic() + time_limit
    rank = np.stack([ranks(objectives[:, k]) for k in range(objectives.shape[1])], axis=1)
    table = table_model(np.concatenate([positions, rank], axis=1).astype(int))
    goals = range(positions.shape[1], positions.shape[1] + rank.shape[1])
    optima: list[str] = []
    spent = 0.0
    for k, goal in enumerate(goals):
        best = int(rank[frontier, k].min())
        # The bound spares the solver a search among rows that are known to be worse.
        no_worse = f"constraints {{ {at_most(goal, best)} }} objective {{ vars: {goal} coeffs: 1 }}"
        answer = solve(table + no_worse, until - time.monotonic(), seed)
        spent += answer.wall_time
        agrees = answer.status.name != "OPTIMAL" or round(answer.objective_value) == best
        optima.append(answer.status.name if agrees else "DISAGREES")
    better = better_than_each(rank[frontier], goals, first=goals.stop)
    answer = solve(table + better, until - time.monotonic(), seed)
    return Closure(len(rank), optima, answer.status.name, spent + answer.wall_time)


def table_model(rows: Array) -> str:
    """A CP-SAT model whose solutions are the rows: a variable for each column, and one table of them."""
    variables = [f"variables {{ domain: [0, {high}] }}" for high in rows.max(axis=0)]
    columns = [f"exprs {{ vars: {i} coeffs: 1 }}" for i in range(rows.shape[1])]
    values = ", ".join(map(str, rows.ravel().tolist()))
    return "\n".join([*variables, "constraints { table {", *columns, f"values: [{values}] }} }}", ""])


def at_most(variable: int, value: int) -> str:
    """A variable's upper bound, as a constraint."""
    return f"linear {{ vars: {variable} coeffs: 1 domain: [{LOWEST}, {value}] }}"


def better_than_each(frontier: Array, goals: range, first: int) -> str:
    """For every row of `frontier`, some of the variables `goals` is lower; `first` is the next free variable."""
    out: list[str] = []
    for row in frontier.tolist():
        literals = range(first, first + len(row))
        first = literals.stop
        for goal, rank, literal in zip(goals, row, literals, strict=True):
            out.append("variables { domain: [0, 1] }")
            out.append(f"constraints {{ enforcement_literal: {literal} {at_most(goal, rank - 1)} }}")
        out.append(f"constraints {{ bool_or {{ literals: {list(literals)} }} }}")
    return "\n".join(out)


def solve(model: str, time_limit: float, seed: int) -> Any:
    """The solver's response to a model in its own text format (`cp_model.proto`).

    `ortools.sat.python.cp_model`, which writes the same models, loads pandas first: longer than most
    plans take. Raises KeyboardInterrupt for an interrupt, which is ours and not the solver's to answer.
    """
    from ortools.sat.python import cp_model_helper

    proto = cp_model_helper.CpModelProto()
    if not proto.parse_text_format(model):
        raise ValueError("OR-Tools cannot read the model")
    parameters = cp_model_helper.SatParameters()
    parameters.num_workers = 1
    parameters.random_seed = seed
    parameters.max_time_in_seconds = max(0.1, time_limit)
    parameters.catch_sigint_signal = False
    solver: Any = cp_model_helper.SolveWrapper()
    solver.set_parameters(parameters)
    return solver.solve(proto)
