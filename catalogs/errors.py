"""The one way a bad input is reported: where, what was found, what was expected."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing wrong with an input, on one line."""

    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    path: str | None = None

    def __str__(self) -> str:
        place = ":".join(str(p) for p in (self.file, self.line, self.column) if p is not None)
        return ": ".join(p for p in (place, self.path, self.message) if p)


class InputError(Exception):
    """Raised for any input that cannot be used as it stands; carries every problem found."""

    def __init__(self, *problems: Problem | str):
        self.problems = tuple(p if isinstance(p, Problem) else Problem(p) for p in problems)
        super().__init__("\n".join(map(str, self.problems)))


def nearest(name: str, known: Iterable[str]) -> str:
    """`"; did you mean 'x'?"` for the closest known name, else the empty string.

    >>> nearest("tpot_p9", ["tpot_p99", "ttft"])
    "; did you mean 'tpot_p99'?"
    """
    lowered = {k.lower(): k for k in known}
    found = difflib.get_close_matches(str(name).lower(), lowered, n=1, cutoff=0.55)
    return f"; did you mean {lowered[found[0]]!r}?" if found else ""
