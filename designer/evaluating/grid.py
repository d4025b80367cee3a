"""Millions of layouts at once, without a search: every quantity over a grid of decisions.

Each decision is an axis. A rule runs once on arrays that have length one along every axis it does
not depend on, so that most of the work is done on small arrays and only what depends on everything
is computed for every layout.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from catalogs.errors import InputError, nearest
from constraints.graph import run
from designer.evaluating.design import complete_design, undefined
from designer.question.context import Value
from designer.question.designs import read_value
from designer.question.question import Question
from designer.search.compile import Array, tables_of


@dataclass(frozen=True)
class LayoutGrid:
    """Quantities in SI over the product of some decisions' values, in the order of `axes`.

    `values` and `feasible` have one dimension an axis, of its length or, where they do not depend
    on it, of length one: they broadcast against each other. `fixed` are the other decisions. A quantity is
    NaN where a layout breaks one of the limits in `voids`: an overloaded queue has no waiting time.
    """

    axes: dict[str, list[Value]]
    fixed: dict[str, Value]
    values: dict[str, Array]
    feasible: Array
    voids: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(map(len, self.axes.values()))

    @property
    def size(self) -> int:
        """Layouts in the grid."""
        return int(np.prod(self.shape, dtype=np.int64))

    def full(self, name: str) -> Array:
        """A quantity with an entry for every layout; raises KeyError for one that was not asked for."""
        return np.broadcast_to(self.values[name], self.shape)

    def to_frame(self) -> Any:
        """One row a layout as a pandas DataFrame: decisions, quantities in SI, whether it is feasible."""
        import pandas as pd

        index = pd.MultiIndex.from_product(self.axes.values(), names=list(self.axes))
        columns = {n: self.full(n).reshape(-1) for n in self.values}
        whole = {**columns, "feasible": np.broadcast_to(self.feasible, self.shape).reshape(-1)}
        return pd.DataFrame(whole, index=index).reset_index()


def evaluate_grid(
    question: Question, over: Mapping[str, Sequence[Any]], quantities: Sequence[str] | None = None
) -> LayoutGrid:
    """Quantities (by default the scenario's objectives) of every combination of the decisions in `over`.

    Values are written as in `--design`; a decision that is not given is that of the scenario's
    baseline or its start value. Raises InputError for an unknown decision or quantity and for a value
    a decision cannot have.
    """
    decisions = {d.name: d for d in question.decisions}
    for name, values in over.items():
        if name not in decisions:
            raise InputError(f"unknown decision {name!r}{nearest(name, decisions)}")
        if not len(values):
            raise InputError(f"{name}: no values to evaluate")
    axes = {n: [read_value(question, decisions[n], v) for v in values] for n, values in over.items()}
    wanted = list(dict.fromkeys(quantities or [o.quantity for o in question.objectives]))
    fixed = complete_design(question, {n: v[0] for n, v in axes.items()})[0]
    fixed = {n: v for n, v in fixed.items() if n not in axes}
    narrowed = replace(question, domains={n: axes.get(n) or [fixed[n]] for n in decisions})
    made = _evaluated(narrowed, list(axes), wanted)
    broken = _voided(question, wanted)
    shown = {n: _where_defined(question, made, n, broken[n]) for n in wanted}
    return LayoutGrid(axes, fixed, shown, _feasible(question, made, len(axes)), broken)


def _voided(question: Question, wanted: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Of each quantity the limits without which it means nothing."""
    return {n: tuple(t.name for t in question.limits if n in undefined(question, [t.name])) for n in wanted}


def _where_defined(question: Question, made: Mapping[str, Array], name: str, limits: Sequence[str]) -> Array:
    """A quantity of every layout that meets these limits; NaN of the others."""
    value: Array = made[name]
    for t in question.limits:
        if t.name in limits:
            value = np.where(np.asarray(t.holds(made), dtype=bool), value, np.nan)
    return value


def _evaluated(question: Question, axes: list[str], wanted: list[str]) -> dict[str, Array]:
    """Every quantity on the way to `wanted` and to all limits, as arrays that broadcast over `axes`."""
    values: dict[str, Any] = {n: k.si for n, k in question.given.items()}
    for name, table in tables_of(question).items():
        kept = [(axes.index(a), k) for k, a in enumerate(table.axes) if a in axes]
        shape = [1] * len(axes)
        for at, k in kept:
            shape[at] = table.values.shape[k]
        numbers = table.values.reshape([n for k, n in enumerate(table.values.shape) if table.axes[k] in axes])
        values[name] = numbers.transpose(np.argsort([at for at, _ in kept])).reshape(shape)
    needed = {*wanted, *question.limited}
    order = question.graph.order([*wanted, *question.limited], values)
    with np.errstate(all="ignore"):
        run(order, values, kept=needed)
    return {n: _shaped(values[n], len(axes)) for n in needed}


def _shaped(value: Any, dimensions: int) -> Array:
    array = np.asarray(value)
    return array if array.ndim == dimensions else array.reshape([1] * dimensions)


def _feasible(question: Question, values: Mapping[str, Array], dimensions: int) -> Array:
    """Whether all limits hold; small conditions first, so that few are large."""
    tests = [np.asarray(t.holds(values), dtype=bool) for t in question.limits]
    out = np.ones([1] * dimensions, dtype=bool)
    for t in sorted(tests, key=lambda t: t.size):
        out = out & t
    return out
