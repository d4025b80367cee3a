"""A quantity over two axes: a cell for each pair of steps, with its number where there is room."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from designer.drawing.marks import WIDTH, Box, Drawing, Label, Mark
from designer.words.numbers import digits
from designer.words.text import shorten

LEFT, TOP, BOTTOM, CELL = 62.0, 36.0, 34.0, 16.0
# Steps of an axis that are drawn at most, and cells that are wide enough for their number.
MOST, ROOM = 40, 26.0
SHADES = 5
# From this ratio of largest to smallest on, shades are logarithmic.
SPAN = 10.0


def heat(
    x: tuple[str, Sequence[str]],
    y: tuple[str, Sequence[str]],
    cells: Mapping[tuple[int, int], float],
    quantity: str,
) -> Drawing:
    """Names and steps of both axes, the value of each pair of steps that has one (some do), and what it is.

    Values are told in five shades, on a logarithmic scale where they span a factor of ten.
    """
    nx, ny = min(len(x[1]), MOST), min(len(y[1]), MOST)
    w = (WIDTH - LEFT) / max(1, nx)
    floor = TOP + ny * CELL
    marks: list[Mark] = [Label(x=0, y=11, text=quantity, bold=True)]
    marks += [Box(x=LEFT + 40 * i, y=20, w=40, h=9, role=f"h{i + 1}") for i in range(SHADES)]
    low, high = min(cells.values()), max(cells.values())
    marks.append(Label(x=LEFT - 5, y=29, text=digits(low), role="soft", anchor="end"))
    log = ", log" if low > 0 and high / low >= SPAN else ""
    marks.append(Label(x=LEFT + 40 * SHADES + 5, y=29, text=f"{digits(high)}{log}", role="soft"))
    marks.append(Box(x=LEFT, y=TOP, w=nx * w, h=ny * CELL, role="free"))
    for (i, j), v in cells.items():
        if i < nx and j < ny:
            top = floor - (j + 1) * CELL
            shade = _shade(v, list(cells.values()))
            tip = f"{x[0]} {x[1][i]}, {y[0]} {y[1][j]}: {digits(v)}"
            marks.append(Box(x=LEFT + i * w, y=top, w=w - 1, h=CELL - 1, role=f"h{shade + 1}", tip=tip))
            if w >= ROOM:
                role = "h-low" if shade < SHADES // 2 + 1 else "h-high"
                marks.append(
                    Label(x=LEFT + (i + 0.5) * w, y=top + 11, text=digits(v), role=role, anchor="middle")
                )
    for i in range(0, nx, max(1, math.ceil(nx * 44 / (WIDTH - LEFT)))):
        text = shorten(x[1][i], 12)
        marks.append(Label(x=LEFT + (i + 0.5) * w, y=floor + 13, text=text, role="soft", anchor="middle"))
    for j in range(ny):
        text = shorten(y[1][j], 9)
        marks.append(Label(x=LEFT - 5, y=floor - (j + 0.5) * CELL + 4, text=text, role="soft", anchor="end"))
    marks.append(Label(x=WIDTH, y=floor + 29, text=f"across: {x[0]}", role="soft", anchor="end"))
    if y[0]:
        marks.append(Label(x=0, y=floor + 29, text=f"up: {y[0]}", role="soft"))
    return Drawing(
        height=floor + BOTTOM, marks=marks, says=f"{quantity} over {x[0]}{f' and {y[0]}' if y[0] else ''}"
    )


def _shade(v: float, all_: Sequence[float]) -> int:
    """Which of the shades a value has, from the least to the most."""
    low, high = min(all_), max(all_)
    if high == low:
        return SHADES // 2
    log = low > 0 and high / low >= SPAN
    share = math.log(v / low) / math.log(high / low) if log else (v - low) / (high - low)
    return min(SHADES - 1, int(share * SHADES))
