"""Answers as data: what `plan` and `evaluate` return, and what `--json` prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

from designer.answers.answer import Answer
from designer.answers.plotting import axes_of, plotted
from designer.drawing.marks import Drawing


class _Lettered(Protocol):
    @property
    def id(self) -> str: ...


D = TypeVar("D", bound=_Lettered)


class _Result(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Metric(_Result):
    """A quantity in SI."""

    value: float | None = Field(description="SI value; null where it is unknown")
    unit: str
    interval: tuple[float, float] | None = Field(
        default=None, description="80 % of comparable measurements lie inside, as far as that is known"
    )

    @model_serializer(mode="wrap")
    def _known(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without the interval where there is none: most quantities were never measured."""
        out: dict[str, Any] = write(self)
        if self.interval is None:
            out.pop("interval", None)
        return out


class Trade(_Result):
    """Another design, and what it changes."""

    id: str = Field(description="its letter on the frontier; empty where it is not on it")
    design: dict[str, str | int | float] = {}
    changes: dict[str, float] = Field(description="change of each objective as a share of what it is")


class Binding(_Result):
    """A budget, rule or limit that stops a design from being better."""

    name: str
    text: str
    place: str
    quantity: str = Field(default="", description="the quantity that is bounded, where there is one")
    value: float | None = None
    bound: float | None = None
    unit: str = ""
    slack: float | None = Field(
        default=None, description="share of the bound that is left; null of a bound of 0"
    )
    op: str = Field(default="", description="how the quantity is compared with the bound")
    effect: str = Field(default="", description="what removing it was found to do")
    breakpoint: float | None = Field(
        default=None, description="the looser bound from which on a better design is let in, in SI"
    )
    loosened: float | None = Field(
        default=None, description="that bound as a share beyond today's; null of 0"
    )
    confirmed: bool = Field(
        default=False, description="the breakpoint was solved again just before it and just beyond"
    )
    successor: Trade | None = Field(
        default=None, description="what takes a design's place where the bound is too tight for it"
    )


class Step(_Result):
    """The least loosening of one limit that lets in a design better in an objective, worse in none."""

    limit: str
    text: str
    place: str
    quantity: str = Field(default="", description="the quantity that is bounded, where there is one")
    bound: float | None = Field(default=None, description="today's bound in SI, where it is a number")
    needed: float | None = Field(default=None, description="the bound that lets the design in, in SI")
    op: str = Field(default="", description="how the quantity is compared with the bound")
    unit: str = ""
    relative: float | None = Field(
        description="needed over bound, less 1; null where a rule is to be dropped, or the bound is 0"
    )
    changes: dict[str, float] = Field(description="change of each objective as a share of what it is")
    design: dict[str, str | int | float]


class NextBetter(_Result):
    """What the next better value of an objective would take."""

    objective: str
    step: Step | None = Field(description="the nearest limit in the way; null where no single one is")
    trade: Trade | None = Field(
        description="the frontier design with the next better value; null where this one is best"
    )


class Lever(_Result):
    """An input of the model that moves an objective."""

    input: str
    elasticity: float = Field(description="percent change of the objective per percent change of the input")
    step: float = Field(default=0.01, description="by what share the input was changed to find it")
    value: float
    unit: str
    kind: str
    source: str


class Leaving(_Result):
    """Where a fact takes a design off the frontier, and what happens there."""

    at: float = Field(description="value of the fact in SI")
    breaks: str = Field(default="", description="the limit the design then breaks")
    beaten_by: str = Field(default="", description="the design of today's frontier that then beats it")
    rival: dict[str, str | int | float] = Field(default={}, description="the design that then beats it")


class FactRange(_Result):
    """Between which values of a fact a design stays on the frontier; solved again on both sides."""

    fact: str
    value: float
    unit: str
    kind: str
    source: str
    of: str = Field(description="the choice whose fact it is; empty for one that all designs share")
    below: Leaving | None
    above: Leaving | None
    searched: tuple[float, float]
    solved: int = Field(description="how often the whole question was solved again")


class Design(_Result):
    """One layout with its quantities."""

    id: str
    design: dict[str, str | int | float]
    metrics: dict[str, Metric]
    binds: list[Binding] = []
    edges: list[str] = Field(default=[], description="decisions at an end of their candidates")
    next_better: list[NextBetter] = Field(
        default=[], description="what the next better value of each objective would take"
    )
    levers: dict[str, list[Lever]] = Field(
        default={}, description="what moves each objective, first designs only"
    )


class Proof(_Result):
    """Why the frontier is complete."""

    complete: bool
    raw_designs: int
    feasible: int
    dominated: int = Field(
        default=0, description="designs dropped early: another is at least as good in everything"
    )
    cut: dict[str, int] = Field(description="designs removed by each limit, budget or rule, first one counts")
    frontier: int
    solver_rows: int = 0
    solver_optima: list[str] = []
    solver_closure: str = ""
    method: str = ""
    verified: str = Field(
        default="", description="what a second, independent route said, where one was asked for"
    )
    bounds: dict[str, float] = Field(
        default={}, description="where time ran out: what no design can be better than, by objective (SI)"
    )
    seconds: float = 0.0


class Member(_Result):
    """One part of a conflict."""

    name: str
    text: str
    place: str
    kind: str = Field(default="", description="budget, rule, default, limit, demand or candidates")
    way: str = Field(default="", description="how far it was let go, of a demand or candidates")
    enough: bool | None = Field(
        default=None,
        description="whether there is a design where it alone gives way; null where that was not tried",
    )


