"""Monotonicity, proven: which way a rule's result moves with each input, over a box of values.

A rule body is run on `Signed` values: an interval, and for every input whether the value may rise
and whether it may fall when that input rises. The rules of interval arithmetic make the answer safe:
"may not fall" is a proof for the whole box, "may" is not a claim. Where a condition is undecided in
the box, whatever it reads may do both. Ends that are no number (infinity less infinity) decide
nothing: every test here is written so that they fall on the side that claims less.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Moves = tuple[bool, bool]  # may rise, may fall
BOTH: Moves = (True, True)


@dataclass(frozen=True, eq=False)
class Signed:
    """A value somewhere in [low, high], and how it moves with each named input."""

    low: float
    high: float
    moves: dict[str, Moves]

    def __add__(self, o: Any) -> Signed:
        b = lift(o)
        return Signed(self.low + b.low, self.high + b.high, _joined(self.moves, b.moves))

    __radd__ = __add__

    def __neg__(self) -> Signed:
        return Signed(-self.high, -self.low, {n: (fall, rise) for n, (rise, fall) in self.moves.items()})

    def __sub__(self, o: Any) -> Signed:
        return self + -lift(o)

    def __rsub__(self, o: Any) -> Signed:
        return lift(o) + -self

    def __mul__(self, o: Any) -> Signed:
        b = lift(o)
        ends = [_product(x, y) for x in (self.low, self.high) for y in (b.low, b.high)]
        moves = _joined(_scaled(self.moves, b), _scaled(b.moves, self))
        return Signed(min(ends), max(ends), moves)

    __rmul__ = __mul__

    def __truediv__(self, o: Any) -> Signed:
        return self * _inverse(lift(o))

    def __rtruediv__(self, o: Any) -> Signed:
        return lift(o) * _inverse(self)

    def __floordiv__(self, o: Any) -> Signed:
        return self.rule_floor(self / o)

    def __rfloordiv__(self, o: Any) -> Signed:
        return self.rule_floor(lift(o) / self)

    def __mod__(self, o: Any) -> Signed:
        b = lift(o)
        return Signed(-math.inf, math.inf, dict.fromkeys({**self.moves, **b.moves}, BOTH))

    def __rmod__(self, o: Any) -> Signed:
        return lift(o) % self

    def __pow__(self, o: Any) -> Signed:
        b = lift(o)
        if not self.low >= 0:
            return Signed(-math.inf, math.inf, dict.fromkeys({**self.moves, **b.moves}, BOTH))
        ends = [_power(x, y) for x in (self.low, self.high) for y in (b.low, b.high)]
        slope = Signed(*((0.0, 1.0) if self.low >= 1 else (-1.0, 0.0) if self.high <= 1 else (-1.0, 1.0)), {})
        return Signed(min(ends), max(ends), _joined(_scaled(self.moves, b), _scaled(b.moves, slope)))

    def __rpow__(self, o: Any) -> Signed:
        return lift(o) ** self

    def __abs__(self) -> Signed:
        if self.low >= 0:
            return self
        if self.high <= 0:
            return -self
        return Signed(0.0, max(-self.low, self.high), dict.fromkeys(self.moves, BOTH))

    def __le__(self, o: Any) -> Signed:
        return _truth(lift(o) - self, lambda d: d.low >= 0, lambda d: d.high < 0)

    def __lt__(self, o: Any) -> Signed:
        return _truth(lift(o) - self, lambda d: d.low > 0, lambda d: d.high <= 0)

    def __ge__(self, o: Any) -> Signed:
        return lift(o) <= self

    def __gt__(self, o: Any) -> Signed:
        return lift(o) < self

    def __eq__(self, o: object) -> Signed:  # type: ignore[override]
        d = self - o
        if d.low == d.high == 0:
            return Signed(1.0, 1.0, {})
        if d.low > 0 or d.high < 0:
            return Signed(0.0, 0.0, {})
        return Signed(0.0, 1.0, dict.fromkeys(d.moves, BOTH))

    def __ne__(self, o: object) -> Signed:  # type: ignore[override]
        return 1 - (self == o)

    def __and__(self, o: Any) -> Signed:
        b = lift(o)
        return self.rule_minimum(self, b)

    __rand__ = __and__

    def __or__(self, o: Any) -> Signed:
        b = lift(o)
        return self.rule_maximum(self, b)

    __ror__ = __or__
    __hash__ = None  # type: ignore[assignment]

    # -- functions of constraints.algebras.maths --------------------------------------------------------

    @staticmethod
    def rule_maximum(*values: Any) -> Signed:
        parts = [lift(v) for v in values]
        low = max(p.low for p in parts)
        # What is nowhere the largest has no say.
        heard = [p for p in parts if not p.high < low]
        return Signed(low, max(p.high for p in parts), _joined(*(p.moves for p in heard)))

    @staticmethod
    def rule_minimum(*values: Any) -> Signed:
        return -Signed.rule_maximum(*(-lift(v) for v in values))

    @staticmethod
    def rule_where(condition: Any, yes: Any, no: Any) -> Signed:
        c, a, b = lift(condition), lift(yes), lift(no)
        if c.low == c.high:
            return a if c.low else b
        moves = _joined(a.moves, b.moves, dict.fromkeys(c.moves, BOTH))
        return Signed(min(a.low, b.low), max(a.high, b.high), moves)

    @staticmethod
    def rule_smooth_maximum(a: Any, b: Any, sharpness: Any) -> Signed:
        x, y, p = lift(a), lift(b), lift(sharpness)
        moves = _joined(x.moves, y.moves, dict.fromkeys(p.moves, BOTH))
        # At most the sum, and below a sharpness of 1 up to 2^(1/p - 1) times that.
        above = 2.0 ** (1 / min(p.low, 1.0) - 1) if p.low > 0.01 else math.inf
        return Signed(max(x.low, y.low), above * (x.high + y.high), moves)

    @staticmethod
    def rule_special(
        name: str, plain: Callable[..., float], trend: tuple[int, ...] | None, *args: Any
    ) -> Signed:
        if trend is None:  # nothing is proven of a function that is only known by its values
            return Signed(-math.inf, math.inf, dict.fromkeys(_joined(*(lift(a).moves for a in args)), BOTH))
        parts = [lift(a) if t > 0 else -lift(a) for a, t in zip(args, trend, strict=True)]
        low = plain(*(t * p.low for p, t in zip(parts, trend, strict=True)))
        high = plain(*(t * p.high for p, t in zip(parts, trend, strict=True)))
        return Signed(low, high, _joined(*(p.moves for p in parts)))

    @staticmethod
    def rule_root(f: Callable[[Any], Any], low: Any, high: Any) -> Signed:
        a, b = lift(low), lift(high)
        read = _joined(a.moves, b.moves, lift(f(b)).moves)
        return Signed(a.low, b.high, dict.fromkeys(read, BOTH))

    @staticmethod
    def rule_ceil(x: Any) -> Signed:
        return _rising(x, lambda v: float(math.ceil(v)) if math.isfinite(v) else v)

    @staticmethod
    def rule_floor(x: Any) -> Signed:
        return _rising(x, lambda v: float(math.floor(v)) if math.isfinite(v) else v)

    @staticmethod
    def rule_sqrt(x: Any) -> Signed:
        return _rising(x, lambda v: math.sqrt(max(v, 0.0)))

    @staticmethod
    def rule_log2(x: Any) -> Signed:
        return _rising(x, lambda v: math.log2(v) if v > 0 else -math.inf)

    @staticmethod
    def rule_exp(x: Any) -> Signed:
        return _rising(x, lambda v: math.exp(v) if v < 700 else math.inf)


def lift(x: Any) -> Signed:
    """A number as a value that moves with nothing."""
    return x if isinstance(x, Signed) else Signed(float(x), float(x), {})


def box(name: str, low: float, high: float) -> Signed:
    """An input anywhere in [low, high].

    >>> f = lambda x, y: x / (1 - y)
    >>> f(box("x", 1.0, 2.0), box("y", 0.0, 0.5)).moves
    {'x': (True, False), 'y': (True, False)}
    """
    return Signed(low, high, {name: (True, False)} if low < high else {})


def _joined(*all_moves: dict[str, Moves]) -> dict[str, Moves]:
    out: dict[str, Moves] = {}
    for moves in all_moves:
        for n, (rise, fall) in moves.items():
            before = out.get(n, (False, False))
            out[n] = (before[0] or rise, before[1] or fall)
    return out


def _scaled(moves: dict[str, Moves], by: Signed) -> dict[str, Moves]:
    """Moves of a product's factor, by the sign of the other one."""
    if by.low >= 0:
        return moves if by.high > 0 else {}
    if by.high <= 0:
        return {n: (fall, rise) for n, (rise, fall) in moves.items()}
    return dict.fromkeys(moves, BOTH)


