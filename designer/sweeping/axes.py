"""The values of an axis: lists, ranges, and distributions that are drawn from."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from catalogs import units
from catalogs.errors import InputError, nearest

# Values one axis may list; combinations are counted, never listed.
MOST_VALUES = 10_000_000
_RANGE = re.compile(
    r"\s*([0-9.eE+-]+?)\s*\.\.\s*([0-9.eE+-]+)\s*(?:step\s+([0-9.eE+-]+))?\s*([A-Za-z%$/][\w%/*^.-]*)?\s*"
)
_SPAN_KEYS = ("from", "to", "count", "step", "scale")
KINDS = ("uniform", "normal", "lognormal")

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Axis:
    """One or more paths that take their values together, row by row."""

    paths: tuple[str, ...]
    rows: tuple[Row, ...]

    def __len__(self) -> int:
        return len(self.rows)

    def changes(self, i: int) -> dict[str, Any]:
        """The value of each path at position `i`."""
        return dict(zip(self.paths, self.rows[i], strict=True))


@dataclass(frozen=True)
class Drawn:
    """A distribution of one value: `low`..`high`, or a centre and a relative spread, in `unit`.

    The spread of `normal` is its standard deviation over its mean; of `lognormal`, the standard
    deviation of the logarithm. A centre of None is what the base scenario has.
    """

    kind: str
    low: float
    high: float
    centre: float | None
    spread: float
    unit: str

    def at(self, share: float, centre: float) -> float:
        """The quantile at `share` (0 to 1)."""
        if self.kind == "uniform":
            return self.low + share * (self.high - self.low)
        z = NormalDist().inv_cdf(share)
        if self.kind == "normal":
            # No physical quantity of a scenario is negative.
            return max(centre * (1 + self.spread * z), 0.0)
        return centre * math.exp(self.spread * z)


def values_of(raw: Any) -> list[Any]:
    """The values an axis lists; raises InputError for one that lists none.

    >>> values_of("1..9 step 4"), values_of({"from": "10 ms", "to": "1 s", "count": 3, "scale": "log"})
    ([1, 5, 9], ['10 ms', '100 ms', '1000 ms'])
    """
    if isinstance(raw, list):
        if not raw:
            raise InputError("an empty list; give at least one value")
        if any(isinstance(v, bool) for v in raw):
            raise InputError("nothing in a scenario is true or false")
        return raw
    if isinstance(raw, dict):
        return _span(raw)
    if isinstance(raw, str) and (found := _RANGE.fullmatch(raw)):
        return _stepped(raw, *found.groups())
    if isinstance(raw, str) and ".." in raw:
        raise InputError(f"{raw!r} is not a range; write it like '1..64 step 4' or '10..100 step 10 ms'")
    if isinstance(raw, bool):
        raise InputError("nothing in a scenario is true or false")
    return [raw]


def _stepped(raw: str, low: str, high: str, step: str | None, unit: str | None) -> list[Any]:
    try:
        a, b, s = float(low), float(high), float(step or 1)
    except ValueError:
        raise InputError(f"{raw!r} is not a range; write it like '1..64 step 4'") from None
    if s <= 0 or not all(map(math.isfinite, (a, b, s))):
        raise InputError(f"the range {raw!r} needs a step above 0")
    if b < a:
        raise InputError(f"the range {raw!r} runs backwards")
    n = math.floor((b - a) / s * (1 + 1e-12)) + 1
    _few(n)
    return [_with_unit(a + i * s, unit or "") for i in range(n)]


def _span(raw: dict[str, Any]) -> list[Any]:
    for key in raw:
        if key not in _SPAN_KEYS:
            hint = nearest(key, [*_SPAN_KEYS, *KINDS])
            more = "; distributions belong under samples.over" if key in KINDS else hint
            raise InputError(f"unknown key {key!r} of a range{more} (has: {', '.join(_SPAN_KEYS)})")
    for key in ("from", "to"):
        if key not in raw:
            raise InputError(f"missing key {key!r} of a range")
    (a, unit), b = _number(raw["from"]), 0.0
    b = _in_unit(raw["to"], unit)
    scale = raw.get("scale", "linear")
    if scale not in ("linear", "log"):
        raise InputError(f"unknown scale {scale!r} (has: linear, log)")
    if ("count" in raw) == ("step" in raw):
        raise InputError("a range has either a count or a step")
    if "step" in raw:
        if scale == "log":
            raise InputError("a range on a log scale has a count, not a step")
        s = _in_unit(raw["step"], unit)
        if s <= 0:
            raise InputError(f"a step of {raw['step']!r}; it must be above 0")
        if b < a:
            raise InputError("the range runs backwards")
        n = math.floor((b - a) / s * (1 + 1e-12)) + 1
        _few(n)
        return [_with_unit(a + i * s, unit) for i in range(n)]
    n = raw["count"]
    if not isinstance(n, int) or isinstance(n, bool) or n < 1:
        raise InputError(f"a count of {n!r}; write a whole number of at least 1")
    _few(n)
    if scale == "log" and min(a, b) <= 0:
        raise InputError("a log scale needs both ends above 0")
    shares = [i / (n - 1) for i in range(n)] if n > 1 else [0.0]
    if scale == "log":
        return [_with_unit(a * (b / a) ** t, unit) for t in shares]
    return [_with_unit(a + (b - a) * t, unit) for t in shares]


def drawn(raw: Any) -> Drawn:
    """A distribution as it is written; raises InputError where it is none."""
    kinds = [k for k in KINDS if k in raw] if isinstance(raw, dict) else []
    if len(kinds) != 1:
        raise InputError(
            "not a distribution; write {uniform: [low, high]}, {normal: mean, spread: 10 %}"
            " or {lognormal: median, spread: 10 %}"
        )
    kind = kinds[0]
    for key in raw:
        if key not in (kind, "spread") or (key == "spread" and kind == "uniform"):
            raise InputError(f"unknown key {key!r} of a {kind} distribution{nearest(key, [kind, 'spread'])}")
    if kind == "uniform":
        ends = raw[kind]
        if not isinstance(ends, list) or len(ends) != 2:
            raise InputError("a uniform distribution has two ends: {uniform: [low, high]}")
        low, unit = _number(ends[0])
        high = _in_unit(ends[1], unit)
        if high <= low:
            raise InputError(f"the ends {ends[0]!r} and {ends[1]!r} run backwards")
        return Drawn(kind, low, high, None, 0.0, unit)
    if "spread" not in raw:
        raise InputError(f"missing key 'spread' of a {kind} distribution, for example 10 %")
    spread = units.parse(raw["spread"], "")
    if spread <= 0 or spread > 10:
        raise InputError(f"a spread of {raw['spread']!r}; it must be above 0")
    if raw[kind] == "base":
        return Drawn(kind, 0.0, 0.0, None, spread, "")
    centre, unit = _number(raw[kind])
    if centre <= 0:
        raise InputError(f"{raw[kind]!r} must be above 0")
    return Drawn(kind, 0.0, 0.0, centre, spread, unit)


def with_unit(value: float, unit: str) -> Any:
    """A drawn number as a scenario writes it."""
    return _with_unit(value, unit, digits=17)


def _few(n: int) -> None:
    if n > MOST_VALUES:
        raise InputError(f"{n:,} values on one axis; the limit is {MOST_VALUES:,}")


def _number(raw: Any) -> tuple[float, str]:
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str)):
        raise InputError(f"{raw!r} is not a number with a unit")
    return units.split(raw) if isinstance(raw, str) else (float(raw), "")


def _in_unit(raw: Any, unit: str) -> float:
    """A number in `unit`, whatever unit of that kind it is written in."""
    value, own = _number(raw)
    if own == unit:
        return value
    return units.parse(raw, unit) / units.factor(unit)


def _with_unit(value: float, unit: str, digits: int = 12) -> Any:
    value = float(f"{value:.{digits}g}")
    if unit:
        return f"{value:.{digits}g} {unit}"
    return int(value) if value.is_integer() and abs(value) < 1e15 else value
