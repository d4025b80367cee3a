"""Sensitivity, wall 21: by how many percent a result moves when one of its inputs rises by a percent.

Works on any rule, or any function of one number; no rule says anything about its derivative.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from constraints.rule import Rule

_FIRST_STEP = 0.02  # of ln x
_HALVINGS = 8


def elasticity(f: Callable[[float], Any], x: float) -> float:
    """d ln f / d ln x as x rises, or as it falls where f ends at x; nan where it has none (f or x is 0).

    By finite differences in ln x whose step goes to 0 (Richardson's extrapolation in the form of
    Ridders 1982); good to nine digits where f is smooth. Where a maximum is about to switch, a larger
    change may do something else.

    >>> round(elasticity(lambda x: 3 * x**2.5, 7.0), 9), round(elasticity(lambda x: 1 / (1 - x), 0.8), 9)
    (2.5, 4.0)
    """
    y = f(x)
    if isinstance(y, bool) or not y or not x or not math.isfinite(y):
        return math.nan

    def growth(h: float) -> float:
        return (float(f(x * math.exp(h))) / float(y) - 1) / h

    for first in (_FIRST_STEP, -_FIRST_STEP):
        try:
            quotients = [growth(first / 2**level) for level in range(_HALVINGS)]
        except (ArithmeticError, ValueError):
            continue
        if all(map(math.isfinite, quotients)):
            return _limit(quotients)
    return math.nan


def elasticities(rule: Rule, inputs: Mapping[str, Any]) -> dict[str, float]:
    """Elasticity of a rule's result to each of its inputs, the others held.

    >>> from constraints.rule import find
    >>> ring = elasticities(find("ring_all_reduce_time"), dict(message=1e6, ranks=8, bandwidth=50e9, latency=2e-6))
    >>> {n: round(v, 3) for n, v in ring.items()}
    {'message': 0.556, 'ranks': 0.587, 'bandwidth': -0.556, 'latency': 0.444}
    """
    given = {n: inputs[n] for n in rule.inputs}
    return {n: elasticity(lambda v, n=n: rule.fn(**given | {n: v}), given[n]) for n in given}  # type: ignore[misc]


def _limit(quotients: list[float]) -> float:
    """Limit of difference quotients whose step is halved: the entry of least error of Neville's table."""
    best, error = math.nan, math.inf
    row: list[float] = []
    for q in quotients:
        above, row = row, [q]
        for order, previous in enumerate(above, 1):
            row.append(row[-1] + (row[-1] - previous) / (2**order - 1))
            gap = max(abs(row[-1] - row[-2]), abs(row[-1] - previous))
            if gap <= error:
                best, error = row[-1], gap
    # At a jump, as of a rounded number, the quotients grow without end.
    return best if error <= 1e-3 * max(1.0, abs(best)) else math.nan
