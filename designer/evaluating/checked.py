"""Designs that a search found, evaluated again in plain floats before they are anybody's answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from designer.evaluating.design import CheckFailed, values_of, violations
from designer.question.context import Value
from designer.question.question import Question
from designer.search.pareto import TIE


def checked(question: Question, design: Mapping[str, Value]) -> dict[str, Any]:
    """Every quantity of a design. Raises CheckFailed where it breaks anything by more than rounding.

    An exponential of arrays and one of floats may differ in their last digit, so that a design which is
    at a bound is beyond it in one of them: that is a tie, as it is between designs.
    """
    values = values_of(question, design)
    broken = violations(question, values)
    if broken:
        missed = {t.name: t.excess(values) for t in question.limits}
        for b in broken:
            if not missed[b.name] <= TIE:
                raise CheckFailed(f"{dict(design)} breaks {b.name}: {b.text}")
    return values
