"""Where each value of a scenario stands, and the overrides that replace some of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from catalogs import Catalog, yaml
from catalogs.errors import InputError, Problem

Path = tuple[str | int, ...]


class Flagged(str):
    """An override that a flag of its own stands for, which messages name instead of `--set`."""

    flag: str

    def __new__(cls, text: str, flag: str) -> Flagged:
        made = super().__new__(cls, text)
        made.flag = flag
        return made


def said(override: str, *, quoted: bool = False) -> str:
    """An override as it was given on the command line.

    >>> said("confidence=0.9"), said(Flagged("confidence=0.9", "--confidence 0.9"))
    ('--set confidence=0.9', '--confidence 0.9')
    """
    if isinstance(override, Flagged):
        return override.flag
    return f"--set {override!r}" if quoted else f"--set {override}"


class Places:
    """A document with `--set` overrides; collects problems and reports them together."""

    def __init__(self, document: yaml.Document, sets: Sequence[str], catalog: Catalog):
        self.document = document
        self.catalog = catalog
        self.data = document.data
        self.overridden: dict[tuple[str | int, ...], str] = {}
        self.problems: list[Problem] = []
        for text in sets:
            self._override(text)

    def place(self, path: tuple[str | int, ...]) -> tuple[str, int | None]:
        """File and line of a value, or the override that replaced it."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.overridden:
                return said(self.overridden[path[:end]]), None
        if path and path not in self.document.values:
            # a part that only overrides below it have made
            for made, text in self.overridden.items():
                if made[: len(path)] == path:
                    return said(text), None
        return self.document.file, self.document.at(path)[0]

    def problem(self, path: tuple[str | int, ...], message: str, *, key: bool = False) -> Problem:
        file, line = self.place(path)
        if line is None:
            flagged = any(
                isinstance(text, Flagged) and said(text) == file for text in self.overridden.values()
            )
            return Problem(message, file, path=None if flagged else yaml.dotted(path))
        return self.document.problem(path, message, key=key)

    def fail(self, path: tuple[str | int, ...], message: str) -> InputError:
        return InputError(self.problem(path, message))

    def raise_problems(self) -> None:
        if self.problems:
            raise InputError(*self.problems)

    def _override(self, text: str) -> None:
        path_text, equals, value_text = text.partition("=")
        if not equals or not re.fullmatch(r"[A-Za-z_][\w-]*(\.[\w-]+)*", path_text.strip()):
            raise InputError(
                f"{said(text, quoted=True)}: write it as path=value, for example budgets.cost='25 MUSD'"
            )
        path = tuple(path_text.strip().split("."))
        if path in self.overridden:
            raise InputError(f"{said(text, quoted=True)}: {path[-1]} is given twice")
        value = self._value_of(text, value_text)
        # Budgets may be written as a list; by name they are set as a mapping.
        if path[0] == "budgets" and isinstance(self.data.get("budgets"), list):
            self._budgets_as_mapping()
        at: Any = self.data
        for part in path[:-1]:
            at = at.setdefault(part, {})
            if isinstance(at, list):
                raise InputError(
                    f"{said(text, quoted=True)}: {part!r} is a list; set all of it: {part}='[..., ...]'"
                )
            if not isinstance(at, dict):
                raise InputError(f"{said(text, quoted=True)}: {part!r} has no parts of its own")
        at[path[-1]] = value
        self.overridden[path] = text

    def _value_of(self, text: str, value: str) -> Any:
        """The value of an override, in the language of the file."""
        if not value.strip():
            raise InputError(f"{said(text, quoted=True)}: no value after '='")
        try:
            return yaml.parse(f"value: {value}\n", "").data["value"]
        except InputError as e:
            raise InputError(*(f"{said(text, quoted=True)}: {p.message}" for p in e.problems)) from None

    def _budgets_as_mapping(self) -> None:
        out: dict[str, Any] = {}
        for i, item in enumerate(self.data["budgets"]):
            found = re.fullmatch(r"\s*([A-Za-z_]\w*)\s*(<=|>=|<|>)\s*(.+)", str(item))
            if not found:
                raise self.fail(("budgets", i), f"{item!r} is not a budget; write 'quantity <= value unit'")
            if found[1] in out:
                raise self.fail(
                    ("budgets", i), f"two budgets on {found[1]}; change the list instead of using --set"
                )
            out[found[1]] = f"{found[2]} {found[3]}"
            self.document.values[("budgets", found[1])] = self.document.at(("budgets", i))
        self.data["budgets"] = out

    def _at(self, path: tuple[str | int, ...], error: InputError) -> InputError:
        """The same error, placed in the scenario unless it has a place already."""
        return InputError(*(p if p.file else self.problem(path, p.message) for p in error.problems))

    def refuse_truths(self, but: Callable[[Path], bool]) -> None:
        """Nothing in a scenario is true or false `but` what is off or on; Python would take either for a number."""
        todo: list[tuple[Path, Any]] = [((), self.data)]
        while todo:
            path, value = todo.pop()
            if isinstance(value, bool) and but(path):
                continue
            if isinstance(value, bool):
                self.problems.append(
                    self.problem(path, f"{str(value).lower()} is not a value here; nothing is true or false")
                )
            elif isinstance(value, dict):
                todo.extend(((*path, k), v) for k, v in value.items())
            elif isinstance(value, list):
                todo.extend(((*path, i), v) for i, v in enumerate(value))
        self.problems.sort(key=lambda p: p.line or 0)
        self.raise_problems()
