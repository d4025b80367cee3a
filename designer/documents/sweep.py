"""The sweep file: a base scenario, and what varies over it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA = "designer.sweep-file/1"


class _Block(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SampledAxis(_Block):
    """Paths that are drawn together instead of crossed."""

    method: Literal["sobol", "latin_hypercube", "monte_carlo"] = Field(
        default="sobol", description="how points are spread: a Sobol sequence, a Latin hypercube, at random"
    )
    count: int = Field(ge=1, le=10_000_000, description="samples drawn")
    seed: int = Field(default=1, ge=0)
    over: dict[str, Any] = Field(
        min_length=1,
        description="path: {uniform: [60 %, 90 %]}, {normal: 2 USD/h, spread: 10 %} or {lognormal: base, spread: 20 %}",
    )


class View(_Block):
    """What the report shows first."""

    x: str | None = Field(default=None, description="the axis along the heat map")
    y: str | None = Field(default=None, description="the axis up the heat map")
    value: str | None = Field(default=None, description="the quantity the heat map shows")


class Sweep(_Block):
    """Scenarios that differ in a few values: every combination of the axes, times every sample."""

    model_config = ConfigDict(extra="forbid", frozen=True, title=SCHEMA)

    name: str = Field(min_length=1, max_length=80)
    description: str = ""
    base: str = Field(description="a scenario file (relative to this file) or a shipped scenario")
    set: list[str] = Field(default_factory=list, description="overrides of all points, as with --set")
    axes: dict[str, Any] = Field(
        default_factory=dict,
        description="path of the scenario: a list, a range such as 1..64 step 4, or {from:, to:, count:, scale: log}",
    )
    zip: list[dict[str, Any]] = Field(
        default_factory=list, description="axes that move together: lists of one length, by path"
    )
    samples: SampledAxis | None = None
    quantities: list[str] = Field(default_factory=list, description="further quantities to keep a column of")
    designs: Literal["frontier", "first"] = Field(
        default="frontier", description="rows of a point: its whole frontier, or its first design alone"
    )
    report: View = View()
