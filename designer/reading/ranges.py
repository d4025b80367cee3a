"""Domains that are written shorter than listed: quantities on a ladder, models by a pattern."""

from __future__ import annotations

import math
import re
from fnmatch import fnmatchcase
from typing import Any

from catalogs import units
from catalogs.errors import InputError
from designer.reading.source_map import Path, Places

MAX_DOMAIN = 100_000
_LADDER = re.compile(r"\s*(?P<low>.+?)\s*\.\.\s*(?P<high>.+?)\s+by\s+(?P<step>[0-9.]+)\s*%\s*")


class Ladders(Places):
    """Reads lists of quantities and of models."""

    def _list(self, path: Path, raw: Any) -> list[Any]:
        values = raw if isinstance(raw, list) else [raw]
        if not values:
            raise self.fail(path, "an empty list; give at least one value")
        return values

    @staticmethod
    def _item(path: Path, raw: Any, i: int) -> Path:
        """Where the `i`-th value of a domain stands, which may be a single value instead of a list."""
        return (*path, i) if isinstance(raw, list) else path

    def _text(self, path: Path, item: Any, what: str) -> str:
        if not isinstance(item, str):
            raise self.fail(path, f"{item!r} is not text; expected the name of {_article(what)}")
        return item

    def _amount(self, path: Path, item: Any, unit: str) -> float:
        """One quantity, above 0, in SI."""
        try:
            amount = units.parse(item, unit)
        except InputError as e:
            raise self._at(path, e) from None
        if amount <= 0:
            raise self.fail(path, f"{item!r} must be above 0")
        return amount

    def _ladder(self, path: Path, raw: Any, unit: str) -> list[float]:
        """Quantities in order: single ones, and ladders such as `1e11 token .. 1e13 token by 10 %`."""
        out: set[float] = set()
        for i, item in enumerate(self._list(path, raw)):
            at = self._item(path, raw, i)
            span = _LADDER.fullmatch(item) if isinstance(item, str) else None
            if not span:
                if isinstance(item, str) and ".." in item:
                    raise self.fail(
                        at, f"{item!r} is not a ladder; write it like 1e11 {unit} .. 1e13 {unit} by 10 %"
                    )
                out.add(self._amount(at, item, unit))
                continue
            low, high = (self._amount(at, span[end], unit) for end in ("low", "high"))
            try:
                step = 1 + float(span["step"]) / 100
            except ValueError:
                raise self.fail(at, f"{span['step']!r} is not a number of percent") from None
            if high < low or step <= 1:
                wrong = "runs backwards" if high < low else "has a step of 0"
                raise self.fail(at, f"the ladder {item!r} {wrong}")
            count = int(math.log(high / low) / math.log(step) + 1e-9) + 1
            if count > MAX_DOMAIN:
                raise self.fail(at, f"the ladder {item!r} holds more than {MAX_DOMAIN:,} values")
            out |= {low * step**k for k in range(count)}
        return sorted(out)

    def _model_names(self, raw: Any) -> dict[str, Path]:
        """Ids of models in the order given, with their places; a name with * stands for all it matches."""
        path: Path = ("candidates", "model")
        out: dict[str, Path] = {}
        for i, item in enumerate(self._list(path, raw)):
            at = self._item(path, raw, i)
            name = self._text(at, item, "model")
            if "*" in name:
                found = [id for id in self.catalog.ids("models") if fnmatchcase(id, name.lower())]
                if not found:
                    raise self.fail(at, f"no model of the catalog is called like {name!r}")
                out = {**dict.fromkeys(found, at), **out}
                continue
            try:
                out.setdefault(self.catalog.get("models", name).id, at)
            except InputError as e:
                raise self._at(at, e) from None
        return out


def _article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
