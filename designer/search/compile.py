"""A question as a schedule: which decision is made when, and what can be computed after it.

Rows of a table are partial designs. After each decision the table grows by its values; every rule
whose inputs are then known runs once, on arrays, and every limit that is then known cuts at once.
Rules that no objective, budget or limit needs never run.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from constraints.rule import Rule
from designer.question.question import Constraint, Question
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
    steps: list[Rule | Constraint] = field(default_factory=list)
    sieves: list[Sieve] = field(default_factory=list)
    run: list[Rule | Constraint] = field(default_factory=list)


@dataclass
class Schedule:
    """The levels of a question, the numbers that depend on no decision, and the tables."""

    levels: list[Level]
    scalars: dict[str, Any]
    tables: dict[str, Table]
    cuts: list[str]
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
    """The schedule that makes the quantities in `keep` and applies limits and constraints.

    Constraints named in `soft` do not cut; their inputs are kept instead.
    """
    tables = tables_of(question)
    scalars: dict[str, Any] = {name: k.si for name, k in question.given.items()}
    # A table that says the same everywhere is a number.
    for name, t in list(tables.items()):
        if t.values.size and (t.values == t.values.flat[0]).all():
            scalars[name] = float(t.values.flat[0])
            del tables[name]

    hard = [c for c in question.constraints if c.name not in soft]
    targets = set(keep) | set(question.limits)
    for c in question.constraints:
        targets |= c.inputs
    order = question.graph.order(sorted(targets), {*scalars, *tables})

    position = {d.name: i for i, d in enumerate(question.decisions)}
    depth: dict[str, int] = dict.fromkeys(scalars, -1)
    depth |= {name: max(position[a] for a in t.axes) for name, t in tables.items()}
    levels = [Level(d.name, len(question.domains[d.name])) for d in question.decisions]
    impossible: list[str] = []
    last_use: dict[str, int] = {}

    def used(names: Any, at: int) -> None:
        for n in names:
            last_use[n] = max(last_use.get(n, -1), at)

    pending: list[tuple[int, Rule | Constraint]] = []
    for r in order:
        at = max((depth[n] for n in r.inputs), default=-1)
        depth[r.id] = at
        if at < 0:
            value = r.fn(**{n: scalars[n] for n in r.inputs})
            scalars[r.id] = value
            if r.is_limit and r.id in question.limits and not value:
                impossible.append(r.id)
        else:
            pending.append((at, r))
    for c in hard:
        at = max((depth[n] for n in c.inputs), default=-1)
        if at < 0:
            if not c.holds(scalars):
                impossible.append(c.name)
        else:
            pending.append((at, c))
    # Cheap cuts first: a limit that needs few steps runs before steps it may make unnecessary.
    for at, level in enumerate(levels):
        level.steps = _cuts_first([s for a, s in pending if a == at])
        for s in level.steps:
            used(s.inputs, at)
    used(keep, len(levels))
    for c in question.constraints:
        if c.name in soft:
            used(c.inputs, len(levels))
    for name, t in tables.items():
        level = levels[max(position[a] for a in t.axes)]
        if name in last_use:
            level.tables.append(name)
    _sieve(levels, tables, scalars, last_use)
    cuts = [*question.limits, *(c.name for c in hard)]
    return Schedule(levels, scalars, tables, cuts, last_use, impossible, set(keep))


def _sieve(
    levels: list[Level], tables: dict[str, Table], scalars: dict[str, Any], last_use: dict[str, int]
) -> None:
    """Settle limits of few decisions by tables, and leave the other steps to be run."""
    steps = [s for level in levels for s in level.steps]
    tests = [s for s in steps if not isinstance(s, Rule) or s.is_limit]
    makers = {s.id: s for s in steps if isinstance(s, Rule)}
    with np.errstate(all="ignore"):
        found, done = sieves(tests, makers, scalars, tables, {x.axis: x.size for x in levels})
    for at, level in enumerate(levels):
        level.sieves = found[level.axis]
        needed: set[str] = set()
        run: list[Rule | Constraint] = []
        for s in reversed(level.steps):
            name = s.id if isinstance(s, Rule) else s.name
            test = not isinstance(s, Rule) or s.is_limit
            if (test and name not in done) or (not test and (name in needed or last_use.get(name, -1) > at)):
                run.append(s)
                needed |= set(s.inputs)
        level.run = _cuts_first(run[::-1])


def _cuts_first(steps: list[Rule | Constraint]) -> list[Rule | Constraint]:
    """The same steps with each limit as early as its inputs allow, cheapest limit first."""
    made = {s.id: s for s in steps if isinstance(s, Rule)}
    rank = {id(s): i for i, s in enumerate(steps)}

    def needs(s: Rule | Constraint, found: dict[int, Rule | Constraint]) -> dict[int, Rule | Constraint]:
        for n in s.inputs:
            if n in made and id(made[n]) not in found:
                needs(made[n], found)
                found[id(made[n])] = made[n]
        return found

    cutting = [s for s in steps if not isinstance(s, Rule) or s.is_limit]
    cutting.sort(key=lambda s: len(needs(s, {})))
    out: dict[int, Rule | Constraint] = {}
    for s in cutting:
        for n in sorted(needs(s, {}).values(), key=lambda x: rank[id(x)]):
            out.setdefault(id(n), n)
        out.setdefault(id(s), s)
    for s in steps:
        out.setdefault(id(s), s)
    return list(out.values())
