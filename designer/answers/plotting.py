"""Designs of an answer as a picture over two quantities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from catalogs.errors import InputError, nearest
from constraints.records import record
from designer.drawing.marks import Drawing
from designer.drawing.pictures.frontier import Measure, frontier
from designer.words.numbers import human, scale_of

# Designs that a picture shows.
MOST = 60
# By the letter of a design: value in SI (None where unknown) and unit of each quantity.
Points = Mapping[str, Mapping[str, tuple[float | None, str]]]


def axes_of(objectives: Sequence[str], x: str, y: str) -> tuple[str, str]:
    """The quantities of both axes: those that were named, else the first objectives, in order.

    Raises InputError where only one is known.
    """
    names = [o.split()[-1] for o in objectives]
    rest = [n for n in names if n not in (x, y)]
    x = x or (rest.pop(0) if rest else "")
    y = y or (rest.pop(0) if rest else "")
    if not x or not y:
        raise InputError("a picture of designs has two quantities: give x and y")
    return x, y


def plotted(points: Points, x: str, y: str) -> Drawing:
    """The designs whose two quantities are known; raises InputError for a quantity they have not, or where none is."""
    known = {n for metrics in points.values() for n in metrics}
    for n in (x, y):
        if n not in known:
            raise InputError(f"unknown quantity {n!r}{nearest(n, known)}")
    found = [
        (i, a, b) for i, m in points.items() if (a := m[x][0]) is not None and (b := m[y][0]) is not None
    ]
    if not found:
        raise InputError(f"no design here has both {x} and {y}")
    found = found[:MOST]
    said = [
        f"{i}: " + ", ".join(human(points[i][n][0], unit_of(n, points)) for n in (x, y)) for i, _, _ in found
    ]
    (across, wide), (up, tall) = (_axis(n, [f[k] for f in found], points) for k, n in ((1, x), (2, y)))  # type: ignore[misc]
    return frontier(across, up, [(i, a / wide, b / tall) for i, a, b in found], said)


def _axis(name: str, values: Sequence[float], points: Points) -> tuple[Measure, float]:
    """What an axis is called, and the size of its unit."""
    size, unit = scale_of(sorted(values)[len(values) // 2], unit_of(name, points))
    q = record(name)
    return Measure(f"{q.in_words}{f', {unit}' if unit else ''}", q.better == "more"), size


def unit_of(name: str, points: Points) -> str:
    """The unit a quantity is told in: that of its values, or percent of a share, which is stored without one."""
    stored = next((m[name][1] for m in points.values() if name in m), "")
    return stored or ("%" if record(name).unit == "%" else "")
