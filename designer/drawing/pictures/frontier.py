"""Designs over two quantities, of which neither can be better without the other being worse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from designer.drawing.marks import WIDTH, Dot, Drawing, Label, Mark, Path
from designer.drawing.scales import Scale, scale_for
from designer.words.numbers import digits

HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 260.0, 50.0, 40.0, 22.0, 12.0
# Letters beside dots keep so far apart.
APART = 15.0


@dataclass(frozen=True)
class Measure:
    """A quantity of an axis: its name with its unit, and whether more of it is better."""

    name: str
    more: bool = False


def frontier(
    x: Measure, y: Measure, designs: Sequence[tuple[str, float, float]], said: Sequence[str] = ()
) -> Drawing:
    """Dots with letters, joined in the order of `x`; `said` are what is told of each.

    With three objectives and more, a dot may be behind the line in these two.
    """
    across = scale_for([d[1] for d in designs], LEFT, WIDTH - RIGHT)
    up = scale_for([d[2] for d in designs], HEIGHT - BOTTOM, TOP)
    marks = [*_axes(across, up, x, y)]
    ordered = sorted(designs, key=lambda d: d[1])
    marks.append(Path(points=[(across.at(a), up.at(b)) for _, a, b in ordered], role="line", dashed=True))
    told: list[tuple[float, float]] = []
    for i, (name, a, b) in enumerate(designs):
        px, py = across.at(a), up.at(b)
        marks.append(Dot(x=px, y=py, r=4.5, role="c1" if i else "over", tip=said[i] if said else name))
        end = px > WIDTH - 30
        at = (px + (-7 if end else 7), py - 5)
        if all(abs(at[0] - u) + abs(at[1] - v) > APART for u, v in told):
            marks.append(Label(x=at[0], y=at[1], text=name, bold=not i, anchor="end" if end else "start"))
            told.append((at[0] - 7 * end, at[1]))
    says = f"{len(designs)} designs by {x.name} and {y.name}, {_better(x)} and {_better(y)}"
    return Drawing(height=HEIGHT, marks=marks, says=says)


def _better(of: Measure) -> str:
    return "more is better" if of.more else "less is better"


def _axes(across: Scale, up: Scale, x: Measure, y: Measure) -> list[Mark]:
    floor = HEIGHT - BOTTOM
    marks: list[Mark] = []
    for t in across.ticks(5):
        at = across.at(t)
        marks += [
            Path(points=[(at, TOP), (at, floor)], role="free"),
            Label(x=at, y=floor + 14, text=digits(t), role="soft", anchor="middle"),
        ]
    for t in up.ticks(5):
        at = up.at(t)
        marks += [
            Path(points=[(LEFT, at), (WIDTH - RIGHT, at)], role="free"),
            Label(x=LEFT - 5, y=at + 4, text=digits(t), role="soft", anchor="end"),
        ]
    low, left = ("↑" if y.more else "↓"), ("→" if x.more else "←")
    return [
        *marks,
        Path(points=[(LEFT, TOP), (LEFT, floor), (WIDTH - RIGHT, floor)], role="soft"),
        Label(x=0, y=11, text=f"{y.name}   {low} better{', log' if up.log else ''}"),
        Label(
            x=WIDTH - RIGHT,
            y=HEIGHT - 6,
            text=f"{left} better   {x.name}{', log' if across.log else ''}",
            anchor="end",
        ),
    ]
