"""The record of a quantity: what there is to know of it beside how it is made.

Every rule carries one (keyword arguments of `@rule`), and so does every input with something to say
(`constraints/inputs`). What is said once holds for every rule of the name, whatever job it belongs to;
`constraints.records` looks a name up.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

Better = Literal["less", "more"]
Needs = Literal["", "output", "waiting"]
Total = Literal["", "sum", "peak"]
_ALLOWED = {"better": get_args(Better), "needs": get_args(Needs), "total": get_args(Total)}

# A heading made of a title has so many lines of so many letters at most, and does not end in one of these.
LINES, LETTERS = 3, 14
_ARTICLES = ("a", "an", "the")
_LOOSE = re.compile(
    r"and|as|at|be|by|each|every|for|from|has|in|is|its?|no|of|on|one|or|per|so|than|that|to|where|with|.*'s",
    re.I,
)


@dataclass(frozen=True)
class Record:
    """What is said of a quantity. A field that is left alone says nothing.

    How it is shown: `title` is a sentence (of a rule, the first of its docstring), `head` a short heading of
    a column, where a line may break, and `phrase` words around a value of it, which stands for `{}`.
    `aliases` are other names people use. `share_of` names the quantity it is shown as a share of, `scale`
    the number it is counted in, and one that is `quiet` has no column where it is 0 everywhere. `per` says what
    the thing is that its unit counts one of, where the unit alone leaves that open.

    What it is for: `better` is the direction a planner wants, and `total` how a fleet's workloads make up its
    total: their sum, or the most at any one time. `sizes` marks what tells how many machines a design takes.
    `needs` says what a request must have for it to mean something: an output, or somebody waiting for it.
    `wasted` says, with `{}` for its value, what a design pays for without use.
    `feeds` names the time of the devices that a stage before them runs beside, `supply` and `demand` how much
    there is of what that stage is made of, and how much it would take to keep up.

    How it is known: `note` is what an answer should be read with where a budget is on it, and `unknown` says
    what to do where nobody states it. Where it is unknown and `guarded`,
    a limit keeps out every design that needs it. `market` marks what moves with the market or the site, and
    `least` the lowest it can be. `follows` names the published measurement whose spread it has, and
    `inversely` says that it falls as that grows.

    Of limits: one of `form` says which layouts there are at all, such as what must divide what. All others are
    lifted by more or other hardware or by less work, and are taken away to see what they keep out; those
    lifted by the smallest changes are `weighed` against budgets. `voids` names the quantity that loses its
    meaning, with all that is made of it, where the limit is broken.
    """

    name: str = ""
    unit: str = ""
    title: str = ""
    head: str = ""
    phrase: str = ""
    aliases: tuple[str, ...] = ()
    share_of: str = ""
    scale: float = 1.0
    quiet: bool = False
    per: str = ""
    better: Better = "less"
    total: Total = ""
    sizes: bool = False
    needs: Needs = ""
    feeds: str = ""
    supply: str = ""
    demand: str = ""
    unknown: str = ""
    note: str = ""
    wasted: str = ""
    guarded: bool = False
    market: bool = False
    least: float = 0.0
    follows: str = ""
    inversely: bool = False
    form: bool = False
    weighed: bool = False
    voids: str = ""

    def __post_init__(self) -> None:
        for name, allowed in _ALLOWED.items():
            if (said := getattr(self, name)) not in allowed:
                raise TypeError(
                    f"{self.name}: {name} is one of {', '.join(filter(None, allowed))}, not {said!r}"
                )

    @property
    def heading(self) -> str:
        """The heading of a column: the one that is said, or a short form of the title."""
        return self.head or short_form(self.title) or self.name.replace("_", " ")

    @property
    def in_words(self) -> str:
        """The heading on one line."""
        return self.heading.replace("\n", " ")

    def said(self) -> dict[str, Any]:
        """The fields that say something, beside name, unit and title."""
        return {
            f.name: value
            for f in fields(self)
            if (value := getattr(self, f.name)) != f.default and f.name not in ("name", "unit", "title")
        }

    def joined(self, other: Record) -> Record:
        """This record with what the other says as well. Raises TypeError where they contradict each other."""
        ours, theirs = self.said(), other.said()
        for name in ours.keys() & theirs.keys():
            if ours[name] != theirs[name]:
                raise TypeError(
                    f"{self.name}: {name} is {ours[name]!r} in one place and {theirs[name]!r} in another"
                )
        return replace(self, **theirs, title=self.title or other.title, unit=self.unit or other.unit)


def short_form(title: str) -> str:
    """A heading made of the first words of a title, on a few short lines.

    >>> short_form("Checkpoints the run writes, by all nodes together")
    'checkpoints\\nrun writes'
    >>> short_form("TP divides the attention heads of every layer"), short_form("")
    ('TP divides\\nattention\\nheads', '')
    """
    text = re.split(r"[,;:.(]\s*", title, maxsplit=1)[0].replace("`", "").replace(" a second", " per second")
    words = [w for w in text.split() if w.lower() not in _ARTICLES]
    if words and words[0][1:].islower():
        words[0] = words[0].lower()
    lines = _lines(words)
    words = " ".join(lines[:LINES]).split()
    while len(lines) > LINES and len(words) > 1 and _LOOSE.fullmatch(words[-1]):
        words.pop()
    return "\n".join(_lines(words))


def _lines(words: list[str]) -> list[str]:
    return textwrap.wrap(" ".join(words), LETTERS, break_long_words=False, break_on_hyphens=False)


def headings(of: Sequence[Record]) -> list[str]:
    """Headings of the columns of one table: where two short forms are the same, the names tell them apart.

    >>> [h.replace("\\n", " ") for h in headings([Record("a_share", title="A share"), Record("b", title="Share")])]
    ['a share', 'b']
    """
    found = [q.heading for q in of]
    return [
        "\n".join(_lines(q.name.split("_"))) if found.count(h) > 1 and not q.head else h
        for q, h in zip(of, found, strict=True)
    ]
