"""A site, a price and a failure record as numbers."""

from __future__ import annotations

import math
import statistics

from catalogs import Catalog
from catalogs.errors import InputError, nearest
from catalogs.schema import Node, Region
from constraints.bundles import Bundle, Known, plain


def region_bundle(catalog: Catalog, region: Region) -> Bundle:
    """Grid intensity, PUE, water and electricity price of a cloud region; NaN where nobody states it."""
    where = f"regions/{region.id}"
    operator = catalog.get("operators", region.operator)
    pue, water = operator.pue, operator.wue
    return {
        "carbon_intensity": Known.of(region.carbon_intensity, where),
        "pue": Known.of(pue, f"operators/{operator.id}"),
        "water_usage": Known.of(water, f"operators/{operator.id}")
        if water
        else _unknown(f"operators/{operator.id}: no WUE stated"),
        "electricity_price": Known.of(region.electricity_price, where)
        if region.electricity_price
        else _unknown(f"{where}: no electricity price stated"),
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
    catalog: Catalog, node: Node, region: str | None, tenure: str, provider: str | None
) -> Bundle:
    """Rental rate or purchase price of a node's accelerator, from the price lists.

    An offer of the region wins over one of its provider; without a provider the cheapest provider's
    median is taken. NaN, never 0, where no list has such an offer.
    """
    kind = "purchase" if tenure == "owned" else tenure
    found: dict[str, list[tuple[str | None, float, str]]] = {}
    for id in _price_lists(catalog, node.accelerator):
        entry = catalog.get("prices", id)
        if provider and entry.provider.lower() != provider.lower() and not id.startswith(provider.lower()):
            continue
        for offer in entry.offers:
            if offer.type == kind:
                label = f"prices/{id}: {offer.price.source} ({offer.price.date})"
                found.setdefault(id, []).append((offer.region, offer.price.si, label))
    name = "purchase_price" if tenure == "owned" else "rental_rate"
    other = "rental_rate" if tenure == "owned" else "purchase_price"
    out: Bundle = {other: _unknown(f"the scenario's tenure is {tenure}")}
    if not found:
        who = f" from {provider}" if provider else ""
        return out | {name: _unknown(f"no {kind} price of {node.accelerator}{who} in the price lists")}
    local = [o for offers in found.values() for o in offers if region and o[0] and region.endswith(o[0])]
    if local:
        _, si, label = min(local, key=lambda o: o[1])
        return out | {name: Known(si, "datasheet", label)}
    medians = {id: statistics.median_low(o[1] for o in offers) for id, offers in found.items()}
    best = min(medians, key=lambda id: medians[id])
    label = next(o[2] for o in found[best] if o[1] == medians[best])
    return out | {name: Known(medians[best], "datasheet", f"{label}, median of its offers")}


def check_provider(catalog: Catalog, provider: str) -> None:
    """Raise InputError with the nearest name unless some price list is this provider's."""
    providers = {id.rsplit("/", 1)[-1].split("-")[0] for id in catalog.ids("prices")}
    named = {p for p in providers if p == provider.lower()}
    if named:
        return
    full = {catalog.get("prices", id).provider for id in catalog.ids("prices")}
    if provider.lower() not in {f.lower() for f in full}:
        raise InputError(f"unknown provider {provider!r}{nearest(provider, full)}")


def _price_lists(catalog: Catalog, accelerator: str) -> list[str]:
    """Price lists of an accelerator, by their ids, which end in its id."""
    return [id for id in catalog.ids("prices") if id.endswith("-" + accelerator)]


def own_site(carbon_intensity: float, pue: float, water: float | None, electricity: float | None) -> Bundle:
    """A site the scenario describes itself."""
    nan = math.nan
    return plain(
        "the scenario's own site",
        "assumed",
        carbon_intensity=carbon_intensity,
        pue=pue,
        water_usage=nan if water is None else water,
        electricity_price=nan if electricity is None else electricity,
    )


def _unknown(where: str) -> Known:
    return Known(math.nan, "unknown", where)
