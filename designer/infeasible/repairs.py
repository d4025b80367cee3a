"""The smallest changes that make an impossible question possible, each solved again with the change."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from designer.answers.plan import Repair
from designer.evaluating.design import CheckFailed, values_of, violations
from designer.infeasible.conflict import DROPPED, Violations
from designer.infeasible.conflict import NearMiss as Near
from designer.infeasible.impossible import some_design
from designer.question import expressions
from designer.question.context import Value
from designer.question.limit import Limit
from designer.question.question import Premise, Question
from designer.words.numbers import human, scale_of

# A bound missed by more than this factor is not worth a number.
HOPELESS = 1e4
# How closely the largest demand that works is found.
CLOSE = 2e-3
DROP = "drop it"
_ADMITS = {"<=": operator.le, "<": operator.lt, ">=": operator.ge, ">": operator.gt}
Design = dict[str, Value]


def budget_repairs(question: Question, found: Violations, deadline: float) -> list[Repair]:
    """One repair for each set of budgets, rules and limits that has to give way, nearest first."""
    return [_loosening(question, found, miss, deadline) for miss in found.correction_sets]


def joint_repair(question: Question, found: Violations, deadline: float) -> Repair | None:
    """The change of budgets and rules with the least weighted sum of relative changes, over all designs."""
    if found.joint is None or not found.joint.violated:
        return None
    made = _loosening(question, found, found.joint, deadline)
    return made.model_copy(update={"total": found.joint.excess})


def _loosening(question: Question, found: Violations, miss: Near, deadline: float) -> Repair:
    """A budget is given the bound that just admits the design; of the hardware it is said what it lacks."""
    values = values_of(question, miss.design)
    changes: dict[str, str] = {}
    relative: float | None = 0.0
    for i in sorted(miss.violated):
        m = found.members[i]
        over = m.share(values)
        changes[m.name] = _change(question, m, values)
        if changes[m.name] == DROP or over is None:
            relative = None
        elif relative is not None:
            relative = max(relative, over)
    left = {v.name for v in violations(question, values)} - set(changes)
    if left:
        raise CheckFailed(f"repair {changes} still breaks {sorted(left)}")
    if some_design(repaired(question, changes), deadline) is None:
        raise CheckFailed(f"solving again with {changes} finds no design")
    return Repair(changes=changes, relative=relative, design=miss.design)


def repaired(question: Question, changes: Mapping[str, str]) -> Question:
    """The question with what is stated changed; limits of the hardware that lack something are off."""
    limits = []
    for t in question.limits:
        change = changes.get(t.name)
        if change is None:
            limits.append(t)
        elif change != DROP and t.stated:
            node = expressions.parse(f"{t.quantity} {change}")
            limits.append(Limit.stated_as(t.name, t.text, t.kind, t.place, node, question.units))
    return replace(question, limits=limits)


def _change(question: Question, limit: Limit, values: Mapping[str, Any]) -> str:
    found = limit.comparison
    hopeless = (limit.share(values) or 0.0) >= HOPELESS or not math.isfinite(limit.excess(values))
    if limit.stated:
        if hopeless or found is None or limit.quantity is None or limit.bound is None:
            return DROP
        return loosened(found.op, float(values[limit.quantity]), question.unit(limit.quantity))
    if hopeless or found is None:
        return "needs other hardware, or less work"
    needed, has = (float(side.of(values)) for side in (found.left, found.right))
    unit = next(iter(limit.inputs.values()))
    return f"needs {human(needed, unit)}, has {human(has, unit)}"


def loosened(op: str, value: float, unit: str) -> str:
    """A readable bound that just admits `value`: four digits, rounded to the admitting side.

    >>> loosened("<=", 8050630.0, "s"), loosened(">=", 37.86538, ""), loosened("<", 2.0, "")
    ('<= 93.18 day', '>= 37.86', '< 2.001')
    """
    size, name = scale_of(value, unit)
    scaled = value / size
    step = 10.0 ** (math.floor(math.log10(abs(scaled))) - 3) if scaled else 1e-3
    away = step if op in ("<=", "<") else -step
    bound = round(scaled / step) * step
    while not _ADMITS[op](value, float(f"{bound:.12g}") * size):
        bound += away
    return f"{op} {bound:.12g} {name}".rstrip()


def premise_repairs(question: Question, premises: list[Premise], deadline: float) -> list[Repair]:
    """What less demand, or one more candidate, would do alone."""
    out = []
    for p in premises:
        least = some_design(p.least(question), deadline)
        if least is None:
            continue
        make = _demand if p.kind == "demand" else _candidate
        repair = make(question, p, least, deadline)
        if repair is not None:
            out.append(repair)
    return out


def _candidate(question: Question, p: Premise, _: Design, deadline: float) -> Repair | None:
    """The nearest single value that admits a design."""
    for value in p.more:
        design = some_design(p.at(question, value), deadline)
        if design is not None:
            return Repair(
                changes={p.name: f"add {value}"}, relative=_distance(question, p, value), design=design
            )
    return None


def _distance(question: Question, p: Premise, value: Value) -> float | None:
    """How far a count is from the nearest of its list, as a share of that."""
    if isinstance(value, str):
        return None
    own = question.domains.get(p.decision) or [question.given["node_limit"].si]
    return min(abs(float(value) / float(v) - 1) for v in own)


def _demand(question: Question, p: Premise, least: Design, deadline: float) -> Repair | None:
    """The largest share of a demand that works: at a little more, solving again finds no design."""
    if p.shares:
        for share in p.shares:
            design = some_design(p.at(question, share), deadline)
            if design is not None:
                return _less(p, share, design)
        return None

    def fits(design: Design, share: float) -> bool:
        moved = p.at(question, share)
        return not violations(moved, values_of(moved, design))

    best, high = least, 1.0
    low = _largest(lambda s: fits(best, s), 0.0, 1.0)
    if low == 0:  # it fits at its least only, which no four digits can say
        return None
    while high / max(low, 1e-9) > 1 + CLOSE:
        middle = math.sqrt(low * high)
        found = some_design(p.at(question, middle), deadline)
        if found is None:
            high = middle
        else:
            best = found
            low = _largest(lambda s: fits(best, s), middle, high)  # noqa: B023 - called at once
    share = _rounded(p, low)
    return _less(p, share, best) if fits(best, share) else None


def _largest(works: Callable[[float], bool], low: float, high: float) -> float:
    """The largest number up to `high` that works, if those below do."""
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if works(middle) else (low, middle)
    return low


def _rounded(p: Premise, share: float) -> float:
    """The share at which the demand has four digits, not above the one given."""
    size = scale_of(share * p.amount, p.unit)[0] if not p.several else 0.01 * p.amount
    scaled = share * p.amount / size
    step = 10.0 ** (math.floor(math.log10(scaled)) - 3)
    if p.unit == "request" and share * p.amount >= 1:  # nobody sends a part of one
        step = max(step, 1 / size)
    return math.floor(scaled / step) * step * size / p.amount


def _less(p: Premise, share: float, design: Design) -> Repair:
    if p.several:
        text = f"{100 * share:.4g} % of them"
    else:
        size, name = scale_of(share * p.amount, p.unit)
        text = f"{share * p.amount / size:.4g} {name}"
    return Repair(changes={p.name: text}, relative=1 - share, design=design)


def ordered(question: Question, repairs: list[Repair]) -> list[Repair]:
    """Single changes first, then by weighted size; what has no size counts as a whole."""
    weights = question.scenario.repair_weights

    def size(r: Repair) -> tuple[int, float]:
        weight = max(weights.get(n, weights.get(n.split(".")[-1], 1.0)) for n in r.changes)
        return len(r.changes), weight * (DROPPED if r.relative is None else r.relative)

    return sorted(repairs, key=size)
