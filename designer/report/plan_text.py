"""The answer of `plan` as text."""

from __future__ import annotations

from collections.abc import Sequence

from constraints.quantity import headings
from constraints.records import record
from designer.answers.plan import Binding, Design, Metric, PlanResult
from designer.jobs import decided
from designer.question.decisions import Decision
from designer.question.job import Job
from designer.question.rules import quantity_of
from designer.question.specifications import SPECIFICATIONS
from designer.report.bounds import of, over
from designer.report.headline import headline
from designer.report.infeasible_text import infeasible
from designer.words.numbers import digits, human, opened, percent
from designer.words.text import Column, bar, blocks, shorten, unit_in_head, wrap
from designer.words.weight import strong

EPSILON = 0.02
MAX_ROWS = 12


def render(
    result: PlanResult,
    job: Job,
    width: int,
    units: dict[str, str],
    epsilon: float = EPSILON,
    file: str = "FILE",
    period: float | None = None,
    bounded: Sequence[str] = (),
) -> str:
    """The whole answer, no line wider than `width` unless a single word is: what to take, the table, why, the proof.

    `period` is the time in seconds that costs are for, of a job that goes on. Objectives and what is `bounded`
    have a column at any width.
    """
    title = wrap(f"{result.scenario}   {', '.join(result.objectives)}", width, 0, 9)
    if result.status == "infeasible":
        why = infeasible(result, units, width)
        return "\n".join([*title, "", *strong(why[:1]), *why[1:], "", *_proof(result, width, units)])
    if not result.frontier:
        text = "No design found within the time limit; nothing is proven."
        return "\n".join([*title, "", *strong([text]), "", *_proof(result, width, units)])
    shown = _thinned(result, epsilon)
    first, *more = headline(result, units, period)
    lines = [*title, "", *strong(wrap(first, width))]
    lines += [line for sentence in more for line in wrap(sentence, width, 0, 2)]
    lines.append("")
    lines += _table(result, shown, job, width, units, bounded)
    lines += [""] + _same_everywhere(shown, job, width)
    lines += _counted(result, shown[0], job, width, period, bounded)
    lines += _budgets(result, shown, width, units)
    lines += _turning(result, width, units)
    lines += _moved(shown, width, units)
    lines += ["", *_proof(result, width, units)]
    lines += _notes(result, shown, width, file)
    return "\n".join(lines)


def _proof(result: PlanResult, width: int, units: dict[str, str]) -> list[str]:
    """What was searched, and why nothing better was missed."""
    p = result.proof
    proof = "complete" if p.complete else "NOT PROVEN COMPLETE"
    if p.solver_closure and p.complete:
        proof = "proven complete"
    early = f" and {p.dominated:,} left out as dominated" if p.dominated else ""
    lines: list[str] = []
    text = (
        f"search   {p.raw_designs:,} designs, {p.feasible:,} feasible{early}, {p.frontier:,} on the Pareto"
        f" frontier, {proof}, {p.seconds:.1f} s"
    )
    lines += wrap(text, width, 0, 9)
    if p.bounds:
        ends = [f"{n} {human(x, units.get(n, ''))}" for n, x in p.bounds.items()]
        lines += wrap(f"bounds   no design can be better than {', '.join(ends)}", width, 0, 9)
    if p.verified:
        lines += wrap(f"verified {p.verified}", width, 0, 9)
    if p.cut:
        cuts = ", ".join(f"{k}: {_share(v, p.raw_designs)}" for k, v in list(p.cut.items())[:6])
        lines += wrap(f"cut by   {cuts}", width, 0, 9)
    if result.defaults:
        text = "; ".join(f"{k} {shorten(v, 30)}" for k, v in result.defaults.items())
        lines += wrap(f"default  {text}", width, 0, 9)
    return lines


def _share(n: int, total: int) -> str:
    share = 100 * n / total
    return f"{share:.0f} %" if share >= 1 else "<1 %"


