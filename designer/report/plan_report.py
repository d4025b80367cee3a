"""`plan` and `explain` laid out: what to decide, the design in pictures, why, and the proof."""

from __future__ import annotations

from collections.abc import Iterator

from constraints.records import record
from constraints.roles import COST
from designer.answers.plan import Binding, Design, PlanResult
from designer.answers.plotting import MOST
from designer.answers.report import Block, Head, Picture, Report, ReportTable, Section, Text
from designer.drawing.pictures.uses import Bound, uses
from designer.evaluating.design import binding
from designer.explaining.explanation import ExplainResult, explain
from designer.jobs import decided
from designer.question.question import Question
from designer.report.design_pictures import design_pictures, values_for
from designer.report.equations import equations
from designer.report.headline import headline, period_of
from designer.report.infeasible_text import infeasible
from designer.report.price_sheet import price_sheet
from designer.report.stamp import stamp
from designer.words.numbers import human

Row = list[str | int | float | None]
WIDE = 100


def plan_report(q: Question, result: PlanResult, command: str, shown: Design | None = None) -> Report:
    """The report of a plan, with one of its designs (the first by default) in full."""
    said = headline(result, q.units, period_of(q), shown)
    sections = []
    if result.frontier:
        design = shown or result.frontier[0]
        sections = [
            Section(title="The choice", blocks=[*_choice(q, result, design)]),
            Section(title=f"Design {design.id}", blocks=[*_design(q, design)]),
            Section(title="Why: what binds, what moves it", blocks=[*_why(q, result, design)]),
        ]
    elif result.status == "infeasible":
        lines = "\n".join(infeasible(result, q.units, WIDE))
        sections = [
            Section(title="What stands in the way", blocks=[Text(text=t) for t in lines.split("\n\n")])
        ]
    sections.append(Section(title="Proof", blocks=[*_proof(q, result)]))
    return Report(title=result.scenario, command=command, said=said, sections=sections, stamp=stamp())


def explain_report(q: Question, result: PlanResult | None, answer: ExplainResult, command: str) -> Report:
    """The report of an explanation: that of its plan, where it has one, with the equations that were asked for."""
    blocks: list[Block] = [equations(answer.quantities)]
    if result is not None:
        shown = next(d for d in result.frontier if d.id == answer.id)
        whole = plan_report(q, result, command, shown)
        kept = [s for s in whole.sections if s.title != "Proof"]
        return whole.model_copy(
            update={
                "sections": [*kept, Section(title="What was asked for", blocks=blocks), whole.sections[-1]]
            }
        )
    values = values_for(q, answer.design)
    verdict = (
        "meets every limit" if answer.feasible else f"breaks {', '.join(b.name for b in answer.violated)}"
    )
    said = [f"{' '.join(f'{k}={decided(k, v)}' for k, v in answer.design.items())}: {verdict}."]
    pictures: list[Block] = [*design_pictures(q, answer.design, values)]
    return Report(
        title=answer.scenario,
        command=command,
        said=said,
        sections=[Section(title="The design", blocks=pictures), Section(title="Why", blocks=blocks)],
        stamp=stamp(),
    )


def _choice(q: Question, result: PlanResult, design: Design) -> Iterator[Block]:
    """The designs to choose from, over their objectives, and how much of each bound is used."""
    picture = frontier_picture(result)
    if picture:
        yield picture
    used = [binding(q, t, values_for(q, design.design)) for t in q.stated]
    bounds = [*_bounds(q, used, design)]
    if bounds:
        yield Picture(
            name="binds",
            title=f"How much of each limit design {design.id} uses",
            caption="Red: without this limit a better design was found. Of other limits it is told how much is used.",
            drawing=uses(bounds, f"Limits of design {design.id}"),
        )
    yield frontier_table(q, result)


def frontier_picture(result: PlanResult) -> Picture | None:
    """The designs over the first two objectives; None where there is nothing to choose."""
    names = [o.split()[1] for o in result.objectives]
    known = [d for d in result.frontier if all(d.metrics[n].value is not None for n in names[:2])]
    if len(names) < 2 or len(known) < 2:
        return None
    more = f" and {len(names) - 2} more objectives, not drawn" if len(names) > 2 else ""
    left = f" The first {MOST} of {len(result.frontier):,} are drawn." if len(result.frontier) > MOST else ""
    return Picture(
        name="frontier",
        title="Designs that none beats",
        caption="Each point is a design; no other is at least as good in"
        f" {' and '.join(names[:2])}{more}, and better in one.{left}",
        drawing=result.plot(),
    )


