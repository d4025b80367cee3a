"""Rules as a graph: which quantities a question needs, in which order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, MutableMapping, Sequence
from functools import cached_property
from typing import Any

from catalogs.errors import InputError, nearest
from constraints.rule import Rule


def run(
    order: Sequence[Rule],
    values: MutableMapping[str, Any],
    *,
    bound: Callable[[Any, str], Any] | None = None,
    kept: Collection[str] | None = None,
) -> None:
    """Make every quantity of `order`, each after its inputs, and put it into `values`.

    Values are floats, arrays, intervals or whatever else the rules' arithmetic is defined for. `bound`
    narrows each result by its unit before it is put. Where names to be `kept` are given, all others are
    dropped as soon as no rule to come reads them.
    """
    last = {} if kept is None else {n: r.id for r in order for n in r.inputs if n not in kept}
    for r in order:
        made = r.fn(**{n: values[n] for n in r.inputs})
        values[r.id] = made if bound is None else bound(made, r.unit)
        if last:
            for n in r.inputs:
                if last.get(n) == r.id:
                    del values[n]


class Graph:
    """Rules keyed by the quantity they make; names no rule makes are facts or decisions."""

    def __init__(self, rules: Mapping[str, Rule]):
        self.rules = dict(rules)
        self._orders: dict[tuple[tuple[str, ...], frozenset[str]], list[Rule]] = {}
        self._below: dict[str, frozenset[str]] = {}

    @cached_property
    def units(self) -> dict[str, str]:
        """SI unit of every quantity the rules read or make."""
        read = {n: unit for r in self.rules.values() for n, unit in r.inputs.items()}
        return read | {n: r.unit for n, r in self.rules.items()}

    def order(self, targets: Iterable[str], given: Iterable[str]) -> list[Rule]:
        """Rules to run, each after its inputs, to make `targets` out of `given` names.

        A given name wins over a rule of the same name. Raises InputError for a name that is neither
        given nor made, saying which quantity needed it.
        """
        asked = tuple(targets), frozenset(given)
        if asked not in self._orders:  # the same is asked of thousands of designs
            self._orders[asked] = self._ordered(*asked)
        return list(self._orders[asked])

    def _ordered(self, targets: Iterable[str], given: Iterable[str]) -> list[Rule]:
        known = set(given)
        out: list[Rule] = []
        open_: list[str] = []

        def visit(name: str) -> None:
            if name in known:
                return
            if name in open_:
                raise TypeError(f"rules need each other: {' -> '.join([*open_, name])}")
            made_by = self.rules.get(name)
            if made_by is None:
                for_what = f" (needed by {open_[-1]})" if open_ else ""
                raise InputError(f"unknown quantity {name!r}{for_what}{nearest(name, [*self.rules, *known])}")
            open_.append(name)
            for n in made_by.inputs:
                visit(n)
            open_.pop()
            known.add(name)
            out.append(made_by)

        for target in targets:
            visit(target)
        return out

    def evaluate(self, targets: Iterable[str], given: Mapping[str, Any]) -> dict[str, Any]:
        """Every quantity on the way to `targets`, with the given ones."""
        values = dict(given)
        run(self.order(targets, values), values)
        return values

    def everything(self, given: Iterable[str]) -> list[Rule]:
        """All rules that can be worked out from `given` names, each after its inputs."""
        asked = (), frozenset(given)
        if asked not in self._orders:
            found = self.supported_by(asked[1])
            self._orders[asked] = found.order(found.rules, asked[1])
        return list(self._orders[asked])

    def below(self, name: str) -> frozenset[str]:
        """Every quantity that is made out of one, through other rules."""
        if name not in self._below:  # the same is asked of every design
            self._below[name] = frozenset(n for n in self.rules if name in self.above(n))
        return self._below[name]

    def above(self, name: str) -> set[str]:
        """Every quantity a rule's result is made out of, through other rules."""
        seen: set[str] = set()
        todo = [name]
        while todo:
            r = self.rules.get(todo.pop())
            for n in r.inputs if r else ():
                if n not in seen:
                    seen.add(n)
                    todo.append(n)
        return seen

    def supported_by(self, given: Iterable[str]) -> Graph:
        """The rules that can be worked out from `given` names; the others have nothing to say."""
        known = set(given)
        rest = dict(self.rules)
        while ready := [n for n, r in rest.items() if known.issuperset(r.inputs)]:
            known.update(ready)
            for n in ready:
                del rest[n]
        return Graph({n: r for n, r in self.rules.items() if n not in rest})

    def inputs_of(self, targets: Iterable[str]) -> set[str]:
        """Names under `targets` that no rule makes."""
        leaves: set[str] = set()
        seen: set[str] = set()
        todo = list(targets)
        while todo:
            name = todo.pop()
            if name in seen:
                continue
            seen.add(name)
            r = self.rules.get(name)
            if r is None:
                leaves.add(name)
            else:
                todo.extend(r.inputs)
        return leaves
