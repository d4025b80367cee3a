"""A whole by its parts: a bar each, largest first, with its amount and its share."""

from __future__ import annotations

from collections.abc import Sequence

from designer.drawing.marks import WIDTH, Box, Drawing, Label, Mark
from designer.drawing.palette import SERIES
from designer.words.text import shorten, wrap

TOP, LINE, LETTERS = 42.0, 14.0, 43


def parts(
    whole: str, named: Sequence[tuple[str, float, str]], free: tuple[str, float, str] | None = None
) -> Drawing:
    """A stacked bar and a row for each part: its name, its amount, and that as text.

    `whole` says what they add up to. `free` is what is left over beside them, where something is.
    """
    total = sum(v for _, v, _ in named) + (free[1] if free else 0.0)
    rows = [(name, v, text, SERIES[i % len(SERIES)]) for i, (name, v, text) in enumerate(named)]
    if free:
        rows.append((*free, "free"))
    marks: list[Mark] = [Label(x=0, y=11, text=whole, bold=True)]
    x = 0.0
    for name, value, text, role in rows:
        w = WIDTH * value / total if total else 0.0
        marks.append(Box(x=x, y=18, w=max(w - 1, 0.4), h=14, role=role, tip=f"{name}: {text}"))
        x += w
    y = TOP
    for name, value, text, role in rows:
        share = 100 * value / total if total else 0.0
        told = f"{share:.0f} %" if share >= 1 else "<1 %"
        marks += [
            Box(x=0, y=y, w=9, h=9, role=role),
            *(Label(x=15, y=y + 9 + LINE * i, text=line) for i, line in enumerate(_lines(name))),
            Label(x=WIDTH - 44, y=y + 9, text=text, anchor="end"),
            Label(x=WIDTH, y=y + 9, text=told, role="soft", anchor="end"),
        ]
        y += 6 + LINE * len(_lines(name))
    said = ", ".join(f"{name} {text}" for name, _, text, _ in rows)
    return Drawing(height=y + 2, marks=marks, says=f"{whole}: {said}")


def _lines(name: str) -> list[str]:
    """A name on two lines at most."""
    first, *rest = wrap(name, LETTERS) or [""]
    return [first, shorten(" ".join(rest), LETTERS)] if rest else [first]
