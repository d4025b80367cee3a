"""What an exporter reads: one evaluated design, with the facts of its model and machines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from catalogs.errors import InputError
from catalogs.schema.model import Architecture
from designer.question.context import Value


class Refused(InputError):
    """A design that a launcher cannot be told to run."""


@dataclass(frozen=True)
class LaunchModel:
    """The model, and the checkpoint that has its weights or its configuration."""

    id: str
    kind: str
    parameters: float
    checkpoint: str
    # Whether the user named the checkpoint: it then holds the weights in the formats of the plan.
    named: bool
    architecture: Architecture | None
    # The formats its publisher stores it in, besides 16 bit.
    stored: tuple[str, ...] = ()

    @property
    def shape(self) -> Architecture:
        """Its layers; refuses a network that is known by its totals."""
        if self.architecture is None:
            raise Refused(f"{self.id} is known by its totals and has no layers to lay out")
        return self.architecture


@dataclass(frozen=True)
class Machine:
    """The node a design runs on."""

    id: str
    # Whether a cloud rents it out by this name.
    rented: bool
    devices: int
    accelerator: str
    vendor: str
    generation: str
    rates: frozenset[str]


@dataclass(frozen=True)
class RequestLength:
    """One kind of request."""

    input: int
    generated: int


@dataclass(frozen=True)
class Decisions:
    """The decisions of a design as a launcher may read them: those it declared, and no others."""

    values: Mapping[str, Value]
    declared: frozenset[str]
    read: set[str] = field(default_factory=set)

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def __getitem__(self, name: str) -> Value:
        if name not in self.declared:
            raise KeyError(f"{name} is read without being declared")
        self.read.add(name)
        return self.values[name]

    def count(self, name: str) -> int:
        """A count; one that the question does not have, or that is not declared and so refused unless it is one."""
        if name in self.declared and name in self.values:
            return int(self[name])
        if self.values.get(name, 1) != 1:
            raise KeyError(f"{name} is read without being declared")
        return 1

    def name(self, name: str) -> str:
        """A choice."""
        return str(self[name])

    def on(self, name: str) -> bool:
        """A switch."""
        return switched_on(self[name])


def switched_on(value: Value) -> bool:
    """Whether a switch is on.

    >>> switched_on("on"), switched_on(1), switched_on("off"), switched_on(0)
    (True, True, False, False)
    """
    return value in ("on", 1)


@dataclass(frozen=True)
class Launch:
    """An evaluated design, ready to be written for a launcher."""

    scenario: str
    job: str
    # The letter of the frontier, or nothing for a layout of the user's own.
    label: str
    # The commands that give the plan again, and what it predicts, as people read them.
    again: tuple[str, ...]
    expected: tuple[str, ...]
    version: str
    all_decisions: Mapping[str, Value]
    decided: str
    quantities: Mapping[str, float]
    model: LaunchModel
    machine: Machine
    lengths: tuple[RequestLength, ...] = ()
    sequence_length: int = 0
    # Quantities of the design, were some of them otherwise.
    were: Callable[[Mapping[str, float]], Mapping[str, float]] = field(
        default=lambda otherwise: otherwise, repr=False
    )
    decisions: Decisions = field(default_factory=lambda: Decisions({}, frozenset()), repr=False)

    def read_by(self, declared: frozenset[str]) -> Launch:
        """The launch as an exporter sees it that declares these decisions."""
        return replace(self, decisions=Decisions(self.all_decisions, declared))

    def number(self, name: str) -> int:
        """A quantity that is a whole number."""
        return round(self.quantities[name])

    @property
    def steps(self) -> int:
        """Optimizer steps of the run."""
        return self.number("steps")

    @property
    def longest(self) -> int:
        """Tokens of the longest request with its answer."""
        return max(n.input + n.generated for n in self.lengths)

    @property
    def slug(self) -> str:
        """The scenario's name as clusters take names."""
        return slug(self.scenario)


def slug(text: str, most: int = 40) -> str:
    """A name of lower-case letters, digits and dashes that begins with a letter.

    >>> slug("Llama 3.1: 70B"), slug("70b; rm -rf /"), slug("§")
    ('llama-3-1-70b', 'd-70b-rm-rf', 'design')
    """
    kept = "".join(c if c.isascii() and c.isalnum() else " " for c in text.lower())
    name = "-".join(kept.split())[:most].strip("-")
    return name if name[:1].isalpha() else f"d-{name}" if name else "design"
