"""A required specification as a curve in a terminal."""

from __future__ import annotations

import math

from designer.reading.specs import SPEC
from designer.report.numbers import human
from designer.report.text import Column, table, wrap
from designer.sizing.result import Curve

BAR = 24


def curve_lines(curve: Curve, width: int) -> list[str]:
    """One row a value of the axis, with a bar on a logarithmic scale."""
    values = [p.need.value for p in curve.points if p.need.status == "least" and p.need.value]
    low, high = (min(values), max(values)) if values else (1.0, 1.0)
    cells, bars = [], []
    for p in curve.points:
        v = p.need.value
        if p.need.status != "least" or v is None:
            why = "; ".join(o.text for o in p.need.obstacles)
            cells.append("no value" if p.need.status == "none" else "any")
            bars.append(f"{why} fails" if why else "")
            continue
        cells.append(f"≥ {human(v, p.need.unit)}{'*' if v > p.need.base * (1 + 1e-9) else ''}")
        share = math.log(v / low) / math.log(high / low) if high > low else 0.0
        bars.append("█" * max(1, round(share * BAR)))
    columns = [
        Column(curve.against, [p.at for p in curve.points]),
        Column(SPEC[curve.spec].title, cells),
        Column("", bars, right=False),
    ]
    many = f" with at most {curve.devices:,} devices" if curve.devices else ""
    lines = wrap(f"Least {SPEC[curve.spec].title} against {curve.against}{many}", width)
    return lines + table(columns, width)
