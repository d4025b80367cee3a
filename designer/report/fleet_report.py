"""`fleet` laid out: what to take, who runs where, how full everything is, what binds."""

from __future__ import annotations

from collections.abc import Iterator

from constraints.records import record
from designer.answers.fleet import FleetDesign, FleetResult
from designer.answers.report import Block, Head, Picture, Report, ReportTable, Section, Text
from designer.drawing.pictures.parts import parts
from designer.drawing.pictures.uses import Bound, uses
from designer.report.fleet_headline import amount, headline
from designer.report.fleet_text import layout, name_of, none
from designer.report.stamp import stamp
from designer.words.numbers import human

Row = list[str | int | float | None]
# Workloads that a picture names; the rest is one part.
MOST, WIDE = 12, 100


def fleet_report(result: FleetResult, command: str, letter: str = "A") -> Report:
    """The report of a fleet, with the one of this letter in full."""
    shown = next((d for d in result.frontier if d.id == letter.upper()), None)
    sections = []
    if shown is not None:
        sections = [
            Section(title="The choice", blocks=[*_choice(result, shown)]),
            Section(title=f"Fleet {shown.id}, workload by workload", blocks=[*_placed(shown)]),
            Section(title="What binds", blocks=[*_binds(result)]),
        ]
    elif result.status == "infeasible":
        sections = [
            Section(title="What stands in the way", blocks=[Text(text=t) for t in none(result, WIDE) if t])
        ]
    sections.append(Section(title="Proof", blocks=[*_proof(result)]))
    return Report(
        title=result.fleet, command=command, said=headline(result, shown), sections=sections, stamp=stamp()
    )


def _choice(result: FleetResult, shown: FleetDesign) -> Iterator[Block]:
    if (picture := frontier_picture(result)) is not None:
        yield picture
    first = result.objectives[0]
    by: dict[str, float] = {}
    for p in shown.placements:
        value = p.takes[first].value if first in p.takes else None
        if value is None:
            by = {}
            break
        by[p.workload] = by.get(p.workload, 0.0) + value
    unit = shown.totals[first].unit
    ordered = sorted(by.items(), key=lambda kv: -kv[1])
    if len(ordered) > MOST:
        rest = sum(v for _, v in ordered[MOST - 1 :])
        ordered = [*ordered[: MOST - 1], (f"{len(ordered) - MOST + 1} more workloads", rest)]
    if ordered and all(v > 0 for _, v in ordered):
        whole = human(sum(v for _, v in ordered), unit)
        yield Picture(
            name="workloads",
            title=f"{record(first).in_words.capitalize()} of fleet {shown.id}, by workload",
            caption="What the copies of each workload add to the total.",
            drawing=parts(whole, [(n, v, human(v, unit)) for n, v in ordered]),
        )
    bound = {b.name for b in result.binds}
    bounds = []
    for u in shown.uses:
        share = u.used / u.bound if u.bound else float(u.used > 0)
        bounds.append(Bound(u.name, share, f"{amount(u.used, u)} of {amount(u.bound, u)}", u.name in bound))
    yield Picture(
        name="full",
        title="How full each inventory line and cap is",
        caption="At the fullest time. Red: without it the best fleet of an objective would be better.",
        drawing=uses(bounds, f"Use of lines and caps by fleet {shown.id}"),
    )
    heads = [
        Head(name=""),
        *(Head(name=record(o).in_words, unit=shown.totals[o].unit) for o in result.objectives),
    ]
    rows: list[Row] = [[d.id, *(d.totals[o].value for o in result.objectives)] for d in result.frontier]
    yield ReportTable(title="The fleets", columns=heads, rows=rows)


def frontier_picture(result: FleetResult) -> Picture | None:
    """The fleets over the first two objectives; None where there is nothing to choose."""
    if len(result.objectives) < 2 or len(result.frontier) < 2:
        return None
    return Picture(
        name="frontier",
        title="Fleets that none beats",
        caption="Each point is a fleet: all workloads placed.",
        drawing=result.plot(),
    )


def _placed(d: FleetDesign) -> Iterator[Block]:
    names = list(dict.fromkeys(n for p in d.placements for n in p.metrics))
    heads = [Head(name=n) for n in ("workload", "copies", "node", "region", "line", "layout")]
    heads += [Head(name=record(n).in_words, unit=_unit(d, n)) for n in names]
    rows: list[Row] = []
    for p in d.placements:
        said = [p.metrics[n].value if n in p.metrics else "–" for n in names]
        rows.append([name_of(p), p.copies, p.node, p.region, p.line, layout(p), *said])
    yield ReportTable(title="Where each runs", columns=heads, rows=rows)


def _unit(d: FleetDesign, name: str) -> str:
    stored = next((p.metrics[name].unit for p in d.placements if name in p.metrics), "")
    return stored or ("%" if record(name).unit == "%" else "")


def _binds(result: FleetResult) -> Iterator[Block]:
    if not result.binds:
        yield Text(text="No single cap or rule was found without which an optimum would be better.")
        return
    units = {o: m.unit for o, m in result.frontier[0].totals.items()}
    rows: list[Row] = [
        [
            b.objective,
            b.text,
            human(b.gain, units[b.objective]),
            amount(b.price.raised_to - b.bound, b) if b.price and b.bound is not None else "–",
            human(b.price.better, units[b.objective]) if b.price else "–",
            b.place,
        ]
        for b in result.binds
    ]
    heads = [
        Head(name=n)
        for n in ("objective", "cap or rule", "less without it", "so much more", "saves", "where")
    ]
    yield ReportTable(title="Each found by solving again without it", columns=heads, rows=rows)


def _proof(result: FleetResult) -> Iterator[Block]:
    p = result.proof
    state = "complete" if p.complete else "NOT PROVEN COMPLETE"
    yield Text(
        text=f"{p.workloads:,} workloads, {p.raw_designs:,} designs, {p.options:,} undominated options,"
        f" {p.frontier:,} on the frontier: {state}."
    )
    if p.closure:
        second = f", HiGHS {p.second}" if p.second else ""
        yield Text(text=f"Is there any other fleet? CP-SAT: {p.closure}{second}.")
    for note in result.notes:
        yield Text(text=f"Note: {note}")
