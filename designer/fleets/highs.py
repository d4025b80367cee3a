"""The second route: the same table, solved by HiGHS through OR-Tools MathOpt.

HiGHS is a branch-and-bound on floating-point relaxations and shares no code with CP-SAT. It is asked
wherever CP-SAT says "infeasible" to a user, and by tests for the same optimum.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from designer.evaluating.design import CheckFailed
from designer.fleets.integers import kernel
from designer.fleets.solver import FleetSolver, Solution
from designer.fleets.table import Goal


def highs(
    solver: FleetSolver,
    goal: Goal | None = None,
    members: Collection[int] | None = None,
    ceilings: Mapping[Goal, int] | None = None,
) -> Solution:
    """As `FleetSolver.minimise`, by HiGHS. Its choice is rounded, and must respect the integers exactly."""
    from ortools.math_opt.python import mathopt  # type: ignore[import-untyped]

    table = solver.table
    members = solver.everything if members is None else members
    small = kernel(table, solver.integers, members, () if goal is None else (goal,), ceilings or {})
    if small.stranded is not None:
        return Solution("infeasible")
    model = mathopt.Model()
    x = [model.add_integer_variable(lb=0, ub=small.counts[int(k)]) for k in small.owner]
    for k, n in enumerate(small.counts):
        mine = mathopt.fast_sum([x[i] for i in np.flatnonzero(small.owner == k)])
        model.add_linear_constraint(expr=mine, lb=small.least[k], ub=n)
    for c, limit in small.bounds:
        model.add_linear_constraint(expr=_sum(mathopt, x, small.usage[:, c]), ub=limit)
    if goal is not None:
        top = model.add_variable(lb=0)
        for c in small.goals[goal]:
            model.add_linear_constraint(_sum(mathopt, x, small.usage[:, c]) - top <= 0)
        model.minimize(top)
    limits = mathopt.SolveParameters(
        time_limit=datetime.timedelta(seconds=max(0.1, solver.seconds_left())),
        relative_gap_tolerance=0.0,
        absolute_gap_tolerance=0.5,
    )
    done = mathopt.solve(model, mathopt.SolverType.HIGHS, params=limits)
    reason = mathopt.TerminationReason
    if done.termination.reason in (reason.INFEASIBLE, reason.INFEASIBLE_OR_UNBOUNDED):
        return Solution("infeasible")
    if done.termination.reason != reason.OPTIMAL:
        return Solution("unknown")
    counts = np.array([round(done.variable_values(v)) for v in x], dtype=np.int64)
    respected = all(int(small.usage[:, c] @ counts) <= limit for c, limit in small.bounds)
    for k, n in enumerate(small.counts):
        respected &= small.least[k] <= counts[small.owner == k].sum() <= n
    if not respected:
        return Solution("unknown")
    value = 0 if goal is None else max(int(small.usage[:, c] @ counts) for c in small.goals[goal])
    return Solution("found", small.spread(counts, table), value, value)


def confirmed_infeasible(
    solver: FleetSolver, members: Collection[int] | None = None, ceilings: Mapping[Goal, int] | None = None
) -> bool:
    """Whether HiGHS too finds nothing; False where it cannot tell.

    Raises CheckFailed when it finds a choice that holds: a defect of one of the solvers.
    """
    answer = highs(solver, None, members, ceilings)
    if answer.found and answer.counts is not None:
        members = solver.everything if members is None else members
        if solver.broken(answer.counts, members) is None:
            raise CheckFailed("HiGHS finds a choice where CP-SAT says that there is none")
        return False
    return answer.status == "infeasible"


def _sum(mathopt: Any, x: list[Any], weights: Any) -> Any:
    return mathopt.fast_sum([int(weights[i]) * x[i] for i in np.flatnonzero(weights)])
