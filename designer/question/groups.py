"""How choices become numbers: what a node, a region, a precision and the like bring to the rules."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from catalogs import Catalog
from constraints.bundles import Bundle, same
from constraints.bundles.dataset import DECODE, host_bundle
from constraints.bundles.device import (
    ELEMENT_BYTES,
    device_bundle,
    precision_bundle,
    stream_bundle,
    sustained,
    training_precision,
    weight_bundle,
)
from constraints.bundles.fidelity import score_bundle
from constraints.bundles.modes import CLIPPING, RECOMPUTE, SHARDING
from constraints.bundles.serving import engine_bundle, serving_bundle
from constraints.bundles.site import (
    embodied_bundle,
    own_site,
    price_bundle,
    region_bundle,
)
from designer.documents.scenario import Scenario
from designer.question.context import Value
from designer.question.data_pipeline import dataset_of

# Groups of numbers that prices and sites make.
PLACES = ("region", "price")


@dataclass(frozen=True)
class Group:
    """Numbers that depend on some choices together: `build` makes them from one value of each.

    The group of a choice's own numbers has the name of the choice; what it makes with others has one
    of its own.
    """

    name: str
    axes: tuple[str, ...]
    build: Callable[..., Bundle]


def price_group(scenario: Scenario, catalog: Catalog) -> Group:
    """What a node costs in a region, or as the scenario states it."""

    def price(node: Value, where: Value) -> Bundle:
        p = scenario.pricing
        place = None if scenario.site else catalog.get("regions", str(where))
        out = price_bundle(catalog, catalog.get("nodes", str(node)), place, p.tenure, p.provider)
        if p.price is not None:
            out |= same("scenario", "the scenario's pricing.price", {"rental_rate": p.price})
        if p.model is not None:
            del out["purchase_price"]  # a rule makes it
        if p.purchase is not None:
            out |= same("scenario", "the scenario's pricing.purchase", {"purchase_price": p.purchase})
        if p.electricity is not None:
            out |= same(
                "scenario", "the scenario's pricing.electricity", {"electricity_price": p.electricity}
            )
        return out

    return Group("price", ("node", "region"), price)


def groups_of(
    scenario: Scenario, catalog: Catalog, models: Mapping[str, Bundle], open_: Collection[str]
) -> list[Group]:
    """How choices become numbers; `models` are those the search may choose from, `open_` its decisions."""
    job = scenario.workload.job

    def node_of(name: Value) -> Any:
        return catalog.get("nodes", str(name))

    def device(name: Value) -> Bundle:
        node = node_of(name)
        numbers = device_bundle(catalog, node)
        if job == "training":
            numbers = sustained(catalog, node, None, numbers)
        return {**numbers, **embodied_bundle(catalog, node)}

    def products(name: Value, precision: Value) -> Bundle:
        node = node_of(name)
        return sustained(catalog, node, str(precision), precision_bundle(catalog, node, str(precision)))

    def region(name: Value) -> Bundle:
        if scenario.site:
            s = scenario.site
            return own_site(s.carbon_intensity, s.pue, s.water_usage, s.electricity)
        return region_bundle(catalog, catalog.get("regions", str(name)))

    def element(name: str) -> Callable[[Value], Bundle]:
        return lambda p: same("datasheet", "definition", {name: ELEMENT_BYTES[str(p)]})

    out = [
        Group("node", ("node",), device),
        Group("region", ("region",), region),
        price_group(scenario, catalog),
    ]
    if dataset_of(scenario.workload):
        out.append(Group("host", ("node",), lambda n: host_bundle(node_of(n))))
        out.append(Group("decode", ("decode",), lambda d: DECODE[str(d)]))
    if models:
        out.append(Group("model", ("model",), lambda m: models[str(m)]))
    if "engine" in open_:
        out.append(Group("engine", ("engine",), lambda e: engine_bundle(catalog, str(e))))
    if "clipping" in open_:
        out.append(Group("clipping", ("clipping",), lambda c: CLIPPING[str(c)]))
    if job == "training":
        return [
            *out,
            Group("rates", ("node", "precision"), products),
            Group("stream", ("node",), lambda n: stream_bundle(node_of(n))),
            Group("precision", ("precision",), lambda p: training_precision(str(p))),
            Group("recompute", ("recompute",), lambda r: RECOMPUTE[str(r)]),
            Group("sharding", ("sharding",), lambda s: SHARDING[str(s)]),
        ]
    return [
        *out,
        *_compression(scenario, catalog, "sparsity" in open_),
        Group("serving", ("node", "precision"), lambda n, p: serving_bundle(catalog, node_of(n), str(p))),
        Group("kv", ("kv",), element("kv_element_bytes")),
    ]


def _compression(scenario: Scenario, catalog: Catalog, sparsity: bool) -> list[Group]:
    """How stored weights and their sparsity become bytes, rates and scores."""
    model = catalog.get("models", str(scenario.workload.model)).id

    def node_precision(node: Value, precision: Value, pattern: Value = "none") -> Bundle:
        return precision_bundle(catalog, catalog.get("nodes", str(node)), str(precision), str(pattern))

    def stored(weights: Value, pattern: Value = "none") -> Bundle:
        return weight_bundle(str(weights), str(pattern))

    def score(weights: Value, precision: Value, kv: Value, pattern: Value = "none") -> Bundle:
        formats = (str(weights), str(precision), str(kv), str(pattern))
        return score_bundle(catalog, model, scenario.benchmark, *formats)

    more = ("sparsity",) if sparsity else ()
    return [
        Group("rates", ("node", "precision", *more), node_precision),
        Group("weights", ("weights", *more), stored),
        Group("score", ("weights", "precision", "kv", *more), score),
    ]
