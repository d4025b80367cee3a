"""Answers about a fleet as data: what `designer fleet` returns and what `--json` prints."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from designer.answers.answer import Answer
from designer.answers.plan import Member, Metric, lettered
from designer.answers.plotting import axes_of, plotted
from designer.drawing.marks import Drawing


class _Result(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Placement(_Result):
    """Copies of a workload (or of one pool of it) with one design on one inventory line."""

    workload: str
    pool: str = Field(default="", description="prefill or decode, where prompts have machines of their own")
    copies: int
    line: str
    node: str
    region: str
    design: dict[str, str | int | float]
    takes: dict[str, Metric] = Field(description="what one copy adds to the totals")
    metrics: dict[str, Metric] = Field(default={}, description="what people ask first of such a workload")


class Use(_Result):
    """How much of a cap a fleet uses; of what is held at a time, at its fullest."""

    name: str
    text: str
    place: str
    kind: str
    used: float
    bound: float
    unit: str


class FleetDesign(_Result):
    """One point of the frontier: totals, who runs where, and what is left of each cap."""

    id: str
    totals: dict[str, Metric]
    placements: list[Placement]
    uses: list[Use]


class CapPrice(_Result):
    """What a cap costs: the least more of it that changes the answer, and what that brings."""

    raised_to: float = Field(description="SI; the smallest bound that admits a better fleet")
    objective: str
    better: float = Field(description="SI; how much less of the objective there is then")
    moves: list[str] = Field(description="workloads that get another line or layout")


class CapBinding(_Result):
    """A cap or rule without which the best fleet would be better, found by solving without it."""

    name: str
    text: str
    place: str
    kind: str
    used: float | None
    bound: float | None
    unit: str
    objective: str
    gain: float = Field(description="SI; how much less of the objective there is without it")
    best: float = Field(description="SI; the optimum with it")
    price: CapPrice | None = None


class Alternative(_Result):
    """The best fleet in which a workload is on none of the lines that the best fleet gives it."""

    workload: str
    pool: str = ""
    lines: list[str] = Field(description="where it is then; empty where no other line is possible")
    objective: str
    more: float | None = Field(description="SI; how much more of the objective there is then")


class FleetRepair(_Result):
    """A change that makes the fleet possible, solved again with it."""

    changes: dict[str, str]
    relative: float | None = Field(description="sum of the changes as shares of their bounds")
    totals: dict[str, Metric]


class FleetProof(_Result):
    """Why the frontier is complete, or why there is no fleet."""

    complete: bool
    workloads: int
    raw_designs: int = Field(description="designs of all workloads, lines and pools")
    options: int = Field(description="undominated ones, which the solver chose from")
    log10_joint: float = Field(description="decimal digits of the number of joint choices of raw designs")
    frontier: int
    solves: int
    closure: str = Field(description="status of the solve that closed the frontier")
    second: str = Field(default="", description="what HiGHS said of it")
    resolution: float = Field(description="share of a total within which two fleets count as equal")
    rejected: int = Field(default=0, description="ties in integers that floats did not confirm, cut off")
    seconds: float


class FleetResult(Answer):
    """Answer of `designer fleet`."""

    schema_name: Literal["designer.fleet/1"] = Field(default="designer.fleet/1", alias="schema")
    fleet: str
    status: Literal["found", "infeasible", "time_limit"]
    period: float = Field(description="seconds that are planned for")
    objectives: list[str]
    proof: FleetProof
    frontier: list[FleetDesign] = Field(default=[])
    binds: list[CapBinding] = Field(default=[])
    elsewhere: list[Alternative] = Field(
        default=[], description="of the best fleet of the first objective, each workload's second-best place"
    )
    conflict: list[Member] = Field(default=[])
    repairs: list[FleetRepair] = Field(default=[])
    notes: list[str] = Field(default=[])

    def __getitem__(self, letter: str) -> FleetDesign:
        """The fleet of this letter; raises KeyError where there is none, naming those there are."""
        return lettered(self.frontier, letter)

    def summary(self) -> str:
        """Name, status and number of fleets."""
        many = f"{len(self.frontier)} fleet{'' if len(self.frontier) == 1 else 's'}"
        return f"{self.fleet}, {self.status}, {many}, {', '.join(f'min {o}' for o in self.objectives)}"

    def plot(self, x: str = "", y: str = "") -> Drawing:
        """The fleets over two totals, by default the first two objectives: a picture that notebooks show.

        Raises InputError for a total they have not, and where there is no second objective and no `y`.
        """
        points = {d.id: {n: (m.value, m.unit) for n, m in d.totals.items()} for d in self.frontier}
        return plotted(points, *axes_of(self.objectives, x, y))

    def records(self) -> list[dict[str, Any]]:
        """The frontier: totals in SI, and each workload's line."""
        rows = []
        for d in self.frontier:
            row: dict[str, Any] = {"id": d.id, **{k: m.value for k, m in d.totals.items()}}
            for p in d.placements:
                name = f"{p.workload} {p.pool}".strip()
                row[name] = f"{row[name]}, {p.line}" if name in row else p.line
            rows.append(row)
        return rows

    def record_units(self) -> dict[str, str]:
        return {k: m.unit for d in self.frontier for k, m in d.totals.items() if m.unit}
