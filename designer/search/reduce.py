"""Dropping partial designs that can only lead to worse ones, before they are multiplied.

Late decisions (nodes, region, checkpoint interval) see the layout through a few numbers only: its
step time, its devices, its checkpoint. If everything that is still to be computed moves one way with
such a number, a row that is no better in any of them than another row leads to nothing better,
whatever is decided later. Which way things move is proven over the box of values at hand
(`constraints.signs`); a number without a proof must be equal instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from constraints.rule import Rule
from constraints.signs import Signed, box, lift
from designer.question import Constraint, Objective
from designer.search.compile import Array, Schedule
from designer.search.pareto import skyline, skyline_by_group

# Fewer rows are not worth the proof.
SMALLEST = 200
# With more numbers than this to be equal in, rows have no equals.
MOST_EQUAL = 6


def steps_below(plan: Schedule, depth: int) -> list[Rule | Constraint]:
    """What is still to be computed after the decision at `depth`."""
    return [s for level in plan.levels[depth + 1 :] for s in level.steps]


def tables_below(plan: Schedule, depth: int, columns: Mapping[str, Array]) -> set[str]:
    """Tables that are read after the decision at `depth`, straight or by what objectives take from them."""
    read = {n for s in steps_below(plan, depth) for n in s.inputs}
    later = {n for n, last in plan.last_use.items() if last == len(plan.levels)}
    return {n for n in (read | later) if n in plan.tables and n not in columns}


def interface(
    plan: Schedule, depth: int, columns: Mapping[str, Array], objectives: Sequence[Objective]
) -> dict[str, int]:
    """How the decisions below see each live column: -1 smaller is better, +1 larger, 0 must be equal.

    Proven over the box of the columns' values and all later choices.
    """
    values: dict[str, Any] = dict(plan.scalars)
    for name in tables_below(plan, depth, columns):
        numbers = plan.tables[name].values
        if np.isfinite(numbers).all():
            values[name] = Signed(float(numbers.min()), float(numbers.max()), {})
        else:
            values[name] = Signed(-np.inf, np.inf, {})
    live = list(columns)
    for name in live:
        column = columns[name]
        if np.isfinite(column).all():
            values[name] = box(name, float(column.min()), float(column.max()))
        else:
            values[name] = Signed(-np.inf, np.inf, {name: (True, True)})
    bad: dict[str, set[int]] = {n: set() for n in live}

    def found(result: Any, wanted: int) -> None:
        """Record which way of each column is better for a result that should be small (-1) or true (+1)."""
        for n, (rise, fall) in lift(result).moves.items():
            if n in bad:
                if rise:
                    bad[n].add(wanted)
                if fall:
                    bad[n].add(-wanted)

    for s in steps_below(plan, depth):
        inputs = {n: values[n] for n in s.inputs}
        if isinstance(s, Rule):
            values[s.id] = s.fn(**inputs)
            if s.is_limit:
                found(values[s.id], +1)
        else:
            found(s.holds(inputs), +1)
    for o in objectives:
        found(values[o.quantity], -o.sign)
    return {n: next(iter(w)) if len(w) == 1 else 0 for n, w in bad.items() if w}


def undominated(
    plan: Schedule,
    depth: int,
    columns: Mapping[str, Array],
    positions: Mapping[str, Array],
    objectives: Sequence[Objective],
    apart: Sequence[str] = (),
) -> Array | None:
    """Rows to keep after the decision at `depth`, or None where nothing can be dropped.

    Rows that differ in a decision in `apart` are never compared.
    """
    seen = interface(plan, depth, columns, objectives)
    ordered = [-s * columns[n] for n, s in seen.items() if s]
    if not ordered:
        return None
    equal = [columns[n] for n, s in seen.items() if not s]
    needed = {a for n in tables_below(plan, depth, columns) for a in plan.tables[n].axes if a in positions}
    equal += [positions[a] for a in sorted(needed | (set(apart) & set(positions)))]
    points = np.stack(ordered, axis=1)
    if not equal:
        return np.sort(skyline(points))
    if len(equal) > MOST_EQUAL:
        return None
    alive = _without_beaten(points, np.stack(equal, axis=1).astype(float))
    group = _groups([column[alive] for column in equal])
    return np.sort(alive[skyline_by_group(points[alive], group)])


def _without_beaten(points: Array, equal: Array) -> Array:
    """Rows left when a strong row of each group has beaten what it can: most of the work, no sorting.

    Rows are thrown into buckets by a hash of what must be equal; the row with the smallest sum of a
    bucket removes those that equal it in `equal` and are no better in any of `points`.
    """
    rows = np.arange(len(points))
    key = _hashed(equal)
    with np.errstate(all="ignore"):
        scale = np.nanmax(np.abs(points), axis=0)
        share = points / np.where(scale > 0, scale, 1.0)
    for weights in _WEIGHTS[points.shape[1] > 2]:
        bucket = key[rows]
        score = share[rows] @ np.resize(weights, points.shape[1])
        best = np.full(_BUCKETS, np.inf)
        np.fmin.at(best, bucket, score)
        at = np.flatnonzero(score == best[bucket])[::-1]
        strongest = np.full(_BUCKETS, -1)
        strongest[bucket[at]] = rows[at]
        by = strongest[bucket]
        beaten = (by >= 0) & (by != rows)
        beaten &= (equal[rows] == equal[by]).all(axis=1) & (points[rows] >= points[by]).all(axis=1)
        rows = rows[~beaten]
    return rows


_BUCKETS = 1 << 16
# Directions in which a strong row is looked for, for two numbers and for more.
_WEIGHTS: tuple[tuple[tuple[float, ...], ...], ...] = (
    ((1.0, 1.0), (1.0, 1e-6), (1e-6, 1.0)),
    ((1.0,), (1.0, 0.1), (0.1, 1.0), (1.0, 0.3, 0.1), (0.1, 0.3, 1.0)),
)


def _hashed(equal: Array) -> Array:
    """A bucket for each row; rows that are equal share it."""
    mixed = np.zeros(len(equal), dtype=np.uint64)
    for column in (equal + 0.0).T:  # + 0.0: both zeros are one number
        mixed = (mixed ^ np.ascontiguousarray(column).view(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return (mixed >> np.uint64(48)).astype(np.int64)


def _groups(equal: Sequence[Array]) -> Array:
    """A number for each row, the same for rows that are equal in all columns."""
    group = np.zeros(len(equal[0]), dtype=np.int64)
    for column in equal:
        part = np.unique(column, return_inverse=True)[1].reshape(-1)
        group = np.unique(group * (int(part.max()) + 1) + part, return_inverse=True)[1].reshape(-1)
    return group
