"""The least value of one specification, layouts chosen anew for every value, and the proof that it closes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from designer.evaluating.checked import checked
from designer.evaluating.design import CheckFailed
from designer.question.context import Value
from designer.question.question import Question
from designer.question.specifications import hypothetical
from designer.sizing.rows import Descent, Layouts, layouts, trial

# How far from the base part a specification is looked for.
CEILING, FLOOR = 1e3, 1e-3
# Values below an answer that must fail, as shares of it: just below, and further down where a second valley might be.
BELOW = (0.5, 0.9, 0.99, 0.999)
# A search finds something better at most so many times before the descent ends.
ROUNDS = 50


@dataclass(frozen=True)
class Least:
    """What one specification must be.

    `value` is None where no value helps; `any` where even the smallest that was tried does. `design`
    meets everything at `value`, and `searched` designs were searched at 1 % less, none of which does.
    """

    spec: str
    base: float
    value: float | None = None
    any: bool = False
    design: dict[str, Value] = field(default_factory=dict)
    searched: int = 0


def least(question: Question, spec: str, base: float, start: Layouts | None = None) -> Least:
    """The least value of a specification with which some layout meets everything.

    `start` are layouts that do on the base part, where there are any. Raises CheckFailed where an
    answer does not close: a defect of this program.
    """
    high = base
    found = layouts(question) if start is None else start
    if not found.rows:
        high = base * CEILING
        found = trial(question, spec, [high])
        if not found.rows:
            return Least(spec, base, searched=found.searched)
    searched = 0
    for _ in range(ROUNDS):
        plain = _without(found, question, spec)
        value, design = Descent(plain, spec).least(base * FLOOR, high)
        if value <= base * FLOOR:
            return Least(spec, base, value, True, design)
        below = trial(question, spec, [value * b for b in BELOW])
        searched += below.searched
        if not below.rows:
            check(question, {spec: value}, design)
            return Least(spec, base, value, False, design, searched)
        # Layouts that were not among those kept: go on from the lowest of them.
        at = below.positions[spec]
        lowest = int(at.min())
        high = sorted(value * b for b in BELOW)[lowest]
        found = below.some((at == lowest).nonzero()[0])
    raise CheckFailed(f"{spec}: the descent to the least value does not end")


def _without(found: Layouts, question: Question, spec: str) -> Layouts:
    """The same layouts as those of the question in which the specification is not decided."""
    kept = {n: p for n, p in found.positions.items() if n != spec}
    return Layouts(question, kept, found.rows, found.searched)


def check(question: Question, specs: Mapping[str, float], design: Mapping[str, Value]) -> None:
    """Evaluate a layout on the hypothetical part in plain floats, as a plan does with what it finds."""
    checked(hypothetical(question, specs), {**design, **specs})
