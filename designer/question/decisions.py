"""What a decision is: something the search chooses, and all there is to know of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from designer.question.context import Context, Value

Kind = Literal["count", "ladder", "choice", "switch"]
# What a switch can be, by the number that rules read.
OFF_ON = ("off", "on")
# No cluster, batch or degree is larger; far beyond it, products of counts are no longer exact.
MAX_COUNT = 100_000_000


@dataclass(frozen=True)
class Decision:
    """Something the search chooses.

    `kind` is a "count" (a positive integer), a "ladder" (a quantity written with its `unit`), a "choice"
    (a name, which becomes several numbers) or a "switch" (off or on, which rules read as 0 or 1).
    `default` makes the domain when the scenario gives none; `start` is the value `evaluate` takes where
    neither the command nor the scenario's baseline says, perhaps by the decisions before it. A decision
    whose default is empty is made only where the scenario gives candidates of it: otherwise its workload
    says, or an assumption of the catalog. `wider` makes what an impossible question could have besides the
    default. `entries` is the kind of entry of the catalog that a choice names, `written` what a file may say
    instead of the name.

    For people: `title`, `short` as the head of a column, whether names read from the `left`, and how much
    a decision `tells` of a design: "core" is what a single design is told by, "layout" what a design in few
    words says too, "detail" the rest. Of `edges` those are named at which wider candidates might do better.
    `first` marks candidates that people change first.

    `unused` says why a workload has no use for candidates of it, if it has none.

    A decision `of_layers` splits or repeats layers, which a network known by its totals has none of;
    `whole` is what is otherwise of such a network.
    """

    name: str
    kind: Kind
    title: str
    default: Callable[[Context], list[Value]]
    start: Value | Callable[[Mapping[str, Value]], Value] | None = None
    choices: tuple[str, ...] | None = None
    entries: str | None = None
    wider: Callable[[Context], list[Value]] | None = None
    unit: str | None = None
    written: tuple[str, ...] = ()
    short: str = ""
    left: bool = True
    tells: Literal["core", "layout", "detail"] = "layout"
    edges: tuple[Literal["largest", "smallest"], ...] = ("largest", "smallest")
    first: bool = False
    unused: Callable[[Any], str] | None = None
    of_layers: bool = False
    whole: Mapping[str, Any] | None = None

    @property
    def named(self) -> bool:
        """Whether its values are words rather than amounts."""
        return self.kind in ("choice", "switch")

    @property
    def words(self) -> tuple[str, ...] | None:
        """All its values, of a decision that has no others."""
        return OFF_ON if self.kind == "switch" else self.choices

    @property
    def heading(self) -> str:
        """What stands over a column of it, perhaps in two lines."""
        return self.short or self.title

    def started(self, before: Mapping[str, Value]) -> Value | None:
        """The value it starts from, where those `before` it are decided."""
        return self.start(before) if callable(self.start) else self.start

    def number(self, value: Value) -> float:
        """The number that rules read of a value; of a choice there is none."""
        return float(OFF_ON.index(str(value)) if self.kind == "switch" else value)


def only(*values: Value) -> Callable[[Context], list[Value]]:
    """A default that is the same for every scenario."""
    return lambda _: list(values)


def switched(value: object) -> str | None:
    """`on` or `off` of what may stand for it: the word, a number, or what other readers of YAML make of it.

    >>> switched("on"), switched(0), switched(True), switched("maybe")
    ('on', 'off', 'on', None)
    """
    found = {"0": "off", "1": "on", "false": "off", "true": "on"}.get(str(value).lower(), value)
    return str(found) if found in OFF_ON else None


def inserted(decisions: Iterable[Decision], more: Iterable[Decision], *, after: str) -> list[Decision]:
    """Decisions with more of them right after one."""
    out: list[Decision] = []
    for d in decisions:
        out.append(d)
        if d.name == after:
            out.extend(more)
    return out
