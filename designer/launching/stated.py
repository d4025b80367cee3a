"""What a launch says, in the words of designer, whichever launcher says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from catalogs.errors import InputError
from designer.launching.options import Remark
from designer.question.context import Value


@dataclass(frozen=True)
class StartedRanks:
    """How many processes, or devices, a launch starts; what it does not say is None."""

    nodes: int | None = None
    each_node: int | None = None
    world: int | None = None

    def total(self, per_node: int | None) -> int | None:
        """All of them, with as many on a node as it has where the launch leaves that open."""
        each = self.each_node or per_node
        return self.world or (self.nodes * each if self.nodes and each else self.each_node)


@dataclass(frozen=True)
class Reading:
    """A launch that was read: decisions, facts of its work, and what is to be said beside the answer."""

    launcher: str
    # The target that writes such launches, where there is one.
    target: str
    job: Literal["training", "inference"]
    # A name of a model, or keys of an architecture to know it by.
    model: str | Mapping[str, Any]
    decisions: dict[str, Value]
    # Which words gave a decision.
    because: dict[str, str] = field(default_factory=dict)
    # Assumptions of the catalog that the launch replaces, as scenarios write them.
    assume: dict[str, str] = field(default_factory=dict)
    # The training framework of the catalog that runs it.
    framework: str = ""
    # Of a workload: sequence_length, iterations, save_steps, context.
    work: dict[str, int] = field(default_factory=dict)
    ranks: StartedRanks = StartedRanks()
    node: str = ""
    # The most sequences in flight is a cap that the engine sets by itself.
    capped: bool = False
    embeds: bool = False
    # Whether it says how weights are stored; else the published checkpoint does.
    stores: bool = True
    # What was taken because the launch does not say it.
    taken: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
    # Options as the launcher names them, to tell two launches apart.
    options: dict[str, str] = field(default_factory=dict)

    @property
    def serves(self) -> bool:
        """Whether it starts an engine that answers requests, rather than a run that trains."""
        return self.job == "inference"

    def derive_dp(self, world: int) -> dict[str, Value]:
        """The decisions with dp as what is left of the ranks; raises InputError where nothing whole is."""
        inner = 1
        for name in ("tp", "pp", "cp"):
            inner *= int(self.decisions.get(name, 1))
        if world % inner:
            raise InputError(f"{world} ranks are no multiple of tp * pp * cp = {inner}")
        return {**self.decisions, "dp": world // inner}
