"""What a fleet bounds and optimises: totals over its workloads, each a quantity of the rules."""

from __future__ import annotations

from dataclasses import dataclass, field

from constraints.records import aliases, marked, record


def sums() -> list[str]:
    """Quantities that add up over workloads, whenever they run."""
    return sorted(n for n, total in marked("total").items() if total == "sum")


def peaks() -> list[str]:
    """Quantities held at the same time: what counts is the most at any one time."""
    return sorted(n for n, total in marked("total").items() if total == "peak")


def totals() -> list[str]:
    """Every quantity that a fleet has a total of."""
    return [*sums(), *peaks()]


def meant(name: str) -> str:
    """The total that is meant by a name people use."""
    return aliases().get(name, name)


def other_names() -> list[str]:
    """Names people use for totals."""
    return [alias for alias, n in aliases().items() if record(n).total]


def unit_of(quantity: str) -> str:
    """SI unit of a total: that of the quantity of each workload."""
    return record(quantity).unit


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
        return any(record(q).total == "peak" for q in self.weights)
