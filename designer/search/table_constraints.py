"""Limits of a few decisions, worked out once for all their combinations.

Most limits of a layout read few decisions: that a batch divides, that machines suffice for the degrees
chosen. Such a limit is a table of yes and no over these decisions. Rows that a table rejects are never
made; and where a partial design fails for every value of a later decision, as no number of nodes suits
its degrees, it is dropped before that decision is reached. Both are exact: what is dropped is rejected.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from constraints.rule import Rule
from designer.question.limit import Limit

Array = np.ndarray[Any, np.dtype[Any]]
# Combinations of decisions that a table may have, also as a share of all designs: of few designs, rows are quick.
MOST_CELLS = 1 << 18
SHARE, FEW_CELLS = 1 / 256, 1 << 12
# Of fewer designs than this, making the tables takes longer than looking at every row.
FEWEST = 1 << 18
# Designs that one rejected combination may stand for, so that sums over rows stay within 64 bits.
MOST_SHARE = 1 << 28


def narrow(size: int) -> Any:
    """The smallest integers that number so many candidates: most of what a search holds are positions."""
    return np.int16 if size <= np.iinfo(np.int16).max else np.int64


@dataclass(frozen=True)
class Ways:
    """Values that are left of a table's last decision for each combination of the others, one after the other."""

    many: Array
    begin: Array
    values: Array


@dataclass(frozen=True)
class Sieve:
    """Which combinations of `axes` (in the order of the search) can lead to a feasible design.

    A rejected combination stands for `share` designs of decisions that were looked ahead to;
    `blame` says how many of them each limit is the first to reject.
    """

    axes: tuple[str, ...]
    passes: Array
    blame: dict[str, Array]
    share: int = 1

    @cached_property
    def ways(self) -> Ways:
        """What the table leaves of its last decision."""
        passes = self.passes.reshape(-1, self.passes.shape[-1])
        many = np.count_nonzero(passes, axis=1)
        values = np.nonzero(passes)[1].astype(narrow(passes.shape[1]))
        return Ways(many, np.cumsum(many) - many, values)

    def cut(self, cells: Array) -> dict[str, int]:
        """Of `cells` dropped (how often each combination was), those that each limit rejects, in shares."""
        return {name: int(cells @ b.reshape(-1)) for name, b in self.blame.items()}


class Sieves:
    """The limits of a question that are small enough to be tables, by the decision that settles them."""

    def __init__(self, sizes: Mapping[str, int], most: int = MOST_CELLS):
        """`sizes` are the decisions in the order of the search, with the values each has; `most` cells a table."""
        self.most = most
        self.sizes = dict(sizes)
        self.place = {a: i for i, a in enumerate(sizes)}
        self.own: dict[str, list[Sieve]] = {a: [] for a in sizes}

    def add(self, name: str, axes: Collection[str], passes: Array) -> None:
        """A limit as a table over decisions, in the order of the search."""
        found = tuple(sorted(axes, key=self.place.__getitem__))
        self.own[found[-1]].append(Sieve(found, passes, {name: (~passes).astype(np.int64)}))

    def look_ahead(self) -> dict[str, list[Sieve]]:
        """Tables for each decision, with what the tables of later decisions leave of earlier ones."""
        out: dict[str, list[Sieve]] = {}
        for axis in reversed(self.sizes):
            out[axis] = self._joined(self.own[axis])
            for s in out[axis]:
                before = _projected(s)
                if before is not None:
                    self.own[before.axes[-1]].append(before)
        return out

    def _joined(self, found: Sequence[Sieve]) -> list[Sieve]:
        """As few tables as have no more than the most combinations each."""
        out: list[Sieve] = []
        for s in sorted(found, key=lambda s: s.passes.size):
            for k, other in enumerate(out):
                axes = sorted({*s.axes, *other.axes}, key=self.place.__getitem__)
                cells = math.prod(self.sizes[a] for a in axes)
                if cells <= self.most and math.lcm(s.share, other.share) <= MOST_SHARE:
                    out[k] = _both(other, s, tuple(axes), [self.sizes[a] for a in axes])
                    break
            else:
                out.append(s)
        # The one that rejects most comes first.
        return sorted((s for s in out if not s.passes.all()), key=lambda s: float(s.passes.mean()))


