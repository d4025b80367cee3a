"""What the report of a sweep shows, as plain data: columns in units people read, frontiers, effects."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from constraints.records import record
from designer.search.pareto import skyline
from designer.sweeping.analysis import effects
from designer.sweeping.columns import StoredColumn
from designer.sweeping.store import Manifest, Store
from designer.words.numbers import scale_of

# Points and designs a page carries; beyond, an even selection of them.
MOST_POINTS, MOST_DESIGNS = 40_000, 4_000
Rows = dict[str, list[Any]]
Scales = dict[str, tuple[float, str]]


def report_data(store: Store) -> dict[str, Any]:
    """Everything the page needs, ready for JSON."""
    m, table = store.manifest(), store.table()
    axes = [c.name for c in m.columns if c.kind == "axis"]
    view = view_of(m)
    named = list(dict.fromkeys([*axes, *(n for n, _ in m.objectives), *filter(None, [view["value"]])]))
    all_rows: Rows = table.select(["point", "design", "status", *named]).to_pydict()
    first = [i for i, d in enumerate(all_rows["design"]) if d in (None, "A")]
    shown = even(first, MOST_POINTS)
    rows: Rows = table.take(shown).to_pydict()
    scales = {c.name: _scale(c, rows[c.name]) for c in m.columns}
    kinds = ("axis", "decision", "quantity")
    columns = [c for c in m.columns if c.kind in kinds and any(v is not None for v in rows[c.name])]
    return {
        "name": m.name,
        "description": m.description,
        "base": m.base,
        "count": m.count,
        "have": len(first),
        "shown": len(shown),
        "status": dict(Counter(all_rows["status"][i] for i in first)),
        "view": view,
        "objectives": [{"name": n, "sign": s} for n, s in m.objectives],
        "columns": [
            {
                "name": c.name,
                "kind": c.kind,
                "unit": scales[c.name][1],
                "title": c.title,
                "better": record(c.name.rpartition(".")[2]).better,
                "values": [told(v, scales[c.name][0]) for v in rows[c.name]],
            }
            for c in columns
        ],
        "point": rows["point"],
        "state": rows["status"],
        "binds": rows["binds"],
        "conflict": rows["conflict"],
        "frontier": _frontier(m, all_rows, scales, axes),
        "effects": _effects(m, all_rows, first, scales, axes),
        "again": m.again.model_dump() if m.again else None,
        "stamp": {"version": m.stamp.version, "catalog": m.stamp.catalog, "scenario": m.stamp.scenario},
    }


def view_of(m: Manifest) -> dict[str, str | None]:
    """The axes and the quantity that are shown first."""
    axes = [c.name for c in m.columns if c.kind == "axis"]
    x = m.view.get("x") or axes[0]
    y = m.view.get("y") or next((a for a in axes if a != x), x)
    return {"x": x, "y": y, "value": m.view.get("value") or m.objectives[0][0]}


def _scale(c: StoredColumn, values: Sequence[Any]) -> tuple[float, str]:
    """The unit the values of a column are read in."""
    if c.type not in ("float", "int"):
        return 1.0, ""
    known = sorted(abs(v) for v in values if v)
    # A share has no unit of its own in the table; its record says that it is one.
    if not c.unit and record(c.name.rpartition(".")[2]).unit == "%":
        return 0.01, "%"
    return scale_of(known[len(known) // 2], c.unit) if known else (1.0, c.unit)


def told(value: Any, scale: float) -> Any:
    """A value in the unit its column is read in, to as many digits as anyone reads."""
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        shown = value / scale
        return shown if shown.is_integer() and abs(shown) < 1e15 else float(f"{shown:.6g}")
    return value / scale if isinstance(value, int) and scale != 1 else value


def even(of: Sequence[int], most: int) -> list[int]:
    """At most so many of these, evenly spread."""
    return list(of[:: max(1, math.ceil(len(of) / most))])


def _frontier(m: Manifest, rows: Rows, scales: Scales, axes: list[str]) -> dict[str, Any]:
    """Designs of all points over the objectives, and which of them no design of any point beats."""
    names = [n for n, _ in m.objectives]
    some = [i for i, d in enumerate(rows["design"]) if d is not None]
    if not some:
        return {"names": names, "rows": []}
    signed = np.array([[s * rows[n][i] for n, s in m.objectives] for i in some], dtype=float)
    best = {some[int(k)] for k in skyline(signed)}
    return {
        "names": names,
        "rows": [
            {
                "point": rows["point"][i],
                "design": rows["design"][i],
                "best": i in best,
                "values": [told(rows[n][i], scales[n][0]) for n in names],
                "at": [told(rows[a][i], scales[a][0]) for a in axes],
            }
            for i in sorted(best | set(even(some, MOST_DESIGNS)))
        ],
    }


def _effects(
    m: Manifest, rows: Rows, first: list[int], scales: Scales, axes: list[str]
) -> list[dict[str, Any]]:
    at = {a: [rows[a][i] for i in first] for a in axes}
    out = []
    for name in dict.fromkeys([*(n for n, _ in m.objectives), view_of(m)["value"] or ""]):
        size, unit = scales[name]
        values = np.array([math.nan if (v := rows[name][i]) is None else v for i in first], dtype=float)
        known = values[np.isfinite(values)]
        found = [
            {
                "axis": e.axis,
                "low": told(e.low, size),
                "high": told(e.high, size),
                "low_at": told(e.low_at, scales[e.axis][0]),
                "high_at": told(e.high_at, scales[e.axis][0]),
                "index": round(e.index, 4),
            }
            for e in effects(at, values)
        ]
        mean = told(float(known.mean()), size) if len(known) else None
        out.append({"quantity": name, "unit": unit, "mean": mean, "axes": found})
    return out
