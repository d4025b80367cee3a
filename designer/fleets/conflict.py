"""Why there is no fleet: a minimal conflict over named members, and the smallest repairs.

The conflict is found by QuickXplain (Junker 2004). It is infeasible by CP-SAT and by HiGHS, and for
each of its members a choice was found that respects all the others.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from designer.answers.fleet import FleetRepair
from designer.answers.plan import Member as Named
from designer.answers.plan import Metric
from designer.evaluating.design import CheckFailed
from designer.fleets.highs import confirmed_infeasible
from designer.fleets.integers import DIGITS
from designer.fleets.reading import FleetQuestion
from designer.fleets.solver import FleetSolver, Solution
from designer.fleets.table import Goal
from designer.fleets.terms import unit_of
from designer.words.numbers import admitting

MAX_REPAIRS = 6


class FleetOutOfTime(Exception):
    """The time limit came before a question was decided."""


def explain_none(solver: FleetSolver, question: FleetQuestion) -> dict[str, Any]:
    """Conflict and repairs as fields of the result, whether both are complete, and what HiGHS said.

    Raises CheckFailed where HiGHS or the floats contradict CP-SAT.
    """
    second = "INFEASIBLE" if confirmed_infeasible(solver) else "UNKNOWN"
    members: list[int] = []
    try:
        members = minimal_conflict(solver)
        repairs = smallest_repairs(solver, question, members)
        complete = second == "INFEASIBLE"
    except FleetOutOfTime:
        repairs, complete = [], False
    named = [solver.table.members[i] for i in members]
    return {
        "conflict": [Named(name=m.name, text=m.text, place=m.place) for m in named],
        "repairs": repairs,
        "complete": complete,
        "second": second,
    }


def possible(solver: FleetSolver, members: list[int]) -> bool:
    """Whether some choice respects these members; raises FleetOutOfTime where that is not decided."""
    answer = solver.minimise(None, members)
    if answer.status == "unknown" and answer.counts is None:
        raise FleetOutOfTime
    return answer.counts is not None


def minimal_conflict(solver: FleetSolver) -> list[int]:
    """Members that no choice respects together, and of which none can be spared.

    Raises FleetOutOfTime, and CheckFailed where a second look contradicts the first.
    """

    def explain(background: list[int], added: bool, open_: list[int]) -> list[int]:
        if added and not possible(solver, background):
            return []
        if len(open_) == 1:
            return open_
        half = len(open_) // 2
        left, right = open_[:half], open_[half:]
        second = explain(background + left, bool(left), right)
        first = explain(background + second, bool(second), left)
        return first + second

    found = sorted(explain([], False, solver.everything))
    for m in found:
        if not possible(solver, [i for i in found if i != m]):
            raise CheckFailed(f"{solver.table.members[m].name} is no needed part of the conflict")
    if not confirmed_infeasible(solver, found) and solver.seconds_left() > 0:
        raise CheckFailed("HiGHS does not confirm the conflict")
    return found


def smallest_repairs(solver: FleetSolver, question: FleetQuestion, conflict: list[int]) -> list[FleetRepair]:
    """Changes that make the fleet possible: of one member of the conflict, and the smallest of several."""
    out: list[FleetRepair] = []
    for m in conflict:
        others = [i for i in solver.everything if i != m]
        found: dict[int, float | None] = {}
        if solver.table.members[m].loose:
            least = solver.minimise(m, others)
            if least.counts is not None:
                found[m] = solver.table.fullest(least.counts, m)
        elif possible(solver, others):
            found[m] = None
        if found:
            out.append(_checked(solver, question, found))
    joint = _joint(solver)
    if joint and not any(r.changes.keys() == {solver.table.members[m].name for m in joint} for r in out):
        out.append(_checked(solver, question, joint))
    out.sort(key=lambda r: (r.relative is None, r.relative or 0.0))
    return out[:MAX_REPAIRS]


def _joint(solver: FleetSolver) -> dict[int, float | None]:
    """The least sum of relative raises of caps, after letting go of what no raise of caps can help."""
    table = solver.table
    loose = [i for i in solver.everything if table.members[i].loose]
    kept: list[int] = []
    for m in (i for i in solver.everything if not table.members[i].loose):
        if possible(solver, [*kept, m]):
            kept.append(m)
    dropped = [i for i in solver.everything if i not in kept and i not in loose]
    bounds = {m: solver.integers.bounds[m] for m in loose}
    over: dict[Goal, tuple[int, int]] = {
        m: (b, max(1, round(2**DIGITS / max(1, b)))) for m, b in bounds.items()
    }
    answer: Solution = solver.minimise(tuple(loose), kept, over=over)
    if answer.counts is None:
        raise FleetOutOfTime
    counts = answer.counts
    used = {m: table.fullest(counts, m) for m in loose}
    raised: dict[int, float | None] = {
        m: u for m, u in used.items() if solver.broken(counts, [m]) is not None
    }
    return {**dict.fromkeys(dropped), **raised}


def _checked(solver: FleetSolver, question: FleetQuestion, changes: dict[int, float | None]) -> FleetRepair:
    """A repair as people read it: bounds rounded to the admitting side, and the fleet solved again."""
    table = solver.table
    texts: dict[str, str] = {}
    members, relative = list(table.members), 0.0
    for m, value in changes.items():
        member = table.members[m]
        if value is None:
            texts[member.name] = "drop it"
            continue
        texts[member.name] = f"<= {admitting('<=', value, member.unit)}"
        members[m] = replace(member, bound=value)
        relative += value / member.bound - 1 if member.bound else 1.0
    kept = [i for i in solver.everything if changes.get(i, 0.0) is not None]
    again = FleetSolver(replace(table, members=members), solver.deadline, solver.seed)
    answer = again.minimise(question.objectives[0], kept)
    if answer.status == "infeasible":
        raise CheckFailed(f"the repair {texts} leaves the fleet impossible")
    if answer.counts is None:
        raise FleetOutOfTime
    sums = {g: Metric(value=table.fullest(answer.counts, g), unit=unit_of(g)) for g in question.objectives}
    dropped = any(v is None for v in changes.values())
    return FleetRepair(changes=texts, relative=None if dropped else relative, totals=sums)
