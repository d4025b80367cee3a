"""A diagnosis as text: one run in full, many as a table."""

from __future__ import annotations

from collections.abc import Sequence

from designer.diagnosing.diagnosis import Diagnosis
from designer.words.numbers import human
from designer.words.text import Column, table, wrap

# What the evidence is called, and what it is read against.
_EVIDENCE = {
    "arithmetic_intensity": "arithmetic intensity",
    "ridge_point": "ridge of the device",
    "flops": "operations of the work",
    "bytes": "least traffic of the work",
    "compute_time": "arithmetic at an attainable rate",
    "memory_time": "traffic at an attainable rate",
    "data_wait_share": "waiting for data",
    "communication_share": "waiting for other devices",
    "overhead_share": "explained by none of these",
    "mfu": "MFU, share of peak FLOP/s",
    "hfu": "HFU, with what is recomputed",
    "mbu": "share of peak bandwidth",
    "useful_share": "useful operations",
    "active_share": "active parameters",
}


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
    shown = [n for n in _EVIDENCE if n in d.evidence]
    if shown:
        lines += ["", *table(
            [
                Column("evidence", [_EVIDENCE[n] for n in shown], False),
                Column("value", [human(d.evidence[n].value, d.evidence[n].unit) for n in shown]),
                Column("rule", [d.evidence[n].rule for n in shown], False, 1),
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
    def cell(d: Diagnosis, name: str) -> str:
        found = d.evidence.get(name)
        return human(found.value, found.unit) if found else "–"

    lines = table(
        [
            Column("run", [d.run for d in runs], False),
            Column("axis", [d.axis or "–" for d in runs], False),
            Column("wall", [str(d.wall or "–") for d in runs]),
            Column("grade", [d.grade or "–" for d in runs], False, 1),
            Column("data\nwait", [cell(d, "data_wait_share") for d in runs], True, 2),
            Column("MFU", [cell(d, "mfu") for d in runs], True, 1),
            Column("memory\nused", [cell(d, "mbu") for d in runs], True, 2),
            Column("verdict", [_verdict(d) for d in runs], False),
        ],
        width,
    )
    counts = {d.verdict: sum(o.verdict == d.verdict for o in runs) for d in runs}
    told = ", ".join(f"{n} {verdict}" for verdict, n in sorted(counts.items(), key=lambda c: -c[1]))
    return [*lines, "", *wrap(f"{len(runs)} runs: {told}", width, 0, 2)]


def _verdict(d: Diagnosis) -> str:
    return f"{d.verdict}: needs {', '.join(d.needs)}" if d.kind == "unknown" else d.verdict
