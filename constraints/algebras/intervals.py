"""Bounds: what a rule can give over whole boxes of inputs, many boxes at once.

A rule body is run on `Span` values, two arrays of ends. Interval arithmetic makes the answer safe:
every value a rule takes inside a box lies between the ends. An end that is no number claims nothing,
so every test here and every test on a result must be written to fall on the side that claims less.
`constraints.algebras.signs` is the same idea for one box at a time, with directions; this is for millions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


class Span:
    """Values somewhere in [low, high], one pair of ends for each box. Truth values are 0 or 1."""

    __slots__ = ("high", "low")

    def __init__(self, low: Any, high: Any):
        self.low, self.high = low, high

    def __add__(self, o: Any) -> Span:
        b = span(o)
        return Span(self.low + b.low, self.high + b.high)

    __radd__ = __add__

    def __neg__(self) -> Span:
        return Span(-self.high, -self.low)

    def __sub__(self, o: Any) -> Span:
        b = span(o)
        return Span(self.low - b.high, self.high - b.low)

    def __rsub__(self, o: Any) -> Span:
        return span(o) - self

    def __mul__(self, o: Any) -> Span:
        b = span(o)
        if _positive(self) and _positive(b):
            return Span(_product(self.low, b.low), _product(self.high, b.high))
        return _hull(_product, self, b)

    __rmul__ = __mul__

    def __truediv__(self, o: Any) -> Span:
        b = span(o)
        if not _positive(b):
            below = np.asarray(b.high) < 0
            safe = (np.asarray(b.low) > 0) | below
            inverse = Span(np.where(safe, 1 / b.high, -np.inf), np.where(safe, 1 / b.low, np.inf))
            return self * inverse
        if _positive(self):
            return Span(self.low / b.high, self.high / b.low)
        return _hull(np.divide, self, b)

    def __rtruediv__(self, o: Any) -> Span:
        return span(o) / self

    def __floordiv__(self, o: Any) -> Span:
        q = self / o
        return Span(np.floor(q.low), np.floor(q.high))

    def __rfloordiv__(self, o: Any) -> Span:
        return span(o) // self

    def __mod__(self, o: Any) -> Span:
        b = span(o)
        exact = (self.low == self.high) & (b.low == b.high)
        with np.errstate(all="ignore"):
            rest = np.mod(self.low, b.low)
        most = np.where(np.asarray(b.low) > 0, b.high, np.inf)
        return Span(np.where(exact, rest, np.where(most < np.inf, 0.0, -np.inf)), np.where(exact, rest, most))

    def __rmod__(self, o: Any) -> Span:
        return span(o) % self

    def __pow__(self, o: Any) -> Span:
        b = span(o)
        known = np.asarray(self.low) >= 0
        bounded = _hull(np.power, Span(np.where(known, self.low, 0.0), self.high), b)
        square = (b.low == b.high) & (np.asarray(b.low) == 2.0)
        low = np.where(known, bounded.low, np.where(square, 0.0, -np.inf))
        widest = np.maximum(self.low**2, self.high**2) if np.any(square & ~known) else np.inf
        return Span(low, np.where(known, bounded.high, np.where(square, widest, np.inf)))

    def __rpow__(self, o: Any) -> Span:
        return span(o) ** self

    def __abs__(self) -> Span:
        if _positive(self):
            return self
        far = np.maximum(-self.low, self.high)
        near = np.maximum(np.maximum(self.low, -self.high), 0.0)
        return Span(near, far)

    def __le__(self, o: Any) -> Span:
        b = span(o)
        return _truth(self.high <= b.low, self.low > b.high)

    def __lt__(self, o: Any) -> Span:
        b = span(o)
        return _truth(self.high < b.low, self.low >= b.high)

    def __ge__(self, o: Any) -> Span:
        return span(o) <= self

    def __gt__(self, o: Any) -> Span:
        return span(o) < self

    def __eq__(self, o: object) -> Span:  # type: ignore[override]
        b = span(o)
        same = (self.low == self.high) & (b.low == b.high) & (self.low == b.low)
        return _truth(same, (self.low > b.high) | (self.high < b.low))

    def __ne__(self, o: object) -> Span:  # type: ignore[override]
        return 1 - (self == o)

    def __and__(self, o: Any) -> Span:
        return Span.rule_minimum(self, o)

    __rand__ = __and__

    def __or__(self, o: Any) -> Span:
        return Span.rule_maximum(self, o)

    __ror__ = __or__

    def __invert__(self) -> Span:
        return 1 - self

    __hash__ = None  # type: ignore[assignment]

    # -- functions of constraints.algebras.maths --------------------------------------------------------

    @staticmethod
    def rule_maximum(*values: Any) -> Span:
        parts = [span(v) for v in values]
        low, high = parts[0].low, parts[0].high
        for p in parts[1:]:
            low, high = np.maximum(low, p.low), np.maximum(high, p.high)
        return Span(low, high)

    @staticmethod
    def rule_minimum(*values: Any) -> Span:
        return -Span.rule_maximum(*(-span(v) for v in values))

    @staticmethod
    def rule_where(condition: Any, yes: Any, no: Any) -> Span:
        c, a, b = span(condition), span(yes), span(no)
        always, never = np.asarray(c.low) >= 1, np.asarray(c.high) <= 0
        low = np.where(always, a.low, np.where(never, b.low, np.minimum(a.low, b.low)))
        return Span(low, np.where(always, a.high, np.where(never, b.high, np.maximum(a.high, b.high))))

    @staticmethod
    def rule_smooth_maximum(a: Any, b: Any, sharpness: Any) -> Span:
        """Rises with both values and falls with the sharpness."""
        from constraints.algebras.maths import smooth_maximum

        x, y, p = span(a), span(b), span(sharpness)
        return Span(smooth_maximum(x.low, y.low, p.high), smooth_maximum(x.high, y.high, p.low))

    @staticmethod
    def rule_ceil(x: Any) -> Span:
        return Span(np.ceil(x.low), np.ceil(x.high))

    @staticmethod
    def rule_floor(x: Any) -> Span:
        return Span(np.floor(x.low), np.floor(x.high))

    @staticmethod
    def rule_sqrt(x: Any) -> Span:
        return Span(np.sqrt(np.maximum(x.low, 0.0)), np.sqrt(x.high))

    @staticmethod
    def rule_log2(x: Any) -> Span:
        return Span(np.log2(np.maximum(x.low, 0.0)), np.log2(x.high))

    @staticmethod
    def rule_exp(x: Any) -> Span:
        return Span(np.exp(x.low), np.exp(x.high))

    @staticmethod
    def rule_special(
        name: str, plain: Callable[..., float], trend: tuple[int, ...] | None, *args: Any
    ) -> Span:
        """Ends follow the trends; of a function known by its values alone, only those are claimed."""
        from constraints.algebras.maths import special_function

        if trend is None:
            parts = [span(a) for a in args]
            exact = np.all(np.broadcast_arrays(*(np.asarray(p.low) == p.high for p in parts)), axis=0)
            at = special_function(name, plain, trend, *(p.low for p in parts))
            return Span(np.where(exact, at, -np.inf), np.where(exact, at, np.inf))
        parts = [span(a) if t > 0 else -span(a) for a, t in zip(args, trend, strict=True)]
        lows = (t * p.low for p, t in zip(parts, trend, strict=True))
        highs = (t * p.high for p, t in zip(parts, trend, strict=True))
        return Span(*(special_function(name, plain, trend, *ends) for ends in (lows, highs)))

    @staticmethod
    def rule_root(f: Callable[[Any], Any], low: Any, high: Any) -> Span:
        return Span(span(low).low, span(high).high)


def span(x: Any) -> Span:
    """A number or an array of numbers as spans without width.

    >>> s = Span(1.0, 3.0) * Span(-2.0, 4.0) + 1
    >>> float(s.low), float(s.high)
    (-5.0, 13.0)
    """
    return x if isinstance(x, Span) else Span(x, x)


def _positive(x: Span) -> bool:
    return bool(np.min(x.low) > 0)


def _product(x: Any, y: Any) -> Any:
    """Nothing times anything, even without end, is nothing."""
    z = x * y
    return np.where(np.isnan(z) & ((x == 0) | (y == 0)), 0.0, z) if np.any(np.isnan(z)) else z


def _hull(f: Callable[[Any, Any], Any], a: Span, b: Span) -> Span:
    """Ends of a function of two spans that is extreme at their corners."""
    corners = [f(x, y) for x in (a.low, a.high) for y in (b.low, b.high)]
    low, high = corners[0], corners[0]
    for c in corners[1:]:
        low, high = np.minimum(low, c), np.maximum(high, c)
    return Span(low, high)


def _truth(always: Any, never: Any) -> Span:
    return Span(np.asarray(always, dtype=float), 1.0 - np.asarray(never, dtype=float))
