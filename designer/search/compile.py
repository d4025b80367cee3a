"""A question as a schedule: which decision is made when, and what can be computed after it.

Rows of a table are partial designs. After each decision the table grows by its values; every rule
whose inputs are then known runs once, on arrays, and every limit that is then known cuts at once.
Rules that no objective, budget or limit needs never run.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from constraints.graph import run
from constraints.rule import Rule
from designer.question.limit import Limit
from designer.question.question import Question
from designer.search.table_constraints import Sieve, sieves

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Table:
    """Numbers by the position of one or more decisions in their domains."""

    axes: tuple[str, ...]
    values: Array


@dataclass
class Level:
    """One decision and what follows from it.

    `steps` is everything that is then known; `run` is what is left of it to be done row by row, as
    `sieves` have settled the rest.
    """

    axis: str
    size: int
    tables: list[str] = field(default_factory=list)
    steps: list[Rule] = field(default_factory=list)
    sieves: list[Sieve] = field(default_factory=list)
    run: list[Rule] = field(default_factory=list)


@dataclass
class Schedule:
    """The levels of a question, the numbers that depend on no decision, and the tables.

    `cuts` are the limits that cut, by the name of the step that tells.
    """

    levels: list[Level]
    scalars: dict[str, Any]
    tables: dict[str, Table]
    cuts: dict[str, Limit]
    last_use: dict[str, int]
    impossible: list[str]
    kept: set[str]

    def below(self, depth: int) -> int:
        """Designs each row still stands for after the decision at `depth`."""
        return math.prod(level.size for level in self.levels[depth + 1 :])

    @property
    def size(self) -> int:
        """Raw designs in the space."""
        return self.below(-1)


def tables_of(question: Question) -> dict[str, Table]:
    """Every number that depends on decisions, over the domains of these.

    A later group takes the place of an earlier one where it states a number, and there alone.
    """
    out: dict[str, Table] = {}
    for d in question.decisions:
        if d.kind != "choice":
            out[d.name] = Table((d.name,), np.array([d.number(v) for v in question.domains[d.name]]))
    for g in question.groups:
        domains = [question.domains[a] for a in g.axes]
        shape = tuple(map(len, domains))
        columns: dict[str, Array] = {}
        stated: dict[str, Array] = {}
        for index in np.ndindex(*shape):
            bundle = g.build(*(domain[i] for domain, i in zip(domains, index, strict=True)))
            for name, known in bundle.items():
                columns.setdefault(name, np.full(shape, np.nan))[index] = known.si
                stated.setdefault(name, np.zeros(shape, dtype=bool))[index] = True
        for name, values in columns.items():
            made = Table(g.axes, values)
            partly = name in out and not stated[name].all()
            out[name] = _laid_over(made, stated[name], out[name]) if partly else made
    return {name: t for name, t in out.items() if name not in question.given}


def _laid_over(later: Table, stated: Array, earlier: Table) -> Table:
    """The later table where it states a number, the earlier one elsewhere."""
    axes = later.axes + tuple(a for a in earlier.axes if a not in later.axes)
    more = (1,) * (len(axes) - len(later.axes))
    order = [earlier.axes.index(a) for a in axes if a in earlier.axes]
    sizes = dict(zip(earlier.axes, earlier.values.shape, strict=True))
    below = earlier.values.transpose(order).reshape([sizes.get(a, 1) for a in axes])
    above = later.values.reshape(later.values.shape + more)
    return Table(axes, np.where(stated.reshape(above.shape), above, below))


def schedule(question: Question, keep: set[str], soft: frozenset[str] = frozenset()) -> Schedule:
    """The schedule that makes the quantities in `keep` and applies the limits.

    Limits named in `soft` do not cut; their inputs are kept instead.
    """
    tables = tables_of(question)
    scalars: dict[str, Any] = {name: k.si for name, k in question.given.items()}
    # A table that says the same everywhere is a number.
    for name, table in list(tables.items()):
        if table.values.size and (table.values == table.values.flat[0]).all():
            scalars[name] = float(table.values.flat[0])
            del tables[name]

    hard = {t.rule.id: t for t in question.limits if t.name not in soft}
    order = question.graph.order(sorted({*keep, *question.limited}), {*scalars, *tables})

    position = {d.name: i for i, d in enumerate(question.decisions)}
    depth: dict[str, int] = dict.fromkeys(scalars, -1)
    depth |= {name: max(position[a] for a in t.axes) for name, t in tables.items()}
    levels = [Level(d.name, len(question.domains[d.name])) for d in question.decisions]
    impossible: list[str] = []
    last_use: dict[str, int] = {}

    def used(names: Any, at: int) -> None:
        for n in names:
            last_use[n] = max(last_use.get(n, -1), at)

    pending: list[tuple[int, Rule]] = []
    for r in order:
        at = max((depth[n] for n in r.inputs), default=-1)
        depth[r.id] = at
        if at >= 0:
            pending.append((at, r))
    run([r for r in order if depth[r.id] < 0], scalars)
    # A design that breaks two limits which are as soon known counts for the one that nobody states.
    for t in sorted(hard.values(), key=lambda t: (t.stated, "" if t.stated else t.name)):
        at = max((depth[n] for n in t.inputs), default=-1)
        if at >= 0:
            pending.append((at, t.rule))
        elif not t.holds(scalars):
            impossible.append(t.name)
    # Cheap cuts first: a limit that needs few steps runs before steps it may make unnecessary.
    for at, level in enumerate(levels):
        level.steps = _cuts_first([s for a, s in pending if a == at], hard)
        for s in level.steps:
            used(s.inputs, at)
    used(keep, len(levels))
    for t in question.limits:
        if t.name in soft:
            used(t.inputs, len(levels))
    for name, table in tables.items():
        level = levels[max(position[a] for a in table.axes)]
        if name in last_use:
            level.tables.append(name)
    found = Schedule(levels, scalars, tables, hard, last_use, impossible, set(keep))
    _sieve(found)
    return found


def _sieve(plan: Schedule) -> None:
    """Settle limits of few decisions by tables, and leave the other steps to be run."""
    levels, cuts = plan.levels, plan.cuts
    steps = [s for level in levels for s in level.steps]
    tests = [cuts[s.id] for s in steps if s.id in cuts]
    makers = {s.id: s for s in steps if s.id not in cuts}
    with np.errstate(all="ignore"):
        found, done = sieves(tests, makers, plan.scalars, plan.tables, {x.axis: x.size for x in levels})
    for at, level in enumerate(levels):
        level.sieves = found[level.axis]
        needed: set[str] = set()
        run: list[Rule] = []
        for s in reversed(level.steps):
            wanted = s.id in needed or plan.last_use.get(s.id, -1) > at
            if (s.id not in done) if s.id in cuts else wanted:
                run.append(s)
                needed |= set(s.inputs)
        level.run = _cuts_first(run[::-1], cuts)


def _cuts_first(steps: list[Rule], cuts: Collection[str]) -> list[Rule]:
    """The same steps with each limit as early as its inputs allow, cheapest limit first."""
    made = {s.id: s for s in steps}
    rank = {s.id: i for i, s in enumerate(steps)}

    def needs(s: Rule, found: dict[str, Rule]) -> dict[str, Rule]:
        for n in s.inputs:
            if n in made and n not in found:
                needs(made[n], found)
                found[n] = made[n]
        return found

    cutting = [s for s in steps if s.id in cuts]
    cutting.sort(key=lambda s: len(needs(s, {})))
    out: dict[str, Rule] = {}
    for s in cutting:
        for n in sorted(needs(s, {}).values(), key=lambda x: rank[x.id]):
            out.setdefault(n.id, n)
        out.setdefault(s.id, s)
    for s in steps:
        out.setdefault(s.id, s)
    return list(out.values())
