"""Quantities at the edges: text with a unit in, plain SI floats inside, text out.

SI here means second, byte, FLOP, token, request, USD, kilogram, metre, joule, watt.
"""

from __future__ import annotations

import math
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from catalogs.errors import InputError

if TYPE_CHECKING:
    import pint

# What each dimension is kept in inside; the only units that differ from pint's base are mass (gram)
# and those built on it.
SI_UNITS = ("s", "byte", "FLOP", "token", "request", "USD", "kg", "m", "J", "W")


# Names joined by * and /, each with a small power. Units are read by pint's parser, which is Python's:
# it takes far more than units, and 9**9**9 for ever.
_FACTOR = r"(?:1|[A-Za-zµμ%°][\wµμ%]*)(?: ?(?:\*\*|\^) ?-?[0-9]{1,2}(?:\.[0-9]+)?)?"
_UNIT = re.compile(rf"{_FACTOR}(?:(?: ?[*/] ?| ){_FACTOR})*")
_MAX_UNIT = 100
_MAX_TEXT = 200


@cache
def registry() -> pint.UnitRegistry[Any]:
    """The one unit registry, read from `units.txt` on first use."""
    import pint

    text = files("catalogs").joinpath("units.txt").read_text(encoding="utf-8")
    ureg: pint.UnitRegistry[Any] = pint.UnitRegistry(None)
    ureg.load_definitions(text.splitlines())
    return ureg


# What is counted in whole numbers or bytes has no thousandths: a small m is a slip there.
_MILLI = re.compile(r"(?<![A-Za-z])m(token|tok|request|req|FLOP|flop|OP|USD|byte|B|bit)s?(?![A-Za-z])")
# What the commonest dimensions are called in a message.
_SPOKEN = {"W": "a power", "J": "an energy", "s": "a time", "byte": "bytes", "kg": "a mass", "USD": "money",
           "m**3": "a volume", "FLOP": "FLOP", "token": "tokens", "request": "requests"}  # fmt: skip


@cache
def spoken(dimension_text: str) -> str:
    """A dimension in words where it has one.

    >>> spoken(dimension("kWh")), spoken(dimension("GB/s"))
    ('an energy (J)', '[information] / [time]')
    """
    named = (f"{name} ({unit})" for unit, name in _SPOKEN.items() if dimension(unit) == dimension_text)
    return next(named, dimension_text)


@cache
def _unit_factor(unit: str) -> tuple[float, str]:
    """SI factor and dimensionality text of a unit expression."""
    import pint

    if unit.startswith("/"):  # 40/s
        unit = "1" + unit
    if unit and (len(unit) > _MAX_UNIT or not _UNIT.fullmatch(unit)):
        raise InputError(f"unknown unit {unit if len(unit) <= _MAX_UNIT else unit[:60] + '...'!r}")
    if slip := _MILLI.search(unit):
        meant = unit[: slip.start()] + "M" + unit[slip.start() + 1 :]
        raise InputError(f"unknown unit {unit!r}: there is no thousandth of it; did you mean {meant!r}?")
    try:
        q = registry().Quantity(1.0, registry().Unit(unit) if unit else "")
    except (pint.UndefinedUnitError, pint.DefinitionSyntaxError, ValueError, TypeError, AttributeError) as e:
        raise InputError(f"unknown unit {unit!r}") from e
    grams: Any = q.dimensionality.get("[mass]", 0)
    return float(q.to_base_units().magnitude) * 1e-3**grams, _dimension_text(q.dimensionality)


def _dimension_text(dims: Any) -> str:
    up = [f"{k}^{v:g}" if v != 1 else k for k, v in sorted(dims.items()) if v > 0]
    down = [f"{k}^{-v:g}" if v != -1 else k for k, v in sorted(dims.items()) if v < 0]
    if not up and not down:
        return "a pure number"
    return (" ".join(up) or "1") + ("".join(f" / {d}" for d in down))


