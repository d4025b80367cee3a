"""Sites: grids, cloud regions and the operators that run them."""

from __future__ import annotations

from typing import Annotated, Literal

from catalogs.schema.entry import Entry
from catalogs.schema.fact import CarbonIntensity, Count, EnergyPrice, Fact, Quantity, Text, WaterIntensity


class Grid(Entry):
    """The electricity of a country or bidding zone; intensity is location based."""

    kind: Literal["country", "zone", "world"]
    code: Text
    boundary: Text
    carbon_intensity: CarbonIntensity
    water_intensity: WaterIntensity | None = None
    electricity_price: EnergyPrice | None = None


class Operator(Entry):
    """Who runs the buildings: how much more power and water the site takes than its machines."""

    pue: Annotated[Fact, Quantity("", low=1.0, zero=True)]
    wue: WaterIntensity | None = None


class Region(Entry):
    """One cloud region.

    `direct_intensity` is what the power plants of its grid zone emit while they run, without fuel supply
    and construction: a second basis, which no life-cycle figure may be compared with.
    """

    provider: Text
    location: Text
    operator: Text
    grid: Text | None = None
    year: Count | None = None
    carbon_intensity: CarbonIntensity
    zone: Text | None = None
    direct_intensity: CarbonIntensity | None = None
    electricity_price: EnergyPrice | None = None
