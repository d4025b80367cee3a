"""`check`: every budget of a scenario, held against a stated design and against what was measured of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalogs.errors import InputError
from designer.checking.result import Checked, CheckResult
from designer.evaluating.design import binding, complete_design, values_of
from designer.question.context import Value
from designer.question.limit import Limit
from designer.question.question import Question


def check_question(
    question: Question, given: Mapping[str, Value], measured: Mapping[str, float] | None = None
) -> CheckResult:
    """Every budget and rule of a question, and each limit of hardware that the design breaks.

    `given` are decisions over those of the scenario's baseline; `measured` are quantities in SI. Where something is
    measured, budgets on it are held against that as well: on what is measured and what is predicted both. Raises
    InputError where no design is stated.
    """
    if not given and not question.baseline:
        raise InputError("no design is stated: give the scenario a baseline, or --design 'tp=8,pp=16,...'")
    design, _ = complete_design(question, given)
    values = values_of(question, design)
    checked = [
        _checked(question, t, values, "predicted") for t in question.limits if t.stated or not t.holds(values)
    ]
    said: list[str] = []
    if measured is not None:
        found = {**values, **measured}
        of = [t for t in question.limits if t.stated and set(t.inputs) & set(measured)]
        checked += [_checked(question, t, found, "measured") for t in of]
        said = [t.name for t in question.stated if t not in of]
    return CheckResult(
        scenario=question.scenario.name,
        holds=all(c.holds for c in checked),
        design=design,
        checked=checked,
        not_measured=said,
    )


def _checked(question: Question, limit: Limit, values: Mapping[str, Any], of: Any) -> Checked:
    b = binding(question, limit, values)
    return Checked(
        name=limit.name,
        text=limit.text,
        place=limit.place,
        of=of,
        holds=bool(limit.holds(values)),
        quantity=b.quantity,
        value=b.value,
        bound=b.bound,
        unit=b.unit,
        slack=b.slack,
    )
