"""The fleet file: workloads, the machines and sites they share, and what to optimise over all of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from constraints.roles import COST
from designer.documents.scenario import Pricing, Solver
from designer.fields.written import EnergyPrice, HourlyPrice, Price, Scalar, Time, Unit

SCHEMA = "designer.fleet-file/1"
YEAR = 365.25 * 86400
TimeOrZero = Annotated[float, Unit("s", "30 day", zero=True)]


class _Block(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FleetWorkload(_Block):
    """One workload, or several alike: a scenario and what the fleet asks of it beside."""

    name: str = Field(min_length=1, max_length=60)
    scenario: str | dict[str, Any] = Field(
        description="a scenario file (relative to this file), a shipped scenario, or a scenario written out"
    )
    set: list[str] = Field(default_factory=list, description="overrides such as workload.rate=80 request/s")
    count: int = Field(default=1, ge=1, le=10_000, description="workloads alike, each placed on its own")
    regions: list[str] = Field(default_factory=list, description="residency: the only regions allowed")
    start: TimeOrZero = Field(default=0.0, description="when it starts, from the start of the period")
    deadline: Time | None = Field(
        default=None, description="when a run must be done, from the start of the period (default: its end)"
    )
    pools: Literal["shared", "separate"] = Field(
        default="shared",
        description="separate: prompts are read by a prefill pool, answers written by a decode pool",
    )


class Line(_Block):
    """Machines of one kind in one region. What is not said of their price, each scenario says."""

    node: str = Field(description="a node of the catalog: designer catalog list nodes")
    region: str = Field(description="a region of the catalog: designer catalog list regions")
    nodes: int = Field(ge=0, le=10_000_000, description="nodes that can be held at any one time")
    tenure: Literal["on_demand", "reserved_1y", "reserved_3y", "spot", "capacity_block", "owned"] | None = (
        None
    )
    price: HourlyPrice | None = Field(default=None, description="USD per accelerator-hour, host included")
    purchase: Price | None = Field(default=None, description="USD per accelerator, when owned")
    electricity: EnergyPrice | None = Field(default=None, description="USD per kWh, when owned")

    @property
    def label(self) -> str:
        """The line as people say it."""
        kind = f" ({self.tenure})" if self.tenure else ""
        return f"{self.node}{kind} in {self.region}"

    @property
    def pricing(self) -> Pricing | None:
        """How machines of this line are paid; None where the scenario says."""
        if self.tenure is None and self.price is None and self.purchase is None and self.electricity is None:
            return None
        # Each value was read with its unit already.
        return Pricing().model_copy(
            update={
                "tenure": self.tenure or "on_demand",
                "price": self.price,
                "purchase": self.purchase,
                "electricity": self.electricity,
            }
        )


class Fleet(_Block):
    """Which hardware, region and layout should each workload of a fleet get?"""

    model_config = ConfigDict(extra="forbid", frozen=True, title=SCHEMA)

    name: str = Field(min_length=1, max_length=80)
    description: str = ""
    period: Time = Field(default=YEAR, description="time that is planned for (default: a year)")
    workloads: list[FleetWorkload] = Field(min_length=1, max_length=1000)
    inventory: list[Line] = Field(min_length=1, max_length=1000)
    sites: dict[str, dict[str, Scalar]] = Field(
        default_factory=dict, description="caps by region, for example power: 2 MW"
    )
    budgets: dict[str, Scalar] = Field(
        default_factory=dict, description="caps on the whole fleet, for example cost: 40 MUSD"
    )
    rules: list[str] = Field(
        default_factory=list,
        description="weighted sums of totals, for example cost + carbon * 100 USD/t <= 50 MUSD",
    )
    objectives: list[str] = Field(
        default_factory=lambda: [COST], min_length=1, max_length=3, description="totals to make small"
    )
    solver: Solver = Solver()
