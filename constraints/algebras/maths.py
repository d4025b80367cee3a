"""The functions a rule body may use beside arithmetic.

Each works on floats, NumPy arrays and anything that brings its own version as a method
(symbols, intervals, pint quantities through `constraints.algebras.dimension`), so that one body serves
evaluation, the unit check, the explanation and LaTeX. NumPy is not imported here: an array is
recognised by the module it was made in, which keeps a single evaluation free of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from typing import Any

from constraints.algebras import special

_PLAIN = (int, float, bool)


def _numpy(*values: Any) -> Any:
    """NumPy if any value is one of its arrays or scalars, else None."""
    for v in values:
        if type(v).__module__ == "numpy":
            import numpy

            return numpy
    return None


def _own(name: str, *values: Any) -> Any:
    """A value's own implementation of a function, if one brings it."""
    for v in values:
        if not isinstance(v, _PLAIN) and type(v).__module__ != "numpy":
            method = getattr(v, "rule_" + name, None)
            if method is not None:
                return method
    return None


def _unary(name: str, plain: Any, x: Any) -> Any:
    if isinstance(x, _PLAIN):
        return plain(x)
    own = _own(name, x)
    if own is not None:
        return own(x)
    return getattr(_numpy(x), name)(x)


def _extremum(name: str, plain: Any, values: tuple[Any, ...]) -> Any:
    own = _own(name, *values)
    if own is not None:
        return own(*values)
    np = _numpy(*values)
    if np is None:
        # Python's own max and min drop what is not a number, or not, by its place.
        return next((v for v in values if v != v), None) or plain(values)
    return reduce(getattr(np, name), values)


def maximum(*values: Any) -> Any:
    """Largest value; not a number where any is not, as of arrays.

    >>> maximum(1.0, 3.0, 2.0), maximum(1.0, float("nan"))
    (3.0, nan)
    """
    return _extremum("maximum", max, values)


def minimum(*values: Any) -> Any:
    """Smallest value; not a number where any is not, as of arrays."""
    return _extremum("minimum", min, values)


def guarded(x: Any, least: Any = 1e-9) -> Any:
    """`x`, but `least` below it: what is divided by, or taken a logarithm of, where the formula ends.

    It is no part of the physics: a formula is shown without it wherever it does nothing.

    >>> guarded(0.25), guarded(-1.0), guarded(0.0, 1)
    (0.25, 1e-09, 1)
    """
    own = _own("guarded", x, least)
    return own(x, least) if own is not None else maximum(least, x)


def ceil(x: Any) -> Any:
    """Smallest integer not below `x`; a quotient within 1e-9 of an integer counts as that integer.

    >>> ceil(126 / 16), ceil(0.3 / 0.1)
    (8, 3)
    """
    return _unary("ceil", math.ceil, x - 1e-9)


def floor(x: Any) -> Any:
    """Largest integer not above `x`, with the same tolerance as `ceil`."""
    return _unary("floor", math.floor, x + 1e-9)


def sqrt(x: Any) -> Any:
    """Square root."""
    return _unary("sqrt", math.sqrt, x)


def log2(x: Any) -> Any:
    """Logarithm to base 2."""
    return _unary("log2", math.log2, x)


def _plain_exp(x: float) -> float:
    return math.exp(x) if x < 700.0 else math.inf


def exp(x: Any) -> Any:
    """Exponential; infinite (not an error) where a float overflows."""
    return _unary("exp", _plain_exp, x)


def log(x: Any) -> Any:
    """Natural logarithm."""
    return special_function("log", math.log, (1,), x)


def exprel(x: Any) -> Any:
    """(e^x - 1) / x, which is 1 at 0; exact near 0, where the quotient is not.

    >>> exprel(0.0), round(exprel(-1.0), 4)
    (1.0, 0.6321)
    """
    return special_function("exprel", special.exprel, (1,), x)


def erlang_blocking(servers: Any, load: Any) -> Any:
    """Erlang's B of `servers` at an offered `load`, also for a number of servers that is not whole.

    >>> round(erlang_blocking(2, 1.0), 6)
    0.2
    """
    return special_function("erlang_blocking", special.erlang_blocking, (-1, 1), servers, load)


def beta_coverage(success: Any, samples: Any, concentration: Any) -> Any:
    """Share of questions that some of several samples gets right, where success is Beta distributed among them.

    >>> round(beta_coverage(0.5, 2, 2.0), 6)
    0.666667
    """
    return special_function(
        "beta_coverage", special.beta_coverage, (1, 1, 1), success, samples, concentration
    )


def computed(name: str, plain: Callable[..., float], *args: Any) -> Any:
    """A function of pure numbers that has no closed form, computed by `plain` from floats."""
    return special_function(name, plain, None, *args)


def special_function(
    name: str, plain: Callable[..., float], trend: tuple[int, ...] | None, *args: Any
) -> Any:
    """A function of pure numbers: `trend` is 1 where it rises with one, -1 where it falls, if it is monotone.

    Symbols show it by its name; arrays run it once for every distinct row.
    """
    own = _own("special", *args)
    if own is not None:
        return own(name, plain, trend, *args)
    np = _numpy(*args)
    if np is None:
        return plain(*args)
    rows = np.stack([np.ravel(a) for a in np.broadcast_arrays(*args)], axis=1)
    distinct, back = np.unique(rows, axis=0, return_inverse=True)
    found = np.array([plain(*map(float, row)) for row in distinct], dtype=float)
    return found[back.reshape(-1)].reshape(np.broadcast_shapes(*(np.shape(a) for a in args)))[()]


_HALVINGS = 110  # more than a double has digits, from any bracket that a queue may need


def root(f: Callable[[Any], Any], low: Any, high: Any) -> Any:
    """Where a falling function crosses 0, by bisection of [low, high]; an end where it does not cross.

    `f` takes and returns what `low` and `high` are: floats, or arrays solved all at once.

    >>> round(root(lambda x: 2.0 - x * x, 0.0, 2.0), 12)
    1.414213562373
    """
    own = _own("root", high, f(low))
    if own is not None:
        return own(f, low, high)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        beyond = f(middle) > 0
        low, high = where(beyond, middle, low), where(beyond, high, middle)
    return (low + high) / 2


def where(condition: Any, yes: Any, no: Any) -> Any:
    """`yes` where the condition holds, else `no`.

    >>> where(2 > 1, 10.0, 20.0)
    10.0
    """
    own = _own("where", condition, yes, no)
    if own is not None:
        return own(condition, yes, no)
    np = _numpy(condition, yes, no)
    if np is None:
        return yes if condition else no
    return np.where(condition, yes, no)


def smooth_maximum(a: Any, b: Any, sharpness: Any) -> Any:
    """p-norm of two non-negative values: the larger one, rounded at the corner.

    Tends to `max(a, b)` as `sharpness` grows and is `a + b` at 1.

    >>> smooth_maximum(3.0, 4.0, 2.0), smooth_maximum(3.0, 4.0, 1.0)
    (5.0, 7.0)
    """
    own = _own("smooth_maximum", a, b, sharpness)
    if own is not None:
        return own(a, b, sharpness)
    top = maximum(a, b)
    scale = top + (top == 0)  # scaled so that large powers neither overflow nor vanish
    return top * ((a / scale) ** sharpness + (b / scale) ** sharpness) ** (1 / sharpness)
