"""`compare` laid out: what differs, what it does, and both designs in pictures."""

from __future__ import annotations

from collections.abc import Iterator

from constraints.records import record
from designer.answers.plan import Design
from designer.answers.report import Block, Head, Report, ReportTable, Section
from designer.explaining.comparison import Change, CompareResult
from designer.jobs import decided
from designer.question.question import Question
from designer.report.compare_text import alike, changed
from designer.report.design_pictures import design_pictures, values_for
from designer.report.stamp import stamp
from designer.words.numbers import human, percent

Row = list[str | int | float | None]


def compare_report(
    result: CompareResult, left: tuple[Question, Design], right: tuple[Question, Design], command: str
) -> Report:
    """The report of a comparison of two designs, each with the question it answers."""
    units = {**right[0].units, **left[0].units}
    sections = [Section(title="What differs", blocks=[*_differences(result, units)])]
    for name, (q, d) in ((result.left, left), (result.right, right)):
        pictures: list[Block] = [*design_pictures(q, d.design, values_for(q, d.design))]
        sections.append(Section(title=name, blocks=pictures))
    said = [_headline(result, left[0], right[0], units)]
    title = f"{result.left} against {result.right}"
    return Report(title=title, command=command, said=said, sections=sections, stamp=stamp())


def _headline(result: CompareResult, left: Question, right: Question, units: dict[str, str]) -> str:
    """The objectives of both sides, one after the other."""
    names = list(dict.fromkeys(o.quantity for q in (left, right) for o in q.objectives))
    found = {c.quantity: c for c in result.quantities}
    parts = [_moved(found[n], units.get(n, found[n].unit)) for n in names if n in found]
    return f"{result.right} in place of {result.left}: {'; '.join(parts) or 'no objective in common'}."


def _moved(c: Change, unit: str) -> str:
    name = record(c.quantity).in_words
    if alike(c.left, c.right):
        return f"{name} the same, {human(c.left, unit)}"
    change = f" ({percent(c.ratio - 1, signed=True)})" if c.ratio is not None else ""
    return f"{name} {human(c.right, unit)} instead of {human(c.left, unit)}{change}"


def _differences(result: CompareResult, units: dict[str, str]) -> Iterator[Block]:
    sides = [Head(name=result.left), Head(name=result.right)]
    if result.inputs:
        stated: list[Row] = [
            [i.path, i.left or "–", i.right or "–", i.outcome or _effects(i.effects)] for i in result.inputs
        ]
        heads = [Head(name="what is stated"), *sides, Head(name=f"what it does alone to {result.left}")]
        yield ReportTable(title="What the scenarios state otherwise", columns=heads, rows=stated)
    chosen: list[Row] = [
        [n, *("–" if v is None else decided(n, v) for v in pair)] for n, pair in result.decisions.items()
    ]
    if chosen:
        yield ReportTable(title="Decisions that differ", columns=[Head(name="decision"), *sides], rows=chosen)
    moved: list[Row] = [
        [c.quantity, *(human(v, units.get(c.quantity, c.unit)) for v in (c.left, c.right)), changed(c)]
        for c in result.quantities
        if not alike(c.left, c.right)
    ]
    if moved:
        yield ReportTable(
            title="Quantities that differ",
            columns=[Head(name="quantity"), *sides, Head(name="change")],
            rows=moved,
        )
    used: list[Row] = [
        [
            x.limit,
            *("–" if s is None else percent(s, 3) for s in (x.left, x.right)),
            x.binds_left,
            x.binds_right,
        ]
        for x in result.limits
    ]
    if used:
        without = [Head(name=f"without it {n} could have") for n in (result.left, result.right)]
        heads = [Head(name="limit"), *sides, *without]
        yield ReportTable(title="Share of each limit that is used", columns=heads, rows=used)


def _effects(effects: dict[str, float]) -> str:
    moved = [f"best {n} {percent(e, 3, signed=True)}" for n, e in effects.items() if e]
    return ", ".join(moved) or "nothing that shows"
