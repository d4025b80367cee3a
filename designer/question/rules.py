"""The rules of a question: those of its job, and the layers that parts of its scenario add."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from pydantic import BaseModel

from catalogs.schema import Node
from constraints.bundles import Bundle
from constraints.bundles.layers import uniform
from constraints.quantity import Record
from constraints.records import record
from constraints.rule import Rule, layered
from designer.question.job import Job

if TYPE_CHECKING:
    from designer.documents.scenario import Scenario


def parts_of(
    job: Job, scenario: Scenario, models: Collection[Bundle], nodes: Iterable[Node]
) -> tuple[str, ...]:
    """The layers a scenario adds to those of its job; bounds where latencies are held against bounds."""
    layered_ones = [m for m in models if "layers" in m]
    mixed = not all(map(uniform, layered_ones))
    bounded = scenario.confidence is not None
    asked: dict[str, object] = {
        "hybrid_training": mixed,
        "hybrid_serving": mixed,
        "network": not layered_ones,
        "streaming": any(n.weight_stream for n in nodes),
        "dataset": isinstance(getattr(scenario.workload, "dataset", None), BaseModel),
        "bounds": bounded,
        "queue_bounds": bounded,
        "codesign": scenario.pricing.model,
    }
    return tuple(part for part in job.parts if asked[part])


@cache
def rules_of(layers: tuple[str, ...]) -> dict[str, Rule]:
    """Rules of some layers by quantity, later ones in place of earlier ones."""
    return layered(layers)


@cache
def units_of(layers: tuple[str, ...]) -> dict[str, str]:
    """SI unit of every quantity of some layers of rules, made or given."""
    out: dict[str, str] = {}
    for r in rules_of(layers).values():
        out.update(r.inputs)
    for r in rules_of(layers).values():
        out[r.id] = r.unit
    return out


@cache
def quantity_of(layers: tuple[str, ...], name: str) -> Record:
    """What is known of a quantity, with the unit and title it has in some layers of rules."""
    made, known = rules_of(layers).get(name), record(name)
    unit = units_of(layers).get(name, known.unit)
    return replace(known, unit=unit, title=made.title if made else known.title)