def _thinned(result: PlanResult, epsilon: float) -> list[Design]:
    """Designs to print: near twins of a printed one are left out."""
    designs = result.frontier
    if len(designs) <= 3:
        return designs
    import numpy as np

    from designer.search.pareto import thin

    names = [o.split()[1] for o in result.objectives]
    points = np.array([[d.metrics[n].value for n in names] for d in designs], dtype=float)
    signs = np.array([-1.0 if o.startswith("max") else 1.0 for o in result.objectives])
    kept = thin(points * signs, epsilon)
    if len(kept) > MAX_ROWS:
        ends = {int(i) for i in np.argmin(points * signs, axis=0)}
        even = np.linspace(0, len(kept) - 1, MAX_ROWS - len(ends)).round().astype(int)
        kept = np.array(sorted(ends | {int(kept[i]) for i in even}))
    return [designs[int(i)] for i in kept]


def _table(
    result: PlanResult,
    shown: list[Design],
    job: Job,
    width: int,
    units: dict[str, str],
    bounded: Sequence[str],
) -> list[str]:
    decisions = _decisions(job)
    ids = Column("", [d.id for d in shown], right=False)
    chosen = []
    for n in _columns_of(shown, job):
        title, cells = decisions[n].heading, [decided(n, d.design[n]) for d in shown]
        # Tokens say their unit once; a time keeps it beside each number, as people write intervals.
        if decisions[n].unit == "token":
            title, cells = unit_in_head(title, cells)
        chosen.append(Column(title, cells, not (decisions[n].named and decisions[n].left)))
    columns = []
    asked = [*_objectives(result), *bounded]
    known = [quantity_of(job.layers, n) for n in _metrics(result, shown[0], job, bounded)]
    for i, (q, head) in enumerate(zip(known, headings(known), strict=True)):
        cells = [_metric(q.name, d.metrics[q.name], d, units) for d in shown]
        if q.quiet and q.name not in asked and all(c == "0" for c in cells):
            continue
        title, cells = unit_in_head(head, cells)
        columns.append(Column(title, cells, True, 0 if q.name in asked else 3 + i))
    columns.append(Column("binds", [" ".join(b.name for b in d.binds) or "–" for d in shown], False))
    return blocks(ids, chosen, columns, width)


def _objectives(result: PlanResult) -> list[str]:
    return [o.split()[1] for o in result.objectives]


def _metrics(result: PlanResult, first: Design, job: Job, bounded: Sequence[str]) -> list[str]:
    """Quantities that have a column where there is room."""
    names = dict.fromkeys([*_objectives(result), *bounded, *job.columns])
    return [n for n in names if n in first.metrics]


def _decisions(job: Job) -> dict[str, Decision]:
    """Decisions of a job in the order people say them, those of a device last."""
    known = {d.name: d for d in job.decisions}
    said = {n: known[n] for n in job.said if n in known}
    return said | known | {d.name: d for d in SPECIFICATIONS}


def _columns_of(shown: list[Design], job: Job) -> list[str]:
    """Decisions that get a column: those that differ, or the layout where there is one row only."""
    first, known = shown[0].design, _decisions(job)
    if len(shown) == 1:
        return [n for n, d in known.items() if n in first and d.tells == "core"]
    return [n for n in known if n in first and len({str(d.design[n]) for d in shown}) > 1]


def _metric(name: str, m: Metric, design: Design, units: dict[str, str]) -> str:
    q, unit = record(name), units.get(name, m.unit)
    if m.value and (whole := design.metrics.get(q.share_of)) and whole.value:
        return f"{human(m.value, unit)} {100 * m.value / whole.value:.0f}%"
    if m.value and q.scale != 1:
        return f"{digits(m.value / q.scale)} {q.scale:.0e}".replace("e+0", "e")
    return human(m.value, unit)


def _same_everywhere(shown: list[Design], job: Job, width: int) -> list[str]:
    """Decisions no column shows, because they are the same in every row."""
    known, columns = _decisions(job), _columns_of(shown, job)
    same = [
        f"{known[n].heading.replace(chr(10), ' ')} {decided(n, v)}"
        for n, v in shown[0].design.items()
        if n not in columns
    ]
    return wrap(f"all      {', '.join(same)}", width, 0, 9) if same else []