def dimension(unit: str) -> str:
    """Dimension of a unit, as text that compares equal for equal dimensions.

    >>> dimension("kWh") == dimension("J"), dimension("GB/s")
    (True, '[information] / [time]')
    """
    return _unit_factor(unit)[1]


def dimension_of(text: str) -> str:
    """Dimension of a quantity text, or the empty string where it is none.

    >>> dimension_of("250 MB/s"), dimension_of("fast")
    ('[information] / [time]', '')
    """
    try:
        return dimension(split(text)[1])
    except InputError:
        return ""


def factor(unit: str) -> float:
    """SI value of one `unit`.

    >>> factor("TB/s"), factor("kWh"), factor("kg")
    (1000000000000.0, 3600000.0, 1.0)
    """
    return _unit_factor(unit)[0]


def split(text: str) -> tuple[float, str]:
    """Number and unit of a quantity text; raises InputError when it is not one.

    >>> split("3.35 TB/s")
    (3.35, 'TB/s')
    """
    s = text.strip()
    if len(s) > _MAX_TEXT:
        raise InputError(f"{s[:40] + '...'!r} is not a number with a unit")
    end = len(s)
    while end > 0:
        head = s[:end].strip()
        try:
            value = float(head.replace("_", ""))
        except ValueError:
            end -= 1
            continue
        if s[end : end + 1].isalnum() and end < len(s) and head[-1:].isalpha():
            end -= 1
            continue
        if not math.isfinite(value):
            raise InputError(f"{text!r} is not a finite number")
        if s[end:].lstrip().startswith(","):
            raise InputError(f"{text!r} is not a number with a unit; leave out the comma")
        return value, s[end:].strip()
    raise InputError(f"{text!r} is not a number with a unit")


def parse(text: object, unit: str) -> float:
    """SI value of `text`, which must have the dimension of `unit`.

    A bare number is taken only when `unit` is a pure number.

    >>> parse("80 GB", "byte"), parse("12 %", ""), parse("40/s", "1/s")
    (80000000000.0, 0.12, 40.0)
    """
    if isinstance(text, bool) or not isinstance(text, (int, float, str)):
        raise InputError(f"{_short(text)} is not a quantity; write it like {f'1 {unit}'.strip()!r}")
    value, found = split(str(text)) if isinstance(text, str) else (float(text), "")
    if not math.isfinite(value):
        raise InputError(f"{text!r} is not a finite number")
    want = dimension(unit)
    if not found and want != dimension(""):
        raise InputError(f"{text!r} has no unit; write it like '{value:g} {unit}'")
    f, have = _unit_factor(found)
    if have != want:
        raise InputError(
            f"{text!r} is {spoken(have)}, expected {spoken(want)} (for example {f'1 {unit}'.strip()!r})"
        )
    if not math.isfinite(value * f):
        raise InputError(f"{text!r} is not a finite number")
    return value * f


def _short(value: object) -> str:
    kind = {bool: f"{value} (a truth value)", dict: "a mapping", list: "a list"}.get(type(value))
    return kind or repr(value)


@cache
def base_unit(dimension_text: str) -> str:
    """A unit expression of the given dimension, as made by `dimension`.

    >>> dimension(base_unit(dimension("W"))) == dimension("W")
    True
    """
    if dimension_text == dimension(""):
        return ""
    names = {
        "[length]": "m", "[time]": "s", "[mass]": "g", "[information]": "byte", "[compute]": "FLOP",
        "[token]": "token", "[request]": "request", "[currency]": "USD",
    }  # fmt: skip

    def power(part: str) -> str:
        name, _, exponent = part.partition("^")
        return f"{names[name]}**{exponent or 1}"

    up, *down = dimension_text.split(" / ")
    top = "*".join(map(power, up.split())) if up != "1" else "1"
    return "/".join([top, *map(power, down)])
