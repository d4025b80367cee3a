"""Categorical choices as numbers: what a model, a device, a precision or a mode means to the rules."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catalogs.schema import Fact


@dataclass(frozen=True, slots=True)
class Known:
    """A number given to the rules, in SI, and how it is known. NaN is unknown."""

    si: float
    kind: str
    source: str

    @staticmethod
    def of(fact: Fact, where: str) -> Known:
        """The number of a catalog fact; `where` names the entry it stands in."""
        return Known(fact.si, fact.kind, f"{where}: {fact.source} ({fact.date})")


Bundle = dict[str, Known]


def plain(where: str, **values: float) -> Bundle:
    """A bundle of numbers that share one origin and are facts."""
    return same("datasheet", where, values)


def same(kind: str, where: str, values: Mapping[str, float]) -> Bundle:
    """A bundle of numbers that are known in the same way from the same place."""
    return {name: Known(float(v), kind, where) for name, v in values.items()}


def unknown(why: str) -> Known:
    """A number nobody states, and where it was looked for."""
    return Known(math.nan, "unknown", why)
