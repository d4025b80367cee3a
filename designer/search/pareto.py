"""Exact non-dominated sets."""

from __future__ import annotations

from typing import Any

import numpy as np

from designer.search.deadline import check

Array = np.ndarray[Any, np.dtype[Any]]
# Rows compared with each other at once; the comparison table of a block stays in cache.
BLOCK = 128
# What differs by less than this share differs by rounding only.
TIE = 2.0**-40
# The same after `settled`, which may round two numbers that are a tie to neighbours.
APART = 2 * TIE


def settled(points: Array) -> Array:
    """The same numbers to 40 binary digits, so that what differs by rounding only is a tie.

    >>> a, b = settled(np.array([0.1 + 0.2, 0.3]))
    >>> bool(a == b)
    True
    """
    mantissa, exponent = np.frexp(points)
    return np.ldexp(np.round(mantissa / TIE) * TIE, exponent)


def joined(points: Array) -> Array:
    """The same numbers with ties made equal, whichever side of a rounding step they are on.

    To be a tie is no equivalence by itself: a may tie with b, and b with c, but not a with c. Here chains of ties
    are one: the numbers of a column are sorted, a gap wider than a tie ends a chain, and each number becomes
    the least of its chain. So it does not matter in which order rows come, and rows that were joined are
    either equal in a column or further apart than a tie.

    >>> a, b, c = joined(np.array([[1.0], [1.0 + 9e-13], [1.1]]))[:, 0]
    >>> bool(a == b), bool(b == c)
    (True, False)
    """
    out = np.array(points, dtype=float)
    for k in range(out.shape[1]):
        values, place = np.unique(out[:, k], return_inverse=True)
        if not len(values):
            continue
        with np.errstate(invalid="ignore"):
            near = np.diff(values) <= APART * np.minimum(np.abs(values[1:]), np.abs(values[:-1]))
        first = np.flatnonzero(np.append(True, ~near))
        chain = np.cumsum(np.append(True, ~near)) - 1
        out[:, k] = values[first[chain]][place.reshape(-1)]
    return out


def slack(row: Array) -> Array:
    """How far a number may be from each of these and still be a tie."""
    return np.where(np.isfinite(row), APART * np.abs(row), 0.0)


def beats(rows: Array, row: Array) -> Array:
    """Which `rows` are no worse than `row` in anything and better in something, by more than a tie."""
    near = slack(row)
    no_worse, better = rows <= row + near, rows < row - near
    return np.asarray(no_worse.all(axis=1) & better.any(axis=1))


def same_points(one: Array, other: Array) -> bool:
    """Whether two frontiers, each in lexicographic order, are the same but for ties."""
    return one.shape == other.shape and bool((np.abs(one - other) <= slack(other)).all())


def skyline(points: Array, deadline: float | None = None) -> Array:
    """Positions of the rows of `points` that no other row dominates; smaller is better.

    Of equal rows the first is kept. Rows with a NaN are left out. The result is in lexicographic
    order of the rows. Of three numbers and more the work grows with the square of the result, so that
    it may take long: raises OutOfTime at the deadline.

    >>> skyline(np.array([[1.0, 3.0], [2.0, 2.0], [2.0, 4.0], [2.0, 2.0]])).tolist()
    [0, 1]
    """
    alive = np.flatnonzero(~np.any(np.isnan(points), axis=1))
    if not len(alive):
        return alive
    order = alive[np.lexsort(tuple(points[alive, k] for k in reversed(range(points.shape[1]))))]
    sorted_points = points[order]
    fresh = np.ones(len(order), dtype=bool)
    fresh[1:] = np.any(sorted_points[1:] != sorted_points[:-1], axis=1)
    order, sorted_points = order[fresh], sorted_points[fresh]
    if points.shape[1] == 1:
        return order[:1]
    if points.shape[1] == 2:
        best = np.minimum.accumulate(sorted_points[:, 1])
        first = np.ones(len(order), dtype=bool)
        first[1:] = sorted_points[1:, 1] < best[:-1]
        return order[first]
    return order[_sweep(sorted_points, deadline)]


