"""Which inputs move an objective, and by how much: the elasticity of the whole model to each of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from constraints.bundles import Known
from constraints.bundles.model import MODEL_NAMES
from constraints.graph import run
from designer.answers.plan import Lever
from designer.evaluating.design import si_unit
from designer.jobs import decided
from designer.question.context import Value
from designer.question.question import Question
from designer.search.compile import Array

STEP = 1e-3
NEGLIGIBLE = 0.005


def levers(
    question: Question, design: Mapping[str, Value], quantities: Sequence[str], most: int = 8
) -> dict[str, list[Lever]]:
    """For each quantity the inputs by its percent change per percent of theirs, largest first.

    Inputs are facts, assumptions and the workload; decisions and the model's architecture are held.
    The change is a small one of the whole rule graph, so it includes every path; where a ceiling or
    a maximum is about to switch, a larger change may do something else.
    """
    bundle = question.bundle(design)
    fixed = {n for name in ("devices_per_node", "samples") for n in question.each(name)}
    held = {d.name for d in question.decisions} | MODEL_NAMES | fixed
    values: dict[str, Any] = {n: k.si for n, k in bundle.items()}
    order = question.graph.order(quantities, values)
    inputs = sorted(
        n for n in question.graph.inputs_of(quantities) - held if bundle[n].si and math.isfinite(bundle[n].si)
    )
    # All changes in one pass: the first entry of every array is as it is, the i-th after it moves input i.
    for i, name in enumerate(inputs):
        values[name] = np.full(len(inputs) + 1, bundle[name].si)
        values[name][i + 1] *= 1 + STEP
    with np.errstate(all="ignore"):
        run(order, values)
        found = {q: _moved(values[q], len(inputs)) for q in quantities}
    return {
        q: [
            _lever(question, bundle[inputs[i]], inputs[i], float(found[q][i]))
            for i in sorted(
                np.flatnonzero(np.abs(found[q]) >= NEGLIGIBLE), key=lambda i: (-abs(found[q][i]), i)
            )
        ][:most]
        for q in quantities
    }


def _moved(value: Any, inputs: int) -> Array:
    """Percent changes of a quantity by each input; 0 where it has none."""
    column = np.broadcast_to(np.asarray(value, dtype=float), (inputs + 1,))
    shares = (column[1:] / column[0] - 1) / STEP
    return np.where(np.isfinite(shares), shares, 0.0)


def _lever(question: Question, known: Known, name: str, elasticity: float) -> Lever:
    unit = si_unit(question.unit(name))
    return Lever(
        input=name, elasticity=elasticity, value=known.si, unit=unit, kind=known.kind, source=known.source
    )


def edges(question: Question, design: Mapping[str, Value]) -> list[str]:
    """Decisions that sit at an end of their domain, where wider candidates might do better."""
    out = []
    for d in question.decisions:
        domain = question.domains[d.name]
        if d.named or len(domain) < 2:
            continue
        least, most = min(map(d.number, domain)), max(map(d.number, domain))
        at = d.number(design[d.name])
        end = "largest" if at == most else "smallest" if at == least and least > 1 else ""
        if end in d.edges:
            out.append(f"{d.name} {decided(d.name, design[d.name])} ({end})")
    return out
