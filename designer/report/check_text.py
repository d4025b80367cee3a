"""The answers of `check` as text."""

from __future__ import annotations

from collections.abc import Mapping

from designer.checking.result import Checked, CheckResult, LockResult, Moved
from designer.jobs import decided
from designer.words.numbers import human, percent
from designer.words.text import wrap

# Facts that are named one by one.
SHOWN = 12


def render(result: CheckResult, width: int) -> str:
    """A line a budget, and whether all hold."""
    lines = [f"{result.scenario}   {'every budget holds' if result.holds else 'NOT within its budgets'}"]
    lines += wrap(
        f"design   {', '.join(f'{n}={decided(n, v)}' for n, v in result.design.items())}", width, 0, 9
    )
    for c in result.checked:
        lines += wrap(line(c), width, 0, 9)
    if result.not_measured:
        lines += wrap(f"not measured: {', '.join(result.not_measured)}", width, 0, 9)
    return "\n".join(lines)


def line(c: Checked) -> str:
    """One budget: whether it holds, the number, the bound, how far it is off."""
    said = f"{'ok  ' if c.holds else 'FAIL'}  {c.text}"
    if c.value is not None:
        said += f": {human(c.value, c.unit)} {c.of}"
        if c.slack is not None:
            said += f", {percent(abs(c.slack))} {'left' if c.slack >= 0 else 'beyond'}"
    elif c.of == "measured":
        said += " (measured)"
    return f"{said}   [{c.place}]"


def render_lock(result: LockResult, units: Mapping[str, str], width: int) -> str:
    """Whether the answer stands, what moved and what would be chosen now."""
    lines = [f"{result.scenario}   {'the answer stands' if result.stands else 'the answer does NOT stand'}"]
    for text in (*result.versions, *(f"asked otherwise: {q}" for q in result.question)):
        lines += wrap(text, width, 0, 2)
    for m in result.moved[:SHOWN]:
        lines += wrap(_moved(m, units.get(m.fact, "")), width, 0, 2)
    if len(result.moved) > SHOWN:
        lines.append(f"and {len(result.moved) - SHOWN} more facts moved")
    for text in result.figures[:SHOWN]:
        lines += wrap(f"figure   {text}", width, 0, 9)
    for title, designs in (("gone", result.gone), ("now", result.new)):
        for d in designs[:SHOWN]:
            lines += wrap(f"{title:<9}{', '.join(f'{n}={decided(n, v)}' for n, v in d.items())}", width, 0, 9)
    return "\n".join(lines)


def _moved(m: Moved, unit: str) -> str:
    then, now = (human(x, unit) if x is not None else "unknown" for x in (m.then, m.now))
    of = f" of {m.of}" if m.of else ""
    return f"{'moved it' if m.changes else 'moved   '} {m.fact}{of}: {then} -> {now}   [{m.source}]"
