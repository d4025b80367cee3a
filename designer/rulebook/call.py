"""One rule from the command line: inputs with units in, the result with its unit out."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from catalogs import units
from catalogs.errors import InputError, nearest
from constraints import domain
from constraints.algebras.symbolic import Sym, trace
from constraints.rule import Rule, find
from constraints.sensitivity import elasticities
from designer.answers.answer import Answer
from designer.evaluating.design import si_unit
from designer.words.numbers import human
from designer.words.text import Column, table, wrap

_NAME = r"[A-Za-z_]\w*"


class RuleResult(Answer):
    """Answer of `designer evaluate` and `designer calc` for one rule."""

    schema_name: Literal["designer.rule/1"] = Field(default="designer.rule/1", alias="schema")
    rule: str
    value: float | bool = Field(description="SI value")
    unit: str
    equation: str
    inputs: dict[str, float] = Field(description="SI values")
    elasticities: dict[str, float | None] | None = Field(
        default=None, description="percent of the result per percent of each input, with --sensitivity"
    )
    cite: str
    file: str


@dataclass(frozen=True)
class Called:
    """A rule at given inputs: its result and its formula with the value of every part."""

    rule: Rule
    inputs: dict[str, float]
    value: float | bool
    formula: Sym


def split_list(text: str) -> list[tuple[str, str]]:
    """Names and values of "a=1 s, b=2".

    >>> split_list("message=140 GB, ranks=1024")
    [('message', '140 GB'), ('ranks', '1024')]
    """
    parts = filter(None, (p.strip() for p in re.split(rf",(?=\s*{_NAME}\s*=)", text)))
    return [_pair(p, "write inputs as name=value, separated by commas") for p in parts]


def split_words(words: Iterable[str]) -> list[tuple[str, str]]:
    """Names and values of arguments such as `a=1s b=2`; a value may hold spaces, quoted or not.

    >>> split_words(["message=140", "GB", "ranks=1024,", "latency = 2 us"])
    [('message', '140 GB'), ('ranks', '1024'), ('latency', '2 us')]
    """
    text = " ".join(words).strip()
    parts = filter(None, (p.strip(" ,") for p in re.split(rf"(?:\s|,)+(?={_NAME}\s*=)", text)))
    return [_pair(p, "write inputs as name=value, such as message=140GB") for p in parts]


def _pair(part: str, how: str) -> tuple[str, str]:
    name, equals, raw = (p.strip() for p in part.partition("="))
    if not equals:
        raise InputError(f"{part!r}: {how}")
    return name, raw


def values_of(r: Rule, pairs: Iterable[tuple[str, str]], how: str, without: str = "") -> dict[str, float]:
    """SI values of a rule's inputs, `without` one that is asked for.

    Raises InputError for each input that is unknown, given twice, of a wrong unit or outside where the
    rule holds, and for all that are missing; `how` says how to give them.
    """
    out: dict[str, float] = {}
    written: dict[str, str] = {}
    problems: list[str] = []
    for name, raw in pairs:
        if name in out:
            problems.append(f"{r.id}: {name} is given twice")
        elif name not in r.inputs:
            problems.append(
                f"{r.id}: unknown input {name!r}{nearest(name, r.inputs)} (has: {', '.join(r.inputs)})"
            )
        elif name == without:
            problems.append(f"{r.id}: {name} is both given and asked for with --solve")
        else:
            try:
                out[name] = units.parse(raw, si_unit(r.inputs[name]))
                written[name] = raw
            except InputError as e:
                problems.append(f"{r.id}: {name}: {e}")
    missing = [
        f"{n} ({si_unit(u) or 'a number'})" for n, u in r.inputs.items() if n not in out and n != without
    ]
    if missing and not problems:
        problems.append(f"{r.id}: missing {', '.join(missing)}; give them {how}")
    if problems:
        raise InputError(*problems)
    domain.check(r, out, written)
    return out


def called(r: Rule, values: dict[str, float]) -> Called:
    """A rule at these inputs. Raises InputError where it has no value there."""
    try:
        result = r.fn(**values)
    except (ArithmeticError, ValueError) as e:
        zero = [f"{n} = 0" for n, v in values.items() if v == 0]
        what = ", ".join(zero) if zero and isinstance(e, ZeroDivisionError) else str(e)
        raise InputError(f"{r.id}: no value for these inputs: {what}") from None
    if isinstance(result, float) and not math.isfinite(result):
        raise InputError(f"{r.id}: no finite value for these inputs")
    return Called(r, values, result, trace(r, values))


def call(name: str, text: str, json: bool = False, width: int = 100, unit_wanted: str = "") -> str:
    """Evaluate the rule `name` with inputs such as "message=140 GB, ranks=1024".

    Raises InputError for an unknown rule or input, a missing input or a wrong unit.
    """
    try:
        r = find(name)
    except InputError as e:
        raise InputError(f"{e}; nor is it a scenario file") from None
    try:
        pairs = split_list(text)
    except InputError as e:
        raise InputError(f"{r.id}: {e}") from None
    done = called(r, values_of(r, pairs, "with --with 'name=value, ...'"))
    return rendered(done, json, width, unit_wanted)


def calc(
    name: str,
    words: list[str],
    json: bool = False,
    width: int = 100,
    unit_wanted: str = "",
    sensitivity: bool = False,
) -> str:
    """Evaluate the rule `name` with inputs such as ["message=140GB", "ranks=1024"].

    `sensitivity` adds how much the result moves with each input.

    Raises InputError as `call` does.
    """
    r = find(name)
    pairs = split_words(words)
    if "target" not in r.inputs and "target" in dict(pairs):
        raise InputError(f"{r.id}: target: say with --solve which input is to reach it")
    done = called(r, values_of(r, pairs, "as name=value"))
    return rendered(done, json, width, unit_wanted, sensitivity)


def rendered(c: Called, json: bool, width: int, unit_wanted: str, sensitivity: bool = False) -> str:
    """A result as JSON, as one line in the unit asked for, or with its equation and source."""
    r, unit = c.rule, si_unit(c.rule.unit)
    moves = elasticities(r, c.inputs) if sensitivity and not r.is_limit else {}
    if json:
        return RuleResult(
            rule=r.id, value=c.value, unit=unit, equation=c.formula.text(), inputs=c.inputs, cite=r.cite,
            elasticities={n: None if math.isnan(e) else e for n, e in moves.items()} if sensitivity else None,
            file=f"{r.file}:{r.line}",
        ).model_dump_json(indent=2, by_alias=True)  # fmt: skip
    if unit_wanted:
        return f"{r.id} = {converted(float(c.value), r.unit, unit_wanted, r.id)}"
    lines = [result_line(c), *equations(c, width)]
    if moves:
        lines += ["", *_sensitivity(c, moves, width), ""]
    lines += wrap(f"{r.title}. {r.cite}   {r.file}:{r.line}", width, 2)
    return "\n".join(lines)


def _sensitivity(c: Called, moves: dict[str, float], width: int) -> list[str]:
    """Percent of the result per percent of each input, the strongest first."""
    names = sorted(moves, key=lambda n: -abs(moves[n]) if math.isfinite(moves[n]) else 1.0)
    return table(
        [
            Column("input", names, False),
            Column("now", [human(c.inputs[n], c.rule.inputs[n]) for n in names]),
            Column("% per %", [f"{moves[n]:+.3f}" if math.isfinite(moves[n]) else "none" for n in names]),
        ],
        width,
    )


def result_line(c: Called) -> str:
    """The result as people read it, and with more digits in SI."""
    unit = si_unit(c.rule.unit)
    exact = "" if isinstance(c.value, bool) else f"   ({float(c.value):.7g}{' ' + unit if unit else ''})"
    return f"{c.rule.id} = {human(float(c.value), c.rule.unit)}{exact}"


def equations(c: Called, width: int, indent: int = 2) -> list[str]:
    """The equation, and the equation with numbers."""
    numbers = c.formula.text(lambda s: human(float(s.value), s.unit or c.rule.inputs.get(s.name, "")))
    lines = (f"= {c.formula.text()}", f"= {numbers}")
    return [line for text in lines for line in wrap(text, width, indent, indent + 2)]


def converted(value: float, unit: str, wanted: str, name: str) -> str:
    """A value in the unit asked for; raises InputError where it does not measure the same."""
    have, want = units.dimension(si_unit(unit)), units.dimension(wanted)
    if have != want:
        raise InputError(f"--in: {wanted!r} is {want}, {name} is {have}")
    return f"{value / units.factor(wanted):.7g} {wanted}"
