"""Privacy accounting of DP-SGD: what noise a privacy budget asks for, and what budget a noise spends.

Each step is a Gaussian mechanism on a Poisson sample of the data. Its Renyi divergence is that of
Mironov, Talwar & Zhang 2019: the binomial sum of section 3.3 at integer orders, and the integral it
stands for at orders between. Steps add up (Mironov 2017, proposition 1), and the conversion to
(epsilon, delta) is that of Canonne, Kamath & Steinke 2020, proposition 12, at the best of a fixed set
of orders: an upper bound, within a percent of the best order.
"""

from __future__ import annotations

import math
from functools import cache, lru_cache

_ORDERS = tuple(
    sorted(
        (
            1.05, 1.1, 1.15, 1.2, 1.25, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2.2, 2.4, 2.6, 2.8, 3.3, 3.6, 4.5, 5.5,
            *range(2, 33), 36, 40, 48, 56, 64, 80, 96, 128, 192, 256, 512, 1024,
        )
    )
)  # fmt: skip
LEAST_NOISE, MOST_NOISE = 0.05, 1e6


@lru_cache(maxsize=4096)
def epsilon(noise: float, rate: float, steps: float, delta: float) -> float:
    """Epsilon spent by `steps` steps with noise of `noise` clipping norms on samples of share `rate`.

    NaN outside 0 < rate <= 1, 0 < delta < 1, noise > 0, steps >= 0.

    >>> round(epsilon(1.3, 256 / 60_000, 3510, 1e-5), 2)  # 15 passes over 60,000 examples
    0.95
    """
    if not (noise > 0 and 0 < rate <= 1 and 0 < delta < 1 and steps >= 0):
        return math.nan
    if math.isinf(noise):
        return 0.0

    @cache
    def at(i: int) -> float:
        order = _ORDERS[i]
        moment = steps * _log_moment(order, noise, rate)
        return float((moment - math.log(delta * order)) / (order - 1) + math.log1p(-1 / order))

    # Epsilon falls and then rises with the order: the interval it is least in is halved.
    low, high = 0, len(_ORDERS) - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if at(middle) <= at(middle + 1) else (middle + 1, high)
    return max(0.0, at(low))


@lru_cache(maxsize=4096)
def noise_multiplier(target: float, delta: float, rate: float, steps: float) -> float:
    """Least noise, in clipping norms, whose `epsilon` is at most `target`, to 1e-6 of itself.

    Infinite where none up to 1e6 is enough, NaN where `epsilon` is.

    >>> round(noise_multiplier(epsilon(1.3, 0.01, 1000, 1e-5), 1e-5, 0.01, 1000), 6)
    1.3
    """
    if not (target > 0 and 0 < rate <= 1 and 0 < delta < 1 and steps >= 0):
        return math.nan

    def excess(log_noise: float) -> float:
        spent = epsilon(math.exp(log_noise), rate, steps, delta)
        return max(-4.0, min(4.0, math.log(max(spent, 1e-300) / target)))

    low = high = 0.0
    over = under = excess(0.0)
    while under > 0:
        low, over, high = high, under, high + 1
        if high > math.log(MOST_NOISE):
            return math.inf
        under = excess(high)
    while over <= 0:
        high, under, low = low, over, low - 1
        if low < math.log(LEAST_NOISE):
            return LEAST_NOISE
        over = excess(low)
    for i in range(100):
        if high - low < 1e-6:
            break
        # The Illinois form of false position, with a bisection now and then for where it is flat.
        at = (low + high) / 2 if i % 4 == 3 else (low * under - high * over) / (under - over)
        found = excess(at)
        if found > 0:
            low, over, under = at, found, under / 2
        else:
            high, under, over = at, found, over / 2
    return math.exp(high)


def _log_moment(order: float, noise: float, rate: float) -> float:
    """(order - 1) times the Renyi divergence of one step."""
    if rate == 1:
        return order * (order - 1) / (2 * noise**2)
    return _by_sum(int(order), noise, rate) if order == int(order) else _by_integral(order, noise, rate)


def _by_sum(order: int, noise: float, rate: float) -> float:
    """At an integer order: the sum is 1 plus the terms from the second on, so that nothing cancels."""
    into, out = math.log(rate), math.log1p(-rate)
    logs = []
    for k, ways in enumerate(_log_binomials(order), 2):
        grown = (k * k - k) / (2 * noise**2)
        logs.append(ways + k * into + (order - k) * out + grown + math.log(-math.expm1(-grown)))
    return _log_of_one_plus(logs)


@cache
def _log_binomials(order: int) -> tuple[float, ...]:
    """Logarithms of (order choose k) for k from 2."""
    return tuple(math.log(math.comb(order, k)) for k in range(2, order + 1))


def _by_integral(order: float, noise: float, rate: float) -> float:
    """At any order: the mean of ratio^order less its tangent at 1, by the trapezoid rule.

    The ratio of the two densities has mean 1, so the tangent adds nothing but takes the cancellation out.
    """
    step = noise / 3
    logs = []
    for i in range(-30, int((order + 10 * noise) / step) + 1):
        x = i * step
        grown = (2 * x - 1) / (2 * noise**2)
        weight = -(x**2) / (2 * noise**2) - math.log(3 * math.sqrt(2 * math.pi))
        if grown > 30:
            # Far out the ratio is its exponential alone, and the tangent is nothing beside its power.
            logs.append(weight + order * (grown + math.log(rate + (1 - rate) * math.exp(-grown))))
            continue
        gain = rate * math.expm1(grown)
        rest = (
            order * (order - 1) / 2 * gain**2
            if abs(gain) < 1e-6
            else math.expm1(order * math.log1p(gain)) - order * gain
        )
        if rest > 0:
            logs.append(weight + math.log(rest))
    return _log_of_one_plus(logs)


def _log_of_one_plus(logs: list[float]) -> float:
    """log(1 + sum of exponentials)."""
    if not logs:
        return 0.0
    top = max(logs)
    total = top + math.log(sum(math.exp(x - top) for x in logs))
    return total if total > 40 else math.log1p(math.exp(total))
