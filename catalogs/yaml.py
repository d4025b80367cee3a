"""Reading one YAML file, with the line and column of every key and value.

YAML 1.2 as written: `no`, `12:30` and `1_000` stay text. Whatever else a file may hold (aliases, tags,
duplicate keys, a second document, nulls, NaN) is refused with its place, so that nothing downstream has
to expect it. Used for catalog entries and for scenario files alike.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from catalogs.errors import InputError, Problem

MAX_BYTES = 1_000_000
MAX_DEPTH = 32
# Longer integers are not quantities, and Python itself refuses to convert the longest.
MAX_DIGITS = 300

_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NULL = {"", "~", "null", "Null", "NULL"}
# Where the two parsers may differ: line ends of YAML 1.1, directives, tabs, `>#` and `"key":value`.
_DISPUTED = re.compile(r"[\x85\u2028\u2029\ufeff\t]|^%|[|>][-+\d]*#|[\"'\]}]:\S", re.MULTILINE)

Place = tuple[int, int]
KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """One file read: its data and where each part of it stands."""

    file: str
    data: dict[str, Any]
    values: dict[KeyPath, Place] = field(repr=False)
    keys: dict[KeyPath, Place] = field(repr=False)

    def at(self, path: KeyPath, *, key: bool = False) -> Place:
        """Line and column, from 1, of the value at `path` or of its key; of the nearest parent if absent."""
        places = self.keys if key else self.values
        while path and path not in places:
            path = path[:-1]
            places = self.values
        return places.get(path, (1, 1))

    def problem(self, path: KeyPath, message: str, *, key: bool = False) -> Problem:
        """A problem with the value (or the key) at `path`."""
        line, column = self.at(path, key=key)
        return Problem(message, self.file, line, column, dotted(path) or None)


def dotted(path: KeyPath) -> str:
    """A path as people write it.

    >>> dotted(("offers", 0, "price"))
    'offers[0].price'
    """
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).removeprefix(".")


def read(path: str | Path) -> Document:
    """The document in a file; raises InputError with file:line for anything wrong with it."""
    return parse(_text(Path(path)), str(path))


def parse(text: str, file: str) -> Document:
    """The document in `text`, which came from `file`."""
    return _parsed_by_libyaml(text, file) or _parsed_by_ruamel(text, file)


def _parsed_by_libyaml(text: str, file: str) -> Document | None:
    """The document, eight times as fast; None for text that libyaml cannot read, or may read otherwise."""
    import yaml

    if _DISPUTED.search(text) or not hasattr(yaml, "CBaseLoader"):
        return None
    builder = _Builder(file)
    try:
        for event in yaml.parse(text, Loader=yaml.CBaseLoader):
            builder.take(event)
    except (yaml.YAMLError, InputError, ValueError):
        return None  # the other parser says what is wrong, in words for people
    return builder.document()


def _parsed_by_ruamel(text: str, file: str) -> Document:
    """The document by a parser of YAML 1.2, which names what it cannot read."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.reader import ReaderError

    builder = _Builder(file)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            builder.take(event)
    except MarkedYAMLError as e:
        mark = e.problem_mark or e.context_mark
        what = " ".join(str(p) for p in (e.context, e.problem) if p)
        raise builder.error(f"not valid YAML: {what or 'cannot be parsed'}", mark) from None
    except ReaderError as e:
        line = text.count("\n", 0, e.position) + 1
        raise InputError(Problem("a control character, which YAML does not allow", file, line)) from None
    except (YAMLError, ValueError, IndexError, AttributeError) as e:
        # ruamel lets some malformed escapes and directives out as plain Python errors
        raise InputError(Problem(f"not valid YAML: {e}", file, 1)) from None
    return builder.document()


def _text(path: Path) -> str:
    """Decoded text of a file that is small enough to be one."""
    try:
        if path.is_dir():
            raise InputError(Problem("is a folder, expected a YAML file", str(path)))
        with path.open("rb") as f:
            raw = f.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputError(Problem("no such file", str(path))) from None
    except (OSError, ValueError) as e:
        reason = getattr(e, "strerror", None) or e
        raise InputError(Problem(f"cannot be read: {reason}", str(path))) from None
    if len(raw) > MAX_BYTES:
        size = max(path.stat().st_size, len(raw))
        raise InputError(Problem(f"{size:,} bytes; the limit is {MAX_BYTES:,} bytes", str(path)))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        line = raw.count(b"\n", 0, e.start) + 1
        raise InputError(Problem(f"not UTF-8 text (byte 0x{raw[e.start]:02x})", str(path), line)) from None


@dataclass
class _Open:
    """A collection being read; `key` is what the next value will be stored under."""

    data: dict[str, Any] | list[Any]
    path: KeyPath
    key: str | None = None


