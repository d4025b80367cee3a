"""What binds a design, where the answer changes, what better values would take: as text."""

from __future__ import annotations

from collections.abc import Mapping

from designer.answers.plan import Binding, FactRange, Leaving, NextBetter, Step, Trade
from designer.explaining.explanation import ExplainResult
from designer.jobs import decided
from designer.question.question import Question
from designer.report.bounds import of
from designer.words.numbers import human, opened, percent
from designer.words.text import Column, bar, table, wrap


def changes(found: Mapping[str, float], first: str = "") -> str:
    """Changes of objectives as text, that of `first` in front; what stays is left out.

    >>> changes({"cost": 0.0, "time_to_train": -0.031, "carbon": 0.2}, "carbon")
    '+20 % carbon, -3.1 % time_to_train'
    """
    order = sorted(found, key=lambda n: n != first)
    parts = [f"{percent(found[n], signed=True)} {n}" for n in order if abs(found[n]) >= 5e-6]
    return ", ".join(parts) or "the same objectives"


def other(design: Mapping[str, object], own: Mapping[str, object]) -> str:
    """A design by what it decides otherwise."""
    parts = [f"{k}={decided(k, v)}" for k, v in design.items() if str(v) != str(own.get(k))]  # type: ignore[arg-type]
    return " ".join(p.replace(" ", "") for p in parts)


def budgets(result: ExplainResult, q: Question, width: int) -> list[str]:
    """One line for each budget, rule and binding limit; below it, where the answer changes."""
    lines = [""] if result.budgets or result.violated else []
    broken = {b.name for b in result.violated}
    for b in result.budgets:
        mark = "VIOLATED" if b.name in broken else "binds" if b.effect else "slack"
        if b.value is not None and b.bound and b.slack is not None:
            unit = q.unit(b.quantity)
            use = f"{bar(1 - b.slack)} {human(b.value, unit)}{of(b)} {human(b.bound, unit)}"
        else:
            use = b.text
        lines += wrap(f"{mark:<9}{b.name}  {use}   [{b.place}]", width, 0, 11)
        if b.effect:
            lines += wrap(f"{_from(b, q)}: up to {b.effect}", width, 9, 11)
        if b.successor is not None:
            lines += wrap(f"{_until(b, q)}: {_instead(b.successor, result)}", width, 9, 11)
    for b in result.violated:
        if b.name not in {x.name for x in result.budgets}:
            lines += wrap(f"VIOLATED {b.name}  {b.text}   [{b.place}]", width, 0, 11)
    return lines


def _from(b: Binding, q: Question) -> str:
    """From which bound on the answer changes."""
    if b.breakpoint is not None and b.loosened is not None:
        share = f" ({percent(b.loosened, 3, signed=True)})" if b.loosened else ""
        return f"from {opened(b.op, b.breakpoint, q.unit(b.quantity))}{share}"
    if b.breakpoint is not None:
        return f"from {opened(b.op, b.breakpoint, q.unit(b.quantity))}"
    return f"loosened by {percent(b.loosened, 3)}" if b.loosened is not None else "without it"


def _until(b: Binding, q: Question) -> str:
    if b.value is None or not b.quantity:
        return "any tighter"
    side = "above" if b.op.startswith(">") or ">" in b.text else "below"
    return f"{side} {human(b.value, q.unit(b.quantity))}"


def _instead(t: Trade, result: ExplainResult) -> str:
    return f"{t.id or other(t.design, result.design) or 'a twin'} instead, {changes(t.changes)}"


def next_better(result: ExplainResult, q: Question, width: int) -> list[str]:
    """For each objective, the nearest limit in the way and the nearest other design."""
    if not result.next_better:
        return []
    lines = ["", "The next better value of each objective takes"]
    for n in result.next_better:
        parts = [_step(n.step, n, q, result)] if n.step else []
        if n.trade:
            parts.append(f"design {n.trade.id}: {changes(n.trade.changes, n.objective)}")
        text = (
            "; or ".join(parts)
            or "no single limit or list of candidates stands in the way: this is the best value"
        )
        lines += wrap(f"{n.objective}  {text}", width, 2, 4)
    return lines


def _step(s: Step, n: NextBetter, q: Question, result: ExplainResult) -> str:
    if s.limit.startswith("candidates."):
        name = f"{s.limit}, {s.text}"
    elif s.needed is not None:
        unit = q.unit(s.quantity)
        name = f"{s.limit} {opened(s.op, s.needed, unit)} instead of {human(s.bound, unit)}"
    else:
        name = s.limit
    if s.relative is None:
        name += "" if s.limit.startswith("candidates.") or s.needed is not None else " dropped"
    else:
        name += f" ({percent(s.relative)} more room)"
    return f"{name}: {changes(s.changes, n.objective)}, by {other(s.design, result.design) or 'a twin'}"


def facts(result: ExplainResult, q: Question, width: int) -> list[str]:
    """Between which values of a fact the design stays on the frontier."""
    found = result.facts
    if not found:
        return []
    lines = [
        "",
        f"{result.id} stays on the frontier while (each alone, from a tenth to ten times what it is)",
    ]
    lines += table(
        [
            Column("fact", [f.fact + (f" ({f.of})" if f.of else "") for f in found], False),
            Column("now", [human(f.value, q.unit(f.fact)) for f in found]),
            Column("from", [_end(f, f.below, q) for f in found]),
            Column("to", [_end(f, f.above, q) for f in found]),
            Column("known", [f.kind for f in found], False, 1),
        ],
        width,
    )
    for f in found:
        for where, leaving in (("below", f.below), ("above", f.above)):
            if leaving is not None:
                then = _then(leaving, result)
                lines += wrap(f"{f.fact} {where} {human(leaving.at, q.unit(f.fact))}: {then}", width, 2, 4)
    return lines


def _end(f: FactRange, leaving: Leaving | None, q: Question) -> str:
    return human(leaving.at, q.unit(f.fact)) if leaving else "any"


def _then(leaving: Leaving, result: ExplainResult) -> str:
    if leaving.breaks:
        return f"it breaks {leaving.breaks}"
    return f"{leaving.beaten_by or other(leaving.rival, result.design)} beats it"
