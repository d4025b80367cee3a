"""A fleet's table in integers, as a relaxation: whatever is possible in floats is possible here.

Usage is rounded down and bounds are rounded down after scaling by a power of two, so that the sum of
what was rounded down never exceeds a bound that the floats respect. What is infeasible in integers is
therefore infeasible; what is found in integers is checked in floats before it is believed, and cut off
where it does not hold (see `designer.fleets.solver`).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from designer.fleets.table import Goal, OptionTable
from designer.search.compile import Array
from designer.search.pareto import skyline

# Digits, in powers of two, that a total is told apart by; sums of floats agree to TIE of their size.
DIGITS = 22
TIE = 2.0**-40
LARGEST = 2.0**45


@dataclass(frozen=True)
class Integers:
    """The whole table: integer usage, integer bounds per member, and the scale of each column."""

    usage: Array
    scale: Array
    bounds: list[int]


def integers(table: OptionTable) -> Integers:
    """Scale each group of columns so that its bound, or the least possible total, has `DIGITS` digits."""
    scale = np.ones(table.usage.shape[1])
    groups = [(m.columns, m.bound) for m in table.members if m.columns]
    groups += [(columns, _least(table, columns)) for columns in table.goals.values()]
    for columns, size in groups:
        part = table.usage[:, list(columns)]
        whole = float(size).is_integer() and bool((part == np.round(part)).all())
        if whole and max(abs(size), np.abs(part).max(initial=0.0)) < 2**DIGITS:
            continue
        reference = size if size > 0 else float(np.abs(part).max(initial=0.0))
        if reference > 0:
            scale[list(columns)] = 2.0 ** (DIGITS - math.frexp(reference)[1])
    usage = np.floor(np.clip(table.usage * scale * (1 + np.sign(table.usage) * TIE), -LARGEST, LARGEST))
    bounds = [
        math.floor(m.bound * float(scale[m.columns[0]]) * (1 + 2 * TIE)) if m.columns else 0
        for m in table.members
    ]
    return Integers(usage.astype(np.int64), scale, bounds)


def _least(table: OptionTable, columns: tuple[int, ...]) -> float:
    """A lower bound on a total: every workload takes its smallest option."""
    sums = []
    for c in columns:
        least = np.full(len(table.placed), np.inf)
        np.minimum.at(least, table.owner, table.usage[:, c])
        sums.append(float(np.sum(np.where(np.isfinite(least), least, 0.0) * table.counts)))
    return max(sums)


@dataclass
class Kernel:
    """What is left of a table for one question: rows that can be part of an answer, bounds that can bind.

    Workloads whose rows are alike are one class with the sum of their counts: their copies are
    interchangeable. `rows[k]` are the table's rows behind row k, one for each workload of its class.
    """

    usage: Array
    owner: Array
    counts: list[int]
    least: list[int]
    classes: list[list[int]]
    rows: list[list[int]]
    bounds: list[tuple[int, int]]
    goals: dict[Goal, tuple[int, ...]]
    # A workload that must be placed and has no row left.
    stranded: int | None = None

    def most(self, column: int) -> int:
        """The largest sum of a column that any choice makes, at least 0."""
        return sum(
            n * max(0, int(self.usage[self.owner == k, column].max(initial=0)))
            for k, n in enumerate(self.counts)
        )

    def spread(self, counts: Array, table: OptionTable) -> Array:
        """Counts of a kernel's rows as counts of the table's rows."""
        out = np.zeros(table.rows, dtype=np.int64)
        for k, members in enumerate(self.classes):
            left = {w: int(table.counts[w]) for w in members}
            for row in np.flatnonzero((self.owner == k) & (counts > 0)):
                n = int(counts[row])
                for position, w in enumerate(members):
                    take = min(n, left[w])
                    out[self.rows[int(row)][position]] += take
                    left[w] -= take
                    n -= take
        return out


def kernel(
    table: OptionTable,
    ints: Integers,
    members: Collection[int],
    goals: Collection[Goal],
    ceilings: Mapping[Goal, int],
) -> Kernel:
    """The part of a table that a question about these members, goals and ceilings on goals needs."""
    bounds = {c: ints.bounds[m] for m in members for c in table.members[m].columns}
    bounds |= {c: limit for g, limit in ceilings.items() for c in table.columns_of(g)}
    placed = {w for m in members for w in table.members[m].demand}
    usage = ints.usage
    # Rows that exceed a bound alone, where nothing can give back what they take.
    keep = np.ones(table.rows, dtype=bool)
    for c, limit in bounds.items():
        if usage[:, c].min(initial=0) >= 0:
            keep &= usage[:, c] <= limit
    most = {c: most_of(table, usage[:, c], keep) for c in bounds}
    live = [c for c, limit in bounds.items() if most[c] > limit]
    wanted = list(dict.fromkeys([*live, *(c for g in goals for c in table.columns_of(g))]))
    merged: dict[tuple[bytes, int, bool], int] = {}
    out = Kernel(np.empty((0, len(wanted)), dtype=np.int64), np.empty(0, dtype=int), [], [], [], [], [], {})
    parts: list[Array] = []
    owners: list[int] = []
    for w in range(len(table.placed)):
        mine = np.flatnonzero((table.owner == w) & keep)
        if not len(mine):
            if w in placed and out.stranded is None:
                out.stranded = w
            continue
        # Judged in floats: what is better there is never worse in integers, and the reverse is not so.
        floats = table.usage[mine][:, wanted]
        front = skyline(floats) if wanted else np.array([0])
        mine, floats = mine[front], floats[front]
        part = usage[mine][:, wanted]
        key = (floats.tobytes(), int(table.counts[w]) if w not in placed else 0, w in placed)
        if key in merged and w in placed:
            k = merged[key]
            out.counts[k] += int(table.counts[w])
            out.least[k] += int(table.counts[w])
            out.classes[k].append(w)
            for row, i in zip(np.flatnonzero(np.array(owners) == k), mine, strict=True):
                out.rows[int(row)].append(int(i))
            continue
        merged[key] = len(out.counts)
        owners += [len(out.counts)] * len(mine)
        out.counts.append(int(table.counts[w]))
        out.least.append(int(table.counts[w]) if w in placed else 0)
        out.classes.append([w])
        out.rows += [[int(i)] for i in mine]
        parts.append(part)
    if parts:
        out.usage = np.concatenate(parts)
    out.owner = np.array(owners, dtype=int)
    position = {c: k for k, c in enumerate(wanted)}
    out.bounds = [(position[c], bounds[c]) for c in live]
    out.goals = {g: tuple(position[c] for c in table.columns_of(g)) for g in goals}
    return out


def most_of(table: OptionTable, column: Array, keep: Array | None = None) -> int:
    """The largest sum of a column that any choice can make, of all rows or of those to keep."""
    rows = np.flatnonzero(keep) if keep is not None else np.arange(table.rows)
    most = np.zeros(len(table.placed), dtype=np.int64)
    np.maximum.at(most, table.owner[rows], column[rows])
    return int(np.sum(most * table.counts))
