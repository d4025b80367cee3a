"""`fleet`: who runs where, on what and how, for many workloads at once, proven and explained."""

from __future__ import annotations

import math
import threading
import time
from importlib import import_module
from typing import Any

import numpy as np

from constraints.roles import CARBON, COST, DEVICES, PEAK_POWER
from designer.answers.fleet import FleetDesign, FleetProof, FleetResult, Placement, Use
from designer.answers.plan import Metric
from designer.evaluating.checked import checked
from designer.evaluating.design import CheckFailed, metrics
from designer.fleets.alternatives import alternatives
from designer.fleets.binding import bindings
from designer.fleets.conflict import explain_none
from designer.fleets.frontier import Front, frontier
from designer.fleets.integers import DIGITS
from designer.fleets.options import Menus
from designer.fleets.reading import FleetQuestion
from designer.fleets.solver import FleetSolver
from designer.fleets.table import OptionTable, build
from designer.fleets.terms import unit_of
from designer.search.compile import Array
from designer.words.labels import label

# What people ask of every placed workload, beside what its job says.
_ALWAYS = (COST, CARBON, PEAK_POWER, DEVICES)


def plan_fleet(question: FleetQuestion) -> FleetResult:
    """The frontier over fleet totals with what binds its first fleet, or why there is none.

    Raises CheckFailed where a placed design, evaluated again in plain floats, breaks a limit or takes
    something else than the table says, or where two solvers disagree: defects of this program.
    """
    started = time.monotonic()
    deadline = started + question.fleet.solver.time_limit
    # The solver is large: it is loaded while the options are searched.
    threading.Thread(target=import_module, args=("ortools.sat.python.cp_model",)).start()
    menus = Menus(question, deadline)
    table = build(question, menus)
    if not all(m.complete for m in menus.known.values()):
        notes = ["the options of some workload were not complete within the time limit"]
        return _result(question, "time_limit", _proof(table, started), notes=notes)
    solver = FleetSolver(table, deadline, question.fleet.solver.seed)
    front = frontier(solver, question.objectives)
    if front.infeasible:
        found = explain_none(solver, question)
        proof = _proof(table, started, solver, front, found.pop("second"))
        status = "infeasible" if found.pop("complete") else "time_limit"
        return _result(question, status, proof, **found)
    if not front.choices:
        return _result(question, "time_limit", _proof(table, started, solver, front))
    designs = [_design(question, table, i, c) for i, c in enumerate(front.choices)]
    binds, notes = bindings(solver, question, front) if front.complete else ([], [])
    elsewhere = alternatives(solver, question, front) if front.complete else []
    return _result(
        question,
        "found" if front.complete else "time_limit",
        _proof(table, started, solver, front, front.second),
        frontier=designs,
        binds=binds,
        elsewhere=elsewhere,
        notes=[*question.notes, *notes],
    )


def _result(question: FleetQuestion, status: Any, proof: FleetProof, **rest: Any) -> FleetResult:
    return FleetResult(
        fleet=question.fleet.name,
        status=status,
        period=question.fleet.period,
        objectives=question.objectives,
        proof=proof,
        **rest,
    )


def _proof(
    table: OptionTable,
    started: float,
    solver: FleetSolver | None = None,
    front: Front | None = None,
    second: str = "",
) -> FleetProof:
    raw = [max(1, p.menu.raw) for p in table.placed]
    copies = [int(n) for n in table.counts]
    return FleetProof(
        complete=bool(front and (front.complete or front.infeasible)),
        workloads=sum(int(p.wanted.entry.count) for p in table.placed if p.pool != "decode"),
        raw_designs=sum(p.menu.raw for p in table.placed),
        options=table.rows,
        log10_joint=sum(n * math.log10(r) for n, r in zip(copies, raw, strict=True)),
        frontier=len(front.choices) if front else 0,
        solves=solver.solves if solver else 0,
        closure=front.closure if front else "",
        second=second,
        resolution=len(copies) * 2.0 ** (1 - DIGITS),
        rejected=solver.rejected if solver else 0,
        seconds=time.monotonic() - started,
    )


def _design(question: FleetQuestion, table: OptionTable, i: int, counts: Array) -> FleetDesign:
    """A point of the frontier, each placed design evaluated again outside the search."""
    placements = [_placement(question, table, int(row), int(counts[row])) for row in np.flatnonzero(counts)]
    sums = {g: Metric(value=table.fullest(counts, g), unit=unit_of(g)) for g in question.objectives}
    uses = [
        Use(
            name=m.name,
            text=m.text,
            place=m.place,
            kind=m.kind,
            used=table.fullest(counts, k),
            bound=m.bound,
            unit=m.unit,
        )
        for k, m in enumerate(table.members)
        if m.loose
    ]
    return FleetDesign(id=label(i), totals=sums, placements=placements, uses=uses)


def _placement(question: FleetQuestion, table: OptionTable, row: int, copies: int) -> Placement:
    option, p = table.options[row], table.placed[int(table.owner[row])]
    line = question.fleet.inventory[option.line]
    q = p.menu.questions[option.line]
    values = checked(q, option.design)
    for name, taken in option.takes.items():
        if not math.isclose(float(values[name]), taken, rel_tol=1e-9):
            raise CheckFailed(f"{p.name}: {name} of {option.design} is {values[name]}, not {taken}")
    asked = [n for n in (*q.job.placed, *_ALWAYS) if n in q.graph.rules]
    shown = q.graph.evaluate(asked, values)
    return Placement(
        workload=p.wanted.entry.name,
        pool=p.pool,
        copies=copies,
        line=line.label,
        node=line.node,
        region=line.region,
        design=option.design,
        takes=metrics(q, values, list(option.takes)),
        metrics=metrics(q, shown, asked),
    )
