"""A roofline as a picture, and as a plot of characters."""

from __future__ import annotations

import importlib
import math
from pathlib import Path
from typing import Any

from catalogs.errors import InputError
from constraints.rules.library.roofline import attainable_rate, ridge_point
from designer.sizing.roofline import Roofline
from designer.words.numbers import human
from designer.words.text import wrap

KINDS = (".svg", ".png")
HEIGHT = 16
# How far the axes reach beyond what is drawn.
MARGIN = 4.0


def save(r: Roofline, file: Path) -> None:
    """Draw the roofline into an SVG or PNG file; raises InputError without matplotlib or for another kind."""
    if file.suffix.lower() not in KINDS:
        raise InputError(
            f"--roofline {str(file)!r}: write a file that ends in {' or '.join(KINDS)}, or - for text"
        )
    try:
        matplotlib: Any = importlib.import_module("matplotlib")
    except ImportError:
        raise InputError(
            "--roofline needs matplotlib: pip install 'mlsys-designer[plot]', or write - for text"
        ) from None
    matplotlib.use("Agg")
    # Text stays text, and the same answer gives the same file.
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "designer"})
    plt: Any = importlib.import_module("matplotlib.pyplot")
    low, high = _reach(r)
    figure, axes = plt.subplots(figsize=(7.5, 4.5))
    for roof in r.roofs:
        ridge = ridge_point(roof.rate, roof.bandwidth)
        x = sorted({low, ridge, high})
        y = [attainable_rate(i, roof.rate, roof.bandwidth) for i in x]
        axes.plot(x, y, label=roof.name, linewidth=2.2 if roof is r.roofs[0] else 1.1)
    for p, mark in zip(r.points, "os^D", strict=False):
        axes.plot(
            [p.intensity],
            [p.rate],
            mark,
            color="black",
            markersize=7,
            label=f"{p.phase} on {r.roofs[0].name}",
        )
    axes.set(
        xscale="log", yscale="log", xlabel="arithmetic intensity, FLOP/byte", ylabel=f"{r.precision} FLOP/s"
    )
    axes.set_title(f"{r.scenario}: one device", fontsize=11)
    axes.grid(True, which="major", alpha=0.3)
    axes.legend(fontsize=8, loc="lower right")
    figure.tight_layout()
    try:
        figure.savefig(file, metadata={"Date": None} if file.suffix.lower() == ".svg" else None, dpi=150)
    except OSError as e:
        raise InputError(f"--roofline {str(file)!r}: cannot be written: {e.strerror or e}") from None
    finally:
        plt.close(figure)


def _reach(r: Roofline) -> tuple[float, float]:
    """Intensities from below the lowest point to above the last ridge."""
    at = [p.intensity for p in r.points] + [float(ridge_point(f.rate, f.bandwidth)) for f in r.roofs]
    return min(at) / MARGIN, max(at) * MARGIN


def plot(r: Roofline, width: int) -> str:
    """The same in characters: the base part's roof, and each phase under it by its first letter."""
    roof = r.roofs[0]
    low, high = _reach(r)
    cells = width - 14
    top = roof.rate
    bottom = min([p.rate for p in r.points] + [float(attainable_rate(low, roof.rate, roof.bandwidth))]) / 1.5
    grid = [[" "] * cells for _ in range(HEIGHT)]

    def row(rate: float) -> int:
        share = math.log(rate / bottom) / math.log(top / bottom)
        return min(HEIGHT - 1, max(0, round((1 - share) * (HEIGHT - 1))))

    for column in range(cells):
        intensity = low * (high / low) ** (column / (cells - 1))
        grid[row(float(attainable_rate(intensity, roof.rate, roof.bandwidth)))][column] = "·"
    for p in r.points:
        column = round(math.log(p.intensity / low) / math.log(high / low) * (cells - 1))
        grid[row(p.rate)][column] = p.phase[0].upper()
    lines = [f"{r.scenario}: one device of {roof.name}, {r.precision}"]
    for i, line in enumerate(grid):
        rate = top * (bottom / top) ** (i / (HEIGHT - 1))
        label = human(rate, "FLOP/s") if i % 5 == 0 else ""
        lines.append(f"{label:>13} {''.join(line)}".rstrip())
    left, right = f"{low:.3g}", f"{high:.3g} FLOP/byte"
    lines.append(" " * 14 + left + right.rjust(cells - len(left)))
    for p in r.points:
        can = float(attainable_rate(p.intensity, roof.rate, roof.bandwidth))
        side = "compute" if p.intensity >= ridge_point(roof.rate, roof.bandwidth) else "memory bandwidth"
        lines += wrap(
            f"{p.phase[0].upper()}  {p.phase}: {p.intensity:.3g} FLOP/byte, {human(p.rate, 'FLOP/s')} of"
            f" {human(can, 'FLOP/s')} under the roof ({100 * p.rate / can:.0f} %), {side} side",
            width,
            hanging=3,
        )
    for f in r.roofs[1:]:
        where = ", ".join(
            f"{p.phase} {human(float(attainable_rate(p.intensity, f.rate, f.bandwidth)), 'FLOP/s')}"
            for p in r.points
        )
        lines += wrap(f"{f.name}: roof at these intensities {where}", width, hanging=3)
    return "\n".join(lines)
