"""Values and lists of them: counts in a range, quantities on a ladder, models by a pattern."""

from __future__ import annotations

import math
import re
from fnmatch import fnmatchcase
from typing import Any

from catalogs import units
from catalogs.errors import InputError
from designer.question.decisions import MAX_COUNT
from designer.reading.source_map import Path, SourceMap

MAX_DOMAIN = 100_000
_LADDER = re.compile(r"\s*(?P<low>.+?)\s*\.\.\s*(?P<high>.+?)\s+by\s+(?P<step>[0-9.]+)\s*%\s*")


def listed(source: SourceMap, path: Path, raw: Any) -> list[Any]:
    """The values of a domain, which may be a single value instead of a list."""
    values = raw if isinstance(raw, list) else [raw]
    if not values:
        raise source.fail(path, "an empty list; give at least one value")
    return values


def item_path(path: Path, raw: Any, i: int) -> Path:
    """Where the `i`-th value of a domain stands."""
    return (*path, i) if isinstance(raw, list) else path


def text_of(source: SourceMap, path: Path, item: Any, what: str) -> str:
    """The name of an entry of the catalog, or of a choice."""
    if not isinstance(item, str):
        raise source.fail(path, f"{item!r} is not text; expected the name of {_article(what)}")
    return item


def amount(source: SourceMap, path: Path, item: Any, unit: str) -> float:
    """One quantity, above 0, in SI."""
    try:
        found = units.parse(item, unit)
    except InputError as e:
        raise source.placed(path, e) from None
    if found <= 0:
        raise source.fail(path, f"{item!r} must be above 0")
    return found


def counts(source: SourceMap, path: Path, raw: Any) -> list[int]:
    """Whole numbers in order: single ones, and ranges such as `8..512 step 8`."""
    out: list[int] = []
    for i, item in enumerate(listed(source, path, raw)):
        at = item_path(path, raw, i)
        span = (
            re.fullmatch(r"\s*([0-9]{1,15})\s*\.\.\s*([0-9]{1,15})\s*(?:step\s+([0-9]{1,15})\s*)?", item)
            if isinstance(item, str)
            else None
        )
        if span:
            low, high, step = int(span[1]), int(span[2]), int(span[3] or 1)
            wrong = (
                "starts below 1" if low < 1 else "runs backwards" if high < low
                else "has a step of 0" if step < 1 else f"ends above {MAX_COUNT:,}" if high > MAX_COUNT
                else f"holds more than {MAX_DOMAIN:,} values" if (high - low) // step >= MAX_DOMAIN else ""
            )  # fmt: skip
            if wrong:
                raise source.fail(at, f"the range {item!r} {wrong}; write it like 1..64 or 8..512 step 8")
            out.extend(range(low, high + 1, step))
            continue
        if isinstance(item, str) or (isinstance(item, float) and not item.is_integer()):
            raise source.fail(
                at, f"{item!r} is not a count; write a whole number, a list or a range like 1..64"
            )
        if not 1 <= item <= MAX_COUNT:
            bound = "at least 1" if item < 1 else f"at most {MAX_COUNT:,}"
            raise source.fail(at, f"{item!r} must be {bound}")
        out.append(int(item))
    if len(out) > MAX_DOMAIN:
        raise source.fail(path, f"{len(out):,} values; the limit is {MAX_DOMAIN:,}")
    return sorted(set(out))


def ladder(source: SourceMap, path: Path, raw: Any, unit: str) -> list[float]:
    """Quantities in order: single ones, and ladders such as `1e11 token .. 1e13 token by 10 %`."""
    out: set[float] = set()
    for i, item in enumerate(listed(source, path, raw)):
        at = item_path(path, raw, i)
        span = _LADDER.fullmatch(item) if isinstance(item, str) else None
        if not span:
            if isinstance(item, str) and ".." in item:
                raise source.fail(
                    at, f"{item!r} is not a ladder; write it like 1e11 {unit} .. 1e13 {unit} by 10 %"
                )
            out.add(amount(source, at, item, unit))
            continue
        low, high = (amount(source, at, span[end], unit) for end in ("low", "high"))
        try:
            step = 1 + float(span["step"]) / 100
        except ValueError:
            raise source.fail(at, f"{span['step']!r} is not a number of percent") from None
        if high < low or step <= 1:
            wrong = "runs backwards" if high < low else "has a step of 0"
            raise source.fail(at, f"the ladder {item!r} {wrong}")
        count = int(math.log(high / low) / math.log(step) + 1e-9) + 1
        if count > MAX_DOMAIN:
            raise source.fail(at, f"the ladder {item!r} holds more than {MAX_DOMAIN:,} values")
        out |= {low * step**k for k in range(count)}
    return sorted(out)


def model_names(source: SourceMap, raw: Any) -> dict[str, Path]:
    """Ids of models in the order given, with their places; a name with * stands for all it matches."""
    path: Path = ("candidates", "model")
    out: dict[str, Path] = {}
    for i, item in enumerate(listed(source, path, raw)):
        at = item_path(path, raw, i)
        name = text_of(source, at, item, "model")
        if "*" in name:
            found = [id for id in source.catalog.ids("models") if fnmatchcase(id, name.lower())]
            if not found:
                raise source.fail(at, f"no model of the catalog is called like {name!r}")
            out = {**dict.fromkeys(found, at), **out}
            continue
        try:
            out.setdefault(source.catalog.get("models", name).id, at)
        except InputError as e:
            raise source.placed(at, e) from None
    return out


def _article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
