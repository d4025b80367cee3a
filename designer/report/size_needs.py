"""Least values as they are shown, in a table or along a curve, and that they close."""

from __future__ import annotations

import math
from collections.abc import Iterable

from designer.answers.size import Need
from designer.words.numbers import digits, scale_of
from designer.words.text import wrap


def at_least(value: float, unit: str) -> str:
    """A least value, rounded up to three digits so that what is printed is enough.

    >>> at_least(2.8001e12, "byte/s"), at_least(2.8e12, "byte/s")
    ('2.81 TB/s', '2.8 TB/s')
    """
    size, name = scale_of(value, unit)
    number = value / size
    step = 10.0 ** (math.floor(math.log10(number)) - 2)
    up = math.ceil(number / step - 1e-6) * step
    return f"{digits(up)} {name}"


def cell(need: Need) -> str:
    """One need as a cell: a star marks what is more than the base part offers."""
    if need.status == "none":
        return "no value "
    if need.status == "any":
        return "any "
    assert need.value is not None
    star = "*" if need.value > need.base * (1 + 1e-9) else " "
    return f"≥ {at_least(need.value, need.unit)}{star}"


def closes(needs: Iterable[Need], width: int) -> list[str]:
    """What was done to show that the values are enough and that less is not."""
    closing = [n.closing for n in needs if n.closing]
    if not closing:
        return []
    designs = sum(c.designs for c in closing)
    one = len(closing) == 1
    return wrap(
        f"It closes: {'this value' if one else f'each of these {len(closing)} values'}, fed back as a part, meets"
        f" every target, and with 1 % less none of the layouts does ({designs:,} designs searched).",
        width,
    )
