"""What one device must offer, one number at a time, for each number of devices."""

from __future__ import annotations

import math
from collections.abc import Sequence

from constraints.roles import NODES
from designer.answers.size import Closing, Need, Row
from designer.question.question import Question
from designer.question.specifications import SPEC, base_specs, hypothetical
from designer.sizing.least import BELOW, CEILING, Least, least
from designer.sizing.obstacles import obstacles
from designer.sizing.parts import fewest
from designer.sizing.rows import at_most, layouts

# Numbers of devices, as multiples of the fewest with which the base part meets everything.
SPREAD = (0.5, 0.75, 1.0, 1.5, 2.0)


def rows(question: Question, counts: Sequence[int], specs: Sequence[str]) -> list[Row]:
    """For each number of devices the least value of each specification, the others held."""
    base = base_specs(question)
    out = []
    for n in counts:
        limited = at_most(question, n)
        start = layouts(limited)
        needs = [need(limited, least(limited, s, base[s], start)) for s in specs]
        out.append(Row(devices=n, base_meets=start.rows > 0, needs=needs))
    return out


def need(question: Question, found: Least) -> Need:
    """An answer as data; where no value helps, with what stands in the way."""
    status = "none" if found.value is None else "any" if found.any else "least"
    tried = found.base * CEILING
    return Need(
        spec=found.spec,
        unit=SPEC[found.spec].unit,
        base=found.base,
        status=status,  # type: ignore[arg-type]
        value=found.value,
        design=found.design,
        closing=Closing(evaluated=True, fails_below=list(BELOW), designs=found.searched)
        if status == "least"
        else None,
        obstacles=obstacles(hypothetical(question, {found.spec: tried})) if found.value is None else [],
        tried=tried,
    )


def counts_of(question: Question) -> list[int]:
    """Numbers of devices worth a row: those of the scenario, or around the fewest the base part needs."""
    per = round(question.bundle(question.first_design())[question.each("devices_per_node")[0]].si)
    if NODES in question.domains:
        held = [int(n) * per for n in question.domains[NODES]]
        if len(held) > 1:
            step = max(1, math.ceil(len(held) / len(SPREAD)))
            return held[::-1][::step][::-1]
        return held
    most = round(question.given["node_limit"].si) * per
    found = fewest(question)
    middle = found[0] if found else most / 2
    around = {min(most, max(1, math.ceil(s * middle / per)) * per) for s in SPREAD}
    return sorted(around)
