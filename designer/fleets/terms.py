"""What a fleet bounds and optimises: totals over its workloads, each a quantity of the rules."""

from __future__ import annotations

from dataclasses import dataclass, field

from designer.jobs import JOBS, quantity_units

# Quantities that add up over workloads, whenever they run.
SUMS = ("cost", "carbon", "energy", "water")
# Quantities held at the same time: what counts is the most at any one time.
PEAKS = ("power", "peak_power", "node_count", "devices")
QUANTITIES = (*SUMS, *PEAKS)
# Names people use, and the quantity meant.
ALIASES = {"nodes": "node_count", "gpus": "devices", "accelerators": "devices"}


def unit_of(quantity: str) -> str:
    """SI unit of a total: that of the quantity of each workload."""
    return next((u[quantity] for u in map(quantity_units, JOBS) if quantity in u), "")


@dataclass(frozen=True)
class Cap:
    """An upper bound on a weighted sum of totals, of the whole fleet, one region or one inventory line.

    `kind` is inventory, site, budget or rule; `place` its file and line.
    """

    name: str
    text: str
    kind: str
    place: str
    weights: dict[str, float] = field(hash=False)
    bound: float
    unit: str
    region: str | None = None
    line: int | None = None

    @property
    def at_a_time(self) -> bool:
        """Whether it bounds what is held at the same time, rather than a sum over the period."""
        return any(q in PEAKS for q in self.weights)