def _counted(
    result: PlanResult, first: Design, job: Job, width: int, period: float | None, bounded: Sequence[str]
) -> list[str]:
    """What numbers of the table are per, or for how long they add up, where their units leave that open."""
    whole = f"in {human(period, 's')}" if period else f"for the whole {job.name} job"
    said: dict[str, list[str]] = {}
    for name in _metrics(result, first, job, bounded):
        q = record(name)
        if text := f"per {q.per}" if q.per else whole if q.total == "sum" else "":
            said.setdefault(text, []).append(name)
    text = "; ".join(f"{', '.join(names)} {what}" for what, names in said.items())
    return wrap(f"counted  {text}", width, 0, 9) if said else []


def _budgets(result: PlanResult, shown: list[Design], width: int, units: dict[str, str]) -> list[str]:
    """Use of each budget by the first design, and what its removal was found to do."""
    found: dict[str, tuple[Design, Binding]] = {}
    for d in shown:
        for b in d.binds:
            found.setdefault(b.name, (d, b))
    if not found:
        return []
    lines = ["", "What stops these designs from being better, each found by solving without it"]
    for d, b in found.values():
        if b.slack is not None and b.value is not None and b.bound:
            unit = units.get(b.quantity, b.unit)
            used = f"{bar(1 - b.slack)} {human(b.value, unit)}{of(b)} {human(b.bound, unit)}"
        else:
            used = b.text
        first = ""
        if b.breakpoint is not None:
            first = f", the first gain at {opened(b.op, b.breakpoint, units.get(b.quantity, b.unit))}"
        elif b.loosened is not None:
            first = f", the first gain with {percent(b.loosened)} more room"
        lines += wrap(
            f"{b.name}: {used}. Without it {d.id} could have {b.effect}{first}.   [{b.place}]", width, 2, 4
        )
    return lines


def _turning(result: PlanResult, width: int, units: dict[str, str]) -> list[str]:
    """At which bounds the frontier changes, of budgets and rules whose removal changes it."""
    lines: list[str] = []
    for t in result.turning:
        if not t.new_designs:
            continue
        unit = units.get(t.quantity, t.unit)
        parts = [f"{t.new_designs} more design{'s' if t.new_designs > 1 else ''} without it"]
        if t.looser is not None:
            share = f" ({percent(t.loosened, signed=True)})" if t.loosened else ""
            parts.append(f"the first at {opened(t.op, t.looser, unit)}{share}")
        elif t.loosened is not None:
            parts.append(f"the first with {percent(t.loosened)} more room")
        if t.tighter is not None:
            parts.append(f"one less {'below' if t.op.startswith('<') else 'above'} {human(t.tighter, unit)}")
        lines += wrap(f"{t.limit if t.quantity not in t.text else t.text}: {', '.join(parts)}", width, 2, 4)
    return (
        ["", "Where the frontier changes, each found by solving without the limit", *lines] if lines else []
    )


def _moved(shown: list[Design], width: int, units: dict[str, str]) -> list[str]:
    """What the objectives of the first design turn on, and where its candidates end."""
    first = shown[0]
    lines = (
        ["", f"What moves design {first.id}, in percent for 1 % more of each input"] if first.levers else []
    )
    for objective, found in first.levers.items():
        parts = [
            f"{v.input} {v.elasticity:+.2f}{over(v)} ({human(v.value, units.get(v.input, v.unit))}, {v.kind})"
            for v in found[:5]
        ]
        lines += wrap(f"{objective}: {', '.join(parts)}", width, 2, 4) if parts else []
    ends: dict[str, list[str]] = {}
    for d in shown:
        for e in d.edges:
            ends.setdefault(e, []).append(d.id)
    if ends:
        text = ", ".join(e + ("" if len(i) == len(shown) else f" ({' '.join(i)})") for e, i in ends.items())
        lines += wrap(
            f"At the end of the candidates, so that wider ones might do better: {text}.", width, 0, 2
        )
    return lines


def _notes(result: PlanResult, shown: list[Design], width: int, file: str) -> list[str]:
    lines = [""]
    if len(shown) < len(result.frontier):
        lines += wrap(
            f"{len(shown)} of {len(result.frontier):,} frontier designs shown, near twins left out;"
            " --json has all of them.",
            width,
        )
    for n in result.notes:
        lines += wrap(f"note: {n}", width, hanging=6)
    lines.append(f"next  designer explain {file} {shown[0].id}")
    return lines
