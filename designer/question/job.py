"""What a job is: a kind of workload, and all there is to know of it. The jobs are in `designer/jobs`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from catalogs import Catalog
from catalogs.schema import Model, Node
from constraints.bundles import Bundle
from constraints.bundles.device import device_bundle
from constraints.roles import NODES
from designer.fields.workload import Workload
from designer.question.context import Value
from designer.question.decisions import Decision
from designer.question.groups import Group


@dataclass(frozen=True)
class Mistake:
    """Something in a scenario that makes no sense: where it stands, what is wrong, whether a key is."""

    path: tuple[str | int, ...]
    message: str
    key: bool = False


@dataclass(frozen=True)
class Phase:
    """A part of a job that works in its own way, and the quantity that is its time on one device.

    `work` is what a measured step of it is called, `passes` over the weights it makes, each as long as a
    forward one.
    """

    name: str
    time: str
    work: str
    passes: float = 1.0


@dataclass(frozen=True)
class Pool:
    """A group of machines that does one phase of a job.

    It has values of its own of what it `decides`; all other decisions of the job are for every pool. `layers`
    are rules that it alone has, `fixed` numbers that it is given in place of those of the workload, and
    `after` the layers that add to its quantities what the handover between pools takes. It `lacks` an
    output or somebody waiting, and with them the quantities that need one.
    """

    name: str
    decides: tuple[str, ...]
    layers: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    fixed: Mapping[str, float] = field(default_factory=dict)
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Apart:
    """What is otherwise of a job whose phases have machines of their own.

    `pools` in the order the search decides them, the `layers` of rules that each of them has besides those of
    the job, the layers of what holds of the `whole`, and what people see.
    """

    pools: tuple[Pool, ...]
    layers: tuple[str, ...]
    whole: tuple[str, ...]
    headline: tuple[str, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Intervals:
    """How far off predictions of a job may be: the catalog's entry of intervals of what was measured.

    A budget that must hold with some confidence is held against the worse end of each measure: the
    quantity in `held` is multiplied by it. `by_kind` tells dense models and mixtures of experts apart.
    `says` what holding budgets against bounds does.
    """

    entry: str
    held: Mapping[str, str]
    says: str
    by_kind: bool = False


@dataclass(frozen=True)
class Measurements:
    """Tables of published measurements of a job: columns that mark one as such, and those that it needs.

    What was `fitted` to them says so in its source; the catalog counts the `rows`. `called` is what they are.
    """

    marks: frozenset[str]
    needs: frozenset[str]
    fitted: str
    rows: tuple[str, ...]
    called: str


def _nothing(*_: Any) -> Bundle:
    return {}


def _no_groups(*_: Any) -> list[Group]:
    return []


def _no_mistakes(*_: Any) -> Iterator[Mistake]:
    return iter(())


def _none_refused(_: Any) -> dict[str, str]:
    return {}


@dataclass(frozen=True)
class SoftwareChoice:
    """What runs a job: the decision of which, also a key of scenarios, and the kind of the catalog's entries.

    The entry `default` is what a scenario has that names none.
    """

    decision: str
    entries: str


@dataclass(frozen=True, eq=False)
class Job:
    """A kind of workload.

    **Its rules.** `layers` of them, in order; `parts` are the layers that a scenario may add.

    **Its question.** `decisions` in the order the search makes them, the `objectives` of a scenario that
    names none, `rules` that hold unless it bounds their quantity, the `node_counts` of one that gives none. Where
    the number of nodes is not among the decisions, the largest is a limit.

    **Its workload.** The fields of it, and the `least` that a scenario says, for questions that only need some.

    **Its numbers.** What the workload gives (`given`), the assumptions of the catalog, those of the
    default `software`, what is `assumed` of decisions that are not open, what a `model` and a `device` are to it, and
    how its own choices become numbers (`groups`).

    **What makes no sense** of a workload beside its candidates (`contradictions`) or its model (`mistakes`),
    and what its requests do not have that some quantities need (`refused`, with the reason). Whether a
    network that is known by its totals can be its model (`networks`).

    **What people see.** `headline` quantities in order, the `columns` of a plan and the quantities of a
    `placed` workload of a fleet; the order in which decisions are `said`, where not that of the search.

    **What it is held against.** Tables of published measurements (`measured`), and `intervals` made of them.

    **Apart.** What is otherwise where its phases have machines of their own, of a job that may be so.

    **In a fleet.** `amount` is the field that says how much there is to do, of a job that ends.
    """

    name: str
    title: str
    workload: type[Workload]
    layers: tuple[str, ...]
    parts: tuple[str, ...]
    phases: tuple[Phase, ...]
    decisions: tuple[Decision, ...]
    objectives: tuple[str, ...]
    headline: tuple[str, ...]
    columns: tuple[str, ...]
    placed: tuple[str, ...]
    assumptions: tuple[str, ...]
    least: Mapping[str, object]
    node_counts: tuple[int, ...]
    said: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    intervals: Intervals | None = None
    measured: Measurements | None = None
    software: SoftwareChoice | None = None
    networks: bool = False
    amount: str = ""
    apart: Apart | None = None
    given: Callable[[Any], Bundle] = _nothing
    assumed: Callable[[Mapping[str, list[Value]]], Bundle] = _nothing
    model: Callable[[Catalog, str, Model], Bundle] = _nothing
    device: Callable[[Catalog, Node], Bundle] = device_bundle
    groups: Callable[[Catalog, Any, str, Collection[str]], list[Group]] = _no_groups
    contradictions: Callable[[Any, Mapping[str, Any]], Iterator[Mistake]] = _no_mistakes
    mistakes: Callable[[Any, Model, Bundle], Iterator[Mistake]] = _no_mistakes
    refused: Callable[[Any], dict[str, str]] = _none_refused

    def pools(self, workload: Workload) -> tuple[Pool, ...]:
        """The pools that a workload asks to be apart; none where all machines do the same."""
        asked = getattr(workload, "pools", "shared") == "apart"
        return self.apart.pools if self.apart and asked else ()

    def decides(self, pool: Pool, decision: str) -> bool:
        """Whether a pool has a say in a decision: in its own, and in those that are for every pool."""
        pools = self.apart.pools if self.apart else ()
        return decision in pool.decides or not any(decision in p.decides for p in pools)

    @property
    def goes_on(self) -> bool:
        """Whether it has no end of its own, so that a period is counted."""
        return "period" in self.workload.model_fields

    @property
    def decides_nodes(self) -> bool:
        """Whether the number of nodes is chosen, rather than bounded."""
        return any(d.name == NODES for d in self.decisions)
