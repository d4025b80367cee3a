"""Reading a config.json: plain data with every value's type checked, and what was read remembered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

from catalogs.errors import InputError, Problem

# The largest published one is 90 kB: lists of modules that keep their format.
MAX_BYTES = 4_000_000
MAX_COUNT = 10**13
MAX_LAYERS = 10_000


class Config:
    """One mapping of a configuration. Values are asked for by the names they may have, first one wins."""

    def __init__(self, data: dict[str, Any], file: str, inside: str = ""):
        self.data = data
        self.file = file
        self.inside = inside
        self.read: set[str] = set()

    def fail(self, key: str, message: str) -> NoReturn:
        """Refuse the value of a key."""
        raise InputError(Problem(message, self.file, path=f"{self.inside}{key}"))

    def raw(self, *keys: str) -> tuple[str, Any]:
        """The first of these keys that has a value, and the value; all of them count as read."""
        self.read.update(keys)
        return next(((k, self.data[k]) for k in keys if self.data.get(k) is not None), (keys[0], None))

    def number(self, *keys: str, zero: bool = False) -> int | None:
        """A whole number above 0, or None where no key has one; 0 is None unless `zero`."""
        key, value = self.raw(*keys)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_COUNT:
            self.fail(key, f"expected a whole number, found {short(value)}")
        return value if value or zero else None

    def needed(self, *keys: str) -> int:
        """A whole number above 0 that there must be."""
        found = self.number(*keys)
        if found is None:
            self.fail(keys[0], f"missing; expected {' or '.join(keys)}")
        return found

    def flag(self, *keys: str) -> bool | None:
        """A truth value, or None where no key has one."""
        key, value = self.raw(*keys)
        if value is not None and not isinstance(value, bool):
            self.fail(key, f"expected true or false, found {short(value)}")
        return value

    def word(self, *keys: str) -> str | None:
        """A text, or None where no key has one."""
        key, value = self.raw(*keys)
        if value is not None and not isinstance(value, str):
            self.fail(key, f"expected text, found {short(value)}")
        return value

    def items(self, *keys: str) -> list[Any] | None:
        """A list, or None where no key has one."""
        key, value = self.raw(*keys)
        if value is not None and not isinstance(value, list):
            self.fail(key, f"expected a list, found {short(value)}")
        return value

    def part(self, *keys: str) -> Config | None:
        """A mapping inside this one, or None where no key has one."""
        key, value = self.raw(*keys)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.fail(key, f"expected a mapping, found {short(value)}")
        return Config(value, self.file, f"{self.inside}{key}.")


def short(value: object) -> str:
    """A value as messages show it: in one line that is not long.

    >>> short([1, 2]), short("x" * 99)
    ('a list', "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...")
    """
    text = "a mapping" if isinstance(value, dict) else "a list" if isinstance(value, list) else repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


def read(path: str | Path) -> Config:
    """The mapping in a JSON file; raises InputError in one line for anything else."""
    file = Path(path)
    text = _text(file)
    try:
        data = json.loads(text)
    except json.JSONDecodeError as e:
        raise InputError(Problem(f"not JSON: {e.msg}", str(path), e.lineno, e.colno)) from None
    except RecursionError:
        raise InputError(Problem("not a configuration: nested too deep", str(path))) from None
    except ValueError as e:
        raise InputError(Problem(f"not a configuration: {str(e).split(';')[0]}", str(path))) from None
    if not isinstance(data, dict):
        raise InputError(Problem(f"not a configuration: {short(data)} at the top level", str(path)))
    return Config(data, str(path))


def _text(file: Path) -> str:
    try:
        if file.exists() and not file.is_file():
            raise InputError(Problem("not a file; expected the config.json of a model", str(file)))
        with file.open("rb") as f:
            raw = f.read(MAX_BYTES + 1)
    except (OSError, ValueError) as e:
        reason = getattr(e, "strerror", None) or e
        raise InputError(Problem(f"cannot be read: {reason}", str(file))) from None
    if len(raw) > MAX_BYTES:
        message = f"{file.stat().st_size:,} bytes; a config.json has at most {MAX_BYTES:,}"
        raise InputError(Problem(message, str(file)))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(Problem("not UTF-8 text; expected the config.json of a model", str(file))) from None
