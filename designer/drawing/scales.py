"""From values to places on a sheet: linear and logarithmic axes with round marks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

# From this ratio of largest to smallest on, an axis is logarithmic.
SPAN = 20.0


@dataclass(frozen=True)
class Scale:
    """An axis from `low` to `high`, drawn from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float
    log: bool

    def at(self, value: float) -> float:
        """Where a value stands.

        >>> Scale(1, 100, 0, 10, True).at(10), Scale(0, 4, 0, 8, False).at(1)
        (5.0, 2.0)
        """
        if self.log:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self, most: int = 6) -> list[float]:
        """Round values within it.

        >>> Scale(0, 10, 0, 1, False).ticks(5), Scale(1, 1000, 0, 1, True).ticks(4)
        ([0.0, 2.0, 4.0, 6.0, 8.0, 10.0], [1.0, 10.0, 100.0, 1000.0])
        """
        if self.log:
            first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
            for steps in ((1, 2, 5), (1, 3), (1,)):
                found = [s * 10.0**e for e in range(first, last + 1) for s in steps]
                found = [v for v in found if self.low * 0.999 <= v <= self.high * 1.001]
                if len(found) <= most:
                    return found
            each = math.ceil(len(found) / most)
            return found[::each]
        raw = (self.high - self.low) / most
        size = 10.0 ** math.floor(math.log10(raw))
        step = next(k * size for k in (1, 2, 5, 10) if k * size >= raw * 0.999)
        first = math.ceil(self.low / step - 1e-9)
        return [round(i * step, 12) for i in range(first, math.floor(self.high / step + 1e-9) + 1)]


def scale_for(values: Sequence[float], start: float, end: float) -> Scale:
    """An axis that holds these values with some room, logarithmic where they span.

    >>> scale_for([1.0, 2.0], 0, 10).log, scale_for([1.0, 200.0], 0, 10).log
    (False, True)
    """
    low, high = min(values), max(values)
    if low > 0 and high / low > SPAN:
        room = (high / low) ** 0.05
        return Scale(low / room, high * room, start, end, True)
    room = 0.06 * (high - low) or 0.1 * abs(high) or 1.0
    return Scale(max(0.0, low - room) if low >= 0 else low - room, high + room, start, end, False)
