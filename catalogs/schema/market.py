"""What a device costs, what it took to make, and how often it stops a job."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from catalogs import units
from catalogs.schema.entry import Block, Entry
from catalogs.schema.fact import Carbon, Count, Fact, Frequency, Quantity, Seconds, Text, Wrong


class Offer(Block):
    """One price of one accelerator: per hour when rented, in full when bought."""

    type: Literal["on_demand", "reserved_1y", "reserved_3y", "spot", "capacity_block", "purchase", "estimate"]
    region: Text | None = None
    location: Text | None = None
    instance: Text | None = None
    price: Annotated[Fact, Quantity("USD/h", other="USD")]
    confidence: Literal["high", "medium", "low"]
    # what a purchase buys: the bare part, or its share of a system that is ready to run
    buys: Literal["part", "system"] | None = None

    @model_validator(mode="after")
    def _unit_of_type(self) -> Offer:
        want = "USD" if self.type == "purchase" else "USD/h"
        if units.dimension(self.price.unit) != units.dimension(want):
            raise Wrong((("price", "value"), f"{self.price.text!r}: the price of {self.type} is in {want}"))
        return self


class Price(Entry):
    """The offers of one provider for one accelerator; the host is included unless an offer says not."""

    provider: Text
    accelerator: Text
    reclaim_rate: Frequency | None = None  # how often the provider takes one spot machine back
    offers: tuple[Offer, ...] = Field(min_length=1)


class Embodied(Entry):
    """Carbon of making one device with its share of the host, written off over a lifetime."""

    accelerator: Text | None = None
    boundary: Text
    carbon: Carbon
    lifetime: Seconds


class Reliability(Entry):
    """How long one device runs, on average, per unexpected interruption of the job it works for."""

    accelerator: Text | None = None
    devices: Count | None = None
    mtbf_device: Seconds
    restart_time: Seconds | None = None
