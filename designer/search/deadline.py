"""Where a search gives up: its deadline, looked at wherever work may take long."""

from __future__ import annotations

import time


class OutOfTime(Exception):
    """The time limit was reached before the space was exhausted."""


def check(deadline: float | None) -> None:
    """Raises OutOfTime when `deadline` (of `time.monotonic`) has passed; None never does."""
    if deadline is not None and time.monotonic() > deadline:
        raise OutOfTime
