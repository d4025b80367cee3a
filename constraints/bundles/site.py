"""A site, a price and a failure record as numbers."""

from __future__ import annotations

import math

from catalogs import Catalog
from catalogs.errors import InputError, nearest
from catalogs.schema import Node, Region
from constraints.bundles import Bundle, Known, same, unknown


def region_intensity(catalog: Catalog, region: Region) -> Known:
    """Carbon of a region's electricity: its own figure, or that of its grid."""
    if region.carbon_intensity or region.grid is None:
        assert region.carbon_intensity is not None  # an entry has one or the other
        return Known.of(region.carbon_intensity, f"regions/{region.id}")
    return Known.of(catalog.get("grids", region.grid).carbon_intensity, f"grids/{region.grid}")


def region_bundle(catalog: Catalog, region: Region) -> Bundle:
    """Grid intensity, PUE, water and electricity price of a cloud region; NaN where nobody states it."""
    where = f"regions/{region.id}"
    operator = catalog.get("operators", region.operator)
    pue, water = operator.pue, operator.wue
    return {
        "carbon_intensity": region_intensity(catalog, region),
        "pue": Known.of(pue, f"operators/{operator.id}"),
        "water_usage": Known.of(water, f"operators/{operator.id}")
        if water
        else unknown(f"operators/{operator.id}: no WUE stated"),
        "electricity_price": Known.of(region.electricity_price, where)
        if region.electricity_price
        else unknown(f"{where}: no electricity price stated"),
    }


def embodied_bundle(catalog: Catalog, node: Node) -> Bundle:
    """Manufacturing carbon of a device with its host share, and the lifetime it is written off over."""
    for id in catalog.ids("embodied"):
        entry = catalog.get("embodied", id)
        if entry.accelerator == node.accelerator and "device" not in entry.id:
            break
    else:
        entry = catalog.get("embodied", "default")
    where = f"embodied/{entry.id}"
    return {
        "embodied_per_device": Known.of(entry.carbon, where),
        "hardware_lifetime": Known.of(entry.lifetime, where),
    }


def reliability_bundle(catalog: Catalog, name: str | None) -> Bundle:
    """Failures of one device, from the record the scenario names or the documented default."""
    entry = catalog.get("reliability", name or "default")
    where = f"reliability/{entry.id}"
    out = {"device_mtbf": Known.of(entry.mtbf_device, where)}
    if entry.restart_time:
        out["restart_time"] = Known.of(entry.restart_time, where)
    return out


def storage_bundle(catalog: Catalog, name: str) -> Bundle:
    """Bandwidth of the storage that takes checkpoints."""
    entry = catalog.get("storage", name)
    where = f"storage/{entry.id}"
    if entry.scope != "cluster":
        raise InputError(f"{where} is the bandwidth of one {entry.scope}; checkpoints need that of a cluster")
    if entry.write is None:
        raise InputError(f"{where} states no write bandwidth")
    read = entry.read or entry.write
    return {
        "storage_write_bandwidth": Known.of(entry.write, where),
        "storage_read_bandwidth": Known.of(read, where),
    }


def price_bundle(
    catalog: Catalog, node: Node, region: Region | None, tenure: str, provider: str | None
) -> Bundle:
    """Rental rate or purchase price of a node's accelerator, from the price lists.

    The provider is the one named, else that of the region; its offer in the region wins over the
    median of its others. A purchase has no provider. NaN, never 0, where no list has such an offer.
    """
    owned = tenure == "owned"
    kind, name = ("purchase", "purchase_price") if owned else (tenure, "rental_rate")
    who = None if owned else provider or (region.provider if region else None)
    out: Bundle = {
        n: unknown(f"the scenario's tenure is {tenure}") for n in ("purchase_price", "rental_rate")
    }
    offers: list[tuple[float, str, str | None]] = []
    for id in _price_lists(catalog, node.accelerator):
        entry = catalog.get("prices", id)
        if who is None or who.lower() in (entry.provider.lower(), id.split("-")[0]):
            offers += [
                (o.price.si, f"prices/{id}: {o.price.source} ({o.price.date})", o.region)
                for o in entry.offers
                if o.type == kind
            ]
    if not offers:
        of = f" from {who}" if who else ""
        return out | {name: unknown(f"no {kind} price of {node.accelerator}{of} in the price lists")}
    local = [o for o in offers if region and o[2] == region.id]
    if local:
        price, source, place = min(local, key=lambda o: o[0])
        return out | {name: Known(price, "datasheet", f"{source}, in {place}")}
    price, source, _ = sorted(offers, key=lambda o: o[0])[(len(offers) - 1) // 2]
    return out | {name: Known(price, "datasheet", f"{source}, median of {len(offers)} offers")}


def check_provider(catalog: Catalog, provider: str) -> None:
    """Raise InputError with the nearest name unless some price list is this provider's."""
    known = {id.split("-")[0] for id in catalog.ids("prices")}
    if provider.lower() in known:
        return
    known |= {catalog.get("prices", id).provider for id in catalog.ids("prices")}
    if provider.lower() not in {k.lower() for k in known}:
        raise InputError(f"unknown provider {provider!r}{nearest(provider, known)}")


def _price_lists(catalog: Catalog, accelerator: str) -> list[str]:
    """Price lists of an accelerator, by their ids, which end in its id."""
    return [id for id in catalog.ids("prices") if id.endswith("-" + accelerator)]


def own_site(carbon_intensity: float, pue: float, water: float | None, electricity: float | None) -> Bundle:
    """A site the scenario describes itself."""
    nan = math.nan
    numbers = {
        "carbon_intensity": carbon_intensity,
        "pue": pue,
        "water_usage": nan if water is None else water,
        "electricity_price": nan if electricity is None else electricity,
    }
    return same("scenario", "the scenario's own site", numbers)
