"""The smallest changes that make an impossible question possible, each made as it is told and solved again."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from catalogs.errors import InputError
from designer.answers.plan import Repair
from designer.evaluating.design import CheckFailed, assumed_in, values_of, violations
from designer.infeasible.conflict import DROPPED, Violations
from designer.infeasible.conflict import NearMiss as Near
from designer.infeasible.impossible import some_design
from designer.question import expressions
from designer.question.context import Value
from designer.question.limit import Limit
from designer.question.question import Premise, Question
from designer.reading.edits import DROP
from designer.reading.premises import LEAST
from designer.words.numbers import admitting, human, scale_of

# A bound missed by more than this factor is not worth a number.
HOPELESS = 1e4
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
    design = _solved(question, changes, deadline)
    if design is None:
        raise CheckFailed(f"solving again with {changes} finds no design")
    return _repair(question, changes, relative, miss.design)


def _repair(question: Question, changes: dict[str, str], relative: float | None, design: Design) -> Repair:
    return Repair(changes=changes, relative=relative, design=design, assumed=assumed_in(question, design))


def _solved(question: Question, changes: Mapping[str, str], deadline: float) -> Design | None:
    """A design of the file with the changes made in it as they are told.

    What the hardware lacks no file can say: there the limit is off.
    """
    own = {t.name for t in question.limits if not t.stated}
    if question.edited is None or own & set(changes):
        return some_design(repaired(question, changes), deadline)
    return some_design(question.edited(changes), deadline)


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
        bound = admitting(found.op, float(values[limit.quantity]), question.unit(limit.quantity))
        return f"{found.op} {bound}"
    if hopeless or found is None:
        return "needs other hardware, or less work"
    needed, has = (float(side.of(values)) for side in (found.left, found.right))
    unit = next(iter(limit.inputs.values()))
    return f"needs {human(needed, unit)}, has {human(has, unit)}"


def premise_repairs(question: Question, premises: list[Premise], deadline: float) -> list[Repair]:
    """What less demand, or one more candidate, would do alone."""
    out = []
    for p in premises:
        if some_design(p.least(question), deadline) is None:
            continue
        make = _demand if p.kind == "demand" else _candidate
        repair = make(question, p, deadline)
        if repair is not None:
            out.append(repair)
    return out


def _told(question: Question, p: Premise, text: str, deadline: float) -> Design | None:
    """A design of the file that states a premise so; None, too, where such a file would be refused."""
    try:
        return _solved(question, {p.name: text}, deadline)
    except InputError:
        return None


def _candidate(question: Question, p: Premise, deadline: float) -> Repair | None:
    """The nearest single value that admits a design."""
    for value in p.more:
        if some_design(p.at(question, value), deadline) is None:
            continue
        text = f"add {p.said(value)}"
        design = _told(question, p, text, deadline)
        if design is not None:
            return _repair(question, {p.name: text}, _distance(question, p, value), design)
    return None


def _distance(question: Question, p: Premise, value: Value) -> float | None:
    """How far a count is from the nearest of its list, as a share of that."""
    if isinstance(value, str):
        return None
    own = question.domains.get(p.decision) or [question.given["node_limit"].si]
    return min(abs(float(value) / float(v) - 1) for v in own)


def _demand(question: Question, p: Premise, deadline: float) -> Repair | None:
    """The largest demand that works, to four digits: with one more in the last there is no design."""
    if p.shares:
        shares = [s for s in p.shares if some_design(p.at(question, s), deadline) is not None]
        return _less(question, p, p.said(shares[0]), shares[0], deadline) if shares else None
    best: Design = {}

    def fits(share: float) -> bool:
        moved = p.at(question, share)
        return bool(best) and not violations(moved, values_of(moved, best))

    def works(share: float) -> bool:
        nonlocal best
        if fits(share):
            return True
        found = some_design(p.at(question, share), deadline)
        best = found or best
        return found is not None

    high = 1.0
    while not works(high / 2):
        high /= 2
        if high < LEAST:
            return None
    size, step = _grid(p, high / 2)
    least, most = (round(share * p.amount / size / step) for share in (high / 2, high))

    def share_of(k: int) -> float:
        return k * step * size / p.amount

    least = _last(lambda k: fits(share_of(k)), least, most)
    near = True  # most often the first design that was found is the one that lasts longest
    while most - least > 1:
        k = least + 1 if near else (least + most) // 2
        near = not near
        if works(share_of(k)):
            least = _last(lambda k: fits(share_of(k)), k, most)
        else:
            most = k
    for k in (least, least - 1):  # read from text, a number may differ in its last digit
        share = share_of(k)
        if share > 0 and (made := _less(question, p, p.said(share), share, deadline)) is not None:
            return made
    return None


def _last(works: Callable[[int], bool], least: int, most: int) -> int:
    """The last number below `most` that works, if all before it do."""
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (middle, most) if works(middle) else (least, middle)
    return least


def _grid(p: Premise, share: float) -> tuple[float, float]:
    """The unit that a demand is told in, and the step of its fourth digit."""
    size = 0.01 * p.amount if p.several else scale_of(share * p.amount, p.unit)[0]
    step = 10.0 ** (math.floor(math.log10(share * p.amount / size)) - 3)
    if p.unit == "request":  # nobody sends a part of one
        step = max(step, 1 / size)
    return size, step


def _less(question: Question, p: Premise, text: str, share: float, deadline: float) -> Repair | None:
    design = _told(question, p, text, deadline)
    return None if design is None else _repair(question, {p.name: text}, 1 - share, design)


def ordered(question: Question, repairs: list[Repair]) -> list[Repair]:
    """Single changes first, then by weighted size; what has no size counts as a whole."""
    weights = question.scenario.repair_weights

    def size(r: Repair) -> tuple[int, float]:
        weight = max(weights.get(n, weights.get(n.split(".")[-1], 1.0)) for n in r.changes)
        return len(r.changes), weight * (DROPPED if r.relative is None else r.relative)

    return sorted(repairs, key=size)
