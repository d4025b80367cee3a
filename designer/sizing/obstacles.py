"""Why no value of a specification helps: what still fails when it is as large as one likes."""

from __future__ import annotations

from constraints.bundles import Bundle
from designer.answers.plan import Lever
from designer.answers.size import Obstacle
from designer.evaluating.design import si_unit, undefined, values_of
from designer.evaluating.levers import levers
from designer.infeasible.conflict import NearMiss, diagnose
from designer.question.limit import Limit
from designer.question.question import Question
from designer.question.specifications import SPEC
from designer.reading.givens import workload_bundle

# Inputs named that a failing quantity hangs on, of so many.
INPUTS, MANY = 2, 24


def obstacles(question: Question) -> list[Obstacle]:
    """What the design nearest to a question that nothing meets violates, and what that hangs on."""
    found = nearest_miss(question)
    if found is None:
        return _of_form(question)
    miss, members = found
    return [_obstacle(question, m, miss) for m in members]


def nearest_miss(question: Question) -> tuple[NearMiss, list[Limit]] | None:
    """The design that misses least, and what it violates; None where no design is well formed.

    Limits of the hardware count as violated only where no design meets them, and are then all that is
    told: a replica that cannot do what it is asked has no latency. A design that needs more devices than
    were said is none where another is.
    """
    found = diagnose(question)
    if found.misses:
        size = {i for i, m in enumerate(found.members) if m.kind == "size"}
        within = [m for m in found.misses if not m.violated & size]
        nearest = min(within or found.misses, key=lambda m: (m.excess, len(m.violated)))
        return nearest, [found.members[i] for i in sorted(nearest.violated)]
    found = diagnose(question, hardware=True)
    if not found.misses:
        return None
    limits = frozenset(i for i, m in enumerate(found.members) if not m.stated)
    nearest = min(found.misses, key=lambda m: (len(m.violated & limits), len(m.violated), m.excess))
    broken = [found.members[i] for i in sorted(nearest.violated & limits or nearest.violated)]
    unset = undefined(question, [m.name for m in broken]) - set(question.each("serving_load"))
    return nearest, [m for m in broken if not m.inputs.keys() & unset] or broken


def _hangs_on(question: Question, miss: NearMiss, quantity: str) -> list[str]:
    """The specifications and latencies of the hardware that move a quantity most."""
    found = levers(question, miss.design, [quantity], MANY)[quantity]
    asked = workload_bundle(question.scenario.workload)
    own = [x.input for x in found if x.input in SPEC or x.input == "attention_rate" or _latency(x, asked)]
    return ["compute_rate" if n == "attention_rate" else n for n in own][:INPUTS]


def _latency(lever: Lever, asked: Bundle) -> bool:
    return lever.unit == "s" and lever.kind != "decision" and lever.input not in asked


def _obstacle(question: Question, limit: Limit, miss: NearMiss) -> Obstacle:
    values = values_of(question, miss.design)
    quantity, found = limit.quantity or "", limit.comparison
    bound = float(found.right.of(values)) if found and quantity else None
    rule = question.graph.rules.get(quantity)
    value = float(values[quantity]) if quantity in values else None
    return Obstacle(
        name=limit.name,
        text=limit.text,
        place=limit.place,
        quantity=quantity,
        value=value if value is not None and value == value else None,
        bound=bound,
        unit=si_unit(question.unit(quantity)) if quantity else "",
        equation=f"{rule.file}:{rule.line}" if rule else "",
        hangs_on=_hangs_on(question, miss, quantity) if rule else [],
    )


def _of_form(question: Question) -> list[Obstacle]:
    """No layout is well formed whatever the part: the rules of form that reject one."""
    design = question.first_design()
    values = values_of(question, design)
    failing = [t for t in question.limits if t.form and not t.holds(values)]
    return [_obstacle(question, t, NearMiss(frozenset(), 0.0, design)) for t in failing]
