"""One rule from the command line: inputs with units in, the result with its unit out."""

from __future__ import annotations

import math
import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from catalogs import units
from catalogs.errors import InputError, nearest
from constraints.rule import Rule, find
from constraints.symbolic import trace
from designer.evaluation import si_unit
from designer.report.numbers import human
from designer.report.text import wrap


class RuleResult(BaseModel):
    """Answer of `designer evaluate` for one rule."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    schema_name: Literal["designer.rule/1"] = Field(default="designer.rule/1", alias="schema")
    rule: str
    value: float | bool = Field(description="SI value")
    unit: str
    equation: str
    inputs: dict[str, float] = Field(description="SI values")
    cite: str
    file: str


def call(name: str, text: str, json: bool = False, width: int = 100, unit_wanted: str = "") -> str:
    """Evaluate the rule `name` with inputs such as "message=140 GB, ranks=1024".

    Raises InputError for an unknown rule or input, a missing input or a wrong unit.
    """
    try:
        r = find(name)
    except InputError as e:
        raise InputError(f"{e}; nor is it a scenario file") from None
    values = _inputs(r, text)
    try:
        result = r.fn(**values)
    except (ArithmeticError, ValueError) as e:
        what = "a division by zero" if isinstance(e, ZeroDivisionError) else str(e)
        raise InputError(f"{name}: no value for these inputs: {what}") from None
    if isinstance(result, float) and not math.isfinite(result):
        raise InputError(f"{name}: no finite value for these inputs")
    formula = trace(r, values)
    if json:
        return RuleResult(
            rule=r.id, value=result, unit=si_unit(r.unit), equation=formula.text(), inputs=values, cite=r.cite,
            file=f"{r.file}:{r.line}",
        ).model_dump_json(indent=2, by_alias=True)  # fmt: skip
    if unit_wanted:
        return _converted(r, float(result), unit_wanted)
    unit = si_unit(r.unit)
    exact = "" if isinstance(result, bool) else f"   ({float(result):.7g}{' ' + unit if unit else ''})"
    lines = [f"{r.id} = {human(float(result), r.unit)}{exact}"]
    lines += wrap(f"= {formula.text()}", width, 2, 4)
    lines += wrap(
        f"= {formula.text(lambda s: human(float(s.value), s.unit or r.inputs.get(s.name, '')))}", width, 2, 4
    )
    lines += wrap(f"{r.title}. {r.cite}   {r.file}:{r.line}", width, 2)
    return "\n".join(lines)


def _converted(r: Rule, value: float, unit: str) -> str:
    """A result in the unit asked for; raises InputError where it does not measure the same."""
    have, want = units.dimension(si_unit(r.unit)), units.dimension(unit)
    if have != want:
        raise InputError(f"--in {unit!r}: {r.id} is {have}, not {want}")
    return f"{r.id} = {value / units.factor(unit):.7g} {unit}"


def _inputs(r: Rule, text: str) -> dict[str, float]:
    out: dict[str, float] = {}
    problems: list[str] = []
    for part in filter(None, (p.strip() for p in re.split(r",(?=\s*[A-Za-z_]\w*\s*=)", text))):
        name, equals, raw = (p.strip() for p in part.partition("="))
        if not equals:
            problems.append(f"{r.id}: {part!r}: write inputs as name=value, separated by commas")
        elif name in out:
            problems.append(f"{r.id}: {name} is given twice")
        elif name not in r.inputs:
            problems.append(
                f"{r.id}: unknown input {name!r}{nearest(name, r.inputs)} (has: {', '.join(r.inputs)})"
            )
        else:
            try:
                out[name] = units.parse(raw, si_unit(r.inputs[name]))
                if out[name] < 0:
                    raise InputError(f"{raw!r} must be at least 0")
            except InputError as e:
                problems.append(f"{r.id}: {name}: {e}")
    missing = [f"{n} ({si_unit(u) or 'a number'})" for n, u in r.inputs.items() if n not in out]
    if missing and not problems:
        problems.append(f"{r.id}: missing {', '.join(missing)}; give them with --with 'name=value, ...'")
    if problems:
        raise InputError(*problems)
    return out
