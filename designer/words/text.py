"""Plain text for a terminal: fits the width it is given, drops columns rather than cut words."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_NUMBER_AND_UNIT = re.compile(
    r"(?<=\d) (?=(?:%|day|min|h|[mun]?s|[kMGTP]?B|[kMGTPEZ]?FLOP|[kMG]?Wh?|[kMG]?USD|[kMGT]?token|[MG]?request"
    r"|kg|kt|t|g|L)(?![\w=]))"
)


# What a table leaves at least of a last column that reads from the left.
LAST = 8


@dataclass(frozen=True)
class Column:
    """A column of a table. Columns of higher `priority` numbers are dropped first."""

    title: str
    cells: Sequence[str]
    right: bool = True
    priority: int = 0

    @property
    def width(self) -> int:
        return max(len(line) for line in [*self.title.split("\n"), *self.cells])


def table(columns: Sequence[Column], width: int) -> list[str]:
    """Lines of a table no wider than `width`, with a rule under the head."""
    shown = list(columns)
    while len(shown) > 1 and _needed(shown) > width:
        worst = max(c.priority for c in shown)
        if worst == 0:
            break
        shown.remove([c for c in shown if c.priority == worst][-1])
    last = shown[-1]
    room = width - _needed(shown[:-1]) - 2
    if not last.right and last.width > room:
        shown[-1] = Column(
            last.title, [shorten(c, max(LAST, room)) for c in last.cells], False, last.priority
        )
    heights = max(c.title.count("\n") + 1 for c in shown)
    lines = []
    for h in range(heights):
        parts = []
        for c in shown:
            title = c.title.split("\n")
            cell = title[h - heights + len(title)] if h >= heights - len(title) else ""
            parts.append(cell.rjust(c.width) if c.right else cell.ljust(c.width))
        lines.append("  ".join(parts).rstrip())
    lines.append("─" * min(width, _needed(shown)))
    for i in range(len(shown[0].cells)):
        lines.append(
            "  ".join(
                c.cells[i].rjust(c.width) if c.right else c.cells[i].ljust(c.width) for c in shown
            ).rstrip()
        )
    return lines


def blocks(ids: Column, first: Sequence[Column], rest: Sequence[Column], width: int) -> list[str]:
    """A table of the columns `first` and then the `rest`; those of the first that do not fit follow in further ones.

    Of the rest a table keeps those of priority 0, and of its last column a few letters.
    """
    kept, later = list(first), list[Column]()
    fixed = [c.width for c in rest[:-1] if c.priority == 0] + [min(c.width, LAST) for c in rest[-1:]]
    while kept and sum(c.width + 2 for c in (ids, *kept)) + sum(w + 2 for w in fixed) - 2 > width:
        later.insert(0, kept.pop())
    if later and not kept and not rest:  # a column wider than the page is not cut
        kept = [later.pop(0)]
    lines = table([ids, *kept, *rest], width)
    return [*lines, "", *blocks(ids, later, (), width)] if later else lines


def _needed(columns: Sequence[Column]) -> int:
    return sum(c.width for c in columns) + 2 * (len(columns) - 1)


def shorten(text: str, width: int) -> str:
    """Text cut at a word so that it fits, with an ellipsis."""
    if len(text) <= width:
        return text
    cut = text[: width - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > width // 2 else cut).rstrip(" ,") + "…"


def wrap(text: str, width: int, indent: int = 0, hanging: int | None = None) -> list[str]:
    """Text over several lines; lines after the first are indented by `hanging`.

    A number stays with its unit.
    """
    lines = textwrap.wrap(
        _NUMBER_AND_UNIT.sub("\xa0", text),
        width,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent if hanging is None else hanging),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace("\xa0", " ") for line in lines]


def listed(names: Iterable[str], last: str = "or") -> str:
    """Names as a sentence lists them.

    >>> listed(["a", "b", "c"]), listed(["a", "b"], "and")
    ('a, b or c', 'a and b')
    """
    *first, end = names
    return f"{', '.join(first)} {last} {end}" if first else end


def bar(share: float, cells: int = 8) -> str:
    """A filled bar.

    >>> bar(0.5), bar(1.3)
    ('████····', '████████')
    """
    full = round(max(0.0, min(1.0, share)) * cells)
    return "█" * full + "·" * (cells - full)


def unit_in_head(title: str, cells: list[str]) -> tuple[str, list[str]]:
    """A column with the unit that all its cells share said once, in the title.

    >>> unit_in_head("time", ["3 s", "4 s"]), unit_in_head("time", ["3 s", "4 ms"])
    (('time\\ns', ['3', '4']), ('time', ['3 s', '4 ms']))
    """
    parts = [c.split(" ") for c in cells]
    units = {p[1] for p in parts if len(p) == 2}
    if len(units) != 1 or any(len(p) != 2 for p in parts):
        return title, cells
    return f"{title}\n{units.pop()}", [p[0] for p in parts]
