"""An impossible question: what cannot hold together, and the smallest changes that make it possible."""

from __future__ import annotations

import math
import operator
from dataclasses import replace
from typing import Any

from designer.conflict import Diagnosis
from designer.enumerate import Block, Count, enumerate_designs
from designer.evaluation import CheckFailed, values_of, violations
from designer.question import Constraint, Question
from designer.report.numbers import scale_of
from designer.result import Member, Repair

MAX_REPAIRS = 8
_ADMITS = {"<=": operator.le, "<": operator.lt, ">=": operator.ge, ">": operator.gt}


def why_none(question: Question, found: Diagnosis, count: Count, deadline: float) -> dict[str, Any]:
    """Conflict, conflicts and repairs of a question without a feasible design, as fields of its result.

    Raises CheckFailed when the second enumeration contradicts the first.
    """
    if any(not m.violated for m in found.misses):
        raise CheckFailed("the search found no design, its second pass found one")
    if not found.misses:
        members = _physical(question, count, deadline)
        return {"conflict": members, "conflicts": [members] if members else []}
    conflicts = [[_member(c) for c in conflict] for conflict in found.conflicts]
    return {
        "conflict": conflicts[0] if conflicts else [],
        "conflicts": conflicts,
        "repairs": _repairs(question, found),
    }


def _physical(question: Question, count: Count, deadline: float) -> list[Member]:
    """No design meets even the limits of the hardware: those without which one would, else the main ones."""
    cuts = sorted(
        ((n, c) for n, c in count.cut.items() if c and n in question.graph.rules), key=lambda i: -i[1]
    )
    decisive = [i for i in cuts if _possible_without(question, i[0], deadline)]
    members = []
    for name, cut in decisive or cuts[:4]:
        r = question.graph.rules[name]
        text = f"{r.title} (rejects {cut:,} of {count.raw:,} designs)"
        members.append(Member(name=name, text=text, place=f"{r.file}:{r.line}"))
    return members


def _possible_without(question: Question, limit: str, deadline: float) -> bool:
    found: list[int] = []

    def take(block: Block) -> None:
        found.append(block.rows)

    without = replace(question, limits=[n for n in question.limits if n != limit], constraints=[])
    enumerate_designs(without, {o.quantity for o in question.objectives}, take, deadline=deadline)
    return bool(found)


def _member(c: Constraint) -> Member:
    return Member(name=c.name, text=c.text, place=c.place)


def _repairs(question: Question, found: Diagnosis) -> list[Repair]:
    """Smallest changes that admit a design, one per correction set, each checked in floats."""
    out: list[Repair] = []
    for miss in found.correction_sets:
        values = values_of(question, miss.design)
        changes: dict[str, str] = {}
        relative = 0.0
        for i in sorted(miss.violated):
            c = found.constraints[i]
            over = float(c.excess(values))
            q = c.quantity
            relative = max(relative, over)
            changes[c.name] = loosened(c.node.op, float(values[q]), question.unit(q)) if q else "drop it"
        left = {v.name for v in violations(question, values)} - set(changes)
        if left:
            raise CheckFailed(f"repair {changes} still breaks {sorted(left)}")
        out.append(
            Repair(
                changes=changes, relative=relative if math.isfinite(relative) else None, design=miss.design
            )
        )
    return out[:MAX_REPAIRS]


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
