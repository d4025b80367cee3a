"""The pictures of a sweep's report as files, drawn with matplotlib."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path
from statistics import median
from typing import Any

from catalogs.errors import InputError
from designer.report.sweep_data import report_data
from designer.sweeping.extras import needed
from designer.sweeping.store import Store
from designer.words.numbers import digits

# What is shown where no point has a design.
NOTHING: dict[str, Any] = {"name": "no point has a design", "unit": "", "values": []}
FREE, UNKNOWN = "nothing", "not worked out"
PALETTE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8c6d31", "#7f5fb5", "#4d4d4d")


def draw(store: Store, folder: Path, kind: str) -> list[Path]:
    """Write heat map, map of walls, frontier and effects as png or svg; returns the files."""
    matplotlib = needed("matplotlib", "matplotlib", "--plots", "plots")
    matplotlib.use("Agg")
    # Without a date and with fixed ids, the same results make the same file.
    matplotlib.rcParams["svg.hashsalt"] = "designer"
    data = report_data(store)
    out = []
    for name, picture in (("heat", _heat), ("walls", _walls), ("frontier", _frontier), ("effects", _effects)):
        figure = picture(data)
        file = folder / f"{name}.{kind}"
        try:
            figure.savefig(
                file, bbox_inches="tight", dpi=120, metadata={"Date": None} if kind == "svg" else None
            )
        except OSError as e:
            raise InputError(f"{file}: cannot be written: {e.strerror or e}") from None
        out.append(file)
    return out


def _axes() -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.4))
    return figure, figure.add_subplot()


def _column(data: dict[str, Any], name: str) -> dict[str, Any]:
    return next(c for c in data["columns"] if c["name"] == name)


def _label(c: dict[str, Any]) -> str:
    return f"{c['name']} ({c['unit']})" if c["unit"] else str(c["name"])


def _steps(c: dict[str, Any]) -> list[Any]:
    return sorted(set(c["values"]), key=lambda v: (isinstance(v, str), v))


def _cells(data: dict[str, Any]) -> tuple[Any, Any, dict[tuple[int, int], list[int]], Any, Any]:
    """A figure with both axes of the report marked, and the points of each cell."""
    figure, ax = _axes()
    x = _column(data, data["view"]["x"])
    # With one axis alone, a map is one row.
    alone = {"name": "", "unit": "", "values": [""] * len(x["values"])}
    y = alone if data["view"]["y"] == x["name"] else _column(data, data["view"]["y"])
    xs, ys = _steps(x), _steps(y)
    held: dict[tuple[int, int], list[int]] = defaultdict(list)
    place_x, place_y = ({v: i for i, v in enumerate(s)} for s in (xs, ys))
    for i, (a, b) in enumerate(zip(x["values"], y["values"], strict=True)):
        held[place_x[a], place_y[b]].append(i)
    for axis, steps, c in ((ax.xaxis, xs, x), (ax.yaxis, ys, y)):
        each = max(1, -(-len(steps) // 9))
        marks = [digits(v) if isinstance(v, (int, float)) else str(v) for v in steps[::each]]
        axis.set_ticks(range(0, len(steps), each), marks, fontsize=8)
        axis.set_label_text(_label(c))
    return figure, ax, held, len(xs), len(ys)


def _heat(data: dict[str, Any]) -> Any:
    import numpy as np

    figure, ax, held, nx, ny = _cells(data)
    c = next((c for c in data["columns"] if c["name"] == data["view"]["value"]), NOTHING)
    shown = np.full((ny, nx), np.nan)
    for (i, j), rows in held.items():
        values = [v for r in rows if c["values"] and isinstance(v := c["values"][r], (int, float))]
        if values:
            shown[j, i] = median(values)
    image = ax.imshow(shown, origin="lower", aspect="auto", cmap="viridis")
    figure.colorbar(image, label=_label(c))
    ax.set_facecolor("#eceff1")
    ax.set_title(data["name"], loc="left")
    return figure


def _stop(data: dict[str, Any], i: int) -> str:
    if data["state"][i] == "found":
        binds = data["binds"][i]
        return UNKNOWN if binds is None else " + ".join(binds) or FREE
    return "no design: " + (" + ".join(data["conflict"][i] or []) or data["state"][i])


def _walls(data: dict[str, Any]) -> Any:
    from matplotlib.patches import Patch, Rectangle

    figure, ax, held, nx, ny = _cells(data)
    top = {cell: Counter(_stop(data, i) for i in rows).most_common(1)[0][0] for cell, rows in held.items()}
    bare = [n.removeprefix("no design: ") for n, _ in Counter(top.values()).most_common()]
    colours = {n: PALETTE[k % len(PALETTE)] for k, n in enumerate(dict.fromkeys(bare))}
    colours |= {FREE: "#cfe8cf", UNKNOWN: "#eceff1"}

    def style(text: str) -> dict[str, Any]:
        none = text.startswith("no design: ")
        return {
            "facecolor": colours[text.removeprefix("no design: ")],
            "edgecolor": "white",
            "hatch": "///" if none else None,
        }

    for (i, j), text in top.items():
        ax.add_patch(Rectangle((i - 0.5, j - 0.5), 1, 1, linewidth=0.4, **style(text)))
    ax.set_xlim(-0.5, nx - 0.5)
    ax.set_ylim(-0.5, ny - 0.5)
    handles = [Patch(label=t, **style(t)) for t, _ in Counter(top.values()).most_common(8)]
    ax.legend(
        handles=handles, bbox_to_anchor=(0, -0.18), loc="upper left", fontsize=8, ncols=2, frameon=False
    )
    ax.set_title(f"{data['name']}: what stops each point", loc="left")
    return figure


def _frontier(data: dict[str, Any]) -> Any:
    figure, ax = _axes()
    rows, names = data["frontier"]["rows"], data["frontier"]["names"]
    pair = (0, min(1, len(names) - 1))
    for best, style in ((False, {"s": 8, "alpha": 0.4}), (True, {"s": 28, "edgecolors": "black"})):
        of = [r["values"] for r in rows if r["best"] == best]
        ax.scatter([v[pair[0]] for v in of], [v[pair[1]] for v in of], **style)
    if rows:
        ax.set_xlabel(_label(_column(data, names[pair[0]])))
        ax.set_ylabel(_label(_column(data, names[pair[1]])))
    ax.set_title(f"{data['name']}: designs of all points", loc="left")
    return figure


def _effects(data: dict[str, Any]) -> Any:
    figure, ax = _axes()
    found = data["effects"][0]
    bars = found["axes"][::-1]
    ax.barh([b["axis"] for b in bars], [b["high"] - b["low"] for b in bars], left=[b["low"] for b in bars])
    for k, b in enumerate(bars):
        ax.annotate(f" S {100 * b['index']:.0f} %", (b["high"], k), va="center", fontsize=8)
    if found["mean"] is not None:
        ax.axvline(found["mean"], color="black", linestyle="--", linewidth=1)
    ax.set_xlabel(f"{found['quantity']} ({found['unit']})" if found["unit"] else found["quantity"])
    ax.set_title(f"{data['name']}: what moves it", loc="left")
    return figure