def _over(values: Array, axes: Sequence[str], wider: Sequence[str]) -> Array:
    """A table as one that broadcasts over more decisions."""
    sizes = dict(zip(axes, values.shape, strict=True))
    return values.reshape([sizes.get(a, 1) for a in wider])


def _both(a: Sieve, b: Sieve, axes: tuple[str, ...], shape: list[int]) -> Sieve:
    """What passes both; a combination that neither lets pass is blamed on the first."""
    share = math.lcm(a.share, b.share)
    first, second = (np.broadcast_to(_over(s.passes, s.axes, axes), shape) for s in (a, b))
    blame: dict[str, Array] = {}
    for s, counts in ((a, ~first), (b, first & ~second)):
        for name, n in s.blame.items():
            added = np.where(counts, _over(n, s.axes, axes) * (share // s.share), 0)
            blame[name] = blame[name] + added if name in blame else added
    passes: Array = np.asarray(first & second)
    return Sieve(axes, passes, blame, share)


def _projected(s: Sieve) -> Sieve | None:
    """What a table says of the decisions before its last one; None where it rejects none or is not asked.

    Of combinations that stand for very many designs it is not asked: they are rejected later.
    """
    passes: Array = np.asarray(s.passes.any(axis=-1))
    share = s.share * s.passes.shape[-1]
    if len(s.axes) == 1 or share > MOST_SHARE or passes.all():
        return None
    blame = {name: np.where(passes, 0, n.sum(axis=-1)) for name, n in s.blame.items()}
    blame = {name: n for name, n in blame.items() if n.any()}
    return Sieve(s.axes[:-1], passes, blame, share)


def sieves(
    tests: Sequence[Limit],
    makers: Mapping[str, Rule],
    scalars: Mapping[str, Any],
    tables: Mapping[str, Any],
    sizes: Mapping[str, int],
) -> tuple[dict[str, list[Sieve]], set[str]]:
    """Tables for each decision, and the names of the steps they stand for.

    `makers` are the rules that make what the tests read from `scalars` and `tables`.
    """
    if math.prod(sizes.values()) < FEWEST:
        return {a: [] for a in sizes}, set()
    place = {a: i for i, a in enumerate(sizes)}
    axes_of: dict[str, frozenset[str]] = {}
    values: dict[str, Array] = {}

    def axes(name: str) -> frozenset[str]:
        if name not in axes_of:
            if name in tables:
                axes_of[name] = frozenset(tables[name].axes)
            elif name in scalars:
                axes_of[name] = frozenset()
            else:
                axes_of[name] = frozenset().union(*(axes(n) for n in makers[name].inputs))
        return axes_of[name]

    def value(name: str) -> Any:
        """A quantity over all decisions, of length one along those it does not depend on."""
        if name in scalars:
            return scalars[name]
        if name not in values:
            if name in tables:
                t = tables[name]
                order = sorted(range(len(t.axes)), key=lambda k: place[t.axes[k]])
                found = t.values.transpose(order)
                values[name] = _over(found, [t.axes[k] for k in order], list(sizes))
            else:  # not `run`: only what a test of few decisions reads is ever made
                values[name] = makers[name].fn(**{n: value(n) for n in makers[name].inputs})
        return values[name]

    most = min(MOST_CELLS, max(FEW_CELLS, int(SHARE * math.prod(sizes.values()))))
    out, done = Sieves(sizes, most), set()
    for t in tests:
        read: frozenset[str] = frozenset().union(*(axes(n) for n in t.inputs))
        if not read or math.prod(sizes[a] for a in read) > most:
            continue
        made = t.holds({n: value(n) for n in t.inputs})
        shape = [sizes[a] for a in sizes if a in read]
        passes = np.broadcast_to(made, [n if a in read else 1 for a, n in sizes.items()]).reshape(shape)
        out.add(t.name, read, passes.astype(bool))
        done.add(t.rule.id)
    return out.look_ahead(), done
