"""Sites: grids, cloud regions and the operators that run them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import model_validator

from catalogs.schema.entry import Entry
from catalogs.schema.fact import (
    CarbonIntensity,
    EnergyPrice,
    Fact,
    Quantity,
    Source,
    SourceKey,
    Text,
    WaterIntensity,
    Wrong,
)


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
    """One cloud region. `source` covers its plain names.

    The carbon of its electricity is that of its grid, so that all regions are on one basis, unless it states
    its own.
    """

    source: Annotated[Source, SourceKey] | None = None
    provider: Text
    location: Text
    operator: Text
    grid: Text | None = None
    carbon_intensity: CarbonIntensity | None = None
    electricity_price: EnergyPrice | None = None

    @model_validator(mode="after")
    def _intensity(self) -> Region:
        if self.grid is None and self.carbon_intensity is None:
            raise Wrong(((), "missing key 'grid', or 'carbon_intensity'"))
        return self
