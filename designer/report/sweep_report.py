"""A sweep laid out: how many points have designs, what stops the others, what moves the objectives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from designer.answers.report import Block, Head, Picture, Report, ReportTable, Section, Text
from designer.drawing.pictures.frontier import Measure, frontier
from designer.drawing.pictures.heat import MOST as SIDE
from designer.drawing.pictures.heat import heat
from designer.report.stamp import stamp
from designer.report.sweep_data import report_data
from designer.sweeping.store import Store
from designer.words.numbers import digits, percent

Row = list[str | int | float | None]
# Points of a table, and designs of a picture.
MOST, DOTS = 5000, 60


def sweep_report(store: Store, command: str) -> Report:
    """The report of a folder of results; raises InputError where it holds no sweep."""
    data = report_data(store)
    s = data["stamp"]
    sections = [
        Section(title="What was found", blocks=[*_found(data)]),
        Section(title="What moves it", blocks=[*_effects(data)]),
        Section(title="Points", blocks=[*_points(data)]),
    ]
    rests = f"catalog {s['catalog']}, scenario {s['scenario']}, program {s['version']}"
    said = headline(data)
    return Report(
        title=data["name"], command=command, said=said, sections=sections, stamp=f"{stamp()}; {rests}"
    )


def headline(data: dict[str, Any]) -> list[str]:
    """How many points have designs, the least and the most of the first objective, what stops the others."""
    found, have = data["status"].get("found", 0), data["have"]
    missing = f", of {data['count']:,} that were asked for" if have < data["count"] else ""
    out = [f"{found:,} of {have:,} points have a design{missing}."]
    name = data["objectives"][0]["name"]
    c = next((c for c in data["columns"] if c["name"] == name), None)
    known = [v for v in c["values"] if isinstance(v, (int, float))] if c else []
    if c and known:
        shown = "" if data["shown"] == have else f" of the {data['shown']:,} that are shown"
        out.append(
            f"{name} is {digits(min(known))} to {digits(max(known))} {c['unit']}".rstrip() + f"{shown}."
        )
    stops = Counter(" + ".join(k) for k in data["conflict"] if k)
    if stops:
        told = ", ".join(f"{n} {percent(k / sum(stops.values()))}" for n, k in stops.most_common(3))
        out.append(f"What leaves points without a design: {told}.")
    return out


def _column(data: dict[str, Any], name: str | None) -> dict[str, Any] | None:
    return next((c for c in data["columns"] if c["name"] == name), None)


def _found(data: dict[str, Any]) -> Iterator[Block]:
    if data["description"]:
        yield Text(text=data["description"])
    if (picture := _heat(data)) is not None:
        yield picture
    rows, names = data["frontier"]["rows"], data["frontier"]["names"]
    best = sorted((r for r in rows if r["best"]), key=lambda r: r["values"][0])[:DOTS]
    columns = [c for n in names[:2] if (c := _column(data, n)) is not None]
    if len(best) > 1 and len(columns) == 2:
        signs = [o["sign"] for o in data["objectives"]]
        axes = [Measure(_titled(c), sign < 0) for c, sign in zip(columns, signs, strict=False)]
        yield Picture(
            name="frontier",
            title="Designs that no design of any point beats",
            caption="Each dot is a design of a point; its number is that of the point. Red: best in the first.",
            drawing=frontier(axes[0], axes[1], [(str(r["point"]), *r["values"][:2]) for r in best]),
        )
    counts: list[Row] = [[n, k, k / data["have"]] for n, k in data["status"].items()]
    heads = [Head(name="points"), Head(name="number"), Head(name="share", unit="%")]
    yield ReportTable(title="How the points came out", columns=heads, rows=counts)


def _titled(c: dict[str, Any]) -> str:
    return f"{c['name']}, {c['unit']}" if c["unit"] else str(c["name"])


def _heat(data: dict[str, Any]) -> Picture | None:
    """The quantity over both axes of the view, the other axes each at one value, which is said."""
    x, y, c = (_column(data, data["view"][n]) for n in ("x", "y", "value"))
    if x is None or c is None:
        return None
    pair = [x] if y is None or y is x else [x, y]
    rows = list(range(len(data["point"])))
    fixed = []
    for other in (o for o in data["columns"] if o["kind"] == "axis" and o not in pair):
        some = Counter(other["values"][i] for i in rows if data["state"][i] == "found")
        if some:
            value = some.most_common(1)[0][0]
            rows = [i for i in rows if other["values"][i] == value]
            fixed.append(f"{other['name']} {_told(value)} {other['unit']}".rstrip())
    steps = [sorted(set(a["values"]), key=lambda v: (isinstance(v, str), v)) for a in pair]
    cells = {
        (steps[0].index(x["values"][i]), steps[1].index(pair[1]["values"][i]) if len(pair) > 1 else 0): c[
            "values"
        ][i]
        for i in rows
        if isinstance(c["values"][i], (int, float))
    }
    if not cells:
        return None
    up = (_titled(pair[1]), [_told(v) for v in steps[1]]) if len(pair) > 1 else ("", [""])
    at = f" At {', '.join(fixed)}." if fixed else ""
    at += f" The first {SIDE} steps of an axis." if any(len(s) > SIDE for s in steps) else ""
    return Picture(
        name="heat",
        title=_titled(c),
        caption=f"Of the first design of each point, dark little and light much; grey: no design.{at}",
        drawing=heat((_titled(x), [_told(v) for v in steps[0]]), up, cells, _titled(c)),
    )


def _told(value: object) -> str:
    return digits(value) if isinstance(value, (int, float)) else str(value)


def _effects(data: dict[str, Any]) -> Iterator[Block]:
    for e in data["effects"]:
        if not e["axes"]:
            continue
        rows: list[Row] = [
            [a["axis"], a["low"], _told(a["low_at"]), a["high"], _told(a["high_at"]), a["index"]]
            for a in e["axes"]
        ]
        heads = [Head(name=n) for n in ("axis", "least mean", "at", "most mean", "at ")]
        unit = f" ({e['unit']})" if e["unit"] else ""
        yield ReportTable(
            title=f"{e['quantity']}{unit}, by axis",
            columns=[*heads, Head(name="Sobol index", unit="%")],
            rows=rows,
        )


def _points(data: dict[str, Any]) -> Iterator[Block]:
    many = len(data["point"])
    shown = range(min(many, MOST))
    heads = [Head(name="point"), Head(name="stopped by")]
    heads += [Head(name=f"{c['name']} ({c['unit']})" if c["unit"] else c["name"]) for c in data["columns"]]
    rows: list[Row] = [
        [data["point"][i], " + ".join(data["binds"][i] or data["conflict"][i] or []), *_values(data, i)]
        for i in shown
    ]
    left = f", the first {MOST:,} of {many:,}" if many > MOST else ""
    yield ReportTable(title=f"Points{left}", columns=heads, rows=rows)


def _values(data: dict[str, Any], i: int) -> Row:
    return ["–" if c["values"][i] is None else c["values"][i] for c in data["columns"]]
