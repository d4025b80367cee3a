"""`plan`: the complete Pareto frontier of a question, proven, checked and explained."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np

from catalogs.errors import InputError
from designer.answers.plan import Design, PlanResult, Proof
from designer.evaluating.checked import checked
from designer.evaluating.design import CheckFailed, metrics, targets
from designer.evaluating.levers import edges, levers
from designer.explaining.binding import removals
from designer.explaining.next_better import binding_limits, next_better, turning
from designer.infeasible.conflict import explained
from designer.infeasible.why_none import why_none
from designer.jobs import decided
from designer.planning.optima import single_optima
from designer.planning.uneven import uneven_stages
from designer.question.context import Value
from designer.question.question import Question
from designer.search.archive import Archive, frontier_of
from designer.search.branch_and_bound import prove
from designer.search.brute import LARGEST, brute_frontier
from designer.search.cp_sat import close
from designer.search.deadline import OutOfTime
from designer.search.enumerate import Count
from designer.search.pareto import same_points
from designer.search.warm_start import Trunk
from designer.words.labels import label

# Designs whose levers are worked out with the plan; `explain` does it for any.
LEVERS_FOR = 24
# Of the time limit, what the search may take, and with it the search for the best value of each objective alone
# where that was not enough; the rest is for bounds and for what is said of the designs.
SEARCH_SHARE, SINGLE_SHARE, BOUNDS_SHARE = 0.6, 0.92, 0.97
# A bound further from the best design than this factor is not worth saying.
USELESS = 100.0
# How long a verification by bounds may take.
VERIFY_SECONDS = 600


def plan_question(
    question: Question, *, verify: bool = False, patient: bool = False, every_conflict: bool = False
) -> PlanResult:
    """All Pareto-optimal designs with what binds each, or why there is none.

    The space is enumerated exactly with limits cutting early; the frontier is closed by CP-SAT;
    each design is evaluated again in plain floats, outside both, before it is returned. With `verify`
    the answer is proven a second time: by brute force where the space is small enough, else by interval
    branch and bound. If `patient`, every limit that cuts anything is removed in turn, however long it
    takes within the time limit. With `every_conflict` an impossible question names all its minimal
    conflicts. Raises CheckFailed where two routes disagree: a defect of this program.
    """
    started = time.monotonic()
    limit = question.scenario.solver.time_limit
    deadline = started + limit
    trunk = Trunk()
    archive, count = frontier_of(question, started + SEARCH_SHARE * limit, trunk=trunk)
    optima: dict[str, float] = {}
    if not count.complete:
        optima = single_optima(question, archive, started + SINGLE_SHARE * limit)
    if not len(archive.positions):
        if not count.complete:
            proof = _bounded(
                question, archive, _proof(count, archive, started), started + BOUNDS_SHARE * limit
            )
            return _result(question, "time_limit", proof)
        found = explained(question, deadline)
        if not found.complete:
            return _result(question, "time_limit", _proof(count, archive, started))
        proof = _proof(count, archive, started)
        try:
            answer = why_none(question, found, count, deadline, every=every_conflict)
        except OutOfTime:  # what no second route confirmed is not said
            return _result(question, "time_limit", proof)
        return _result(question, "infeasible", proof, **answer)
    proof = _proof(count, archive, started)
    try:
        proof = _closed(question, archive, count, proof, started, deadline)
    except OutOfTime:
        proof = _bounded(
            question, archive, proof.model_copy(update={"complete": False}), started + BOUNDS_SHARE * limit
        )
        proof = proof.model_copy(update={"bounds": {**proof.bounds, **optima}})
    if verify:
        proof = proof.model_copy(update={"verified": _verified(question, archive, count)})
    if count.complete:
        removed, notes = removals(question, archive, count, deadline, math.inf if patient else None, trunk)
    else:
        removed, notes = [], ["the search was not finished: what binds is not stated"]
    labels = [label(i) for i in range(len(archive.positions))]
    designs = [
        _design(question, labels[i], design, i < LEVERS_FOR).model_copy(
            update={
                "binds": binding_limits(question, design, archive.objectives[i], removed),
                "next_better": next_better(question, archive.objectives, i, labels, removed),
            }
        )
        for i, design in enumerate(archive.designs())
    ]
    status = "found" if proof.complete else "time_limit"
    return _result(
        question,
        status,
        proof,
        frontier=designs,
        turning=turning(question, archive.objectives, designs, removed),
        notes=[*question.notes, *uneven_stages(question, archive.designs()), *notes],
    )


def _closed(
    question: Question, archive: Archive, count: Count, proof: Proof, started: float, deadline: float
) -> Proof:
    """The proof of a finished search, closed by CP-SAT; raises OutOfTime where either is not done in time.

    Raises CheckFailed where the solver's rows have another frontier than the one that was kept on the way.
    """
    if not count.complete:
        raise OutOfTime
    places, values, front = archive.solver_rows(deadline)
    if not same_points(values[front], archive.objectives):
        raise CheckFailed(
            f"the solver's rows have {len(front)} frontier designs, the search {len(archive.objectives)}"
        )
    closure = close(
        places, values, front, max(1.0, deadline - time.monotonic()), question.scenario.solver.seed
    )
    return proof.model_copy(
        update={
            "complete": closure.proven,
            "solver_rows": closure.rows,
            "solver_optima": closure.optima,
            "solver_closure": closure.closed,
            "method": "exact enumeration with early cuts; frontier closed by CP-SAT",
            "seconds": time.monotonic() - started,
        }
    )


def _bounded(question: Question, archive: Archive, proof: Proof, deadline: float) -> Proof:
    """An unfinished proof with what no design can be better than, where that says anything."""
    lowest = prove(question, archive.objectives, deadline, wide=True).lowest
    best = archive.objectives.min(axis=0) if len(archive.objectives) else np.full(len(lowest), np.nan)
    bounds = {
        o.quantity: o.sign * x
        for o, x, b in zip(question.objectives, lowest, best, strict=bool(lowest))
        if o.sign * x > 0 and max(b / x, x / b) < USELESS
    }
    return proof.model_copy(update={"bounds": bounds})


def _verified(question: Question, archive: Archive, count: Count) -> str:
    """What a second, independent route says of the frontier."""
    if not count.complete:
        return "not verified: the search was not finished"
    if count.raw <= LARGEST:
        front, feasible = brute_frontier(question)
        if not same_points(front, archive.objectives):
            raise CheckFailed(
                f"brute force finds {len(front)} frontier designs, the search {len(archive.objectives)}"
            )
        return (
            f"brute force over all {count.raw:,} designs, {feasible:,} of them feasible,"
            " finds the same frontier"
        )
    found = prove(question, archive.objectives, time.monotonic() + VERIFY_SECONDS)
    if found.better is not None:
        raise CheckFailed(f"the frontier does not cover {found.better}")
    if not found.complete:
        return (
            f"not finished: interval bounds closed {100 * (1 - found.open):.2g} % of the space in"
            f" {VERIFY_SECONDS} s and found nothing better"
        )
    return (
        f"interval branch and bound over all {count.raw:,} designs ({found.boxes:,} boxes,"
        f" {found.designs:,} designs one by one) finds nothing that beats the frontier"
    )


def _proof(count: Count, archive: Archive, started: float) -> Proof:
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
    runs = question.job.software
    if runs is not None and runs.decision not in question.domains:
        shown[runs.decision] = "default"
    return PlanResult(
        scenario=question.scenario.name,
        status=status,
        objectives=[("max " if o.sign < 0 else "min ") + o.quantity for o in question.objectives],
        proof=proof,
        defaults=shown,
        **{"notes": question.notes, **rest},
    )


def _domain_text(question: Question, name: str) -> str:
    values = question.domains[name]
    kind = next(d.kind for d in question.decisions if d.name == name)
    counts = [int(v) for v in values] if kind == "count" else []
    if len(counts) > 3 and counts == list(range(counts[0], counts[-1] + 1)):
        return f"{counts[0]}..{counts[-1]}"
    return ", ".join(decided(name, v) for v in values)


def _design(question: Question, label: str, design: dict[str, Value], moved: bool) -> Design:
    """A design of the answer, evaluated in floats from the facts; refused if it breaks anything."""
    values = checked(question, design)
    return Design(
        id=label,
        design=design,
        metrics=metrics(question, values, targets(question), design),
        edges=edges(question, design),
        levers=levers(question, design, [o.quantity for o in question.objectives]) if moved else {},
    )


def find_design(result: PlanResult, name: str) -> Design:
    """The design of a frontier with this letter; raises InputError where there is none."""
    for d in result.frontier:
        if d.id == name.upper():
            return d
    has = ", ".join(d.id for d in result.frontier[:30]) or "no designs"
    raise InputError(f"no design {name!r} on the frontier (has: {has})")
