"""Where each value of a document stands, and the overrides that replace some of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from catalogs import Catalog, yaml
from catalogs.errors import InputError, Problem

Path = tuple[str | int, ...]

_PATH = re.compile(r"[A-Za-z_][\w-]*(\.[\w-]+)*")


class Flagged(str):
    """An override that a flag of its own stands for, which messages name instead of `--set`."""

    flag: str

    def __new__(cls, text: str, flag: str) -> Flagged:
        made = super().__new__(cls, text)
        made.flag = flag
        return made


def said(override: str, *, quoted: bool = False, flag: str = "--set") -> str:
    """An override as it was given on the command line.

    >>> said("confidence=0.9"), said(Flagged("confidence=0.9", "--confidence 0.9"))
    ('--set confidence=0.9', '--confidence 0.9')
    """
    if isinstance(override, Flagged):
        return override.flag
    return f"{flag} {override!r}" if quoted else f"{flag} {override}"


class SourceMap:
    """A document with its overrides and its source map, and the problems found in it so far.

    What reads a part of it takes the source first, and reports through it. `flag` is the option of the
    command that overrides come from.
    """

    def __init__(
        self, document: yaml.Document, sets: Sequence[str], catalog: Catalog, flag: str = "--set"
    ) -> None:
        self.document = document
        self.catalog = catalog
        self.flag = flag
        self.data = document.data
        self.overridden: dict[Path, str] = {}
        self.problems: list[Problem] = []
        for text in sets:
            _override(self, text)

    def place(self, path: Path) -> tuple[str, int | None]:
        """File and line of a value, or the override that replaced it."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.overridden:
                return said(self.overridden[path[:end]], flag=self.flag), None
        if path and path not in self.document.values:
            # a part that only overrides below it have made
            for made, text in self.overridden.items():
                if made[: len(path)] == path:
                    return said(text, flag=self.flag), None
        return self.document.file, self.document.at(path)[0]

    def with_data(self, data: dict[str, Any]) -> SourceMap:
        """The same document saying something else, read afresh."""
        again = SourceMap(replace(self.document, data=data), [], self.catalog, self.flag)
        again.overridden = self.overridden
        return again

    def where(self, *path: str | int) -> str:
        """The same as text."""
        file, line = self.place(path)
        return f"{file}:{line}" if line else file

    def rename(self, path: Path, name: str) -> None:
        """Give a value another key beside its own; a problem where that one has a value already."""
        holder: Any = self.data
        for part in path[:-1]:
            holder = holder[part]
        if (*path[:-1], name) in self.overridden and path not in self.overridden:
            del holder[path[-1]]
            return
        if name in holder and path not in self.overridden:
            self.mistake(path, f"{path[-1]} is {name}, which is given too: give one of them", key=True)
            return
        # Where it stood among others it stays: an order may be meant.
        items = [(name if k == path[-1] else k, v) for k, v in holder.items() if k != name]
        holder.clear()
        holder.update(items)
        self.moved(path, (*path[:-1], name))

    def moved(self, old: Path, new: Path) -> None:
        """Remember where a value stands that has another path now."""
        if old in self.overridden:
            self.overridden[new] = self.overridden.pop(old)
        for table in (self.document.values, self.document.keys):
            for path in [p for p in table if p[: len(old)] == old]:
                table[new + path[len(old) :]] = table[path]

    def problem(self, path: Path, message: str, *, key: bool = False) -> Problem:
        """A problem with the value at a path, or with its key."""
        file, line = self.place(path)
        if line is None:
            flagged = any(
                isinstance(text, Flagged) and said(text) == file for text in self.overridden.values()
            )
            return Problem(message, file, path=None if flagged else yaml.dotted(path))
        return self.document.problem(path, message, key=key)

    def mistake(self, path: Path, message: str, *, key: bool = False) -> None:
        """Note a problem, to be raised with all others."""
        self.problems.append(self.problem(path, message, key=key))

    def fail(self, path: Path, message: str) -> InputError:
        """A problem that leaves nothing to read on for."""
        return InputError(self.problem(path, message))

    def placed(self, path: Path, error: InputError) -> InputError:
        """The same error, placed in the document unless it has a place already."""
        return InputError(*(p if p.file else self.problem(path, p.message) for p in error.problems))

    def raise_problems(self) -> None:
        """Raise what was noted so far, if anything was."""
        if self.problems:
            raise InputError(*dict.fromkeys(self.problems))


def _override(source: SourceMap, text: str) -> None:
    """Replace a value of the document, as `path=value` says."""
    path_text, equals, value_text = text.partition("=")
    if not equals or not _PATH.fullmatch(path_text.strip()):
        raise InputError(
            f"{said(text, quoted=True)}: write it as path=value, for example budgets.cost='25 MUSD'"
        )
    path = tuple(path_text.strip().split("."))
    if path in source.overridden:
        raise InputError(f"{said(text, quoted=True)}: {path[-1]} is given twice")
    value = _value_of(text, value_text)
    # Budgets may be written as a list; by name they are set as a mapping.
    if path[0] == "budgets" and isinstance(source.data.get("budgets"), list):
        _budgets_as_mapping(source)
    at: Any = source.data
    for part in path[:-1]:
        at = at.setdefault(part, {})
        if isinstance(at, list):
            raise InputError(
                f"{said(text, quoted=True)}: {part!r} is a list; set all of it: {part}='[..., ...]'"
            )
        if not isinstance(at, dict):
            raise InputError(f"{said(text, quoted=True)}: {part!r} has no parts of its own")
    at[path[-1]] = value
    source.overridden[path] = text


def _value_of(text: str, value: str) -> Any:
    """The value of an override, in the language of the file."""
    if not value.strip():
        raise InputError(f"{said(text, quoted=True)}: no value after '='")
    try:
        return yaml.parse(f"value: {value}\n", "").data["value"]
    except InputError as e:
        raise InputError(*(f"{said(text, quoted=True)}: {p.message}" for p in e.problems)) from None


def _budgets_as_mapping(source: SourceMap) -> None:
    out: dict[str, Any] = {}
    for i, item in enumerate(source.data["budgets"]):
        found = re.fullmatch(r"\s*([A-Za-z_]\w*)\s*(<=|>=|<|>)\s*(.+)", str(item))
        if not found:
            raise source.fail(("budgets", i), f"{item!r} is not a budget; write 'quantity <= value unit'")
        if found[1] in out:
            raise source.fail(
                ("budgets", i), f"two budgets on {found[1]}; change the list instead of using --set"
            )
        out[found[1]] = f"{found[2]} {found[3]}"
        source.document.values[("budgets", found[1])] = source.document.at(("budgets", i))
    source.data["budgets"] = out
