"""What the points of a sweep say together: how much each axis moves each quantity."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from designer.search.compile import Array

# A sampled axis is cut into groups, more of them the more rows there are; a listed one keeps its values.
FEWEST, MOST = 8, 64


@dataclass(frozen=True)
class Effect:
    """One axis: the mean of a quantity where it is lowest and highest, and its share of the variance.

    `index` is the first-order Sobol index: the variance of the mean given the axis over the whole
    variance. `low_at` and `high_at` are where the axis stands there.
    """

    axis: str
    low: float
    high: float
    low_at: Any
    high_at: Any
    index: float


def groups_of(values: list[Any]) -> tuple[Array, list[Any]]:
    """The group of each row by its value on an axis, and what each group is called.

    Many different numbers are cut into groups of as equal a size as they allow.
    """
    names = sorted(set(values), key=lambda v: (isinstance(v, str), v))
    bins = max(FEWEST, min(MOST, math.isqrt(len(values)) // 2))
    if len(names) <= max(bins, 2 * FEWEST) or any(isinstance(v, str) for v in names):
        at = {v: i for i, v in enumerate(names)}
        return np.array([at[v] for v in values], dtype=int), names
    numbers = np.array(values, dtype=float)
    rank = np.argsort(np.argsort(numbers, kind="stable"), kind="stable")
    group = rank * bins // len(numbers)
    return group, [float(np.median(numbers[group == g])) for g in range(bins)]


def effects(axes: dict[str, list[Any]], quantity: Array) -> list[Effect]:
    """The effect of each axis on a quantity over the rows that have one, the strongest first.

    The index is estimated from the given rows (the correlation ratio of McKay 1997; Plischke 2010),
    less what rows in as many groups would show by chance.
    """
    known = np.isfinite(quantity)
    y = quantity[known]
    if len(y) < 2 or not np.var(y) > 0:
        return []
    out = []
    for name, values in axes.items():
        group, names = groups_of([v for v, k in zip(values, known, strict=True) if k])
        size = np.bincount(group, minlength=len(names))
        with np.errstate(all="ignore"):
            mean = np.bincount(group, weights=y, minlength=len(names)) / size
        filled = np.flatnonzero(size)
        if len(filled) < 2:
            continue
        between = float((size[filled] * (mean[filled] - y.mean()) ** 2).sum())
        total = float(((y - y.mean()) ** 2).sum())
        chance = (len(filled) - 1) * (total - between) / max(1, len(y) - len(filled))
        index = min(max((between - chance) / total, 0.0), 1.0)
        low, high = filled[np.argmin(mean[filled])], filled[np.argmax(mean[filled])]
        out.append(
            Effect(name, float(mean[low]), float(mean[high]), names[int(low)], names[int(high)], index)
        )
    return sorted(out, key=lambda e: e.low - e.high)
