"""Numbers for people: a value in SI and its unit, as short text."""

from __future__ import annotations

import math
import operator

_ADMITS = {"<=": operator.le, "<": operator.lt, ">=": operator.ge, ">": operator.gt}
# For each SI unit: larger and smaller units it is read in, largest first.
_SCALES: dict[str, list[tuple[float, str]]] = {
    "s": [
        (86400.0, "day"),
        (3600.0, "h"),
        (60.0, "min"),
        (1.0, "s"),
        (1e-3, "ms"),
        (1e-6, "us"),
        (1e-9, "ns"),
    ],
    "m": [(1e3, "km"), (1.0, "m")],
    "m/s": [(1e6, "km/ms"), (1.0, "m/s")],
    "1/s": [(1.0, "1/s")],
    "byte": [(1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B")],
    "byte/s": [(1e12, "TB/s"), (1e9, "GB/s"), (1e6, "MB/s"), (1.0, "B/s")],
    "byte/token": [(1e6, "MB/token"), (1e3, "kB/token"), (1.0, "B/token")],
    "FLOP": [
        (1e21, "ZFLOP"),
        (1e18, "EFLOP"),
        (1e15, "PFLOP"),
        (1e12, "TFLOP"),
        (1e9, "GFLOP"),
        (1.0, "FLOP"),
    ],
    "FLOP/s": [(1e18, "EFLOP/s"), (1e15, "PFLOP/s"), (1e12, "TFLOP/s"), (1e9, "GFLOP/s"), (1.0, "FLOP/s")],
    "FLOP/token": [(1e12, "TFLOP/token"), (1e9, "GFLOP/token"), (1.0, "FLOP/token")],
    "token": [(1e12, "Ttoken"), (1e9, "Gtoken"), (1e6, "Mtoken"), (1.0, "token")],
    "token/s": [(1e6, "Mtoken/s"), (1e3, "ktoken/s"), (1.0, "token/s")],
    "sample": [(1e9, "Gsample"), (1e6, "Msample"), (1.0, "sample")],
    "sample/s": [(1e6, "Msample/s"), (1.0, "sample/s")],
    "byte/sample": [(1e9, "GB/sample"), (1e6, "MB/sample"), (1e3, "kB/sample"), (1.0, "B/sample")],
    "FLOP/sample": [(1e12, "TFLOP/sample"), (1e9, "GFLOP/sample"), (1.0, "FLOP/sample")],
    "request": [(1e9, "Grequest"), (1e6, "Mrequest"), (1.0, "request")],
    "request/s": [(1.0, "request/s")],
    "W": [(1e9, "GW"), (1e6, "MW"), (1e3, "kW"), (1.0, "W")],
    "J": [(3.6e15, "TWh"), (3.6e12, "GWh"), (3.6e9, "MWh"), (3.6e6, "kWh"), (1.0, "J")],
    "kg": [(1e6, "kt"), (1e3, "t"), (1.0, "kg"), (1e-3, "g")],
    "kg/J": [(1 / 3.6e9, "g/kWh")],
    "kg/token": [(1e-9, "g/Mtoken")],
    "m**3": [(1.0, "m**3"), (1e-3, "L")],
    "m**3/J": [(1 / 3.6e9, "L/kWh")],
    "USD": [(1e9, "GUSD"), (1e6, "MUSD"), (1e3, "kUSD"), (1.0, "USD")],
    "USD/s": [(1 / 3600.0, "USD/h")],
    "USD/J": [(1 / 3.6e6, "USD/kWh")],
    "USD/token": [(1e-6, "USD/Mtoken")],
}


def count(x: float) -> str:
    """A count for a message, however large.

    >>> count(8192), count(1e300)
    ('8,192', '1e+300')
    """
    return f"{x:,.0f}" if x < 1e15 and float(x).is_integer() else f"{x:g}"


def digits(x: float, significant: int = 3) -> str:
    """A number with about three significant digits and no exponent where it can be avoided.

    >>> [digits(x) for x in (16384, 1234567, 41.79, 0.0312, 5.0, 1e-9)]
    ['16,384', '1,234,567', '41.8', '0.0312', '5', '1e-09']
    """
    if x == 0:
        return "0"
    if abs(x) >= 10**significant or (float(x).is_integer() and abs(x) < 1e15):
        return f"{x:,.0f}"
    if abs(x) < 1e-4:
        return f"{x:.{significant}g}"
    places = max(0, significant - 1 - math.floor(math.log10(abs(x))))
    text = f"{x:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def human(value: float | None, unit: str) -> str:
    """A quantity in the unit people read it in.

    >>> human(5.6, "s"), human(5785648.1, "s"), human(80e9, "byte"), human(0.414, "%"), human(None, "USD")
    ('5.6 s', '67 day', '80 GB', '41.4 %', 'unknown')
    >>> human(1.9 / 3600, "USD/s"), human(16384.0, "")
    ('1.9 USD/h', '16,384')
    """
    if value is None or math.isnan(value):
        return "unknown"
    if math.isinf(value):
        return "unbounded"
    if unit == "truth":
        return "yes" if value else "no"
    size, name = scale_of(value, unit)
    # Losses of very different models differ in the third digit.
    return f"{digits(value / size, 4 if unit == 'nat' else 3)} {name}".rstrip()


def scale_of(value: float, unit: str) -> tuple[float, str]:
    """The unit people read a value of this size in: its SI size and its name.

    >>> scale_of(5785648.1, "s"), scale_of(0.4, "%"), scale_of(7.0, "")
    ((86400.0, 'day'), (0.01, '%'), (1.0, ''))
    """
    if unit == "%":
        return 0.01, "%"
    scales = _SCALES.get(unit)
    if not scales:
        return 1.0, unit
    if value == 0:
        return next((s for s in scales if s[0] == 1.0), scales[0])
    for size, name in scales:
        # A day is worth saying from two days on, an hour from two hours on.
        floor = 2 * size if name in ("day", "h", "min") else 10 * size if name == "kUSD" else size
        if abs(value) >= floor * (1 - 1e-9):
            return size, name
    return scales[-1]


def written(value: float, unit: str) -> str:
    """A value as one types it into a command: nothing rounded away, with the unit people read it in.

    >>> written(140e9, "byte"), written(2e-6, "s"), written(1024.0, ""), written(0.3, "%"), written(1 / 3, "s")
    ('140GB', '2us', '1024', '30%', '333.333333333ms')
    """
    size, name = scale_of(value, unit)
    text = f"{value / size:.12g}"
    if name in ("day", "h", "min") and len(text) > 6:
        text, name = f"{value:.12g}", "s"
    return f"{text}{name.removeprefix('1')}"


def exactly(value: float, unit: str) -> str:
    """A value in the unit people read it in, nothing rounded away, as a file says it.

    >>> exactly(65536.0, "token"), exactly(0.4, "request/s"), exactly(300.0, "s")
    ('65536 token', '0.4 request/s', '5 min')
    """
    size, name = scale_of(value, unit)
    return f"{value / size:.12g} {name}".rstrip()


def admitting(op: str, value: float, unit: str) -> str:
    """A readable bound that just admits `value`: four digits, rounded to the admitting side.

    >>> admitting("<=", 8050630.0, "s"), admitting(">=", 37.86538, ""), admitting("<", 2.0, "")
    ('93.18 day', '37.86', '2.001')
    """
    size, name = scale_of(value, unit)
    scaled = value / size
    step = 10.0 ** (math.floor(math.log10(abs(scaled))) - 3) if scaled else 1e-3
    away = step if op in ("<=", "<") else -step
    bound = round(scaled / step) * step
    while not _ADMITS[op](value, float(f"{bound:.12g}") * size):
        bound += away
    return f"{bound:.12g} {name}".rstrip()


def percent(share: float, significant: int = 2, *, signed: bool = False) -> str:
    """A share as text without an exponent.

    >>> percent(0.0123), percent(0.296), percent(3.357), percent(1.0, signed=True), percent(-0.0000459, 3)
    ('1.2 %', '30 %', '336 %', '+100 %', '-0.00459 %')
    """
    return f"{'+' if signed and share >= 0 else ''}{digits(100 * share, significant)} %"
