"""Why no value of a specification helps: what still fails when it is as large as one likes."""

from __future__ import annotations

from designer.conflict import RESOURCE_LIMITS, Diagnosis, Miss, diagnose
from designer.evaluation import si_unit, values_of
from designer.levers import levers
from designer.member import Member
from designer.question import Question
from designer.result import Lever
from designer.sizing.result import Obstacle
from designer.specs import SPEC

# Inputs named that a failing quantity hangs on, of so many.
INPUTS, MANY = 2, 24


def obstacles(question: Question) -> list[Obstacle]:
    """What the design nearest to a question that nothing meets violates, and what that hangs on.

    Limits of the hardware count as violated only where no design meets them.
    """
    found = diagnose(question)
    if not found.misses:
        found = diagnose(question, hardware=True)
    if not found.misses:
        return _of_form(question)
    nearest = nearest_miss(found)
    return [_obstacle(question, found.members[i], nearest) for i in sorted(nearest.violated)]


def nearest_miss(found: Diagnosis) -> Miss:
    """The design that misses least; one that needs more devices than were said is none of these."""
    size = {i for i, m in enumerate(found.members) if m.kind == "size"}
    within = [m for m in found.misses if not m.violated & size]
    return min(within or found.misses, key=lambda m: (m.excess, len(m.violated)))


def _hangs_on(question: Question, miss: Miss, quantity: str) -> list[str]:
    """The specifications and latencies of the hardware that move a quantity most."""
    found = levers(question, miss.design, [quantity], MANY)[quantity]
    own = [x.input for x in found if x.input in SPEC or x.input == "attention_rate" or _latency(x)]
    return ["compute_rate" if n == "attention_rate" else n for n in own][:INPUTS]


def _latency(lever: Lever) -> bool:
    return lever.unit == "s" and lever.kind not in ("scenario", "decision")


def _obstacle(question: Question, member: Member, miss: Miss) -> Obstacle:
    values = values_of(question, miss.design)
    sides = member.sides(values) if member.kind == "limit" else None
    quantity = member.quantity or ""
    bound = getattr(member.rule, "bound", None)
    if sides is not None:
        bound = float(sides[1])
    rule = question.graph.rules.get(quantity)
    value = float(values[quantity]) if quantity in values else None
    return Obstacle(
        name=member.name,
        text=member.text,
        place=member.place,
        quantity=quantity,
        value=value if value is not None and value == value else None,
        bound=bound,
        unit=si_unit(question.unit(quantity)) if quantity else "",
        equation=f"{rule.file}:{rule.line}" if rule else "",
        hangs_on=_hangs_on(question, miss, quantity) if rule else [],
    )


def _of_form(question: Question) -> list[Obstacle]:
    """No layout is well formed whatever the part: the rules of form that reject one."""
    out = []
    for name in question.limits:
        if name in RESOURCE_LIMITS:
            continue
        member = Member(question.graph.rules[name])
        out.append(member)
    design = question.first_design()
    values = values_of(question, design)
    failing = [m for m in out if not values[m.name]]
    return [_obstacle(question, m, Miss(frozenset(), 0.0, design)) for m in failing]
