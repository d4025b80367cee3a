"""Assumptions: numbers a prediction needs that belong to no part, each open to the scenario."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic_core import core_schema

from catalogs import units
from catalogs.schema.entry import Entry
from catalogs.schema.fact import Fact, Quantity, Text


class AnyQuantity(Quantity):
    """A Fact of whatever dimension its text has; the rule that reads it checks the dimension."""

    def read(self, raw: object, info: core_schema.ValidationInfo) -> Fact:
        value = raw.get("value") if isinstance(raw, dict) else None
        unit = units.split(value)[1] if isinstance(value, str) else ""
        return Quantity(unit, zero=True).read(raw, info)


class Assumptions(Entry):
    """Numbers by the name of the quantity they give."""

    values: dict[Text, Annotated[Fact, AnyQuantity("")]] = Field(min_length=1)


class Software(Assumptions):
    """Numbers of what runs a job; those it leaves out are those of the entry it is `like`, or the default's."""

    like: Text | None = None
