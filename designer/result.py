"""Answers as data: what `plan` and `evaluate` return, and what `--json` prints."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Result(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Metric(_Result):
    """A quantity in SI."""

    value: float | None = Field(description="SI value; null where it is unknown")
    unit: str


class Binding(_Result):
    """A budget, rule or limit that stops a design from being better."""

    name: str
    text: str
    place: str
    quantity: str = Field(default="", description="the quantity that is bounded, where there is one")
    value: float | None = None
    bound: float | None = None
    unit: str = ""
    slack: float | None = Field(default=None, description="share of the bound that is left")
    effect: str = Field(default="", description="what removing it was found to do")


class Lever(_Result):
    """An input of the model that moves an objective."""

    input: str
    elasticity: float = Field(description="percent change of the objective per percent change of the input")
    value: float
    unit: str
    kind: str
    source: str


class Design(_Result):
    """One layout with its quantities."""

    id: str
    design: dict[str, str | int | float]
    metrics: dict[str, Metric]
    binds: list[Binding] = []
    edges: list[str] = Field(default=[], description="decisions at an end of their candidates")
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


class Repair(_Result):
    """A change that makes the query possible, checked by evaluating the design it admits."""

    changes: dict[str, str]
    relative: float | None = Field(
        description="the largest change as a share of its bound; null where a rule is dropped"
    )
    design: dict[str, str | int | float]


class PlanResult(_Result):
    """Answer of `designer plan`."""

    schema_name: Literal["designer.plan/1"] = Field(default="designer.plan/1", alias="schema")
    scenario: str
    status: Literal["found", "infeasible", "time_limit"]
    objectives: list[str]
    proof: Proof
    frontier: list[Design] = []
    conflict: list[Member] = []
    conflicts: list[list[Member]] = []
    repairs: list[Repair] = []
    defaults: dict[str, str] = {}
    notes: list[str] = []

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    def to_json(self, **kwargs: Any) -> str:
        """The result as JSON text."""
        return self.model_dump_json(by_alias=True, **kwargs)

    def to_frame(self) -> Any:
        """The frontier as a pandas DataFrame: decisions, then metrics in SI."""
        import pandas as pd

        rows = [{"id": d.id, **d.design, **{k: m.value for k, m in d.metrics.items()}} for d in self.frontier]
        return pd.DataFrame(rows)

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))


class EvaluateResult(_Result):
    """Answer of `designer evaluate`."""

    schema_name: Literal["designer.evaluate/1"] = Field(default="designer.evaluate/1", alias="schema")
    scenario: str
    feasible: bool
    design: dict[str, str | int | float]
    assumed: dict[str, str] = Field(default={}, description="decisions not given, and where each came from")
    metrics: dict[str, Metric]
    violated: list[Binding] = []
    notes: list[str] = []

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    def to_json(self, **kwargs: Any) -> str:
        """The result as JSON text."""
        return self.model_dump_json(by_alias=True, **kwargs)
