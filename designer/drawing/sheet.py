"""Several drawings on one sheet."""

from __future__ import annotations

from collections.abc import Sequence

from designer.drawing.marks import Box, Dot, Drawing, Label, Mark, Path

MARGIN, TITLE, GAP = 16.0, 18.0, 18.0


def stacked(drawings: Sequence[tuple[str, Drawing]], width: float, says: str) -> Drawing:
    """Drawings with their titles, one below the other.

    >>> one = Drawing(height=10, marks=[Label(x=0, y=8, text="a")], says="a")
    >>> stacked([("first", one), ("second", one)], 100, "both").height
    106.0
    """
    marks: list[Mark] = []
    y = MARGIN
    for title, d in drawings:
        if title:
            marks.append(Label(x=MARGIN, y=y + 12, text=title, role="soft"))
            y += TITLE
        marks += [_moved(m, MARGIN, y) for m in d.marks]
        y += d.height + GAP
    return Drawing(width=width + 2 * MARGIN, height=y - GAP + MARGIN, marks=marks, says=says)


def _moved(m: Mark, dx: float, dy: float) -> Mark:
    match m:
        case Path():
            return m.model_copy(update={"points": [(x + dx, y + dy) for x, y in m.points]})
        case Box() | Dot() | Label():
            return m.model_copy(update={"x": m.x + dx, "y": m.y + dy})
