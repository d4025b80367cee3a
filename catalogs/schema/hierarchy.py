"""Hierarchies: the numbers to know, level by level, from the nearest to the farthest."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from catalogs.schema.assumption import AnyQuantity
from catalogs.schema.entry import Entry
from catalogs.schema.fact import Fact, Text


class Hierarchy(Entry):
    """Levels by name, in order: energy, latency and distance rise, bandwidth and speed fall.

    `entries` names the catalog entry, as kind/id, whose figure a level repeats.
    """

    quantity: Literal["energy", "latency", "bandwidth", "speed", "distance"]
    levels: dict[Text, Annotated[Fact, AnyQuantity("")]] = Field(min_length=2)
    entries: dict[Text, Text] = Field(default_factory=dict)