def frontier_table(q: Question, result: PlanResult) -> ReportTable:
    """What differs between the designs, their objectives, and what people look at first."""
    designs = result.frontier[:MOST]
    same = {n for n in designs[0].design if len({str(d.design.get(n)) for d in designs}) == 1}
    decisions = [n for n in designs[0].design if n not in same] if len(designs) > 1 else []
    objectives = [o.split()[1] for o in result.objectives]
    names = [n for n in dict.fromkeys([*objectives, *q.job.columns, COST]) if n in designs[0].metrics]
    names = [n for n in names if not (record(n).quiet and all(d.metrics[n].value == 0 for d in designs))]
    heads = [Head(name=""), *(Head(name=_decision(q, n)) for n in decisions)]
    heads += [Head(name=q.quantity(n).in_words, unit=q.unit(n)) for n in names]
    rows: list[Row] = [
        [d.id, *(decided(n, d.design[n]) for n in decisions), *(d.metrics[n].value for n in names)]
        for d in designs
    ]
    left = f", the first {MOST} of {len(result.frontier):,}" if len(result.frontier) > MOST else ""
    return ReportTable(title=f"The designs{left}", columns=heads, rows=rows)


def _decision(q: Question, name: str) -> str:
    return next((d.heading.replace("\n", " ") for d in q.decisions if d.name == name), name)


def _bounds(q: Question, stated: list[Binding], design: Design) -> Iterator[Bound]:
    binds = {b.name: b for b in design.binds}
    for b in [*stated, *(b for b in design.binds if b.name not in {s.name for s in stated})]:
        unit = q.unit(b.quantity) if b.quantity else b.unit
        share = 1 - b.slack if b.slack is not None else None
        known = b.value is not None and b.bound is not None
        text = (
            f"{human(b.value, unit)} of {human(b.bound, unit)}"
            if known
            else "binds"
            if b.name in binds
            else "met"
        )
        yield Bound(b.name, share, text, b.name in binds)


def _design(q: Question, design: Design) -> Iterator[Block]:
    """One design in pictures, as decisions and as numbers."""
    values = values_for(q, design.design)
    yield from design_pictures(q, design.design, values)
    prices = price_sheet(q, design.design, values, [COST, *(o.quantity for o in q.objectives)])
    if prices:
        yield prices
    rows: list[Row] = [
        [
            _decision(q, n),
            decided(n, v),
            f"of {len(q.domains[n]):,} candidates" if len(q.domains[n]) > 1 else "the only one",
        ]
        for n, v in design.design.items()
    ]
    yield ReportTable(
        title="Decisions", columns=[Head(name="decision"), Head(name="value"), Head(name="how")], rows=rows
    )
    numbers: list[Row] = [
        [
            q.quantity(n).title.split(". ")[0] or n,
            human(m.value, q.unit(n) or m.unit),
            f"{human(m.interval[0], q.unit(n))} to {human(m.interval[1], q.unit(n))}" if m.interval else "",
            n,
        ]
        for n, m in design.metrics.items()
    ]
    heads = [Head(name=h) for h in ("quantity", "value", "80 % of comparable runs", "name")]
    yield ReportTable(title="Quantities", columns=heads, rows=numbers)


def _why(q: Question, result: PlanResult, design: Design) -> Iterator[Block]:
    """What binds, where the frontier changes, what moves each objective, and the equations."""
    if design.binds:
        rows: list[Row] = [[b.name, b.text, b.effect, b.place] for b in design.binds]
        heads = [
            Head(name=h) for h in ("limit", "what it says", f"without it {design.id} could have", "where")
        ]
        yield ReportTable(title="What binds, each found by solving without it", columns=heads, rows=rows)
    turning: list[Row] = [
        [t.limit, t.new_designs, human(t.looser, q.unit(t.quantity)) if t.looser is not None else "", t.place]
        for t in result.turning
        if t.new_designs
    ]
    if turning:
        heads = [Head(name=h) for h in ("limit", "more designs without it", "the first at", "where")]
        title = "Where the frontier changes, each found by solving without the limit"
        yield ReportTable(title=title, columns=heads, rows=turning)
    moved: list[Row] = [
        [objective, v.input, f"{v.elasticity:+.2f}", human(v.value, q.unit(v.input)), v.kind, v.source]
        for objective, found in design.levers.items()
        for v in found[:5]
    ]
    if moved:
        heads = [Head(name=h) for h in ("objective", "input", "% per %", "now", "known", "source")]
        yield ReportTable(
            title="What moves it, in percent per percent of each input", columns=heads, rows=moved
        )
    yield equations(explain(q, design.design, depth=2).quantities)


def _proof(q: Question, result: PlanResult) -> Iterator[Block]:
    """What was searched and what was proven, and what to read the answer with."""
    p = result.proof
    state = "complete" if p.complete else "NOT PROVEN COMPLETE"
    early = f" and {p.dominated:,} left out as dominated" if p.dominated else ""
    yield Text(
        text=f"{p.raw_designs:,} designs searched, {p.feasible:,} feasible{early}, {p.frontier:,} on the Pareto"
        f" frontier: {state}."
    )
    for text in (p.method, p.solver_closure, p.verified):
        if text:
            yield Text(text=f"{text[:1].upper()}{text[1:]}.")
    if p.cut:
        rows: list[Row] = [[n, k, k / p.raw_designs] for n, k in p.cut.items()]
        heads = [Head(name="limit"), Head(name="designs cut"), Head(name="share", unit="%")]
        yield ReportTable(
            title="What cut designs, the first limit that each breaks", columns=heads, rows=rows
        )
    for note in result.notes:
        yield Text(text=f"Note: {note}")
