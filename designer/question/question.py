"""A scenario made ready to answer: facts looked up, domains listed, limits and budgets parsed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from constraints.bundles import Bundle, Known
from constraints.graph import Graph
from constraints.quantity import Record
from constraints.records import record
from designer.question.context import Value
from designer.question.decisions import Decision
from designer.question.groups import Group
from designer.question.job import Job
from designer.question.limit import Limit
from designer.question.rules import quantity_of, units_of

if TYPE_CHECKING:
    from designer.documents.scenario import Scenario
    from designer.question.pools import PoolPart


@dataclass(frozen=True)
class Objective:
    """A quantity to make small (`sign` 1) or large (-1)."""

    quantity: str
    sign: int


@dataclass(frozen=True)
class Premise:
    """Part of the demand or a list of candidates: what a question takes for granted, and could be else.

    `least` is a question in which it gives way as far as it may, which is how far `way` says; `at` one with
    the demand at a share of what is asked, or with one more candidate, and `said` how the file says that.
    """

    name: str
    text: str
    place: str
    kind: str
    least: Callable[[Question], Question] = field(repr=False)
    at: Callable[[Question, Any], Question] = field(repr=False)
    said: Callable[[Any], str] = field(repr=False)
    way: str = ""
    # What `at` takes: for candidates the values that could be added, nearest first; for demand nothing.
    more: tuple[Value, ...] = ()
    amount: float = 0.0
    unit: str = ""
    # Whether it is several numbers that shrink together, of which only a share can be told.
    several: bool = False
    # Shares a demand comes in, where not all are possible.
    shares: tuple[float, ...] = ()
    # Of candidates: of which decision, whatever the file calls it.
    decision: str = ""

    @property
    def key(self) -> str:
        """Its name in the scenario, without the section."""
        return self.name.split(".")[1]


@dataclass
class Question:
    """Everything a search or an evaluation needs, free of files and of the catalog."""

    scenario: Scenario
    job: Job
    graph: Graph
    decisions: tuple[Decision, ...]
    domains: dict[str, list[Value]]
    defaulted: set[str]
    given: Bundle
    groups: list[Group]
    limits: list[Limit]
    objectives: list[Objective]
    baseline: dict[str, Value]
    notes: list[str]
    # What could be otherwise, worked out when an impossible question asks for it.
    taken_for_granted: Callable[[], list[Premise]] = field(default=list, repr=False)
    # The question of the file with what an answer says of limits and premises, by their names, written into it.
    edited: Callable[[Mapping[str, str]], Question] | None = field(default=None, repr=False)
    parts: tuple[str, ...] = ()
    # Ends of the intervals of a design's quantities, as multiples of their predictions.
    intervals: Callable[[Mapping[str, Value]], dict[str, tuple[float, float]]] = field(
        default=lambda design: {}, repr=False
    )
    # The pools it is joined of, where machines of its job are apart.
    pools: tuple[PoolPart, ...] = field(default=(), repr=False)

    @property
    def units(self) -> dict[str, str]:
        """SI unit of every quantity."""
        return self.graph.units if self.pools else units_of((*self.job.layers, *self.parts))

    def each(self, name: str) -> tuple[str, ...]:
        """The names a quantity goes by: its own, or those it has in each pool, if it has any."""
        if not self.pools or name in self.graph.units or name in self.domains:
            return (name,)
        found = (p.names[name] for p in self.pools if name in p.names)
        return tuple(n for n in found if n in self.graph.units or n in self.domains) or (name,)

    def plain(self, name: str) -> str:
        """What a quantity of a pool is called where there is no other pool; any other by its name."""
        return next((n for p in self.pools for n, named in p.names.items() if named == name), name)

    def deciding(self, name: str) -> tuple[str, ...]:
        """The decisions that a name means: one, or one in each pool that makes it."""
        made = {d.name for d in self.decisions}
        found = tuple(n for n in self.each(name) if n in made)
        return (name,) if name in made or not found else found

    @property
    def stated(self) -> list[Limit]:
        """The limits that somebody states: budgets, site rules, defaults."""
        return [t for t in self.limits if t.stated]

    @property
    def limited(self) -> list[str]:
        """The quantities that limits read, each once."""
        return list(dict.fromkeys(n for t in self.limits for n in t.inputs))

    def bundle(self, design: Mapping[str, Value]) -> Bundle:
        """Every number the rules are given for one design, decisions included."""
        out: Bundle = {}
        for d in self.decisions:
            if d.kind != "choice":
                out[d.name] = Known(d.number(design[d.name]), "decision", "")
        for g in self.groups:
            out |= g.build(*(design[a] for a in g.axes))
        return {**out, **self.given}

    def named(self, *names: str) -> list[Group]:
        """The groups of these names, of those there are."""
        return [g for g in self.groups if g.name in names]

    def unit(self, quantity: str) -> str:
        """SI unit of a quantity."""
        return self.units.get(quantity) or self.graph.units.get(quantity, "")

    def quantity(self, name: str) -> Record:
        """What is known of a quantity of the job, or of a decision: title, unit, direction and the rest."""
        chosen = {d.name: d.title for d in self.decisions if d.name not in self.graph.rules}
        layers = (*self.job.layers, *self.parts)
        made = self.graph.rules.get(name) if self.pools else None
        known = replace(record(name), unit=made.unit, title=made.title) if made else quantity_of(layers, name)
        return replace(known, title=chosen.get(name, known.title))

    def first_design(self) -> dict[str, Value]:
        return {d.name: self.domains[d.name][0] for d in self.decisions}
