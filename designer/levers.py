"""Which inputs move an objective, and by how much: the elasticity of the whole model to each of them."""

from __future__ import annotations

import math
from collections.abc import Mapping

from constraints.bundles.model import MODEL_NAMES
from designer.context import Value
from designer.evaluation import si_unit
from designer.question import Question
from designer.report.decisions import decided
from designer.result import Lever

STEP = 1e-3
NEGLIGIBLE = 0.005


def levers(question: Question, design: Mapping[str, Value], quantity: str, most: int = 8) -> list[Lever]:
    """Inputs by percent change of `quantity` per percent change of the input, largest first.

    Inputs are facts, assumptions and the workload; decisions and the model's architecture are held.
    The change is a small one of the whole rule graph, so it includes every path; where a ceiling or
    a maximum is about to switch, a larger change may do something else.
    """
    bundle = question.bundle(design)
    decided = {d.name for d in question.decisions}
    given = {n: k.si for n, k in bundle.items()}
    order = question.graph.order([quantity], given)

    def at(values: dict[str, float]) -> float:
        for r in order:
            values[r.id] = r.fn(**{n: values[n] for n in r.inputs})
        return float(values[quantity])

    base = at(dict(given))
    found: list[Lever] = []
    if not base or not math.isfinite(base):
        return found
    for name in (
        question.graph.inputs_of([quantity]) - decided - MODEL_NAMES - {"devices_per_node", "samples"}
    ):
        known = bundle[name]
        if not known.si or not math.isfinite(known.si):
            continue
        moved = at({**given, name: known.si * (1 + STEP)})
        elasticity = (moved / base - 1) / STEP
        if math.isfinite(elasticity) and abs(elasticity) >= NEGLIGIBLE:
            unit = si_unit(question.unit(name))
            found.append(
                Lever(
                    input=name,
                    elasticity=elasticity,
                    value=known.si,
                    unit=unit,
                    kind=known.kind,
                    source=known.source,
                )
            )
    found.sort(key=lambda lever: (-abs(lever.elasticity), lever.input))
    return found[:most]


def edges(question: Question, design: Mapping[str, Value]) -> list[str]:
    """Decisions that sit at an end of their domain, where wider candidates might do better."""
    out = []
    for d in question.decisions:
        domain = question.domains[d.name]
        if d.kind == "choice" or len(domain) < 2 or d.name in ("tp", "cp", "ep", "sp"):
            continue
        if design[d.name] == max(domain, key=float):
            out.append(f"{d.name} {decided(d.name, design[d.name])} (largest)")
        elif (
            d.name != "workers"
            and design[d.name] == min(domain, key=float)
            and float(min(domain, key=float)) > 1
        ):
            out.append(f"{d.name} {decided(d.name, design[d.name])} (smallest)")
    return out
