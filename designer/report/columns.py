"""A table of a report for reading: each column in one unit, and its numbers to three digits."""

from __future__ import annotations

import math
from dataclasses import dataclass

from designer.answers.report import Cell, ReportTable
from designer.words.numbers import digits, scale_of

Value = str | int | float | None


@dataclass(frozen=True)
class Told:
    """A column: its name, the unit it is read in and what that is in SI, its values in SI and as text."""

    name: str
    unit: str
    scale: float
    values: list[Value]
    texts: list[str]

    @property
    def numeric(self) -> bool:
        """Whether it holds numbers, which stand to the right."""
        return any(isinstance(v, (int, float)) for v in self.values)


def told(table: ReportTable) -> list[Told]:
    """The columns of a table, each in the unit that fits its middle value."""
    out = []
    for i, head in enumerate(table.columns):
        values = [row[i] for row in table.rows]
        sizes = sorted(abs(v) for v in values if isinstance(v, (int, float)) and math.isfinite(v) and v)
        scale, unit = scale_of(sizes[len(sizes) // 2], head.unit) if sizes else (1.0, head.unit)
        out.append(Told(head.name, unit, scale, values, [_text(v, scale) for v in values]))
    return out


def _text(value: Value, scale: float) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, str):
        return value
    return digits(value / scale) if math.isfinite(value) else "unknown" if math.isnan(value) else "unbounded"


def known_from(c: Cell) -> str:
    """Where a number of a price sheet that is no formula comes from."""
    if c.kind == "rule":
        return f"worked out for this layout, and held: {c.title[:1].lower()}{c.title[1:]}"
    return ": ".join(filter(None, (c.kind, c.source)))
