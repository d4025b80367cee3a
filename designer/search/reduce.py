"""Dropping partial designs that can only lead to worse ones, before they are multiplied.

Late decisions (nodes, region, checkpoint interval) see the layout through a few numbers only: its
step time, its devices, its checkpoint. If everything that is still to be computed moves one way with
such a number, a row that is no better in any of them than another row leads to nothing better,
whatever is decided later. Which way things move is proven over the box of values at hand
(`constraints.algebras.signs`); a number without a proof must be equal instead.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from constraints.algebras.signs import Signed, box, lift
from constraints.graph import run
from constraints.rule import Rule
from designer.question.question import Objective
from designer.search.compile import Array, Schedule
from designer.search.pareto import skyline, skyline_by_group

# The least and the greatest value of each live column.
Ends = Mapping[str, tuple[float, float]]
# Fewer rows are not worth the proof.
SMALLEST = 200
# With more numbers than this to be equal in, rows have no equals.
MOST_EQUAL = 6


def steps_below(plan: Schedule, depth: int) -> list[Rule]:
    """What is still to be computed after the decision at `depth`."""
    return [s for level in plan.levels[depth + 1 :] for s in level.steps]


def tables_below(plan: Schedule, depth: int, columns: Collection[str]) -> set[str]:
    """Tables that are read after the decision at `depth`, straight or by what objectives take from them."""
    read = {n for s in steps_below(plan, depth) for n in s.inputs}
    later = {n for n, last in plan.last_use.items() if last == len(plan.levels)}
    return {n for n in (read | later) if n in plan.tables and n not in columns}


def ends_of(columns: Mapping[str, Array]) -> Ends:
    """The least and the greatest number of each column; infinite where a column holds what is no number."""
    return {
        n: (float(c.min()), float(c.max())) if np.isfinite(c).all() else (-np.inf, np.inf)
        for n, c in columns.items()
    }


def interface(plan: Schedule, depth: int, ends: Ends, objectives: Sequence[Objective]) -> dict[str, int]:
    """How the decisions below see each live column: -1 smaller is better, +1 larger, 0 must be equal.

    Proven over the box of the columns' `ends` and all later choices.
    """
    values: dict[str, Any] = dict(plan.scalars)
    for name in tables_below(plan, depth, ends):
        numbers = plan.tables[name].values
        if np.isfinite(numbers).all():
            values[name] = Signed(float(numbers.min()), float(numbers.max()), {})
        else:
            values[name] = Signed(-np.inf, np.inf, {})
    for name, (low, high) in ends.items():
        sure = np.isfinite(low) and np.isfinite(high)
        values[name] = box(name, low, high) if sure else Signed(low, high, {name: (True, True)})
    bad: dict[str, set[int]] = {n: set() for n in ends}

    def found(result: Any, wanted: int) -> None:
        """Record which way of each column is better for a result that should be small (-1) or true (+1)."""
        for n, (rise, fall) in lift(result).moves.items():
            if n in bad:
                if rise:
                    bad[n].add(wanted)
                if fall:
                    bad[n].add(-wanted)

    steps = steps_below(plan, depth)
    run(steps, values)
    for s in steps:
        if s.id in plan.cuts:
            found(values[s.id], +1)
    for o in objectives:
        found(values[o.quantity], -o.sign)
    return {n: next(iter(w)) if len(w) == 1 else 0 for n, w in bad.items() if w}


def undominated(
    plan: Schedule,
    depth: int,
    columns: Mapping[str, Array],
    positions: Mapping[str, Array],
    seen: Mapping[str, int],
    apart: Sequence[str] = (),
    deadline: float | None = None,
) -> Array | None:
    """Rows to keep after the decision at `depth`, or None where nothing can be dropped.

    `seen` is the `interface` of the columns. Rows that differ in a decision in `apart` are never compared.
    Raises OutOfTime at the deadline.
    """
    ordered = [-s * columns[n] for n, s in seen.items() if s]
    if not ordered:
        return None
    equal = [columns[n] for n, s in seen.items() if not s]
    needed = {a for n in tables_below(plan, depth, columns) for a in plan.tables[n].axes if a in positions}
    equal += [positions[a] for a in sorted(needed | (set(apart) & set(positions)))]
    points = np.stack(ordered, axis=1)
    if not equal:
        return np.sort(skyline(points, deadline))
    if len(equal) > MOST_EQUAL:
        return None
    same = np.stack(equal, axis=1).astype(float) + 0.0  # + 0.0: both zeros are one number
    key = _hashed(same)
    alive = _without_beaten(points, same, key)
    return np.sort(alive[skyline_by_group(points[alive], _groups(same[alive], key[alive]), deadline)])


def _without_beaten(points: Array, equal: Array, key: Array) -> Array:
    """Rows left when a strong row of each group has beaten what it can: most of the work, no sorting.

    Rows are thrown into buckets by `key`, a hash of what must be equal; the row with the smallest sum of
    a bucket removes those that equal it in `equal` and are no better in any of `points`.
    """
    rows = np.arange(len(points))
    columns = [*((c, False) for c in points.T.copy()), *((c, True) for c in equal.T.copy())]
    bits = min(_MOST_BITS, max(8, len(points).bit_length()))
    short = (key >> np.uint64(64 - bits)).astype(np.int64)
    with np.errstate(all="ignore"):
        scale = np.nanmax(np.abs(points), axis=0)
        share = points / np.where(scale > 0, scale, 1.0)
    for weights in _WEIGHTS[points.shape[1] > 2]:
        bucket = short[rows]
        score = share[rows] @ np.resize(weights, points.shape[1])
        best = np.full(1 << bits, np.inf)
        np.fmin.at(best, bucket, score)
        at = np.flatnonzero(score == best[bucket])[::-1]
        strongest = np.full(1 << bits, -1)
        strongest[bucket[at]] = rows[at]
        by = strongest[bucket]
        beaten = np.flatnonzero((by >= 0) & (by != rows))
        for column, same in columns:
            mine, best_of = column[rows[beaten]], column[by[beaten]]
            beaten = beaten[mine == best_of if same else mine >= best_of]
        rows = np.delete(rows, beaten)
    return rows


# Buckets are 2 to the power of this, at most.
_MOST_BITS = 16
# Directions in which a strong row is looked for, for two numbers and for more.
_WEIGHTS: tuple[tuple[tuple[float, ...], ...], ...] = (
    ((1.0, 1.0), (1.0, 1e-6), (1e-6, 1.0)),
    ((1.0,), (1.0, 0.1), (0.1, 1.0), (1.0, 0.3, 0.1), (0.1, 0.3, 1.0)),
)


def _hashed(equal: Array) -> Array:
    """64 bits for each row; rows that are equal have the same."""
    mixed = np.zeros(len(equal), dtype=np.uint64)
    for column in equal.T:
        mixed = (mixed ^ np.ascontiguousarray(column).view(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return mixed


def _groups(equal: Array, key: Array) -> Array:
    """A number for each row, the same for rows that are equal in all columns; `key` is their hash."""
    first, group = np.unique(key, return_index=True, return_inverse=True)[1:]
    if (equal == equal[first[group]]).all():
        return group
    return np.unique(equal, axis=0, return_inverse=True)[1].reshape(-1)
