"""How far a sweep is: one line that is rewritten on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from typing import TextIO

# Seconds between lines where nobody watches.
SELDOM = 10.0
OFTEN = 0.2


class Progress:
    """Counts points and says how many a second, and how long the rest will take."""

    def __init__(self, count: int, done: int, stream: TextIO | None):
        self.count, self.start, self.done, self.stream = count, done, done, stream
        self.live = stream is not None and stream.isatty()
        self.began = self.said = time.monotonic()

    def add(self, points: int) -> None:
        self.done += points
        now = time.monotonic()
        if now - self.said >= (OFTEN if self.live else SELDOM):
            self.said = now
            self._say(now)

    def _say(self, now: float) -> None:
        if self.stream is None:
            return
        text = line(self.done, self.count, self.done - self.start, now - self.began)
        if self.live:
            self.stream.write(f"\r{text}\x1b[K")
        else:
            self.stream.write(f"{text}\n")
        self.stream.flush()

    def close(self) -> None:
        """Take the line away: the result says the rest."""
        if self.live and self.stream is not None:
            self.stream.write("\r\x1b[K")
            self.stream.flush()


def line(done: int, count: int, made: int, seconds: float) -> str:
    """
    >>> line(2500, 10000, 2500, 5.0)
    '2,500 of 10,000 points   25 %   500 points/s   15 s left'
    """
    rate = made / seconds if seconds > 0 else 0.0
    left = f"   {duration((count - done) / rate)} left" if rate else ""
    shown = f"{rate:,.0f}" if rate >= 10 else f"{rate:.2g}"
    return f"{done:,} of {count:,} points   {100 * done // max(count, 1)} %   {shown} points/s{left}"


def duration(seconds: float) -> str:
    """
    >>> duration(0.04), duration(15.2), duration(400), duration(9000), duration(3e6)
    ('less than 1 s', '15 s', '7 min', '2.5 h', '35 days')
    """
    if seconds < 1:
        return "less than 1 s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172800 else f"{seconds / 86400:.0f} days"
