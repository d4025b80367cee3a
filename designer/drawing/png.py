"""A drawing as PNG, by matplotlib, in the light colours."""

from __future__ import annotations

import importlib
from typing import IO, Any

from catalogs.errors import InputError
from designer.drawing.marks import Box, Dot, Drawing, Label, Path
from designer.drawing.palette import LIGHT

DOTS, SIZE = 192, 11.0
_ALIGN = {"start": "left", "middle": "center", "end": "right"}


def painted(drawing: Drawing, out: IO[bytes]) -> None:
    """Write a drawing at two dots a px; raises InputError where matplotlib is not installed."""
    try:
        figures: Any = importlib.import_module("matplotlib.figure")
        patches: Any = importlib.import_module("matplotlib.patches")
    except ImportError:
        raise InputError(
            "png needs matplotlib: pip install 'mlsys-designer[plot]'; svg needs nothing"
        ) from None
    figure = figures.Figure(figsize=(drawing.width / 96, drawing.height / 96), facecolor=LIGHT["paper"])
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set_xlim(0, drawing.width)
    ax.set_ylim(drawing.height, 0)
    ax.axis("off")
    points = 72 / 96  # a px in points
    for m in drawing.marks:
        colour = LIGHT[m.role]
        match m:
            case Box():
                ax.add_patch(patches.Rectangle((m.x, m.y), m.w, m.h, facecolor=colour, linewidth=0))
            case Dot():
                ax.add_patch(patches.Circle((m.x, m.y), m.r, facecolor=colour, linewidth=0))
            case Path():
                xs, ys = zip(*m.points, strict=True)
                ax.plot(xs, ys, color=colour, linewidth=points, linestyle="--" if m.dashed else "-")
            case Label():
                ax.text(
                    m.x, m.y, m.text, color=colour, fontsize=SIZE * points, ha=_ALIGN[m.anchor], va="baseline",
                    fontweight="bold" if m.bold else "normal", parse_math=False,
                )  # fmt: skip
    figure.savefig(out, format="png", dpi=DOTS, metadata={"Software": "designer"})
