"""Weight of letters where a terminal has it: off unless somebody who prints to one turns it on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

_ON: ContextVar[bool] = ContextVar("weight", default=False)


@contextmanager
def weighted(on: bool) -> Iterator[None]:
    """Letters have weight inside, where `on`."""
    before = _ON.set(on)
    try:
        yield
    finally:
        _ON.reset(before)


def strong(lines: Sequence[str]) -> list[str]:
    """Lines that are read first, each bold where letters have weight.

    >>> strong(["Take A."])
    ['Take A.']
    >>> with weighted(True):
    ...     strong(["Take A."])
    ['\\x1b[1mTake A.\\x1b[0m']
    """
    return [f"\x1b[1m{line}\x1b[0m" for line in lines] if _ON.get() else list(lines)
