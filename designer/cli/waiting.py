"""A word to whoever waits at a terminal: after two seconds, how long it has been."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

# Nothing is said before so many seconds, and then again after each step.
FIRST, STEP = 2.0, 0.5


@contextmanager
def waiting(doing: str) -> Iterator[None]:
    """Say on the error stream, where that is a terminal, what is being done and for how long; wiped when it is over."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield
        return
    over, started = threading.Event(), time.monotonic()

    def tell() -> None:
        pause = FIRST
        while not over.wait(pause):
            print(f"\r{doing}, {time.monotonic() - started:.0f} s", end="\x1b[K", file=sys.stderr, flush=True)
            pause = STEP

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join()
        if time.monotonic() - started >= FIRST:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
