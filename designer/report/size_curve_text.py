"""A required specification as a curve in a terminal."""

from __future__ import annotations

import math

from designer.answers.size import Curve
from designer.question.specifications import SPEC
from designer.report.size_needs import cell, closes
from designer.words.text import Column, table, wrap

BAR = 24


def curve_lines(curve: Curve, width: int) -> list[str]:
    """One row a value of the axis, with a bar on a logarithmic scale, and that the values close."""
    values = [p.need.value for p in curve.points if p.need.status == "least" and p.need.value]
    low, high = (min(values), max(values)) if values else (1.0, 1.0)
    cells, bars = [], []
    for p in curve.points:
        cells.append(cell(p.need))
        v = p.need.value
        if p.need.status != "least" or v is None:
            why = "; ".join(o.text for o in p.need.obstacles)
            bars.append(f"{why} fails" if why else "")
            continue
        share = math.log(v / low) / math.log(high / low) if high > low else 0.0
        bars.append("█" * max(1, round(share * BAR)))
    columns = [
        Column(curve.against, [p.at for p in curve.points]),
        Column(SPEC[curve.spec].title, cells),
        Column("", bars, right=False),
    ]
    many = f" with at most {curve.devices:,} devices" if curve.devices else ""
    lines = wrap(f"Least {SPEC[curve.spec].title} against {curve.against}{many}", width)
    said = ["* is more than the base offers."] if any("*" in c for c in cells) else []
    return lines + table(columns, width) + said + closes((p.need for p in curve.points), width)
