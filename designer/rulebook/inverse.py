"""One rule turned round from the command line: which input gives the result asked for."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import BaseModel, Field

from catalogs import units
from catalogs.errors import InputError, nearest
from constraints.algebras.symbolic import trace
from constraints.inverse import Inversion, Root, invert
from constraints.rule import Rule, find
from designer.answers.answer import Answer
from designer.evaluating.design import si_unit
from designer.rulebook.call import called, converted, equations, split_words, values_of
from designer.words.numbers import digits, human, scale_of
from designer.words.text import wrap


class SolveRoot(BaseModel):
    """A value of the input asked for, and what the rule gives there; SI."""

    value: float
    result: float
    until: float | None = Field(description="other end of a range of values that give the same result")
    before: float | None = Field(description="nearest value that does not reach the target yet, at a step")
    result_before: float | None


class SolveResult(Answer):
    """Answer of `designer calc --solve`; no roots where no value gives the result."""

    schema_name: Literal["designer.solve/1"] = Field(default="designer.solve/1", alias="schema")
    rule: str
    solved: str
    unit: str
    target: float
    target_unit: str
    roots: list[SolveRoot]
    only: bool = Field(description="proven: no other value gives the result")
    reason: str = Field(description="why there is no root, or the empty string")
    equation: str
    inputs: dict[str, float] = Field(description="SI values of the other inputs")
    cite: str
    file: str


def solve(
    rule_name: str, name: str, words: list[str], json: bool = False, width: int = 100, unit_wanted: str = ""
) -> tuple[str, bool]:
    """Find the input `name` at which a rule gives the `target` among the words; the answer, and whether there is one.

    Raises InputError for an unknown rule or input, a missing one or a wrong unit.
    """
    r = find(rule_name)
    if name not in r.inputs:
        raise InputError(f"--solve: {r.id} has no input {name!r}{nearest(name, r.inputs)}")
    if r.is_limit:
        raise InputError(f"--solve: {r.id} is true or false; solve for a quantity it compares")
    pairs = split_words(words)
    wanted = [raw for n, raw in pairs if n == "target"]
    example = f"target={human(1.0, r.unit).replace(' ', '')}"
    if len(wanted) != 1:
        raise InputError(f"--solve: give the result wanted once, such as {example}")
    try:
        target = units.parse(wanted[0], si_unit(r.unit))
    except InputError as e:
        raise InputError(f"{r.id}: target: {e}") from None
    given = values_of(r, [p for p in pairs if p[0] != "target"], "as name=value", without=name)
    try:
        found = invert(r, given, name, target)
    except ValueError as e:
        raise InputError(str(e)) from None
    if json:
        return _data(r, name, target, given, found), bool(found.roots)
    if not found.roots:
        return _none(r, name, target, given, found, width), False
    if unit_wanted:
        values = (converted(x.value, r.inputs[name], unit_wanted, name) for x in found.roots)
        return "\n".join(f"{name} = {v}" for v in values), True
    lines: list[str] = []
    for x in found.roots:
        lines += _root(r, name, x, target, given, width)
    lines += wrap(_uniqueness(r, name, found), width, 2, 4)
    lines += wrap(f"{r.title}. {r.cite}   {r.file}:{r.line}", width, 2)
    return "\n".join(lines), True


def _root(r: Rule, name: str, x: Root, target: float, given: dict[str, float], width: int) -> list[str]:
    unit, si = r.inputs[name], si_unit(r.inputs[name])
    exact = f"{x.value:.7g}{' ' + si if si else ''}"
    head = f"{name} = {human(x.value, unit)}"
    if x.until is not None:
        head = f"{name} = {_span(x.value, x.until, unit)}   (from {exact})"
    elif not r.domains[name].whole:
        head += f"   ({exact})"
    lines = [head]
    gives = f"gives {r.id} = {_closely(x.result, r.unit)}"
    if x.before is not None:
        before, result = x.before
        near = human(before, unit)
        near = f"just {'below' if before < x.value else 'above'} it" if near == human(x.value, unit) else near
        lines += wrap(
            f"{gives}, the first to reach {human(target, r.unit)};"
            f" {near} gives {_closely(result, r.unit)}",
            width, 2, 4,
        )  # fmt: skip
    elif x.result != target and r.domains[name].whole:
        lines += wrap(
            f"{gives}, better than {human(target, r.unit)} already;"
            f" no smaller number is valid",
            width, 2, 4,
        )  # fmt: skip
    else:
        lines += wrap(gives, width, 2, 4)
    return lines + equations(called(r, {**given, name: x.value}), width, 4)


def _closely(value: float, unit: str) -> str:
    """A value with digits enough to tell it from its neighbours."""
    size, name = scale_of(value, unit)
    return f"{digits(value / size, 6)} {name}".rstrip()


def _span(low: float, high: float, unit: str) -> str:
    return f"{human(low, unit)} {'and above' if high >= 1e15 and unit != '%' else 'to ' + human(high, unit)}"


def _uniqueness(r: Rule, name: str, found: Inversion) -> str:
    if found.trend in ("rises", "falls"):
        sure = "" if found.proven else ", at every value tried"
        moves = f"{r.id} {found.trend} with {name}{sure}"
        if r.domains[name].whole:
            return (
                f"{moves}: every larger number is at or {'above' if found.trend == 'rises' else 'below'} it."
            )
        return f"{moves}." if found.roots[0].until is not None else f"{moves}: no other value gives it."
    count = {1: "one value", 2: "two values"}.get(len(found.roots), f"{len(found.roots)} values")
    return f"{r.id} both rises and falls with {name}: {count} found in the whole range."


def _reason(r: Rule, name: str, target: float, given: dict[str, float], found: Inversion) -> str:
    """Why no value reaches the target: the extreme it is beyond, and what is left there."""
    if found.trend == "constant":
        return f"{r.id} does not depend on {name} here: it is {human(found.lowest[1], r.unit)} throughout"
    below = target < found.lowest[1]
    if not below and target <= found.highest[1]:
        return f"it jumps over it: {name} is never such that it holds"
    x, y = found.lowest if below else found.highest
    if math.isclose(y, found.last[1], rel_tol=1e-9) and found.last[0] > 1e14:
        where = f"as {name} grows"
    elif math.isclose(y, found.first[1], rel_tol=1e-9) and found.first[0] < 1e-14:
        where = f"as {name} goes to 0"
    else:
        where = f"at {name} = {human(x, r.inputs[name])}"
    why = f"its {'least' if below else 'greatest'} is {human(y, r.unit)}, {where}"
    every = trace(r, {**given, name: x}).terms()
    terms = [t for t in every if abs(t.value) > 0.01 * abs(y)]
    if below and 0 < len(terms) < min(4, len(every)) and not any(name in t.names() for t in terms):
        why += f", where {' + '.join(t.text() for t in terms)} is left"
    return why


def _none(r: Rule, name: str, target: float, given: dict[str, float], found: Inversion, width: int) -> str:
    lines = wrap(
        f"No {name} gives {r.id} = {human(target, r.unit)}: {_reason(r, name, target, given, found)}.",
        width,
        0,
        2,
    )
    lines += wrap(f"{r.id} = {trace(r, {**given, name: found.lowest[0]}).text()}", width, 2, 4)
    return "\n".join([*lines, *wrap(f"{r.title}. {r.cite}   {r.file}:{r.line}", width, 2)])


def _data(r: Rule, name: str, target: float, given: dict[str, float], found: Inversion) -> str:
    roots = [
        SolveRoot(
            value=x.value, result=x.result, until=x.until, before=x.before[0] if x.before else None,
            result_before=x.before[1] if x.before else None,
        )
        for x in found.roots
    ]  # fmt: skip
    return SolveResult(
        rule=r.id, solved=name, unit=si_unit(r.inputs[name]), target=target, target_unit=si_unit(r.unit), roots=roots,
        only=found.proven and len(roots) == 1 and roots[0].until is None,
        reason="" if roots else _reason(r, name, target, given, found),
        equation=trace(r, {**given, name: found.lowest[0]}).text(), inputs=given, cite=r.cite,
        file=f"{r.file}:{r.line}",
    ).to_json(indent=2)  # fmt: skip