def skyline_by_group(points: Array, group: Array, deadline: float | None = None) -> Array:
    """Positions of the rows that no row of the same group dominates; as `skyline` of each group.

    >>> skyline_by_group(np.array([[1.0, 2.0], [3.0, 3.0], [2.0, 2.0]]), np.array([0, 1, 0])).tolist()
    [0, 1]
    """
    alive = np.flatnonzero(~np.any(np.isnan(points), axis=1))
    if points.shape[1] != 2:
        order = alive[np.lexsort((*reversed(points[alive].T), group[alive]))]
        sorted_points, sorted_group = points[order], group[order]
        fresh = np.ones(len(order), dtype=bool)
        fresh[1:] = np.any(sorted_points[1:] != sorted_points[:-1], axis=1) | (np.diff(sorted_group) != 0)
        order = order[fresh]
        return order[_sweep(points[order], deadline, group[order])]
    first, second = (np.unique(points[alive, k], return_inverse=True)[1].reshape(-1) for k in (0, 1))
    order = np.lexsort((second, first, group[alive]))
    # Within a group, rows rise in the first number: each must be lower in the second than all before it.
    # Groups are set one below the other, so that one running minimum serves them all.
    height = second[order] - group[alive][order] * (len(alive) + 1)
    kept = np.ones(len(order), dtype=bool)
    kept[1:] = height[1:] < np.minimum.accumulate(height)[:-1]
    return alive[order[kept]]


def _sweep(points: Array, deadline: float | None, group: Array | None = None) -> Array:
    """Skyline of distinct rows in lexicographic order: a row is dominated by an earlier one or not at all.

    With `group`, a sorted number for each row, rows are held against those of their own group only.
    """
    if group is not None:
        # A row beats another only where it is at least as good in the group's number and in its negative.
        points = np.column_stack([points, group, -group])
    # Rows that come earlier are at least as good in the first number: it need not be looked at.
    kept = np.empty((len(points), points.shape[1] - 1))
    first = last = 0
    out: list[Array] = []
    for start in range(0, len(points), BLOCK):
        check(deadline)
        block = points[start : start + BLOCK]
        if group is not None:
            first += int(np.searchsorted(kept[first:last, -2], block[0, -2]))
        free = np.flatnonzero(~beaten(block[:, 1:], kept[first:last], deadline))
        rows = block[free]
        # Rows of the block against each other: only the one itself is at least as good as it.
        alone = np.count_nonzero(as_good(rows, rows), axis=1) == 1
        out.append(free[alone] + start)
        kept[last : last + len(out[-1])] = rows[alone, 1:]
        last += len(out[-1])
    return np.concatenate(out) if out else np.empty(0, dtype=int)


def beaten(rows: Array, by: Array, deadline: float | None = None) -> Array:
    """Which `rows` some row of `by` is at least as good as in everything; smaller is better.

    Raises OutOfTime at the deadline.
    """
    out = np.zeros(len(rows), dtype=bool)
    # A few rows do most of the work, and spare the others the rest of it.
    start, size = 0, 4
    while start < len(by):
        check(deadline)
        rest = np.flatnonzero(~out)
        if not len(rest):
            break
        out[rest] = np.any(as_good(by[start : start + size], rows[rest]), axis=1)
        start, size = start + size, min(4 * size, 8 * BLOCK)
    return out


def as_good(some: Array, others: Array) -> Array:
    """Whether (others x some) a row of `some` is at least as good as one of `others` in everything."""
    out = some[:, 0] <= others[:, :1]
    for k in range(1, some.shape[1]):
        out &= some[:, k] <= others[:, k : k + 1]
    return out


def thin(points: Array, epsilon: float) -> Array:
    """Positions of a subset of a frontier such that every row is within `epsilon` (relative) of a kept one.

    The best row of each objective is always kept.

    >>> thin(np.array([[1.0, 9.0], [1.01, 8.99], [5.0, 1.0]]), 0.05).tolist()
    [0, 2]
    """
    kept = list(dict.fromkeys(int(i) for i in np.argmin(points, axis=0)))
    for i in range(len(points)):
        near = np.all(np.abs(points[kept] - points[i]) <= epsilon * np.abs(points[i]), axis=1)
        if not near.any():
            kept.append(i)
    return np.array(sorted(kept), dtype=int)
