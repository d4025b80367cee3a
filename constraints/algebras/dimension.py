"""The dimension check of rules: a body is run on pint quantities, and everything it mixes up shows.

FLOP, token and request count things, as a device or a layer does, so they are taken as pure numbers;
bytes, seconds, dollars, kilograms, metres and joules are not. The number 0 is 0 in any unit, every
other literal is a pure number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NoReturn

from catalogs import units
from constraints.quantities import Constant
from constraints.rule import Rule

COUNTING = ("FLOP", "token", "request")
# Two sets of inputs, so that no coincidence of numbers (a 1, a 0, two equals) hides a branch.
_MAGNITUDES: tuple[Callable[[int], float], ...] = (lambda i: 2.0 + 3.0 * i, lambda i: 97.0 / (1.0 + 0.7 * i))


class DimensionError(Exception):
    """A rule mixes dimensions, or asks something of a quantity that has no meaning in its unit."""


def check(rule: Rule) -> str:
    """What is wrong with the dimensions of a rule, or the empty string.

    >>> from constraints.rule import find
    >>> check(find("ridge_point")), check(find("memory_fits"))
    ('', '')
    """
    for magnitude in _MAGNITUDES:
        inputs = {n: Dimensioned.of(magnitude(i), unit) for i, (n, unit) in enumerate(rule.inputs.items())}
        try:
            result = _run(rule, inputs)
        except DimensionError as e:
            return str(e)
        problem = _result(result, rule.unit)
        if problem:
            return problem
    return ""


def _run(rule: Rule, inputs: Mapping[str, Any]) -> Any:
    """The rule's result; what an instance has fixed is a quantity like the others here."""
    if rule.base is None:
        return rule.fn(**inputs)
    return rule.base(
        **{
            old: Dimensioned.of(new, new.unit) if isinstance(new, Constant) else inputs[new]
            for old, new in rule.given.items()
        }
    )


def _result(result: Any, unit: str) -> str:
    """Why `result` is not a quantity of `unit`, or the empty string."""
    if unit == "truth":
        return "" if isinstance(result, (Truth, bool)) else f"returns {_name(result)}, not a truth value"
    if isinstance(result, (Truth, bool)):
        return f"returns a truth value, not {_name(Dimensioned.of(1.0, unit))}"
    try:
        _same("returns", result, Dimensioned.of(1.0, unit), "instead of")
    except DimensionError as e:
        return str(e)
    return ""


class Truth:
    """The outcome of a comparison: joined with `&` and `|`, chosen by in `where`, nothing else."""

    def __init__(self, holds: bool):
        self.holds = holds

    def __and__(self, other: Any) -> Truth:
        return Truth(self.holds & _holds(other))

    def __or__(self, other: Any) -> Truth:
        return Truth(self.holds | _holds(other))

    __rand__, __ror__ = __and__, __or__

    def __bool__(self) -> NoReturn:
        raise DimensionError("branches on a comparison; use where(), which arrays and symbols know too")

    def __invert__(self) -> Truth:
        return Truth(not self.holds)

    def _number(self, *_: Any) -> NoReturn:
        raise DimensionError("calculates with the outcome of a comparison; use where()")

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _number
    __truediv__ = __rtruediv__ = __pow__ = __neg__ = _number

    def rule_where(self, condition: Any, yes: Any, no: Any) -> Any:
        return _where(condition, yes, no)


