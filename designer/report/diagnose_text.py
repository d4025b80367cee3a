"""A diagnosis as text: one run in full, many as a table."""

from __future__ import annotations

from collections.abc import Sequence

from designer.diagnosing.diagnosis import Diagnosis
from designer.diagnosing.evidence import Evidence
from designer.words.numbers import human
from designer.words.text import Column, table, wrap


def render(runs: Sequence[Diagnosis], width: int) -> str:
    """One run in full, several as a table."""
    return "\n".join(_one(runs[0], width) if len(runs) == 1 else _many(runs, width))


def _one(d: Diagnosis, width: int) -> list[str]:
    head = d.verdict if d.axis is None else f"{d.verdict}   {d.axis} axis{_wall(d)}"
    lines = [head + (f"   grade {d.grade}" if d.grade else "")]
    lines += wrap(f"{d.why[0].upper()}{d.why[1:]}.", width, 2)
    if d.regime and d.kind not in (d.regime, "wasted"):
        side = (
            "below the ridge: memory, not arithmetic,"
            if d.regime == "memory"
            else "above the ridge: arithmetic"
        )
        lines += wrap(f"The work itself is {side} would bound it.", width, 2)
    if d.needs:
        lines += wrap(f"needs {', '.join(d.needs)}", width, 2, 4)
    shown = [(e, d.evidence[e.name]) for e in Evidence if e.name in d.evidence]
    if shown:
        lines += ["", *table(
            [
                Column("evidence", [e.title for e, _ in shown], False),
                Column("value", [human(n.value, n.unit) for _, n in shown]),
                Column("rule", [n.rule for _, n in shown], False, 1),
            ],
            width,
        )]  # fmt: skip
    if d.grades:
        named = ", ".join(f"{axis} {grade}" for axis, grade in d.grades.items())
        lines += ["", *wrap(f"grades  {named}", width, 0, 8)]
    for title, items in (("helps ", d.helps), ("wasted", d.wasted)):
        if items:
            lines += ["", *wrap(f"{title}  {items[0]}", width, 0, 8)]
            for item in items[1:]:
                lines += wrap(item, width, 8, 8)
    return lines


def _wall(d: Diagnosis) -> str:
    return f", wall {d.wall} {d.wall_name}" if d.wall else ""


def _many(runs: Sequence[Diagnosis], width: int) -> list[str]:
    def cell(d: Diagnosis, what: Evidence) -> str:
        found = d.evidence.get(what.name)
        return human(found.value, found.unit) if found else "–"

    lines = table(
        [
            Column("run", [d.run for d in runs], False),
            Column("axis", [d.axis or "–" for d in runs], False),
            Column("wall", [str(d.wall or "–") for d in runs]),
            Column("grade", [d.grade or "–" for d in runs], False, 1),
            Column("data\nwait", [cell(d, Evidence.data_wait_share) for d in runs], True, 2),
            Column("MFU", [cell(d, Evidence.mfu) for d in runs], True, 1),
            Column("memory\nused", [cell(d, Evidence.mbu) for d in runs], True, 2),
            Column("verdict", [_verdict(d) for d in runs], False),
        ],
        width,
    )
    counts = {d.verdict: sum(o.verdict == d.verdict for o in runs) for d in runs}
    told = ", ".join(f"{n} {verdict}" for verdict, n in sorted(counts.items(), key=lambda c: -c[1]))
    return [*lines, "", *wrap(f"{len(runs)} runs: {told}", width, 0, 2)]


def _verdict(d: Diagnosis) -> str:
    return f"{d.verdict}: needs {', '.join(d.needs)}" if d.kind == "unknown" else d.verdict
