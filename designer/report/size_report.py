"""`size` laid out: what a device must offer, what of it can be bought, why less is not enough."""

from __future__ import annotations

from collections.abc import Iterator

from constraints.roles import DEVICES
from designer.answers.report import Block, Head, Picture, Report, ReportTable, Section, Text
from designer.answers.size import Need, SizeResult
from designer.drawing.pictures.uses import Bound, uses
from designer.question.specifications import SPEC
from designer.report.size_headline import headline
from designer.report.size_needs import at_least
from designer.report.stamp import stamp
from designer.words.numbers import human

Line = list[str | int | float | None]


def size_report(result: SizeResult, command: str, units: dict[str, str]) -> Report:
    """The report of a sizing; `units` are those of the scenario's quantities."""
    sections = [Section(title="What a device must offer", blocks=[*_needs(result)])]
    if result.parts:
        sections.append(Section(title="What of it can be bought", blocks=[*_parts(result, units)]))
    sections.append(
        Section(title="What moves each target, and what stands in the way", blocks=[*_why(result)])
    )
    sections.append(Section(title="Proof", blocks=[*_proof(result)]))
    return Report(
        title=result.scenario, command=command, said=headline(result), sections=[s for s in sections if s.blocks],
        stamp=stamp(),
    )  # fmt: skip


def _needs(result: SizeResult) -> Iterator[Block]:
    for row in result.rows[:3]:
        bounds = [b for n in row.needs if (b := _bound(n)) is not None]
        if bounds:
            yield Picture(
                name=f"needs-{row.devices}",
                title=f"{row.devices:,} devices: what each must offer, against {result.base}",
                caption="Each bar moves one number and holds the rest; red is more than the part offers.",
                drawing=uses(bounds, f"Needs of one of {row.devices:,} devices"),
            )
    if result.rows:
        specs = [n.spec for n in result.rows[0].needs]
        heads = [
            Head(name=DEVICES),
            *(Head(name=SPEC[s].title) for s in specs),
            Head(name="base part is enough"),
        ]
        rows: list[Line] = [
            [r.devices, *map(_cell, r.needs), "yes" if r.base_meets else "no"] for r in result.rows
        ]
        yield ReportTable(title="The least that is enough, one number at a time", columns=heads, rows=rows)
    if result.surface:
        heads = [Head(name=SPEC[s].title, unit=result.units.get(s, "")) for s in result.surface.specs]
        yield ReportTable(
            title=f"{result.surface.devices:,} devices: parts that are just enough",
            columns=heads,
            rows=[[p.specs.get(s) for s in result.surface.specs] for p in result.surface.points],
        )
    if result.curve:
        c = result.curve
        points: list[Line] = [[p.at, _cell(p.need)] for p in c.points]
        yield ReportTable(
            title=f"{SPEC[c.spec].title} against {c.against}",
            columns=[Head(name=c.against), Head(name=SPEC[c.spec].title)],
            rows=points,
        )


def _bound(n: Need) -> Bound | None:
    """What is needed of what the part offers."""
    name = SPEC[n.spec].title
    offered = human(n.base, n.unit)
    if n.status == "any":
        return Bound(name, 0.0, f"any value; has {offered}")
    if n.status == "none":
        return Bound(name, 0.0, f"no value helps; has {offered}", True)
    assert n.value is not None
    return Bound(
        name,
        n.value / n.base,
        f"needs {at_least(n.value, n.unit)}, has {offered}",
        n.value > n.base * (1 + 1e-9),
    )


def _cell(n: Need) -> str:
    return {"any": "any", "none": "no value helps"}.get(n.status) or at_least(n.value or 0.0, n.unit)


def _parts(result: SizeResult, units: dict[str, str]) -> Iterator[Block]:
    names = list(dict.fromkeys(n for p in result.parts for n in p.metrics if n != DEVICES))
    heads = [Head(name=n) for n in ("node", "meets everything", DEVICES)]
    heads += [Head(name=n, unit=units.get(n, "")) for n in names] + [Head(name="lacks")]
    rows: list[Line] = [
        [p.node, "yes" if p.qualifies else "no", p.devices if p.devices is not None else "–",
         *(p.metrics.get(n) if n in p.metrics else "–" for n in names), "; ".join(x.text for x in p.lacks) or p.note]
        for p in result.parts
    ]  # fmt: skip
    yield ReportTable(title="Nodes of the catalog in this scenario", columns=heads, rows=rows)


def _why(result: SizeResult) -> Iterator[Block]:
    if result.sensitivity:
        rows: list[Line] = [
            [s.target, human(s.value, s.unit), SPEC[n].title if n in SPEC else n, f"{e:+.2f}"]
            for s in result.sensitivity
            for n, e in s.elasticities.items()
        ]
        heads = [Head(name=n) for n in ("target", "value", "number of the device", "% per %")]
        yield ReportTable(title="Percent of each target per percent of each number", columns=heads, rows=rows)
    if result.obstacles:
        stops: list[Line] = [
            [o.name, o.text, human(o.value, o.unit), human(o.bound, o.unit), o.place]
            for o in result.obstacles
        ]
        heads = [Head(name=n) for n in ("limit", "what it says", "least it comes to", "bound", "where")]
        yield ReportTable(title="What fails however much a device offers", columns=heads, rows=stops)


def _proof(result: SizeResult) -> Iterator[Block]:
    closing = [n.closing for r in result.rows for n in r.needs if n.closing]
    if closing:
        yield Text(
            text=f"{len(closing)} least values, each fed back as a part: it meets every target, and with 1 % less no"
            f" layout does; {sum(c.designs for c in closing):,} designs searched below them."
        )
    for note in result.notes:
        yield Text(text=f"Note: {note}")
