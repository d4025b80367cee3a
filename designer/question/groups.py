"""How choices become numbers: what a node, a region, a precision and the like bring to the rules."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from catalogs import Catalog
from constraints.bundles import Bundle, same
from constraints.bundles.site import embodied_bundle, overhead_bundle, own_site, price_bundle, region_bundle
from constraints.roles import PURCHASE_PRICE
from designer.question.context import Value

if TYPE_CHECKING:
    from designer.documents.scenario import Scenario
    from designer.question.job import Job

# Groups of numbers that prices and sites make.
PLACES = ("region", "overhead", "price")


@dataclass(frozen=True)
class Group:
    """Numbers that depend on some choices together: `build` makes them from one value of each.

    The group of a choice's own numbers has the name of the choice; what it makes with others has one
    of its own. What was made once is kept: nobody changes it.
    """

    name: str
    axes: tuple[str, ...]
    build: Callable[..., Bundle]

    def __post_init__(self) -> None:
        object.__setattr__(self, "build", cache(self.build))


def price_group(scenario: Scenario, catalog: Catalog) -> Group:
    """What a node costs in a region, or as the scenario states it."""

    def price(node: Value, where: Value) -> Bundle:
        p = scenario.pricing
        place = None if scenario.site else catalog.get("regions", str(where))
        out = price_bundle(catalog, catalog.get("nodes", str(node)), place, p.tenure, p.provider)
        if p.price is not None:
            out |= same("scenario", "the scenario's pricing.price", {"rental_rate": p.price})
        if p.model is not None:
            del out[PURCHASE_PRICE]  # a rule makes it
        if p.purchase is not None:
            out |= same("scenario", "the scenario's pricing.purchase", {PURCHASE_PRICE: p.purchase})
        if p.electricity is not None:
            out |= same(
                "scenario", "the scenario's pricing.electricity", {"electricity_price": p.electricity}
            )
        return out

    return Group("price", ("node", "region"), price)


def groups_of(
    job: Job, scenario: Scenario, catalog: Catalog, models: Mapping[str, Bundle], open_: Collection[str]
) -> list[Group]:
    """How choices become numbers; `models` are those the search may choose from, `open_` its decisions."""

    def device(name: Value) -> Bundle:
        node = catalog.get("nodes", str(name))
        return {**job.device(catalog, node), **embodied_bundle(catalog, node)}

    def region(name: Value) -> Bundle:
        if scenario.site:
            s = scenario.site
            return own_site(carbon_intensity=s.carbon_intensity, electricity_price=s.electricity)
        return region_bundle(catalog, catalog.get("regions", str(name)))

    def overhead(node: Value, where: Value) -> Bundle:
        if scenario.site:
            return own_site(pue=scenario.site.pue, water_usage=scenario.site.water_usage)
        return overhead_bundle(catalog, catalog.get("nodes", str(node)), catalog.get("regions", str(where)))

    return [
        Group("node", ("node",), device),
        Group("region", ("region",), region),
        Group("overhead", ("node", "region"), overhead),
        price_group(scenario, catalog),
        *([Group("model", ("model",), lambda m: models[str(m)])] if models else []),
        *job.groups(catalog, scenario.workload, scenario.benchmark, open_),
    ]
