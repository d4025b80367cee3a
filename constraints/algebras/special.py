"""Special functions that rules need, for plain floats; `constraints.algebras.maths` lifts them to the rest."""

from __future__ import annotations

import math

_TINY = 1e-300
_TERMS = 200_000  # both expansions need a few times the root of `servers`


def exprel(x: float) -> float:
    """(e^x - 1) / x, and 1 at 0, without loss of digits near 0.

    >>> exprel(0.0), exprel(1e-12), exprel(-1.0) == 1 - math.exp(-1)
    (1.0, 1.0000000000005, True)
    """
    if x > 700.0:
        return math.inf
    return math.expm1(x) / x if x else 1.0


def beta_coverage(success: float, samples: float, concentration: float) -> float:
    """Mean of 1 - (1 - p)^samples over p that is Beta distributed with mean `success` and this concentration.

    With a = success x concentration and b the rest of it: 1 - B(a, b + samples) / B(a, b).

    >>> round(beta_coverage(0.6, 1, 5.0), 12), round(beta_coverage(0.5, 2, 2.0), 12)  # p even on [0, 1]: 2 / 3
    (0.6, 0.666666666667)
    """
    a, b = success * concentration, (1 - success) * concentration
    if a <= 0 or b <= 0 or samples <= 0:
        return 1.0 if a > 0 and samples > 0 else 0.0
    of = math.lgamma
    return -math.expm1(of(b + samples) - of(b) + of(a + b) - of(a + b + samples))


def erlang_blocking(servers: float, load: float) -> float:
    """Erlang's B, continued to any real number of servers.

    1/B = load * integral of exp(-load t) (1 + t)^servers, t from 0 (Jagers & van Doorn 1986), an incomplete
    gamma function: by its power series below the peak of the integrand, by its continued fraction
    above. Good to 1e-10 for thousands of servers.

    >>> erlang_blocking(1, 1.0), round(erlang_blocking(5000, 4900.0), 6), erlang_blocking(3, 0.0)
    (0.5, 0.002216, 0.0)
    """
    if load <= 0:
        return 0.0 if servers > 0 else 1.0
    if load < servers + 1:
        whole = math.lgamma(servers + 1) + load - servers * math.log(load)
        if whole > 700.0:
            return 0.0
        return 1 / (math.exp(whole) - _series(servers, load))
    return 1 / (load * _fraction(servers, load))


def _series(servers: float, load: float) -> float:
    """Sum over n of load^(n+1) / ((servers+1) ... (servers+1+n))."""
    term = total = load / (servers + 1)
    for n in range(2, _TERMS):
        term *= load / (servers + n)
        total += term
        if term < 1e-17 * total:
            break
    return total


def _fraction(servers: float, load: float) -> float:
    """Continued fraction of the upper incomplete gamma function, by Lentz's method."""
    b = load - servers
    c, d = 1 / _TINY, 1 / (b or _TINY)
    h = d
    for n in range(1, _TERMS):
        a = -n * (n - servers - 1)
        b += 2.0
        d = 1 / (a * d + b or _TINY)
        c = b + a / c or _TINY
        h *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return h
