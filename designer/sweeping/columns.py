"""The columns of a sweep: names, types and units, known before the first point is answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from catalogs import units
from catalogs.errors import InputError, nearest
from designer.evaluating.design import si_unit, targets
from designer.question.question import Question
from designer.sweeping.axes import Axis

Kind = Literal["key", "axis", "answer", "decision", "quantity"]
Type = Literal["int", "float", "text", "list"]

# What every row says of its point and design.
ANSWER: tuple[tuple[str, Type, str], ...] = (
    ("status", "text", "found, infeasible, time_limit, or invalid: a scenario that makes no sense"),
    ("design", "text", "letter of the design on the frontier of its point; null where there is none"),
    ("designs", "int", "designs on the frontier of the point"),
    ("binds", "list", "limits without which another design would beat this one; null where not worked out"),
    ("conflict", "list", "the smallest set of limits that cannot hold together, of an infeasible point"),
    ("reason", "text", "what is wrong with an invalid point"),
)


@dataclass(frozen=True)
class StoredColumn:
    """One column; `unit` is the SI unit of its numbers."""

    name: str
    type: Type
    kind: Kind
    unit: str = ""
    title: str = ""


def columns_of(
    axes: Sequence[Axis], questions: Sequence[Question], more: Sequence[str]
) -> list[StoredColumn]:
    """The columns of a sweep over these axes, whose points ask questions like these."""
    out = [
        StoredColumn("point", "int", "key", title="number of the point"),
        StoredColumn(
            "key", "text", "key", title="hash of the resolved scenario, the catalog and the version"
        ),
    ]
    for axis in axes:
        for k, path in enumerate(axis.paths):
            out.append(axis_column(path, [row[k] for row in axis.rows]))
    out += [StoredColumn(n, t, "answer", title=title) for n, t, title in ANSWER]
    decisions: dict[str, StoredColumn] = {}
    made: dict[str, StoredColumn] = {}
    for q in questions:
        for d in q.decisions:
            kind: Type = "text" if d.named else "float" if d.unit else "int"
            decisions[d.name] = StoredColumn(d.name, kind, "decision", q.unit(d.name), d.title)
        for n in quantities_of(q, more):
            r = q.graph.rules.get(n)
            title = (r.title if r else "").replace("\n", " ")
            made[n] = StoredColumn(n, "float", "quantity", si_unit(q.unit(n)), title)
    # An axis that names a decision outright, such as `engine`, says it.
    said = {c.name for c in out}
    chosen = [c for n, c in decisions.items() if n not in said]
    return [*out, *chosen, *(c for n, c in made.items() if n not in decisions)]


def quantities_of(q: Question, more: Sequence[str]) -> list[str]:
    """Quantities a row states; raises InputError for one that no rule makes."""
    known = set(q.graph.rules)
    for n in more:
        if n not in known or q.unit(n) == "truth":
            raise InputError(f"unknown quantity {n!r}{nearest(n, known)}")
    decided = {d.name for d in q.decisions}
    return [n for n in dict.fromkeys([*targets(q), *more]) if q.unit(n) != "truth" and n not in decided]


def axis_column(path: str, values: Sequence[Any]) -> StoredColumn:
    """The column of an axis: numbers in SI where all its values are numbers of one kind, else text."""
    numbers = [number_of(v) for v in values]
    found = {n[1] for n in numbers if n is not None}
    if len(found) == 1 and all(n is not None for n in numbers):
        return StoredColumn(path, "float", "axis", found.pop())
    return StoredColumn(path, "text", "axis")


def number_of(value: Any) -> tuple[float, str] | None:
    """A value of an axis in SI with its unit, or None where it is no number.

    >>> number_of("50 ms"), number_of(8), number_of("dgx-h100"), number_of(">= 40 %")
    ((0.05, 's'), (8.0, ''), None, (0.4, ''))
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value), ""
    if not isinstance(value, str):
        return None
    text = value.lstrip("<>= ")
    try:
        _, unit = units.split(text)
        size = units.dimension(unit)
        # Samples and requests are pure numbers to the units, and not to people.
        base = unit if unit in _NAMES else _PLAIN.get(size) or (units.base_unit(size) if unit else "")
        return units.parse(text, unit) / units.factor(base), base
    except InputError:
        return None


# Names people read, for what base units spell out; the first of a dimension is taken.
_NAMES = (
    "", "1/s", "s", "W", "J", "USD", "byte", "token", "token/s", "byte/s", "kg", "USD/h", "USD/kWh",
    "gCO2e/kWh", "L/kWh", "sample", "sample/s", "request", "request/s",
)  # fmt: skip
_PLAIN = {units.dimension(u): u for u in reversed(_NAMES)}
