"""An impossible question: what cannot hold together, and the smallest changes that make it possible."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from designer.conflict import Diagnosis, diagnose
from designer.conflict import Member as Involved
from designer.enumerate import Count
from designer.evaluation import CheckFailed, values_of, violations
from designer.question import Constraint, Question
from designer.report.numbers import human, scale_of
from designer.result import Member, Repair

MAX_REPAIRS = 8
# A bound missed by more than this factor is not worth a number.
HOPELESS = 1e4
_ADMITS = {"<=": operator.le, "<": operator.lt, ">=": operator.ge, ">": operator.gt}


def why_none(question: Question, found: Diagnosis, count: Count, deadline: float) -> dict[str, Any]:
    """Conflict, conflicts and repairs of a question without a feasible design, as fields of its result.

    Raises CheckFailed when the second enumeration contradicts the first.
    """
    if any(not m.violated for m in found.misses):
        raise CheckFailed("the search found no design, its second pass found one")
    if not found.misses:
        members = _decisive(question, count, deadline)
        return {"conflict": members, "conflicts": [members] if members else []}
    conflicts = [[_member(question, m) for m in conflict] for conflict in found.conflicts]
    return {
        "conflict": conflicts[0] if conflicts else [],
        "conflicts": conflicts,
        "repairs": _repairs(question, found),
    }


def _decisive(question: Question, count: Count, deadline: float) -> list[Member]:
    """No candidate is well formed: the rule without which one would be, if a single one is to blame."""
    for name, cut in sorted(count.cut.items(), key=lambda i: -i[1]):
        if cut and name in question.graph.rules and _possible_without(question, name, deadline):
            return [_member(question, Involved(question.graph.rules[name]))]
    return []


def _possible_without(question: Question, limit: str, deadline: float) -> bool:
    without = replace(question, limits=[n for n in question.limits if n != limit], constraints=[])
    return bool(diagnose(without, deadline, hardware=True).misses)


def _member(question: Question, m: Involved) -> Member:
    if isinstance(m.rule, Constraint):
        return Member(name=m.rule.name, text=m.rule.text, place=m.rule.place)
    return Member(name=m.rule.id, text=m.rule.title, place=f"{m.rule.file}:{m.rule.line}")


def _repairs(question: Question, found: Diagnosis) -> list[Repair]:
    """Smallest changes that admit a design, one per correction set, each checked in floats.

    A budget is given the bound that just admits it; of a limit of the hardware it is said what the
    design needs and what there is.
    """
    out: list[Repair] = []
    for miss in found.correction_sets:
        values = values_of(question, miss.design)
        changes: dict[str, str] = {}
        relative = 0.0
        for i in sorted(miss.violated):
            m = found.members[i]
            relative = max(relative, float(m.excess(values)))
            changes[m.name] = _change(question, m, values)
        left = {v.name for v in violations(question, values)} - set(changes)
        if left:
            raise CheckFailed(f"repair {changes} still breaks {sorted(left)}")
        size = relative if math.isfinite(relative) else None
        out.append(Repair(changes=changes, relative=size, design=miss.design))
    return out[:MAX_REPAIRS]


def _change(question: Question, m: Involved, values: Mapping[str, Any]) -> str:
    if not float(m.excess(values)) < HOPELESS:
        return "drop it" if isinstance(m.rule, Constraint) else "needs other hardware, or less work"
    if isinstance(m.rule, Constraint):
        q = m.rule.quantity
        return loosened(m.rule.node.op, float(values[q]), question.unit(q)) if q else "drop it"
    sides = m.sides(values)
    assert sides is not None  # otherwise the excess is infinite
    unit = next(iter(m.rule.inputs.values()))
    return f"needs {human(float(sides[0]), unit)}, has {human(float(sides[1]), unit)}"


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
