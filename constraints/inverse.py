"""A rule turned round: the value of one input at which it gives a wanted result.

A scan over the whole range of the input, in decades and, unless these rise or fall throughout, in eighths
of a decade, brackets every crossing, every pair of crossings around an extremum and every plateau;
bisection then settles each. Where the rule is proven monotone (`constraints.algebras.signs`) the answer is
also the only one.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from constraints.algebras.signs import box, lift
from constraints.domain import holds
from constraints.rule import Rule

Function = Callable[[float], float]
Trend = Literal["rises", "falls", "constant", ""]

_EQUAL = 1e-11  # relative: what counts as the target itself
_STEPS_A_DECADE = 8
_LEAST, _MOST, _MOST_WHOLE = 1e-15, 1e30, 1e15


@dataclass(frozen=True)
class Root:
    """An input value, what the rule gives there, and what else is worth knowing.

    `until` is the other end of a range that gives the same result. `before` is the point next to a
    step or to a whole number, on the side that does not reach the target yet, with its result.
    """

    value: float
    result: float
    until: float | None = None
    before: tuple[float, float] | None = None


@dataclass(frozen=True)
class Inversion:
    """All roots found, how the rule moves with the input, its extremes and its ends over the range scanned.

    Extremes and ends are pairs of an input value and its result.
    """

    roots: tuple[Root, ...]
    trend: Trend
    proven: bool
    lowest: tuple[float, float]
    highest: tuple[float, float]
    first: tuple[float, float]
    last: tuple[float, float]


def invert(
    rule: Rule,
    given: Mapping[str, float],
    name: str,
    target: float,
) -> Inversion:
    """Every value of the input `name` at which `rule` gives `target` (all in SI units), where the rule holds.

    Of an input that is a whole number, the first that reaches or passes the target. Raises ValueError
    where the rule holds for no value of the input.

    >>> from constraints.rule import find
    >>> ring = dict(message=140e9, ranks=1024, latency=2e-6)
    >>> found = invert(find("ring_all_reduce_time"), ring, "bandwidth", 1.0)
    >>> [f"{r.value:.6g}" for r in found.roots], found.trend, found.proven
    (['2.80876e+11'], 'falls', True)
    """
    span = rule.domains[name]
    whole = span.whole
    end = min(span.high, _MOST_WHOLE if whole else _MOST)
    start = max(span.low, -end)

    def value(x: float) -> float:
        try:
            if not holds(rule, {**given, name: x}):
                return math.nan
            y = rule.fn(**{**given, name: x})
            return float(y)
        except (ArithmeticError, ValueError, TypeError):
            return math.nan

    between = _whole_middle if whole else _middle
    points = [(x, value(x)) for x in (_whole_grid(start, end) if whole else _grid(start, end, 1))]
    if not whole and not _moves_throughout([y for _, y in points if not math.isnan(y)]):
        points = [(x, value(x)) for x in _grid(start, end, _STEPS_A_DECADE)]
    points = sorted({**dict(points), **dict(_edges(points, value, between, whole))}.items())
    points = [p for p in points if not math.isnan(p[1])]
    if not points:
        raise ValueError(f"{rule.id} has no value for any {name} with these inputs")
    same = _EQUAL * abs(target)
    trend = _trend([y for _, y in points])
    points = _with_extrema(points, value, target, same, between)
    roots = list(_roots(points, value, target, same, between, whole))
    if whole and trend == "falls" and points[0][1] < target:
        roots = [Root(*points[0])]  # the smallest number there may be already does better
    return Inversion(
        tuple(roots), trend, _proven(rule, given, name, points[0][0], points[-1][0], trend),
        min(points, key=lambda p: p[1]), max(points, key=lambda p: p[1]), points[0], points[-1],
    )  # fmt: skip


def _moves_throughout(values: list[float]) -> bool:
    """Whether the values rise at every step, or fall at every step."""
    steps = [b - a for a, b in itertools.pairwise(values)]
    return bool(steps) and (min(steps) > 0 or max(steps) < 0)


def _grid(low: float, high: float, steps_a_decade: int) -> list[float]:
    """Points in equal ratios, on both sides of 0; near the end of a share, in equal ratios of what is left."""
    first = max(low, _LEAST)
    n = max(2, math.ceil(steps_a_decade * math.log10(high / first)))
    out = {low, high, *(first * (high / first) ** (i / n) for i in range(n))}
    if high == 1.0:
        out |= {1 - 10 ** (-i / 4) for i in range(1, 49)}
    if low < 0:
        out |= {0.0, *(-x for x in out)}
    return sorted(x for x in out if low <= x <= high)


def _whole_grid(low: float, high: float) -> list[float]:
    few = range(math.ceil(low), min(math.floor(high), math.ceil(low) + 64) + 1)
    rest = (round(x) for x in _grid(max(low, 1.0), high, _STEPS_A_DECADE))
    return sorted({float(x) for x in (*few, *rest) if low <= x <= high})


def _edges(
    points: list[tuple[float, float]], value: Function, between: Any, whole: bool
) -> Iterator[tuple[float, float]]:
    """Points ever nearer to where the rule stops having a value: there it may grow without bound."""
    for (a, ya), (b, yb) in itertools.pairwise(points):
        if math.isnan(ya) == math.isnan(yb):
            continue
        start, outside = (b, a) if math.isnan(ya) else (a, b)
        inside = start
        for _ in range(400):
            middle = between(*sorted((inside, outside)))
            if middle in (inside, outside):
                break
            if math.isnan(value(middle)):
                outside = middle
            else:
                inside = middle
        near = [] if whole else [inside + (start - inside) * 10.0**-k for k in range(1, 13)]
        yield from ((x, y) for x in (inside, *near) if not math.isnan(y := value(x)))


def _middle(a: float, b: float) -> float:
    return math.sqrt(a) * math.sqrt(b) if a > 0 and b > 4 * a else (a + b) / 2


def _whole_middle(a: float, b: float) -> float:
    return float(math.floor(_middle(a, b)))


def _roots(
    points: list[tuple[float, float]], value: Function, target: float, same: float, between: Any, whole: bool
) -> Iterator[Root]:
    i = 0
    while i < len(points):
        x, y = points[i]
        if abs(y - target) <= same:
            last = i
            while last + 1 < len(points) and abs(points[last + 1][1] - target) <= same:
                last += 1
            if last > i:
                first = _end(points[i - 1][0], x, value, target, same, between) if i else x
                end = points[last][0]
                if last + 1 < len(points):
                    end = _end(points[last + 1][0], end, value, target, same, between)
                yield Root(first, target, until=end)
            else:
                yield Root(x, y)
            i = last
        elif i + 1 < len(points) and (y - target) * (points[i + 1][1] - target) < 0:
            yield _crossing(points[i], points[i + 1], value, target, same, between, whole)
        i += 1


def _with_extrema(
    points: list[tuple[float, float]], value: Function, target: float, same: float, between: Any
) -> list[tuple[float, float]]:
    """Points with those added at which the rule comes nearest to the target without being seen to cross it."""
    out = dict(points)
    for (a, ya), (b, yb), (c, yc) in zip(points, points[1:], points[2:], strict=False):
        side = math.copysign(1.0, yb - target)
        gaps = [side * (y - target) for y in (ya, yb, yc)]
        if min(gaps) <= same or not (gaps[1] < gaps[0] and gaps[1] < gaps[2]):
            continue
        for _ in range(200):
            left, right = between(a, b), between(b, c)
            trials = [(x, value(x)) for x in (left, b, right)]
            best = min(range(3), key=lambda k: side * (trials[k][1] - target))
            out[trials[best][0]] = trials[best][1]
            if side * (trials[best][1] - target) <= same or left in (a, b) or right in (b, c):
                break
            a, b, c = [(a, left, b), (left, b, right), (b, right, c)][best]
    return sorted(out.items())


def _end(outside: float, inside: float, value: Function, target: float, same: float, between: Any) -> float:
    """Where a plateau at the target ends."""
    for _ in range(200):
        middle = between(outside, inside)
        if middle in (outside, inside):
            break
        if abs(value(middle) - target) <= same:
            inside = middle
        else:
            outside = middle
    return inside


def _crossing(
    a: tuple[float, float], b: tuple[float, float], value: Function, target: float, same: float, between: Any,
    whole: bool,
) -> Root:  # fmt: skip
    """Where the rule passes the target between two points, by bisection."""
    for _ in range(400):
        middle = between(a[0], b[0])
        if middle in (a[0], b[0]):
            break
        y = value(middle)
        if y == target:
            return Root(middle, y)
        if math.isnan(y):
            break
        if (y - target) * (a[1] - target) > 0:
            a = (middle, y)
        else:
            b = (middle, y)
    if whole:
        return Root(*b, before=a)
    nearest = min(a, b, key=lambda p: abs(p[1] - target))
    # A step: the two sides stay apart however close the inputs are.
    if abs(a[1] - b[1]) > max(1e-6 * abs(target), 1e3 * same):
        return Root(*b, before=a)
    return Root(*nearest)


def _trend(values: list[float]) -> Trend:
    """Which way the values go along the scan, differences below rounding aside."""
    steps = [b - a for a, b in itertools.pairwise(values) if abs(b - a) > 1e-13 * abs(a)]
    if not steps:
        return "constant"
    return "rises" if min(steps) > 0 else "falls" if max(steps) < 0 else ""


def _proven(rule: Rule, given: Mapping[str, float], name: str, low: float, high: float, trend: Trend) -> bool:
    """Whether interval arithmetic proves the trend for every value in the range."""
    if trend not in ("rises", "falls"):
        return False
    try:
        moves = rule.fn(**{**{n: lift(v) for n, v in given.items()}, name: box(name, low, high)}).moves
    except (ArithmeticError, AttributeError, TypeError, ValueError):
        return False
    rise, fall = moves.get(name, (False, False))
    return (rise, fall) == ((True, False) if trend == "rises" else (False, True))
