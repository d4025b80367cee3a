"""`plan`: the complete Pareto frontier of a question, proven, checked and explained."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np

from catalogs.errors import InputError
from designer.compile import Array
from designer.conflict import diagnose
from designer.context import Value
from designer.enumerate import Block, Count, enumerate_designs
from designer.evaluation import CheckFailed, binding, metrics, targets, values_of, violations
from designer.infeasible import why_none
from designer.levers import edges, levers
from designer.pareto import skyline
from designer.question import Question
from designer.result import Binding, Design, PlanResult, Proof
from designer.solve import MAX_ROWS, close

# Removing each constraint in turn repeats the enumeration; skipped where one takes longer than this.
REMOVAL_BUDGET = 4.0
# Designs whose levers are worked out with the plan; `explain` does it for any.
LEVERS_FOR = 24
# Limits of the hardware that are worth asking "what if it were not there?" beside budgets and rules.
RESOURCE_LIMITS = ("memory_fits", "slots_suffice", "load_below_one")


class _Archive:
    """The running frontier, and the rows the solver will be given."""

    def __init__(self, question: Question):
        self.question = question
        self.objectives: Array = np.empty((0, len(question.objectives)))
        self.positions: Array = np.empty((0, len(question.decisions)), dtype=int)
        self.all_objectives: list[Array] = []
        self.all_positions: list[Array] = []
        self.rows = 0

    def take(self, block: Block) -> None:
        o = self.question.objectives
        values = np.stack(
            [np.broadcast_to(x.sign * np.asarray(block.values[x.quantity], float), (block.rows,)) for x in o],
            axis=1,
        )
        places = np.stack([block.positions[d.name] for d in self.question.decisions], axis=1)
        keep = skyline(values)
        if self.rows + block.rows <= MAX_ROWS:
            finite = ~np.isnan(values).any(axis=1)
            self._remember(values[finite], places[finite])
        else:
            self._remember(values[keep], places[keep])
        self.rows += block.rows
        both = np.concatenate([self.objectives, values[keep]])
        places = np.concatenate([self.positions, places[keep]])
        front = skyline(both)
        self.objectives, self.positions = both[front], places[front]

    def _remember(self, values: Array, places: Array) -> None:
        self.all_objectives.append(values)
        self.all_positions.append(places)

    def solver_rows(self) -> tuple[Array, Array, Array]:
        """Positions and objectives of the solver's rows, and which of them are the frontier."""
        values, places = np.concatenate(self.all_objectives), np.concatenate(self.all_positions)
        if len(values) > MAX_ROWS:
            front = skyline(values)
            values, places = values[front], places[front]
        return places, values, skyline(values)

    def designs(self) -> list[dict[str, Value]]:
        names = [d.name for d in self.question.decisions]
        return [
            {n: self.question.domains[n][int(i)] for n, i in zip(names, row, strict=True)}
            for row in self.positions
        ]


def frontier_of(question: Question, deadline: float | None = None) -> tuple[_Archive, Count]:
    """The exact frontier of a question and what became of all designs."""
    archive = _Archive(question)
    count = enumerate_designs(
        question,
        {o.quantity for o in question.objectives},
        archive.take,
        objectives=question.objectives,
        deadline=deadline,
    )
    return archive, count


def plan_question(question: Question) -> PlanResult:
    """All Pareto-optimal designs with what binds each, or why there is none.

    The space is enumerated exactly with limits cutting early; the frontier is closed by CP-SAT;
    each design is evaluated again in plain floats, outside both, before it is returned.
    """
    started = time.monotonic()
    deadline = started + question.scenario.solver.time_limit
    archive, count = frontier_of(question, deadline)
    if not len(archive.positions):
        if not count.complete:
            return _result(question, "time_limit", _proof(count, archive, started))
        found = diagnose(question, deadline)
        if not found.complete:
            return _result(question, "time_limit", _proof(count, archive, started))
        return _result(
            question,
            "infeasible",
            _proof(count, archive, started),
            **why_none(question, found, count, deadline),
        )
    proof = _proof(count, archive, started)
    if count.complete:
        places, values, front = archive.solver_rows()
        closure = close(
            places, values, front, max(1.0, deadline - time.monotonic()), question.scenario.solver.seed
        )
        proof = proof.model_copy(
            update={
                "complete": closure.proven,
                "solver_rows": closure.rows,
                "solver_optima": closure.optima,
                "solver_closure": closure.closed,
                "method": "exact enumeration with early cuts; frontier closed by CP-SAT",
                "seconds": time.monotonic() - started,
            }
        )
    effects = _removals(question, archive, count, deadline)
    designs = [
        _design(question, _label(i), design, effects.get(i, {}), i < LEVERS_FOR)
        for i, design in enumerate(archive.designs())
    ]
    return _result(question, "found" if proof.complete else "time_limit", proof, frontier=designs)