class Dimensioned:
    """A pint quantity as rule bodies see it: arithmetic, and the functions of `constraints.algebras.maths`."""

    def __init__(self, quantity: Any):
        self.quantity = quantity

    @staticmethod
    def of(magnitude: float, unit: str) -> Dimensioned:
        """A quantity in a unit of the annotations, counting units aside."""
        return Dimensioned(magnitude * _unit(unit))

    @property
    def pure(self) -> bool:
        return bool(self.quantity.dimensionless)

    @property
    def magnitude(self) -> float:
        return float(self.quantity.magnitude)

    def __add__(self, other: Any) -> Dimensioned:
        a, b = _same("adds", self, other)
        return Dimensioned(a.quantity + b.quantity)

    def __sub__(self, other: Any) -> Dimensioned:
        a, b = _same("subtracts", self, other)
        return Dimensioned(a.quantity - b.quantity)

    def __rsub__(self, other: Any) -> Dimensioned:
        a, b = _same("subtracts", other, self)
        return Dimensioned(a.quantity - b.quantity)

    def __mul__(self, other: Any) -> Dimensioned:
        return Dimensioned(self.quantity * _lift(other).quantity)

    __radd__, __rmul__ = __add__, __mul__

    def __truediv__(self, other: Any) -> Dimensioned:
        return Dimensioned(self.quantity / _nonzero(_lift(other)).quantity)

    def __rtruediv__(self, other: Any) -> Dimensioned:
        return Dimensioned(_lift(other).quantity / _nonzero(self).quantity)

    def __floordiv__(self, other: Any) -> Dimensioned:
        return _pure_pair("//", lambda a, b: a // b, self, other)

    def __rfloordiv__(self, other: Any) -> Dimensioned:
        return _pure_pair("//", lambda a, b: a // b, other, self)

    def __mod__(self, other: Any) -> Dimensioned:
        return _pure_pair("%", lambda a, b: a % b, self, other)

    def __rmod__(self, other: Any) -> Dimensioned:
        return _pure_pair("%", lambda a, b: a % b, other, self)

    def __pow__(self, exponent: Any) -> Dimensioned:
        power = _pure("an exponent of", exponent)
        if self.pure:
            return Dimensioned.of(math.exp(min(power * math.log(_positive(self).magnitude), 700.0)), "")
        if isinstance(exponent, Dimensioned):
            raise DimensionError(f"raises {_name(self)} to a power that varies")
        return Dimensioned(_positive(self).quantity ** power)

    def __rpow__(self, base: Any) -> Dimensioned:
        return _lift(base) ** self

    def __neg__(self) -> Dimensioned:
        return Dimensioned(-self.quantity)

    def __abs__(self) -> Dimensioned:
        return Dimensioned(abs(self.quantity))

    def _compare(self, other: Any, holds: Callable[[float, float], bool]) -> Truth:
        a, b = _same("compares", self, other)
        return Truth(holds(a.magnitude, b.magnitude))

    def __lt__(self, other: Any) -> Truth:
        return self._compare(other, lambda a, b: a < b)

    def __le__(self, other: Any) -> Truth:
        return self._compare(other, lambda a, b: a <= b)

    def __gt__(self, other: Any) -> Truth:
        return self._compare(other, lambda a, b: a > b)

    def __ge__(self, other: Any) -> Truth:
        return self._compare(other, lambda a, b: a >= b)

    def __eq__(self, other: object) -> Truth:  # type: ignore[override]
        return self._compare(other, lambda a, b: a == b)

    def __ne__(self, other: object) -> Truth:  # type: ignore[override]
        return self._compare(other, lambda a, b: a != b)

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> NoReturn:
        raise DimensionError("takes a quantity for a truth value; compare it with something")

    def rule_maximum(self, *values: Any) -> Dimensioned:
        return max(_alike("maximum of", *values), key=lambda v: v.magnitude)

    def rule_minimum(self, *values: Any) -> Dimensioned:
        return min(_alike("minimum of", *values), key=lambda v: v.magnitude)

    @staticmethod
    def rule_call(rule: Rule, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        return _run(rule, {**dict(zip(rule.inputs, args, strict=False)), **kwargs})

    def rule_ceil(self, x: Any) -> Dimensioned:
        return Dimensioned.of(math.ceil(_pure("ceil of", x)), "")

    def rule_floor(self, x: Any) -> Dimensioned:
        return Dimensioned.of(math.floor(_pure("floor of", x)), "")

    def rule_sqrt(self, x: Any) -> Dimensioned:
        return Dimensioned(_positive(_lift(x)).quantity ** 0.5)

    def rule_log2(self, x: Any) -> Dimensioned:
        return Dimensioned.of(math.log2(abs(_pure("log2 of", x)) or 1.0), "")

    def rule_exp(self, x: Any) -> Dimensioned:
        return Dimensioned.of(math.exp(min(_pure("exp of", x), 700.0)), "")

    def rule_special(self, name: str, plain: Callable[..., float], trend: Any, *args: Any) -> Dimensioned:
        return Dimensioned.of(plain(*(abs(_pure(f"{name} of", a)) for a in args)), "")

    def rule_root(self, f: Callable[[Any], Any], low: Any, high: Any) -> Dimensioned:
        _, middle = _same("looks for a root between", low, high)
        f(middle)  # whatever it does to the unknown is checked as it is done
        return middle

    def rule_where(self, condition: Any, yes: Any, no: Any) -> Any:
        return _where(condition, yes, no)

    def rule_smooth_maximum(self, a: Any, b: Any, sharpness: Any) -> Dimensioned:
        _pure("the sharpness of a smooth maximum", sharpness)
        return self.rule_maximum(a, b)


@cache
def _unit(unit: str) -> Any:
    """One `unit` in base units, without those that count."""
    registry = units.registry()
    q = registry.Quantity(1.0, unit).to_base_units()
    for name, power in q.unit_items():
        if name in COUNTING:
            q = q / registry.Quantity(1.0, name) ** power
    return q


def _lift(value: Any) -> Dimensioned:
    """A literal as a pure number."""
    if isinstance(value, Dimensioned):
        return value
    if isinstance(value, (Truth, bool)):
        raise DimensionError("calculates with the outcome of a comparison; use where()")
    return Dimensioned.of(float(value), "")


def _is_zero(value: Any) -> bool:
    return isinstance(value, (int, float)) and value == 0


def _alike(verb: str, *values: Any) -> list[Dimensioned]:
    """The values, each 0 in the unit of the others; refused unless they then have one dimension."""
    typed = [v for v in values if not _is_zero(v)]
    first = _lift(typed[0]) if typed else _lift(0)
    return [_same(verb, first, v)[1] for v in values]


def _same(verb: str, a: Any, b: Any, joint: str = "and") -> tuple[Dimensioned, Dimensioned]:
    x, y = _lift(a), _lift(b)
    if _is_zero(a):
        x = Dimensioned(0 * y.quantity)
    if _is_zero(b):
        y = Dimensioned(0 * x.quantity)
    if x.quantity.dimensionality != y.quantity.dimensionality:
        raise DimensionError(f"{verb} {_name(x)} {joint} {_name(y)}")
    return x, y


def _pure(what: str, value: Any) -> float:
    v = _lift(value)
    if not v.pure:
        raise DimensionError(f"{what} {_name(v)}, which must be a pure number")
    return v.magnitude


def _pure_pair(what: str, do: Callable[[float, float], float], a: Any, b: Any) -> Dimensioned:
    x, y = _pure(f"{what} of", a), _pure(f"{what} by", b)
    return Dimensioned.of(do(x, y or 1.0), "")


def _nonzero(value: Dimensioned) -> Dimensioned:
    """Magnitudes are arbitrary, so one that happens to be 0 may be replaced."""
    return value if value.magnitude else Dimensioned(value.quantity.units * 1.0)


def _positive(value: Dimensioned) -> Dimensioned:
    return _nonzero(Dimensioned(abs(value.quantity)))


def _holds(value: Any) -> bool:
    if isinstance(value, Truth):
        return value.holds
    if isinstance(value, bool):
        return value
    raise DimensionError(f"joins a comparison with {_name(value)}")


def _where(condition: Any, yes: Any, no: Any) -> Any:
    holds = _holds(condition)
    if isinstance(yes, (Truth, bool)) and isinstance(no, (Truth, bool)):
        return yes if holds else no
    a, b = _same("chooses between", yes, no)
    return a if holds else b


def _name(value: Any) -> str:
    """The dimension of a value, for people."""
    if isinstance(value, (Truth, bool)):
        return "a truth value"
    return units.dimension(str(_lift(value).quantity.units))
