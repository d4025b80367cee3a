"""`size`: from the targets of a scenario to the part it takes."""

from __future__ import annotations

import math
from collections.abc import Sequence

from catalogs.errors import InputError
from designer.answers.size import Crossing, Obstacle, Row, SizeResult
from designer.question.context import Value
from designer.question.question import Question
from designer.question.specifications import SPEC, base_specs, hypothetical
from designer.sizing.curve import CurveAxis, curve
from designer.sizing.joint import MOST_SPECS, surface
from designer.sizing.least import CEILING, least
from designer.sizing.obstacles import obstacles
from designer.sizing.parts import fewest, parts
from designer.sizing.reading import Asked
from designer.sizing.rows import at_most, layouts
from designer.sizing.sensitivity import Local, crossings, sensitivity
from designer.sizing.table import counts_of, rows


def size_question(
    asked: Asked,
    *,
    devices: Sequence[int] = (),
    specs: Sequence[str] = (),
    joint: bool = False,
    drawn: tuple[str, CurveAxis] | None = None,
) -> SizeResult:
    """What the hardware of a question must offer, one number at a time for each number of devices.

    With `joint` the Pareto surface of least specifications instead, for the first number of `devices`
    or the fewest that the base part needs; with `drawn` a specification as a curve over an axis. Raises
    InputError for specifications the scenario does not read, CheckFailed where an answer does not close.
    """
    question = asked.question
    known = base_specs(question)
    base = {n: v for n, v in known.items() if v == v}
    wanted = _wanted(specs, base, asked.base)
    unknown = [
        f"{SPEC[s].title} of {asked.base} is unknown and is not sized" for s, v in known.items() if v != v
    ]
    out: dict[str, object] = {
        "scenario": question.scenario.name,
        "base": asked.base,
        "base_specs": base,
        "units": {s: SPEC[s].unit for s in base},
        "targets": [t.text for t in question.limits if t.kind in ("budget", "rule")],
        "notes": [*question.notes, *unknown],
    }
    if drawn is not None:
        line = curve(asked, drawn[0], drawn[1], max(devices) if devices else None)
        helps = any(p.need.value is not None for p in line.points)
        return SizeResult.model_validate({**out, "status": _status(helps), "curve": line})
    counts = list(devices) or counts_of(question)
    if joint:
        return _joint(question, out, devices, counts, wanted, named=bool(specs))
    table = rows(question, counts, wanted)
    shown = parts(question, asked.catalog, table)
    table = [
        _qualified(r, [p.accelerator for p in shown if p.devices and p.devices <= r.devices]) for r in table
    ]
    helps = any(n.value is not None for r in table for n in r.needs)
    stops = [] if helps else _stops(at_most(question, max(counts)), wanted)
    if not helps and not stops:
        out["notes"] = [
            *question.notes,
            *unknown,
            "no single number is enough, several together are: --joint",
        ]
    local = _solution(question, table)
    targets = list(dict.fromkeys(t.quantity for t in question.limits if t.kind == "budget" and t.quantity))
    found = Local(*local, [t for t in targets if t in question.graph.rules]) if local and targets else None
    return SizeResult.model_validate(
        {
            **out,
            "status": _status(helps or not stops),
            "rows": table,
            "parts": shown,
            "obstacles": stops,
            "sensitivity": sensitivity(found) if found else [],
            "crossings": _crossings(found, table) if found else [],
        }
    )


def _wanted(specs: Sequence[str], base: dict[str, float], part: str) -> list[str]:
    for s in specs:
        if s not in base:
            raise InputError(
                f"--specs: {s} is not read by this scenario, or unknown of {part} (has: {', '.join(base)})"
            )
    return list(specs or base)


def _status(helps: bool) -> str:
    return "found" if helps else "infeasible"


def _qualified(row: Row, names: list[str]) -> Row:
    return row.model_copy(update={"qualify": names})


def _stops(question: Question, specs: Sequence[str]) -> list[Obstacle]:
    """What fails when all specifications are as large as one likes; nothing if they help together."""
    base = base_specs(question)
    best = hypothetical(question, {s: base[s] * CEILING for s in specs})
    return [] if layouts(best).rows else obstacles(best)


def _joint(
    question: Question,
    out: dict[str, object],
    devices: Sequence[int],
    counts: Sequence[int],
    specs: list[str],
    *,
    named: bool,
) -> SizeResult:
    """The joint surface; of specifications nobody named, those that bind."""
    enough = None if devices else fewest(question)
    count = devices[0] if devices else enough[0] if enough else counts[-1]
    limited = at_most(question, count)
    if not named:
        specs = _binding(limited, specs)
    found = surface(question, count, specs[:MOST_SPECS])
    if found is None:
        return SizeResult.model_validate(
            {**out, "status": "infeasible", "obstacles": _stops(limited, specs[:MOST_SPECS])}
        )
    return SizeResult.model_validate({**out, "status": "found", "surface": found})


def _binding(question: Question, specs: list[str]) -> list[str]:
    """The specifications that bind where the others are the base part's; all where none does."""
    base, start = base_specs(question), layouts(question)
    return [s for s in specs if not least(question, s, base[s], start).any] or specs


def _solution(question: Question, table: Sequence[Row]) -> tuple[Question, dict[str, Value]] | None:
    """A part and a layout that meet everything: the base where it does, else what a first need makes of it."""
    for row in table:
        if row.base_meets:
            found = fewest(at_most(question, row.devices))
            return (question, found[1]) if found else None
    for row in table:
        for n in row.needs:
            if n.status == "least" and n.value is not None:
                return hypothetical(question, {n.spec: n.value}), {**n.design, n.spec: n.value}
    return None


def _crossings(local: Local, table: Sequence[Row]) -> list[Crossing]:
    """How the walls follow each other in the tightest target as each specification that binds grows."""
    binds = [s for s in local.now if any(n.spec == s and n.status == "least" for r in table for n in r.needs)]
    values = local.at({})
    bounds = {t.quantity: t.bound for t in local.question.stated if t.quantity and t.bound}
    tightest = max(local.targets, key=lambda t: float(values[t]) / (bounds.get(t) or math.inf))
    return [c for s in binds for c in crossings(local, tightest, s)]