class _Builder:
    """Plain data out of parser events. Works on events, not nodes, so an alias never expands."""

    def __init__(self, file: str):
        self.file = file
        self.root: Any = None
        self.documents = 0
        self.stack: list[_Open] = []
        self.values: dict[KeyPath, Place] = {}
        self.keys: dict[KeyPath, Place] = {}

    def error(self, message: str, mark: Any) -> InputError:
        """`message` at a parser mark."""
        place = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        return InputError(Problem(message, self.file, *place))

    def take(self, event: Any) -> None:
        """One parser event."""
        name, mark = type(event).__name__, event.start_mark
        if name == "AliasEvent":
            raise self.error(f"alias *{event.anchor}: aliases are not supported, write the value out", mark)
        if name == "DocumentStartEvent":
            self.documents += 1
            if self.documents > 1:
                raise self.error("a second document; one file is one document", mark)
        elif name in ("MappingStartEvent", "SequenceStartEvent", "ScalarEvent"):
            self._refuse_marks(event, mark)
            if name == "ScalarEvent":
                self._scalar(event, mark)
            else:
                self._open({} if name == "MappingStartEvent" else [], mark)
        elif name in ("MappingEndEvent", "SequenceEndEvent"):
            self.stack.pop()

    def _refuse_marks(self, event: Any, mark: Any) -> None:
        if event.anchor is not None:
            raise self.error(f"anchor &{event.anchor}: anchors are not supported, write the value out", mark)
        if event.tag is not None:
            raise self.error(f"tag {event.tag}: tags are not supported", mark)

    def _open(self, data: dict[str, Any] | list[Any], mark: Any) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise self.error(f"nested deeper than {MAX_DEPTH} levels", mark)
        top = self.stack[-1] if self.stack else None
        if top is not None and isinstance(top.data, dict) and top.key is None:
            raise self.error("a list or a mapping as a key; keys are plain text", mark)
        self.stack.append(_Open(data, self._put(data, mark)))

    def _scalar(self, event: Any, mark: Any) -> None:
        top = self.stack[-1] if self.stack else None
        if top is not None and isinstance(top.data, dict) and top.key is None:
            key = str(event.value)
            path = (*top.path, key)
            if key in top.data:
                first = self.keys[path][0]
                raise self.error(f"duplicate key {key!r} (first on line {first})", mark)
            self.keys[path] = (mark.line + 1, mark.column + 1)
            top.key = key
            return
        plain = event.style is None or event.style == ""
        self._put(self._value(event.value, mark) if plain else event.value, mark)

    def _put(self, value: Any, mark: Any) -> KeyPath:
        """Store a value under the open collection; returns its path."""
        path: KeyPath = ()
        if not self.stack:
            self.root = value
        else:
            top = self.stack[-1]
            if isinstance(top.data, dict):
                assert top.key is not None
                path = (*top.path, top.key)
                top.data[top.key] = value
                top.key = None
            else:
                path = (*top.path, len(top.data))
                top.data.append(value)
        self.values[path] = (mark.line + 1, mark.column + 1)
        return path

    def _value(self, text: str, mark: Any) -> str | int | float | bool:
        """A plain scalar by the core schema of YAML 1.2."""
        if text in _NULL:
            if not self.stack:
                raise self.error("empty file, expected a mapping", mark)
            top = self.stack[-1]
            what = top.key or "an item"
            # the parser puts an absent value after the blank lines that follow its key
            line, column = self.keys.get((*top.path, what), (mark.line + 1, mark.column + 1))
            raise InputError(Problem(f"{what} has no value; write one or remove it", self.file, line, column))
        if text in _BOOL:
            return _BOOL[text]
        if _INT.fullmatch(text):
            if len(text) > MAX_DIGITS:
                raise self.error(f"a number of {len(text)} digits", mark)
            return int(text) if text.lstrip("+-").isdigit() else int(text, 0)
        if _FLOAT.fullmatch(text) or _NOT_FINITE.fullmatch(text):
            number = float(text.replace(".inf", "inf")) if _FLOAT.fullmatch(text) else math.nan
            if not math.isfinite(number):
                raise self.error(f"{text} is not a finite number", mark)
            return number
        return text

    def document(self) -> Document:
        """The finished document."""
        if self.documents == 0:
            raise InputError(Problem("empty file, expected a mapping", self.file, 1))
        if not isinstance(self.root, dict):
            what = "a list" if isinstance(self.root, list) else "a single value"
            raise InputError(Problem(f"{what} at the top level, expected a mapping", self.file, 1))
        return Document(self.file, self.root, self.values, self.keys)
