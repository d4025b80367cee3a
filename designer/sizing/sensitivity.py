"""What moves each target at a solution, and what takes over as a specification grows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from constraints.graph import run
from designer.answers.size import Crossing, Sensitivity
from designer.evaluating.design import si_unit
from designer.question.context import Value
from designer.question.question import Question
from designer.question.specifications import SPEC, base_specs, opened_groups
from designer.search.compile import Array

STEP = 1e-4
NEGLIGIBLE = 0.005
# From where to where a specification is varied, as multiples of what it is, in how many steps.
SPAN, POINTS = (1 / 16, 256), 2001


class Local:
    """One layout of a question as a function of its device's numbers."""

    def __init__(self, question: Question, design: Mapping[str, Value], targets: list[str]):
        self.question, self.targets = question, targets
        self.values: dict[str, Any] = {n: k.si for n, k in question.bundle(design).items()}
        self.order = question.graph.order(targets, self.values)
        self.now = base_specs(question)
        self.moves: dict[str, list[str]] = {}
        for name in self.now:
            groups = opened_groups(question, question.groups, [name])
            self.moves[name] = sorted(
                {n for g in groups for n in g.build(*(design.get(a, 1.0) for a in g.axes))}
            )
        leaves = question.graph.inputs_of(targets)
        held = {e for n in (*self.moves, "attention_rate") for e in question.each(n)}
        for name in leaves - held:
            if question.unit(name) == "s" and _of_device(question, design, name):
                self.moves[name] = [name]

    def at(self, factors: Mapping[str, Any]) -> dict[str, Any]:
        """The targets with some of the inputs that move multiplied."""
        values = dict(self.values)
        for name, factor in factors.items():
            for n in self.moves[name]:
                values[n] = values[n] * factor
        with np.errstate(all="ignore"):
            run(self.order, values)
        return {t: values[t] for t in self.targets}

    def elasticity(self, name: str, around: Mapping[str, Any]) -> dict[str, Any]:
        """Percent change of each target per percent of an input, from where `around` puts it."""
        low = self.at(around)
        high = self.at({**around, name: around.get(name, 1.0) * (1 + STEP)})
        with np.errstate(all="ignore"):
            return {t: (np.asarray(high[t]) / np.asarray(low[t]) - 1) / STEP for t in self.targets}


def _of_device(question: Question, design: Mapping[str, Value], name: str) -> bool:
    """Whether a time is one of the hardware, not of the workload or its schedule."""
    known = question.bundle(design).get(name)
    return known is not None and known.kind in ("fitted", "assumed", "measured", "datasheet") and known.si > 0


def sensitivity(local: Local) -> list[Sensitivity]:
    """The elasticity of each target to each specification; those below half a percent are left out."""
    here = local.at({})
    by_spec = {s: local.elasticity(s, {}) for s in local.now}
    out = []
    for t in local.targets:
        found = {s: float(e[t]) for s, e in by_spec.items()}
        found = {s: e for s, e in found.items() if e == e and abs(e) >= NEGLIGIBLE}
        value = float(here[t])
        out.append(
            Sensitivity(
                target=t,
                value=value if value == value else None,
                unit=si_unit(local.question.unit(t)),
                elasticities=dict(sorted(found.items(), key=lambda i: -abs(i[1]))),
            )
        )
    return out


def crossings(local: Local, target: str, spec: str) -> list[Crossing]:
    """Which input moves a target most as one specification grows, and where the next takes over.

    The layout is held. Inputs are the specifications and the latencies of the hardware.
    """
    grid: Array = np.geomspace(*SPAN, POINTS)
    names = list(local.moves)
    sizes = np.stack(
        [
            np.nan_to_num(np.abs(np.broadcast_to(local.elasticity(n, {spec: grid})[target], grid.shape)))
            for n in names
        ]
    )
    first = np.argmax(sizes, axis=0)
    changes = np.flatnonzero(first[1:] != first[:-1])
    ends = [*changes.tolist(), len(grid) - 1]
    out = []
    for end in ends:
        at = float(np.sqrt(grid[end] * grid[end + 1])) * local.now[spec] if end < len(grid) - 1 else None
        out.append(Crossing(target=target, spec=spec, at=at, wall=names[int(first[end])]))
    return out


def wall_title(name: str) -> str:
    """An input as people say it."""
    return SPEC[name].title if name in SPEC else name.replace("_", " ")
