"""How much of each bound is used, and which of them stop something from being better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from designer.drawing.marks import WIDTH, Box, Drawing, Label, Mark
from designer.words.text import shorten

LETTERS = 34


@dataclass(frozen=True)
class Bound:
    """A limit: how much of it is used (None where it has no such share), in words, and whether it binds."""

    name: str
    share: float | None
    text: str
    binds: bool = False


def uses(bounds: Sequence[Bound], says: str) -> Drawing:
    """A bar for each limit; what binds is marked by its colour and by the word."""
    marks: list[Mark] = []
    y = 0.0
    for b in bounds:
        marks += [
            Label(x=0, y=y + 12, text=shorten(b.name, LETTERS), bold=b.binds),
            Label(x=WIDTH, y=y + 12, text=b.text, role="over" if b.binds else "soft", anchor="end"),
            Box(x=0, y=y + 18, w=WIDTH, h=8, role="free"),
        ]
        if b.share is not None:
            w = WIDTH * max(0.0, min(1.0, b.share))
            marks.append(Box(x=0, y=y + 18, w=w, h=8, role="over" if b.binds else "c1"))
        elif b.binds:
            marks.append(Box(x=0, y=y + 18, w=WIDTH, h=8, role="over"))
        y += 40
    return Drawing(height=y, marks=marks, says=says)
