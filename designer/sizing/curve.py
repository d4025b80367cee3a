"""A required specification as a curve: against batch, context, devices, demand or any part of the scenario."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from catalogs import units
from catalogs.errors import InputError, nearest
from constraints.roles import DEVICES, NODES
from designer.answers.size import Curve, CurvePoint
from designer.question.question import Question
from designer.question.specifications import base_specs
from designer.reading.ranges import MAX_DOMAIN
from designer.sizing.least import least
from designer.sizing.reading import Asked, ask
from designer.sizing.rows import at_most, with_nodes_up_to
from designer.sizing.table import need

POINTS = 12
_RANGE = re.compile(r"\s*([0-9.e+]+)\s*\.\.\s*([0-9.e+]+)\s*(\D.*)?")
# What people call the parts of a workload that stand deeper.
CONTEXT = ("context", "input")


@dataclass(frozen=True)
class CurveAxis:
    """What a curve is drawn against: a decision, the number of devices, or a path of the scenario."""

    name: str
    values: tuple[str, ...]


def read_axis(text: str) -> CurveAxis:
    """An axis written as batch=1..256, batch=1,8,64 or budgets.tpot_p99='10..80 ms'."""
    name, equals, written = text.partition("=")
    name, written = name.strip(), written.strip()
    if not equals or not name or not written:
        raise InputError(f"--against {text!r}: write it as name=values, for example batch=1..256")
    span = _RANGE.fullmatch(written)
    if span is None:
        return CurveAxis(name, tuple(v.strip() for v in written.split(",") if v.strip()))
    low, high, unit = float(span[1]), float(span[2]), (span[3] or "").strip()
    if low <= 0 or high <= low:
        raise InputError(f"--against {text!r}: a range goes up from above 0, for example batch=1..256")
    whole = low.is_integer() and high.is_integer() and high <= MAX_DOMAIN
    steps = [low * (high / low) ** (i / (POINTS - 1)) for i in range(POINTS)]
    if whole and (high / low) == 2 ** round(_log2(high / low)):
        steps = [low * 2**i for i in range(round(_log2(high / low)) + 1)]
    numbers = [round(s) if whole else float(f"{s:.3g}") for s in steps]
    return CurveAxis(name, tuple(f"{n} {unit}".strip() for n in dict.fromkeys(numbers)))


def _log2(x: float) -> float:
    import math

    return math.log2(x)


def curve(asked: Asked, spec: str, axis: CurveAxis, devices: int | None) -> Curve:
    """The least value of a specification at each value of an axis, layouts chosen anew at each."""
    points = []
    for value in axis.values:
        question = _at(asked, axis.name, value)
        if devices is not None and axis.name != DEVICES:
            question = at_most(question, devices)
        base = base_specs(question)
        if spec not in base or base[spec] != base[spec]:
            raise InputError(
                f"--curve {spec}: unknown specification{nearest(spec, base)} (has: {', '.join(base)})"
            )
        points.append(CurvePoint(at=value, need=need(question, least(question, spec, base[spec]))))
    return Curve(spec=spec, against=axis.name, devices=devices, points=points)


def _at(asked: Asked, name: str, value: str) -> Question:
    """The question with one value of the axis."""
    question = asked.question
    decision = next((d for d in question.decisions if d.name == name), None)
    if name == DEVICES:
        most = _whole(name, value)
        if NODES in question.domains:
            held = round(question.bundle(question.first_design())[question.each("devices_per_node")[0]].si)
            question = with_nodes_up_to(question, max(1, most // held))
        return at_most(question, most)
    if decision is not None and decision.kind == "count":
        return replace(question, domains={**question.domains, name: [_whole(name, value)]})
    data = copy.deepcopy(asked.source.data)
    workload = data.get("workload", {})
    if name in CONTEXT and isinstance(workload.get("lengths"), list):
        for length in workload["lengths"]:
            length["input"] = value if "token" in value else f"{value} token"
    elif name in CONTEXT:
        workload["sequence_length"] = value if "token" in value else f"{value} token"
    else:
        _set(data, name, value, question)
    try:
        return ask(asked.source.with_data(data), asked.base, (), asked.replaced).question
    except InputError as e:
        raise InputError(f"--against {name}={value}: {e.problems[0].message}") from None


def _set(data: dict[str, Any], name: str, value: str, question: Question) -> None:
    at: Any = data
    parts = name.split(".")
    for part in parts[:-1]:
        at = at.get(part) if isinstance(at, dict) else None
    if not isinstance(at, dict) or (len(parts) == 1 and parts[0] not in data):
        known: Sequence[str] = [
            DEVICES,
            "context",
            *(d.name for d in question.decisions if d.kind == "count"),
        ]
        hint = nearest(name, known)
        raise InputError(
            f"--against {name!r}: unknown axis{hint} (has: {', '.join(known)}, or a path such as workload.rate)"
        )
    at[parts[-1]] = value


def _whole(name: str, value: str) -> int:
    try:
        number = units.parse(value, "")
    except InputError as e:
        raise InputError(f"--against {name}: {e}") from None
    if not number.is_integer() or number < 1:
        raise InputError(f"--against {name}={value}: {name} is a whole number from 1 on")
    return int(number)
