"""The answer of `designer size` as data."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from constraints.roles import DEVICES
from designer.answers.answer import Answer

Design = dict[str, str | int | float]


class _Result(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Obstacle(_Result):
    """A limit or budget that fails however large a specification is."""

    name: str
    text: str
    place: str
    quantity: str = Field(default="", description="the quantity it bounds, where there is one")
    value: float | None = Field(default=None, description="the least the quantity comes to, in SI")
    bound: float | None = None
    unit: str = ""
    equation: str = Field(default="", description="file and line of the equation of the quantity")
    hangs_on: list[str] = Field(default=[], description="inputs that move the quantity most, largest first")


class Closing(_Result):
    """What was done to show that a specification is enough and that less is not."""

    evaluated: bool = Field(
        description="the design was evaluated on the part and meets every limit and budget"
    )
    fails_below: list[float] = Field(description="shares of the value at which no design meets everything")
    designs: int = Field(description="designs searched below it, all layouts")


class Need(_Result):
    """What one specification must be, with the rest held."""

    spec: str
    unit: str
    base: float = Field(description="what the base part offers, in SI")
    status: Literal["least", "any", "none"] = Field(
        description="a least value; any value does, as it does not bind; or no value helps"
    )
    value: float | None = Field(description="the least value, in SI; of 'any' the smallest that was tried")
    design: Design = {}
    closing: Closing | None = None
    obstacles: list[Obstacle] = Field(
        default=[], description="what fails at the largest value that was tried"
    )
    tried: float = Field(description="the largest value that was tried, in SI")


class Row(_Result):
    """What each device must offer when there are at most so many."""

    devices: int
    base_meets: bool = Field(description="the base part meets everything")
    needs: list[Need]
    qualify: list[str] = Field(default=[], description="nodes of the catalog that meet everything")


class Point(_Result):
    """Specifications that are enough together, none of which can be less with the others held."""

    specs: dict[str, float]
    free: list[str] = Field(default=[], description="specifications that do not bind here: any value does")
    design: Design
    closing: dict[str, Closing] = Field(description="by specification: 1 % less of it alone")


class Surface(_Result):
    """The Pareto surface of least specifications for a number of devices."""

    devices: int
    specs: list[str]
    points: list[Point]
    grid: int = Field(description="combinations of specifications that were searched, layouts apart")
    designs: int


class Lack(_Result):
    """What a part falls short of."""

    name: str
    text: str
    value: float | None = None
    bound: float | None = None
    unit: str = ""
    excess: float | None = Field(default=None, description="share by which the bound is missed")
    unstated: str = Field(default="", description="what nobody states of the part, where it fails for that")


class Part(_Result):
    """A node of the catalog in the scenario."""

    node: str
    accelerator: str
    qualifies: bool
    devices: int | None = Field(default=None, description="fewest devices that meet everything")
    design: Design = {}
    metrics: dict[str, float | None] = Field(default={}, description="in SI; null where unknown")
    lacks: list[Lack] = []
    short_of: dict[str, float] = Field(
        default={}, description="needs of the table it falls short of, as a share of them"
    )
    note: str = ""


class Crossing(_Result):
    """Up to where a specification matters most to a target, and what takes over there."""

    target: str
    spec: str
    at: float | None = Field(description="value in SI; null where it goes on")
    wall: str = Field(description="the input that moves the target most up to there")


class Sensitivity(_Result):
    """What moves each target at a solution."""

    target: str
    value: float | None
    unit: str
    elasticities: dict[str, float] = Field(
        description="percent of the target per percent of each specification"
    )


class CurvePoint(_Result):
    """A specification needed at one value of an axis."""

    at: str
    need: Need


class Curve(_Result):
    """A required specification against something else."""

    spec: str
    against: str
    devices: int | None
    points: list[CurvePoint]


class SizeResult(Answer):
    """Answer of `designer size`; numbers in SI."""

    schema_name: Literal["designer.size/1"] = Field(default="designer.size/1", alias="schema")
    scenario: str
    status: Literal["found", "infeasible"]
    base: str = Field(description="the node whose other numbers are held")
    base_specs: dict[str, float]
    units: dict[str, str]
    targets: list[str]
    rows: list[Row] = Field(default=[])
    surface: Surface | None = None
    curve: Curve | None = None
    parts: list[Part] = Field(default=[])
    sensitivity: list[Sensitivity] = Field(default=[])
    crossings: list[Crossing] = Field(default=[])
    obstacles: list[Obstacle] = Field(default=[], description="why nothing helps, where nothing does")
    notes: list[str] = Field(default=[])

    def summary(self) -> str:
        """Name, status, and the part whose other numbers are held."""
        return f"{self.scenario}, {self.status}, held at {self.base}"

    def records(self) -> list[dict[str, Any]]:
        """One row a number of devices and specification."""
        return [
            {DEVICES: r.devices, **n.model_dump(exclude={"closing", "obstacles", "design"})}
            for r in self.rows
            for n in r.needs
        ]