def _proof(count: Count, archive: _Archive, started: float) -> Proof:
    return Proof(
        complete=count.complete,
        raw_designs=count.raw,
        feasible=count.feasible,
        dominated=count.dominated,
        cut={k: v for k, v in sorted(count.cut.items(), key=lambda i: -i[1]) if v},
        frontier=len(archive.positions),
        method="exact enumeration with early cuts",
        seconds=time.monotonic() - started,
    )


def _result(question: Question, status: Any, proof: Proof, **rest: Any) -> PlanResult:
    shown = {
        d.name: _domain_text(question, d.name) for d in question.decisions if d.name in question.defaulted
    }
    return PlanResult(
        scenario=question.scenario.name,
        status=status,
        objectives=[("max " if o.sign < 0 else "min ") + o.quantity for o in question.objectives],
        proof=proof,
        defaults=shown,
        notes=question.notes,
        **rest,
    )


def _domain_text(question: Question, name: str) -> str:
    values = question.domains[name]
    kind = next(d.kind for d in question.decisions if d.name == name)
    if kind == "time":
        return ", ".join(f"{float(v) / 60:g} min" for v in values)
    counts = [int(v) for v in values] if kind == "count" else []
    if len(counts) > 3 and counts == list(range(counts[0], counts[-1] + 1)):
        return f"{counts[0]}..{counts[-1]}"
    return ", ".join(map(str, values))


def _label(i: int) -> str:
    """A, B, ... Z, AA, AB, ...

    >>> _label(0), _label(25), _label(26)
    ('A', 'Z', 'AA')
    """
    text = ""
    i += 1
    while i:
        i, r = divmod(i - 1, 26)
        text = chr(65 + r) + text
    return text


def _design(
    question: Question, label: str, design: dict[str, Value], effects: dict[str, str], moved: bool
) -> Design:
    """A checked design: evaluated in floats from the facts, refused if it breaks anything."""
    values = values_of(question, design)
    broken = violations(question, values)
    if broken:
        raise CheckFailed(f"{design} breaks {broken[0].name}: {broken[0].text}")
    binds = []
    for name, effect in effects.items():
        c = next((c for c in question.constraints if c.name == name), None)
        if c is not None:
            binds.append(binding(question, c, values, effect))
        else:
            r = question.graph.rules[name]
            binds.append(Binding(name=name, text=r.title, place=f"{r.file}:{r.line}", effect=effect))
    return Design(
        id=label,
        design=design,
        metrics=metrics(question, values, targets(question)),
        binds=binds,
        edges=edges(question, design),
        levers={o.quantity: levers(question, design, o.quantity) for o in question.objectives}
        if moved
        else {},
    )


def _removals(
    question: Question, archive: _Archive, count: Count, deadline: float
) -> dict[int, dict[str, str]]:
    """For each frontier design, the constraints whose removal admits a design that dominates it.

    Found by solving again without each one; where an enumeration is too slow for that, nothing is
    claimed and a note says so.
    """
    names = [c.name for c in question.constraints if count.cut.get(c.name)]
    names += [n for n in RESOURCE_LIMITS if count.cut.get(n)]
    if count.seconds * (len(names) + 1) > min(REMOVAL_BUDGET, max(0.0, deadline - time.monotonic())):
        question.notes.append("too large to remove each limit in turn: what binds is not stated")
        return {}
    out: dict[int, dict[str, str]] = {}
    for name in names:
        without = replace(
            question,
            constraints=[c for c in question.constraints if c.name != name],
            limits=[n for n in question.limits if n != name],
        )
        freed, found = frontier_of(without, time.monotonic() + REMOVAL_BUDGET)
        if not found.complete:
            question.notes.append(f"removing {name} leaves too many designs: whether it binds is not stated")
            continue
        for i, row in enumerate(archive.objectives):
            better = (freed.objectives <= row).all(axis=1) & (freed.objectives < row).any(axis=1)
            if better.any():
                out.setdefault(i, {})[name] = _gain(question, row, freed.objectives[better])
    return out


def _gain(question: Question, row: Array, better: Array) -> str:
    """The largest relative gain in one objective that a removal brings."""
    with np.errstate(divide="ignore", invalid="ignore"):
        gains = np.where(row != 0, (row - better) / np.abs(row), 0.0)
    best, k = np.unravel_index(int(np.argmax(gains)), gains.shape)
    sign = "-" if question.objectives[int(k)].sign > 0 else "+"
    return f"removing it: {question.objectives[int(k)].quantity} {sign}{100 * gains[best, k]:.3g} %"


def find_design(result: PlanResult, name: str) -> Design:
    """The design of a frontier with this letter; raises InputError where there is none."""
    for d in result.frontier:
        if d.id == name.upper():
            return d
    has = ", ".join(d.id for d in result.frontier[:30]) or "no designs"
    raise InputError(f"no design {name!r} on the frontier (has: {has})")
