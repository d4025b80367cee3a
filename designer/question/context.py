"""What the defaults of decisions may ask about a scenario."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from catalogs import Catalog
from constraints.bundles import Bundle
from constraints.bundles.device import base_precision, has_rate
from constraints.roles import NODES

# What a decision can be: a name, a count, or a quantity in SI.
Value = str | int | float


@dataclass
class Context:
    """What the defaults of decisions may ask about the scenario."""

    catalog: Catalog
    workload: Any
    models: list[Bundle]
    domains: dict[str, list[Value]]

    def domain(self, name: str) -> list[Value]:
        return self.domains[name]

    def model_counts(self, name: str) -> list[int]:
        """A count of each candidate model."""
        return [int(m[name].si) for m in self.models]

    @cached_property
    def nodes(self) -> list[Any]:
        return [self.catalog.get("nodes", str(n)) for n in self.domains["node"]]

    def widest(self, name: str) -> int:
        return max(int(getattr(n, name)) for n in self.nodes)

    def most_devices(self) -> int:
        most = max(int(n) for n in self.domains[NODES])
        return most * max(int(n.accelerators) for n in self.nodes)

    def any_device_has(self, precision: str) -> bool:
        return any(has_rate(self.catalog.get("accelerators", n.accelerator), precision) for n in self.nodes)

    def base_precision(self) -> str:
        return base_precision(self.catalog.get("accelerators", self.nodes[0].accelerator))
