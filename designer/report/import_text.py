"""An imported model as text: what was found, and the entry or where it was written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from designer.words.text import wrap

WIDTH = 100


def imported_text(rows: Sequence[tuple[str, str]], entry: str, written: Path | None) -> str:
    """The rows as lines; as comments above the entry where it was not written to a file."""
    start = "" if written else "# "
    names = max(len(name) for name, _ in rows) + 2
    lines = []
    for name, text in rows:
        first, *more = wrap(text, WIDTH - names - len(start))
        lines += [f"{start}{name:<{names}}{first}", *(f"{start}{'':<{names}}{line}" for line in more)]
    if written:
        return "\n".join([*lines, f"{'written':<{names}}{written}"])
    return "\n".join([*lines, entry.rstrip("\n")])
