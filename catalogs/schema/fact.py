"""One sourced number: what it is, how it is known, where it was read and when."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, StringConstraints
from pydantic_core import CoreSchema, core_schema

from catalogs import units
from catalogs.errors import InputError, nearest
from catalogs.yaml import KeyPath

FactKind = Literal["datasheet", "measured", "fitted", "assumed"]
FACT_KINDS: tuple[str, ...] = get_args(FactKind)
_KEYS = ("value", "kind", "source", "note")
_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")


class Wrong(ValueError):
    """What is wrong with one value, each with its place below that value."""

    def __init__(self, *problems: tuple[KeyPath, str]):
        self.problems = problems
        super().__init__("; ".join(message for _, message in problems))


class Located(dict[str, Any]):
    """A mapping of a file that remembers the line it stands on."""

    line: int = 0


@dataclass(frozen=True, slots=True)
class Fact:
    """One number with its provenance. `si` is in SI; `text` and `unit` are as written in the file."""

    si: float
    text: str
    unit: str
    kind: FactKind
    source: str
    date: str
    line: int
    note: str | None = None


def check_date(text: object) -> str:
    """A date as text: yyyy, yyyy-mm or yyyy-mm-dd, and one that exists."""
    found = _DATE.fullmatch(str(text))
    if found:
        year, month, day = (int(p or 1) for p in found.groups())
        try:
            date(year, month, day)
        except ValueError:
            found = None
    if not found:
        raise Wrong(((), f"{text!r} is not a date; write yyyy, yyyy-mm or yyyy-mm-dd"))
    return str(text)


class _Date:
    """A date as text; a bare year is an integer in YAML."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(check_date)


class Source(BaseModel):
    """Where facts were read, and the date they describe."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ref: Annotated[str, StringConstraints(min_length=1)]
    date: Annotated[str, _Date]


def _resolve(key: object, info: core_schema.ValidationInfo) -> tuple[str, str]:
    """Ref and date of the entry's source named `key`."""
    sources = (info.context or {}).get("sources", {})
    if not isinstance(key, str) or key not in sources:
        known = ", ".join(map(repr, sources)) or "none"
        raise Wrong(
            ((), f"no source {key!r} in this entry's sources{nearest(str(key), sources)} (has: {known})")
        )
    item = sources[key]
    item = item if isinstance(item, dict) else {}
    return str(item.get("ref", "")), str(item.get("date", ""))


class SourceKey:
    """Annotation of a `source:` key that covers a block of plain integers; becomes the Source it names."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def read(key: object, info: core_schema.ValidationInfo) -> Source:
            ref, when = _resolve(key, info)
            return Source.model_construct(ref=ref, date=when)

        return core_schema.with_info_plain_validator_function(read)


@dataclass(frozen=True)
class Quantity:
    """Annotation of a Fact: the dimension it must have and the bounds of its SI value.

    A number must be above `low`, or at least `low` when `zero` is set, and at most `high`.
    """

    unit: str
    low: float = 0.0
    high: float = math.inf
    zero: bool = False
    other: str | None = None  # a second unit that is as good, where the entry says which applies

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(self.read)

    def read(self, raw: object, info: core_schema.ValidationInfo) -> Fact:
        """The Fact written as `{value, kind, source, note}`."""
        if isinstance(raw, Fact):
            return raw
        if not isinstance(raw, dict):
            raise Wrong(((), f"{raw!r} is not a sourced number; write {self._example()}"))
        problems: list[tuple[KeyPath, str]] = [
            ((k,), f"unknown key {k!r}{nearest(k, _KEYS)}") for k in raw if k not in _KEYS
        ]
        problems += [((), f"missing key {k!r}; write {self._example()}") for k in _KEYS[:3] if k not in raw]
        kind, note = raw.get("kind"), raw.get("note")
        if "kind" in raw and kind not in FACT_KINDS:
            expected = ", ".join(FACT_KINDS)
            problems.append((("kind",), f"unknown kind {kind!r}; expected one of {expected}"))
        if note is not None and not isinstance(note, str):
            problems.append((("note",), "a note is text"))
        si, unit, ref, when = 0.0, "", "", ""
        if "value" in raw:
            try:
                si, unit = self.number(raw["value"])
            except InputError as e:
                problems.append((("value",), str(e)))
        if "source" in raw:
            try:
                ref, when = _resolve(raw["source"], info)
            except Wrong as e:
                problems.append((("source",), str(e)))
        if problems:
            raise Wrong(*problems)
        line = raw.line if isinstance(raw, Located) else 0
        assert kind in FACT_KINDS
        return Fact(si, str(raw["value"]), unit, kind, ref, when, line, note)

    def number(self, value: object) -> tuple[float, str]:
        """SI value and unit as written; raises InputError when it is out of bounds."""
        unit = units.split(value)[1] if isinstance(value, str) else ""
        want = self.other if self.other and unit and self._is_other(unit) else self.unit
        si = units.parse(value, want)
        if si < self.low or (si == self.low and not self.zero):
            raise InputError(f"{value!r} must be {'at least' if self.zero else 'above'} {self.low:g}")
        if si > self.high:
            raise InputError(f"{value!r} must be at most {self.high:g}")
        return si, unit

    def _is_other(self, unit: str) -> bool:
        assert self.other is not None
        return units.dimension(unit) == units.dimension(self.other)

    def _example(self) -> str:
        value = f"1 {self.unit}" if self.unit else "0.5"
        return f"{{value: {value}, kind: datasheet, source: <key>}}"


Number = Annotated[Fact, Quantity("")]
Fraction = Annotated[Fact, Quantity("", high=1.0)]
Seconds = Annotated[Fact, Quantity("s")]
Bytes = Annotated[Fact, Quantity("byte")]
BytesPerSecond = Annotated[Fact, Quantity("byte/s")]
FlopPerSecond = Annotated[Fact, Quantity("FLOP/s")]
Frequency = Annotated[Fact, Quantity("1/month", zero=True)]
Watts = Annotated[Fact, Quantity("W")]
CarbonIntensity = Annotated[Fact, Quantity("gCO2e/kWh", zero=True)]
WaterIntensity = Annotated[Fact, Quantity("L/kWh", zero=True)]
EnergyPrice = Annotated[Fact, Quantity("USD/kWh", zero=True)]
Carbon = Annotated[Fact, Quantity("kgCO2e", zero=True)]
Tokens = Annotated[Fact, Quantity("token")]
Flop = Annotated[Fact, Quantity("FLOP")]

Count = Annotated[int, Field(strict=True, gt=0)]
CountOrZero = Annotated[int, Field(strict=True, ge=0)]
Text = Annotated[str, StringConstraints(min_length=1)]