class Repair(_Result):
    """A change that makes the query possible, solved again with it and checked by evaluating its design."""

    changes: dict[str, str]
    relative: float | None = Field(
        description="the largest change as a share of what it is; null where a rule is dropped or a name added"
    )
    total: float | None = Field(
        default=None, description="weighted sum of the relative changes; of the joint repair only"
    )
    design: dict[str, str | int | float]
    assumed: list[str] = Field(
        default=[], description="decisions of the design that `evaluate` takes alike where they are not given"
    )


class Miss(_Result):
    """A design that comes close, and what it violates."""

    design: dict[str, str | int | float]
    assumed: list[str] = Field(
        default=[], description="decisions of the design that `evaluate` takes alike where they are not given"
    )
    violated: list[Binding]
    excess: float | None = Field(
        description="the largest share by which a bound is missed, or amount of a bound of 0"
    )


class Turning(_Result):
    """A limit, and at which bounds the frontier changes; solved without it."""

    limit: str
    text: str
    place: str
    quantity: str = ""
    unit: str = ""
    op: str = Field(default="", description="how the quantity is compared with the bound")
    new_designs: int = Field(description="designs on the frontier without the limit that are not on it now")
    loosened: float | None = Field(
        description="share beyond today's bound from which on there is a new design; null where none is"
    )
    looser: float | None = Field(default=None, description="that bound in SI, where it is a number")
    tighter: float | None = Field(
        default=None, description="the bound in SI beyond which the frontier loses a first design"
    )


class PlanResult(Answer):
    """Answer of `designer plan`."""

    schema_name: Literal["designer.plan/1"] = Field(default="designer.plan/1", alias="schema")
    scenario: str
    status: Literal["found", "infeasible", "time_limit"]
    objectives: list[str]
    proof: Proof
    frontier: list[Design] = Field(default=[])
    turning: list[Turning] = Field(
        default=[], description="of each budget, rule and limit that cuts designs: where the frontier changes"
    )
    conflict: list[Member] = Field(
        default=[],
        description="a minimal set of budgets, rules, demand and candidates that cannot hold together",
    )
    confirmed: str = Field(
        default="", description="the second, independent route that found the conflict impossible too"
    )
    not_involved: list[str] = Field(
        default=[], description="budgets, rules, demand and candidates that may all give way without a design"
    )
    ways: dict[str, str] = Field(
        default={}, description="how far each of those was let go, of demand and candidates"
    )
    taken_as_given: list[str] = Field(
        default=[], description="candidates that were not widened, because the space would be too large"
    )
    conflicts: list[list[Member]] = Field(
        default=[],
        description="all minimal sets of budgets, rules and limits that conflict with this demand and these candidates",
    )
    all_conflicts: list[list[Member]] | None = Field(
        default=None, description="all minimal conflicts, demand and candidates included, where asked for"
    )
    all_conflicts_complete: bool = False
    misses: list[Miss] = Field(default=[])
    repairs: list[Repair] = Field(default=[], description="smallest changes, single ones first")
    joint: Repair | None = Field(
        default=None, description="the repair of budgets and rules with the least weighted sum of changes"
    )
    defaults: dict[str, str] = Field(default={})
    notes: list[str] = Field(default=[])

    def __getitem__(self, letter: str) -> Design:
        """The design of this letter; raises KeyError where there is none, naming those there are."""
        return lettered(self.frontier, letter)

    def summary(self) -> str:
        """Name, status, and the range of each objective."""
        many = f"{len(self.frontier)} design{'' if len(self.frontier) == 1 else 's'}"
        proven = " proven complete" if self.frontier and self.proof.complete else ""
        return f"{self.scenario}, {self.status}, {many}{proven}, {', '.join(self.objectives)}"

    def plot(self, x: str = "", y: str = "") -> Drawing:
        """The frontier over two quantities, by default the first two objectives: a picture that notebooks show.

        Raises InputError for a quantity the designs have not, and where there is no second objective and no `y`.
        """
        points = {d.id: {n: (m.value, m.unit) for n, m in d.metrics.items()} for d in self.frontier}
        return plotted(points, *axes_of(self.objectives, x, y))

    def records(self) -> list[dict[str, Any]]:
        """The frontier: decisions, then metrics in SI."""
        return [{"id": d.id, **d.design, **{k: m.value for k, m in d.metrics.items()}} for d in self.frontier]

    def record_units(self) -> dict[str, str]:
        return {k: m.unit for d in self.frontier for k, m in d.metrics.items() if m.unit}


def lettered(frontier: Sequence[D], letter: str) -> D:
    """One of a frontier by its letter; raises KeyError naming those there are."""
    for d in frontier:
        if d.id == letter.upper():
            return d
    raise KeyError(f"no design {letter!r} (has: {', '.join(d.id for d in frontier[:30]) or 'none'})")


class EvaluateResult(Answer):
    """Answer of `designer evaluate`."""

    schema_name: Literal["designer.evaluate/1"] = Field(default="designer.evaluate/1", alias="schema")
    scenario: str
    feasible: bool
    design: dict[str, str | int | float]
    assumed: dict[str, str] = Field(default={}, description="decisions not given, and where each came from")
    metrics: dict[str, Metric]
    violated: list[Binding] = Field(default=[])
    notes: list[str] = Field(default=[])

    def __getitem__(self, quantity: str) -> Metric:
        """A quantity by its name; raises KeyError for one that it has not."""
        return self.metrics[quantity]

    def summary(self) -> str:
        """Name, and whether the layout is feasible."""
        verdict = "feasible" if self.feasible else f"breaks {', '.join(b.name for b in self.violated)}"
        return f"{self.scenario}, {verdict}"

    def records(self) -> list[dict[str, Any]]:
        """A row a quantity, with the ends of its interval."""
        return [
            {"quantity": n, "value": m.value, "unit": m.unit, "low": m.interval and m.interval[0],
             "high": m.interval and m.interval[1]}
            for n, m in self.metrics.items()
        ]  # fmt: skip