def _inverse(x: Signed) -> Signed:
    """1/x; nothing is known where x may be 0 between values of both signs."""
    if not (x.low >= 0 or x.high <= 0):
        return Signed(-math.inf, math.inf, dict.fromkeys(x.moves, BOTH))
    swapped = {n: (fall, rise) for n, (rise, fall) in x.moves.items()}
    if x.high <= 0:
        return Signed(1 / x.high if x.high else -math.inf, 1 / x.low if x.low else -math.inf, swapped)
    return Signed(1 / x.high if x.high else math.inf, 1 / x.low if x.low else math.inf, swapped)


def _truth(margin: Signed, always: Callable[[Signed], bool], never: Callable[[Signed], bool]) -> Signed:
    """A comparison by its margin: true is 1, and rises where the margin does."""
    if always(margin):
        return Signed(1.0, 1.0, {})
    if never(margin):
        return Signed(0.0, 0.0, {})
    return Signed(0.0, 1.0, margin.moves)


def _rising(x: Any, f: Callable[[float], float]) -> Signed:
    s = lift(x)
    return Signed(f(s.low), f(s.high), s.moves)


def _product(x: float, y: float) -> float:
    return 0.0 if x == 0 or y == 0 else x * y


def _power(x: float, y: float) -> float:
    try:
        return float(x**y)
    except (OverflowError, ZeroDivisionError):
        return math.inf
