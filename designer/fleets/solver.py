"""OR-Tools on a fleet's table: one option for each copy of each workload.

CP-SAT sees linear sums with integer coefficients only, never a product of decisions. Each answer is
checked in floats; each "infeasible" can be asked of a second solver, HiGHS, which shares nothing with
CP-SAT but the table.
"""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from designer.evaluating.design import CheckFailed
from designer.fleets.integers import TIE, Kernel, integers, kernel
from designer.fleets.table import Goal, OptionTable
from designer.search.compile import Array


@dataclass(frozen=True)
class Solution:
    """What the solver says: `found` and proven best, `infeasible`, or `unknown` when time was up.

    An unknown answer may hold the best choice so far. `value` and `bound` are in integers of the goal.
    """

    status: str
    counts: Array | None = None
    value: int = 0
    bound: int = 0

    @property
    def found(self) -> bool:
        return self.status == "found"


@dataclass
class FleetSolver:
    """Answers questions about one table, all within one deadline (of `time.monotonic`)."""

    table: OptionTable
    deadline: float
    seed: int = 1
    solves: int = 0
    rejected: int = 0
    nogoods: list[tuple[int, Array]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.integers = integers(self.table)

    @property
    def everything(self) -> list[int]:
        return list(range(len(self.table.members)))

    def seconds_left(self) -> float:
        return max(0.0, self.deadline - time.monotonic())

    def minimise(
        self,
        goal: Goal | tuple[Goal, ...] | None = None,
        members: Collection[int] | None = None,
        ceilings: Mapping[Goal, int] | None = None,
        beat: Sequence[Mapping[Goal, int]] = (),
        over: Mapping[Goal, tuple[int, int]] | None = None,
        hint: Array | None = None,
        work: float | None = None,
    ) -> Solution:
        """The choice with the least `goal` (a sum of them, if several) that respects the members.

        `ceilings` are integer bounds on goals; of each point in `beat` some goal must be below. With
        `over`, what counts of each goal is what exceeds a number, times a weight. All members count
        unless some are named. `work` bounds what is done for an answer, in the solver's own count of it, so
        that the same question has the same answer on any machine.
        """
        goals = (goal,) if isinstance(goal, (str, int)) else tuple(goal or ())
        members = self.everything if members is None else members
        ceilings = dict(ceilings or {})
        small = kernel(self.table, self.integers, members, goals, ceilings)
        if small.stranded is not None:
            return Solution("infeasible")
        while True:
            answer = self._solve(small, goals, members, beat, over or {}, hint, work)
            if answer.counts is None:
                return answer
            broken = self.broken(answer.counts, members)
            if broken is None:
                return answer
            # A tie in integers that the floats do not confirm: this choice never comes back.
            self.rejected += 1
            self.nogoods.append((broken, answer.counts))

    def broken(self, counts: Array, members: Collection[int]) -> int | None:
        """The first member a choice does not respect in floats, if there is one."""
        table = self.table
        chosen = np.flatnonzero(counts)
        placed = np.zeros(len(table.placed), dtype=np.int64)
        np.add.at(placed, table.owner[chosen], counts[chosen])
        if (placed > table.counts).any():
            raise CheckFailed("the solver placed a workload more often than it was asked to")
        for m in members:
            member = table.members[m]
            if any(placed[w] != table.counts[w] for w in member.demand):
                raise CheckFailed(f"the solver left out {member.name}")
            for c in member.columns:
                total = math.fsum((table.usage[chosen, c] * counts[chosen]).tolist())
                if total > member.bound * (1 + TIE):
                    return m
        return None

    def _solve(
        self,
        small: Kernel,
        goals: tuple[Goal, ...],
        members: Collection[int],
        beat: Sequence[Mapping[Goal, int]],
        over: Mapping[Goal, tuple[int, int]],
        hint: Array | None,
        work: float | None,
    ) -> Solution:
        from ortools.sat.python import cp_model

        self.solves += 1
        model = cp_model.CpModel()
        x = [model.new_int_var(0, small.counts[int(k)], "") for k in small.owner]
        for k, n in enumerate(small.counts):
            mine = [x[i] for i in np.flatnonzero(small.owner == k)]
            if n == 1 and small.least[k] == 1:
                model.add_exactly_one(mine)
            else:
                model.add_linear_constraint(cp_model.LinearExpr.sum(mine), small.least[k], n)
        for c, limit in small.bounds:
            model.add(_sum(x, small.usage[:, c]) <= limit)
        parts = []
        for g in goals:
            columns = small.goals[g]
            if len(columns) == 1 and g not in over:
                parts.append(_sum(x, small.usage[:, columns[0]]))
                continue
            free, weight = over.get(g, (0, 1))
            top = model.new_int_var(0, max(small.most(c) for c in columns), "")
            for c in columns:
                model.add(_sum(x, small.usage[:, c]) <= top + free)
            parts.append(weight * top)
        if parts:
            model.minimize(sum(parts[1:], parts[0]))
        for point in beat:
            below = []
            for g, part in zip(goals, parts, strict=True):
                below.append(model.new_bool_var(""))
                model.add(part <= point[g] - 1).only_enforce_if(below[-1])
            model.add_bool_or(below)
        self._cut_off(model, x, small, members)
        if hint is not None:
            for i, v in enumerate(x):
                model.add_hint(v, int(sum(hint[r] for r in small.rows[i])))
        solver = cp_model.CpSolver()
        # Several workers race each other: which of two equal fleets comes first would be up to the machine.
        solver.parameters.num_workers = 1
        if work is not None:
            solver.parameters.max_deterministic_time = work
        solver.parameters.random_seed = self.seed
        solver.parameters.max_time_in_seconds = max(0.01, self.seconds_left())
        status = solver.status_name(_solved(solver, model))
        if status == "INFEASIBLE":
            return Solution("infeasible")
        if status not in ("OPTIMAL", "FEASIBLE"):
            return Solution("unknown")
        counts = small.spread(np.array([solver.value(v) for v in x]), self.table)
        value = round(solver.objective_value) if parts else 0
        bound = round(solver.best_objective_bound) if parts else 0
        return Solution("found" if status == "OPTIMAL" else "unknown", counts, value, bound)

    def _cut_off(self, model: Any, x: list[Any], small: Kernel, members: Collection[int]) -> None:
        """Forbid choices that were found to break a member in floats, and all that take as much."""
        for m, counts in self.nogoods:
            if m not in members:
                continue
            columns = list(self.table.members[m].columns)
            heavy = {int(r) for r in np.flatnonzero(counts) if self.table.usage[r, columns].any()}
            if not heavy <= {r for rows in small.rows for r in rows}:
                continue  # part of it cannot be chosen here anyway
            taken = []
            for i, rows in enumerate(small.rows):
                n = int(sum(counts[r] for r in rows if r in heavy))
                if not n:
                    continue
                if small.counts[int(small.owner[i])] == 1:
                    taken.append(~x[i])
                    continue
                full = model.new_bool_var("")
                model.add(x[i] >= n).only_enforce_if(full)
                model.add(x[i] <= n - 1).only_enforce_if(~full)
                taken.append(~full)
            model.add_bool_or(taken)


def _solved(solver: Any, model: Any) -> Any:
    """The status of a solved model. An interrupt ends the search and is raised, not taken for its end."""
    solver.parameters.catch_sigint_signal = False
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(solver.solve, model)
        try:
            return done.result()
        except KeyboardInterrupt:
            solver.stop_search()
            raise


def _sum(x: list[Any], weights: Array) -> Any:
    from ortools.sat.python import cp_model

    used = np.flatnonzero(weights)
    return cp_model.LinearExpr.weighted_sum([x[i] for i in used], weights[used].tolist())
