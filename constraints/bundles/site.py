"""A site, a price and a failure record as numbers."""

from __future__ import annotations

import math
from dataclasses import replace

from catalogs import Catalog
from catalogs.errors import InputError, nearest
from catalogs.schema import Node, Price, Region
from constraints.bundles import Bundle, Known, plain, same, unknown
from constraints.bundles.power import ALONE, in_no_data_centre


def region_intensity(catalog: Catalog, region: Region) -> Known:
    """Carbon of a region's electricity: its own figure, or that of its grid."""
    if region.carbon_intensity or region.grid is None:
        assert region.carbon_intensity is not None  # an entry has one or the other
        return Known.of(region.carbon_intensity, f"regions/{region.id}")
    return Known.of(catalog.get("grids", region.grid).carbon_intensity, f"grids/{region.grid}")


def region_bundle(catalog: Catalog, region: Region) -> Bundle:
    """Grid intensity and electricity price of a cloud region; NaN where nobody states it."""
    where = f"regions/{region.id}"
    return {
        "carbon_intensity": region_intensity(catalog, region),
        "electricity_price": Known.of(region.electricity_price, where)
        if region.electricity_price
        else unknown(f"{where}: no electricity price stated"),
    }


def overhead_bundle(catalog: Catalog, node: Node, region: Region) -> Bundle:
    """PUE and water of the operator's sites; a module of the edge and a desktop stand in none of them."""
    if in_no_data_centre(node, catalog.get("accelerators", node.accelerator)):
        return plain(f"nodes/{node.id}: in no data centre", pue=1, water_usage=0)
    operator = catalog.get("operators", region.operator)
    where = f"operators/{operator.id}"
    return {
        "pue": Known.of(operator.pue, where),
        "water_usage": Known.of(operator.wue, where) if operator.wue else unknown(f"{where}: no WUE stated"),
    }


def embodied_bundle(catalog: Catalog, node: Node) -> Bundle:
    """Manufacturing carbon of a device with its host share, and the lifetime it is written off over."""
    for id in catalog.ids("embodied"):
        entry = catalog.get("embodied", id)
        if entry.accelerator == node.accelerator and "device" not in entry.id:
            break
    else:
        alone = catalog.get("accelerators", node.accelerator).device_class in ALONE
        entry = catalog.get("embodied", "module" if alone else "default")
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
    median of its others. A purchase has no provider; the price of a share of a whole system wins over
    that of the bare part. NaN, never 0, where no list has such an offer.
    """
    owned = tenure == "owned"
    kind, name = ("purchase", "purchase_price") if owned else (tenure, "rental_rate")
    who = None if owned else provider or (region.provider if region else None)
    out: Bundle = {
        n: unknown(f"the scenario's tenure is {tenure}") for n in ("purchase_price", "rental_rate")
    }
    out |= plain("definition", bought_whole=0, reclaim_rate=0)
    lists = [catalog.get("prices", id) for id in _price_lists(catalog, node.accelerator)]
    lists = [e for e in lists if who is None or who.lower() in (e.provider.lower(), e.id.split("-")[0])]
    if tenure == "spot":
        out["reclaim_rate"] = _reclaim_rate(catalog, lists)
    offers = [(Known.of(o.price, f"prices/{e.id}"), o) for e in lists for o in e.offers if o.type == kind]
    if not offers:
        of = f" from {who}" if who else ""
        return out | {name: unknown(f"no {kind} price of {node.accelerator}{of} in the price lists")}
    local = [known for known, o in offers if region and o.region == region.id]
    if local:
        least = min(local, key=lambda known: known.si)
        return out | {name: replace(least, source=f"{least.source}, in {region.id if region else ''}")}
    whole = [known for known, o in offers if o.buys == "system"]
    if whole:
        out |= plain("the price list: a share of a whole system", bought_whole=1)
    found = whole or [known for known, _ in offers]
    return out | {name: _middle(found)}


def _middle(found: list[Known]) -> Known:
    """The median of some prices."""
    ordered = sorted(found, key=lambda known: known.si)
    low, high = ordered[(len(found) - 1) // 2], ordered[len(found) // 2]
    source = low.source if low is high else f"{low.source} and {high.source}"
    several = f", median of {len(found)} offers" if len(found) > 1 else ""
    return Known((low.si + high.si) / 2, low.kind, f"{source}{several}")


def _reclaim_rate(catalog: Catalog, lists: list[Price]) -> Known:
    """How often a spot machine is taken back: as the provider's list says, else the default."""
    for entry in lists:
        if entry.reclaim_rate:
            return Known.of(entry.reclaim_rate, f"prices/{entry.id}")
    return Known.of(catalog.get("assumptions", "market").values["reclaim_rate"], "assumptions/market")


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


def own_site(**numbers: float | None) -> Bundle:
    """A site the scenario describes itself; NaN is what it does not say."""
    said = {name: math.nan if x is None else x for name, x in numbers.items()}
    return same("scenario", "the scenario's own site", said)
