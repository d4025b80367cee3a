"""A scenario made ready to answer: facts looked up, domains listed, limits and budgets parsed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from catalogs.schema import Node
from constraints.bundles import Bundle, Known
from constraints.graph import Graph
from constraints.quantity import Record
from constraints.records import record
from constraints.rule import Rule, layered
from designer.documents.scenario import Scenario
from designer.question import expressions
from designer.question.context import Value
from designer.question.data_pipeline import dataset_of
from designer.question.decisions import Decision
from designer.question.groups import Group

LAYERS = {
    "training": ("shared", "training"),
    "serving": ("shared", "serving"),
    "concurrent": ("shared", "serving", "concurrent"),
    "batch": ("shared", "serving", "batch"),
}


@cache
def job_rules(job: str, parts: tuple[str, ...] = ()) -> dict[str, Rule]:
    """Rules of a job by quantity, with the layers that parts of a scenario add (`network`, `dataset`).

    Those of a later layer replace earlier ones of the same name.
    """
    return layered((*LAYERS[job], *parts))


def parts_of(scenario: Scenario, model: Bundle, nodes: Iterable[Node]) -> tuple[str, ...]:
    """The layers a scenario adds to those of its job; bounds where latencies are held against bounds."""
    workload = scenario.workload
    streams = workload.job == "training" and any(n.weight_stream for n in nodes)
    bounded = scenario.confidence is not None and workload.job != "training"
    asked: dict[str, object] = {
        "network": "layers" not in model, "streaming": streams, "dataset": dataset_of(workload),
        "bounds": bounded, "queue_bounds": bounded and workload.job != "concurrent",
        "codesign": scenario.pricing.model,
    }  # fmt: skip
    return tuple(part for part, there in asked.items() if there)


@dataclass(frozen=True)
class Constraint:
    """A budget or site rule: a comparison of quantities. `place` is its file and line."""

    name: str
    text: str
    kind: str
    place: str
    node: expressions.Node = field(repr=False)

    @property
    def inputs(self) -> set[str]:
        return self.node.names()

    def holds(self, values: Mapping[str, Any]) -> Any:
        """Truth, for floats or arrays. A NaN never satisfies a comparison."""
        return self.node.evaluate(values)

    @property
    def bound(self) -> float | None:
        """The number a quantity is compared with, if the constraint is that simple."""
        if self.quantity is None:
            return None
        return self.node.parts[1].value

    @property
    def quantity(self) -> str | None:
        n = self.node
        simple = n.op in ("<=", ">=", "<", ">") and n.parts[0].op == "name" and n.parts[1].op == "number"
        return n.parts[0].name if simple else None

    def excess(self, values: Mapping[str, Any]) -> Any:
        """By what share of the bound the constraint is missed: positive where it is violated.

        Infinite where the constraint is not a plain comparison and does not hold.
        """
        from constraints.algebras.maths import maximum, where

        n = self.node
        if n.op in ("<=", "<", ">=", ">"):
            a, b = (p.evaluate(values) for p in n.parts)
            scale = maximum(abs(b), 1e-300)
            over = (a - b) / scale if n.op in ("<=", "<") else (b - a) / scale
            return where(over == over, over, math.inf)
        return where(self.holds(values), 0.0, math.inf)


@dataclass(frozen=True)
class Objective:
    """A quantity to make small (`sign` 1) or large (-1)."""

    quantity: str
    sign: int


@dataclass(frozen=True)
class Premise:
    """Part of the demand or a list of candidates: what a question takes for granted, and could be else.

    `least` is a question in which it gives way as far as it may; `at` one with the demand at a share
    of what is asked, or with one more candidate.
    """

    name: str
    text: str
    place: str
    kind: str
    least: Callable[[Question], Question] = field(repr=False)
    at: Callable[[Question, Any], Question] = field(repr=False)
    # What `at` takes: for candidates the values that could be added, nearest first; for demand nothing.
    more: tuple[Value, ...] = ()
    amount: float = 0.0
    unit: str = ""
    # Whether it is several numbers that shrink together, of which only a share can be told.
    several: bool = False
    # Shares a demand comes in, where not all are possible.
    shares: tuple[float, ...] = ()

    @property
    def key(self) -> str:
        """Its name in the scenario, without the section."""
        return self.name.split(".")[1]


@dataclass
class Question:
    """Everything a search or an evaluation needs, free of files and of the catalog."""

    scenario: Scenario
    job: str
    graph: Graph
    decisions: tuple[Decision, ...]
    domains: dict[str, list[Value]]
    defaulted: set[str]
    given: Bundle
    groups: list[Group]
    limits: list[str]
    constraints: list[Constraint]
    objectives: list[Objective]
    baseline: dict[str, Value]
    notes: list[str]
    # What could be otherwise, worked out when an impossible question asks for it.
    taken_for_granted: Callable[[], list[Premise]] = field(default=list, repr=False)
    parts: tuple[str, ...] = ()
    # Ends of the intervals of a design's quantities, as multiples of their predictions.
    intervals: Callable[[Mapping[str, Value]], dict[str, tuple[float, float]]] = field(
        default=lambda design: {}, repr=False
    )

    @property
    def units(self) -> dict[str, str]:
        """SI unit of every quantity."""
        return quantity_units(self.job, self.parts)

    def bundle(self, design: Mapping[str, Value]) -> Bundle:
        """Every number the rules are given for one design, decisions included."""
        out: Bundle = {}
        for d in self.decisions:
            if d.kind != "choice":
                out[d.name] = Known(float(design[d.name]), "decision", "")
        for g in self.groups:
            out |= g.build(*(design[a] for a in g.axes))
        return {**out, **self.given}

    def named(self, *names: str) -> list[Group]:
        """The groups of these names, of those there are."""
        return [g for g in self.groups if g.name in names]

    def unit(self, quantity: str) -> str:
        """SI unit of a quantity."""
        return self.units.get(quantity, "")

    def quantity(self, name: str) -> Record:
        """What is known of a quantity of the job, or of a decision: title, unit, direction and the rest."""
        chosen = {d.name: d.title for d in self.decisions if d.name not in self.graph.rules}
        known = quantity_of(self.job, name, self.parts)
        return replace(known, title=chosen.get(name, known.title))

    def first_design(self) -> dict[str, Value]:
        return {d.name: self.domains[d.name][0] for d in self.decisions}


@cache
def quantity_of(job: str, name: str, parts: tuple[str, ...] = ()) -> Record:
    """What is known of a quantity, with the unit and title it has in a job."""
    made, known = job_rules(job, parts).get(name), record(name)
    unit = quantity_units(job, parts).get(name, known.unit)
    return replace(known, unit=unit, title=made.title if made else known.title)


@cache
def quantity_units(job: str, parts: tuple[str, ...] = ()) -> dict[str, str]:
    """SI unit of every quantity of a job, made or given."""
    out: dict[str, str] = {}
    for r in job_rules(job, parts).values():
        out.update(r.inputs)
    for r in job_rules(job, parts).values():
        out[r.id] = r.unit
    return out
