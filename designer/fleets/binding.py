"""What binds a fleet: each cap and rule is taken away in turn, and the fleet is solved again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from designer.answers.fleet import CapBinding, CapPrice
from designer.documents.fleet import Line
from designer.fleets.frontier import Front, value_of
from designer.fleets.integers import most_of
from designer.fleets.names import moves
from designer.fleets.reading import FleetQuestion
from designer.fleets.solver import FleetSolver
from designer.fleets.table import OptionTable
from designer.search.compile import Array

# So many members are taken away at most, the fullest first, and so much is done for each of them.
MOST, WORK = 20, 0.5
# A gain is worth a price from this share of the objective on.
WORTH = 1e-3


def bindings(
    solver: FleetSolver, question: FleetQuestion, front: Front
) -> tuple[list[CapBinding], list[str]]:
    """Members without which the best fleet of some objective would be better, and what they cost.

    The price of a cap is found by solving: the least use of it that any better fleet makes, then the
    best fleet with that much of it.
    """
    members = [i for i in solver.everything if not solver.table.members[i].demand and can_bind(solver, i)]
    members.sort(key=lambda i: (not solver.table.members[i].loose, -_full(solver, front, i)))
    # One round of all goals after the other, so that each has its fullest members.
    asked = [(goal, m) for m in members for goal in question.objectives]
    out: list[CapBinding] = []
    notes: list[str] = []
    for k, (goal, m) in enumerate(asked):
        if k == MOST or solver.seconds_left() <= 0:
            why = "the fullest first" if k == MOST else "then time was up"
            notes = [f"{k} of {len(asked)} pairs of an objective and a cap or rule were solved again, {why}"]
            break
        best = min(front.choices, key=lambda c: value_of(solver, goal, c))
        found = _binding(solver, question, goal, best, m)
        if found is not None:
            out.append(found)
    out.sort(key=lambda b: (question.objectives.index(b.objective), -b.gain / (b.best or 1.0)))
    return out, notes


def _full(solver: FleetSolver, front: Front, m: int) -> float:
    """Which share of a member's bound the fullest fleet takes."""
    bound = solver.table.members[m].bound
    return max(solver.table.fullest(c, m) for c in front.choices) / bound if bound else 1.0


def can_bind(solver: FleetSolver, m: int) -> bool:
    """Whether any choice of options, even the largest, breaks a member."""
    columns, bound = solver.table.members[m].columns, solver.integers.bounds[m]
    return any(most_of(solver.table, solver.integers.usage[:, c]) > bound for c in columns)


def _binding(
    solver: FleetSolver, question: FleetQuestion, goal: str, best: Array, m: int
) -> CapBinding | None:
    table = solver.table
    member = table.members[m]
    others = [i for i in solver.everything if i != m]
    now = value_of(solver, goal, best)
    freed = solver.minimise(goal, others, hint=best, work=WORK)
    if not freed.found or freed.counts is None or freed.value >= now:
        return None
    have, without = table.fullest(best, goal), table.fullest(freed.counts, goal)
    if without >= have:
        return None
    return CapBinding(
        name=member.name,
        text=member.text,
        place=member.place,
        kind=member.kind,
        used=table.fullest(best, m) if member.loose else None,
        bound=member.bound if member.loose else None,
        unit=member.unit,
        objective=goal,
        gain=have - without,
        best=have,
        price=_price(solver, question, goal, best, m, others, now) if member.loose else None,
    )


def _price(
    solver: FleetSolver, question: FleetQuestion, goal: str, best: Array, m: int, others: list[int], now: int
) -> CapPrice | None:
    """The least more of a cap that makes the fleet better by a share worth saying, or at all."""
    table = solver.table
    for step in (max(1, round(now * WORTH)), 1):
        least = solver.minimise(m, others, ceilings={goal: now - step}, work=WORK)
        if least.found and least.counts is not None:
            break
    else:
        return None
    then = solver.minimise(goal, others, ceilings={m: least.value}, hint=least.counts, work=WORK)
    counts = then.counts if then.found and then.counts is not None else least.counts
    return CapPrice(
        raised_to=max(table.fullest(counts, m), table.fullest(least.counts, m)),
        objective=goal,
        better=table.fullest(best, goal) - table.fullest(counts, goal),
        moves=moved(table, question.fleet.inventory, best, counts),
    )


def moved(table: OptionTable, where: Sequence[Line], before: Array, after: Array) -> list[str]:
    """Workloads that get another inventory line, or only another layout, in the words people read."""
    to: dict[str, list[str]] = {}
    for w, p in enumerate(table.placed):
        rows = [[int(i) for i in (c * (table.owner == w)).nonzero()[0]] for c in (before, after)]
        if [int(before[i]) for i in rows[0]] == [int(after[i]) for i in rows[1]] and rows[0] == rows[1]:
            continue
        lines = [
            Counter({table.options[i].line: int(c[i]) for i in r})
            for r, c in zip(rows, (before, after), strict=True)
        ]
        gained = [where[k].label for k in lines[1] if lines[1][k] > lines[0][k]]
        to.setdefault(" and ".join(gained), []).append(p.name)
    return moves(to)
