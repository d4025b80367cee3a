"""The equations behind quantities as rows of a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from designer.answers.report import Equation, Equations
from designer.explaining.explanation import Term


def equations(terms: Sequence[Term]) -> Equations:
    """Each quantity above what it is made of; one that was opened before is named only."""
    seen: set[str] = set()
    rows = [row for t in terms for row in _rows(t, 0, seen)]
    return Equations(title="Equations, with their numbers and sources", rows=rows)


def _rows(t: Term, depth: int, seen: set[str]) -> Iterator[Equation]:
    again = t.quantity in seen
    source = t.cite if t.kind == "rule" else ": ".join(filter(None, (t.kind, t.source)))
    opened = bool(t.equation) and not again
    yield Equation(
        depth=depth,
        quantity=t.quantity,
        value=t.text,
        formula=t.equation if opened else "",
        numbers=t.substituted if opened and t.substituted != t.equation else "",
        source="above" if again and t.kind == "rule" else source,
        place=t.place,
    )
    if not again:
        seen.add(t.quantity)
        for child in t.inputs:
            yield from _rows(child, depth + 1, seen)
