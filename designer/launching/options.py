"""The options of a launcher as a table, and the words of a line read by it: none is lost."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from catalogs.errors import InputError, nearest

Takes = Literal["one", "nothing", "several", "perhaps"]
_TAKES: dict[str, Takes] = {"!": "nothing", "*": "several", "?": "perhaps"}
_NUMBER = re.compile(r"-\.?\d")


@dataclass(frozen=True)
class LaunchOption:
    """An option: how many words it takes, and what it does that no number here knows."""

    name: str
    takes: Takes = "one"
    effect: str = ""
    refused: bool = False


@dataclass(frozen=True)
class Remark:
    """Something that a launch says and the answer does not hold."""

    option: str
    text: str


@dataclass(frozen=True)
class Grammar:
    """The options of one launcher.

    Written as one word each, `long-name|other|o`, which ends in `!` where it takes no value, in `*` where it
    takes several and in `?` where it may. Those that are `read` become decisions, those that are `quiet` change
    no number here; of those `beside` an answer and of those `refused` it is said what they do. Where
    `prefixes` are taken, the beginning of a name is enough.
    """

    title: str
    options: Mapping[str, LaunchOption]
    names: Mapping[str, str]
    prefixes: bool = False


def grammar(
    title: str, *, read: str, quiet: str = "", beside: Mapping[str, str] | None = None,
    refused: Mapping[str, str] | None = None, prefixes: bool = False,
) -> Grammar:  # fmt: skip
    """A table of options from their short notation."""
    options: dict[str, LaunchOption] = {}
    names: dict[str, str] = {}
    rows = [*((w, "", False) for w in (*read.split(), *quiet.split()))]
    rows += [(w, text, False) for w, text in (beside or {}).items()]
    rows += [(w, text, True) for w, text in (refused or {}).items()]
    for word, effect, no in rows:
        takes: Takes = _TAKES.get(word[-1], "one")
        long, *others = word.rstrip("!*?").split("|")
        options[long] = LaunchOption(long, takes, effect, no)
        names |= dict.fromkeys((long, *others), long)
    return Grammar(title, options, names, prefixes)


@dataclass
class Words:
    """The options of a line by their long names, what stands alone, and what there is to remark."""

    grammar: Grammar
    given: dict[str, list[str]] = field(default_factory=dict)
    alone: list[str] = field(default_factory=list)
    unknown: dict[str, list[str]] = field(default_factory=dict)
    # How each option was written, for messages and for differences.
    written: dict[str, str] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.given

    def set(self, name: str, values: list[str], written: str) -> None:
        """Take an option; the last of several wins, as it does for launchers."""
        self.given[name] = values
        self.written[name] = written

    def text(self, name: str, default: str = "") -> str:
        """The value of an option."""
        if name not in self.given:
            return default
        value = " ".join(self.given[name])
        if not value:
            raise InputError(f"{self.written[name]}: no value")
        if "$" in value or "`" in value:
            raise InputError(
                f"{short(self.written[name])}: {short(value)} is known only when it runs; write its value"
            )
        return value

    def on(self, name: str, default: bool = False) -> bool:
        """Whether a switch is on."""
        if name not in self.given:
            return default
        value = " ".join(self.given[name]).lower()
        if value not in ("", "true", "false", "1", "0", "yes", "no", "on", "off"):
            raise InputError(f"{self.written[name]}: {value!r} is neither true nor false")
        return value in ("", "true", "1", "yes", "on")

    def count(self, name: str, default: int = 1) -> int:
        """A whole number above 0."""
        if name not in self.given:
            return default
        return whole(self.text(name), self.written[name])

    def share(self, name: str) -> float:
        """A share above 0 and up to 1."""
        text = self.text(name)
        try:
            value = float(text)
        except ValueError:
            value = 0.0
        if not 0 < value <= 1:
            raise InputError(
                f"{short(self.written[name])}: expected a share of the memory, above 0 and up to 1"
            )
        return value

    def remarks(self, ignored: Sequence[str] = ()) -> list[Remark]:
        """What the answer does not hold; raises InputError for what makes it another one.

        An option that is `ignored` is answered as if it were not there.
        """
        out: list[Remark] = []
        refused: list[str] = []
        for name, values in self.given.items():
            option = self.grammar.options[name]
            if not option.effect or (option.takes == "nothing" and not self.on(name)) or _off(option, values):
                continue
            if option.refused and name not in ignored:
                refused.append(
                    f"{self.written[name]}: {option.effect}; --ignore {name} answers as if it were not there"
                )
            else:
                left = "ignored: " if name in ignored else ""
                out.append(Remark(self.written[name], f"{left}{option.effect}"))
        if refused:
            raise InputError(*refused)
        for name in self.unknown:
            out.append(
                Remark(
                    f"--{name}",
                    f"not known of {self.grammar.title}{nearest(name, self.grammar.names)}; not counted",
                )
            )
        return out


def _off(option: LaunchOption, values: Sequence[str]) -> bool:
    """Whether a value asks for nothing: a degree of one is no parallelism."""
    nothing = ("0", "false", "off", "none", *(["1"] if option.refused else []))
    return " ".join(values).lower() in nothing


def short(text: str, most: int = 120) -> str:
    """A text as messages quote it.

    >>> short("x" * 9, 5)
    'xx...'
    """
    return text if len(text) <= most else text[: most - 3] + "..."


def whole(text: str, where: str) -> int:
    """A count as launchers take it; raises InputError, with where it stands, for anything else.

    >>> whole("8", "-tp"), whole("16k", "--max-model-len"), whole("1_024", "--x")
    (8, 16000, 1024)
    """
    found = re.fullmatch(r"(\d[\d_]{0,14}|\d+\.\d+)([kKmMgG]?)", text.strip())
    if not found:
        raise InputError(f"{short(where)}: {short(text)!r} is no whole number above 0")
    factor = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "K": 2**10, "M": 2**20, "G": 2**30}[found[2]]
    value = float(found[1].replace("_", "")) * factor
    if not value.is_integer() or not 1 <= value <= 1e15:
        raise InputError(f"{short(where)}: {short(text)!r} is no whole number above 0")
    return int(value)


def parsed(table: Grammar, words: Sequence[str]) -> Words:
    """The words of a line, by a table of options.

    >>> w = parsed(grammar("x", read="tensor-parallel|tp eager!"), ["m", "-tp=8", "--no-eager", "--new", "1"])
    >>> w.alone, w.given, w.unknown
    (['m'], {'tensor-parallel': ['8'], 'eager': ['off']}, {'new': ['1']})
    """
    out = Words(table)
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if not _is_option(word):
            out.alone.append(word)
            continue
        written, equals, value = word.partition("=")
        name, off = _named(table, written)
        option = table.options.get(name or "")
        takes: Takes = option.takes if option else "perhaps"
        values: list[str] = [value] if equals else []
        if off:
            values = ["off"]
        elif (not equals and takes == "one" and at < len(words)) or (
            not equals and takes == "nothing" and at < len(words) and words[at].lower() in ("true", "false")
        ):
            values = [words[at]]
            at += 1
        elif not equals and (takes == "several" or (takes == "perhaps" and at < len(words))):
            most = len(words) if takes == "several" else at + 1
            while at < min(most, len(words)) and not _is_option(words[at]):
                values.append(words[at])
                at += 1
        if option is None:
            out.unknown[written.lstrip("-")] = values
        else:
            out.set(option.name, values, " ".join([written, *values]) if not equals else word)
    return out


def _is_option(word: str) -> bool:
    return len(word) > 1 and word.startswith("-") and not _NUMBER.match(word)


def _named(table: Grammar, written: str) -> tuple[str | None, bool]:
    """The long name of an option as it is written, and whether it is switched off."""
    plain = written.lstrip("-").replace("_", "-")
    if found := table.names.get(plain) or table.names.get(written.lstrip("-")):
        return found, False
    if plain.startswith("no-") and (found := table.names.get(plain[3:])):
        return found, True
    if table.prefixes and written.startswith("--"):
        begun = {table.names[n] for n in table.names if n.startswith(plain) and len(n) > 1}
        if len(begun) == 1:
            return begun.pop(), False
    # Settings of a part, such as --compilation-config.mode, are settings of the whole.
    if "." in plain and (found := table.names.get(plain.partition(".")[0])):
        return found, False
    return None, False
