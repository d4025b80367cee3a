"""The rules of the catalog check, each by the name an entry would waive it with.

The ratio rules look for the usual slips: a sparse rate where a dense one is meant, a both-direction
bandwidth where one direction is meant, a wrong power of ten.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from catalogs import units
from catalogs.errors import InputError, nearest
from catalogs.schema import Accelerator, Fact, Format, Grid, Hierarchy, Model, Node, Operator, Price, Region

if TYPE_CHECKING:
    from catalogs.store import Catalog
    from catalogs.yaml import KeyPath

Finding = tuple["KeyPath", str]
Rule = Callable[[Any, "Catalog"], Iterator[Finding]]

# name of the rule -> the kind of entry it looks at, and the rule
RULES: dict[str, tuple[str, Rule]] = {}


def _rule(kind: str, name: str) -> Callable[[Rule], Rule]:
    def add(rule: Rule) -> Rule:
        RULES[name] = (kind, rule)
        return rule

    return add


def _ratio_rule(name: str, top: str, bottom: tuple[str, ...], low: float, high: float) -> None:
    """A rule that the rate of `top` over the first rate there is of `bottom` lies in [low, high]."""

    def rule(entry: Accelerator, catalog: Catalog) -> Iterator[Finding]:
        rates = entry.compute.rates()
        base = next((d for d in bottom if d in rates), None)
        if top not in rates or base is None:
            return
        ratio = rates[top].si / rates[base].si
        if not low <= ratio <= high:
            message = f"{ratio:.3g} times the {base} rate, expected {low:g} to {high:g}; sparse or swapped?"
            yield ("compute", top), message

    RULES[name] = ("accelerators", rule)


_ratio_rule("fp16-equals-bf16", "fp16", ("bf16",), 0.999, 1.001)
_ratio_rule("int8-over-bf16", "int8", ("bf16", "fp16"), 0.9, 2.1)
_ratio_rule("fp8-over-bf16", "fp8", ("bf16", "fp16"), 0.9, 2.1)
_ratio_rule("tf32-over-bf16", "tf32", ("bf16",), 0.2, 0.6)
_ratio_rule("fp4-over-fp8", "fp4", ("fp8",), 0.9, 3.2)


@_rule("accelerators", "measured-over-peak")
def _measured(entry: Accelerator, catalog: Catalog) -> Iterator[Finding]:
    for dtype, best in entry.measured_best.items():
        peak = entry.compute.rates().get(dtype)
        if peak is None or best.si > peak.si:
            yield ("measured_best", dtype), "measured above the dense peak; is the peak right?"


@_rule("accelerators", "fitted-without-rate")
def _fitted(entry: Accelerator, catalog: Catalog) -> Iterator[Finding]:
    for field in ("efficiency", "attention"):
        for dtype in getattr(entry, field):
            if dtype not in entry.compute.rates():
                yield (field, dtype), f"the device has no {dtype} rate"


@_rule("accelerators", "one-direction")
def _one_direction(entry: Accelerator, catalog: Catalog) -> Iterator[Finding]:
    """Links carry one direction: a pair no more than the device, NVLink no more than its generation."""
    up = entry.scale_up
    if up is None:
        return
    if up.pair_bandwidth and up.pair_bandwidth.si > up.bandwidth.si:
        yield ("scale_up", "pair_bandwidth"), "one pair above the bandwidth of the whole device"
    generation = re.match(r"NVLink(\d)", up.kind)
    if generation:
        limit = catalog.get("fabrics", f"nvlink{generation[1]}").bandwidth
        if up.bandwidth.si > limit.si:
            yield ("scale_up", "bandwidth"), f"above {limit.text}, one direction of {generation[0]}"


@_rule("accelerators", "memory-sweep-time")
def _sweep(entry: Accelerator, catalog: Catalog) -> Iterator[Finding]:
    """Reading all of DRAM once takes milliseconds to a second on every device; else a unit is wrong."""
    seconds = entry.memory.si / entry.memory_bandwidth.si
    if not 5e-3 <= seconds <= 1.0:
        yield ("memory_bandwidth",), f"reading the whole memory takes {seconds:.3g} s, expected 0.005 to 1"


@_rule("accelerators", "usable-memory")
def _usable(entry: Accelerator, catalog: Catalog) -> Iterator[Finding]:
    """A marketed GB is sometimes a GiB, so usable bytes may exceed marketed ones, but by that at most."""
    if entry.memory_usable and not 0.9 <= entry.memory_usable.si / entry.memory.si <= 2**30 / 1e9:
        yield ("memory_usable",), f"far from the {entry.memory.text} on the label"


def _exists(catalog: Catalog, kind: str, name: str | None, path: KeyPath) -> Iterator[Finding]:
    if name is not None and name not in catalog.ids(kind):
        yield path, f"no entry {name!r} in {kind}{nearest(name, catalog.ids(kind))}"


def _reference(kind: str, field: str, to: str) -> None:
    """A rule that a field names an existing entry of the kind `to`."""

    def rule(entry: Any, catalog: Catalog) -> Iterator[Finding]:
        yield from _exists(catalog, to, getattr(entry, field), (field,))

    RULES[f"{kind}-{field}"] = (kind, rule)


_reference("nodes", "accelerator", "accelerators")
_reference("regions", "operator", "operators")
_reference("regions", "grid", "grids")
_reference("prices", "accelerator", "accelerators")
_reference("embodied", "accelerator", "accelerators")
_reference("reliability", "accelerator", "accelerators")


@_rule("formats", "formats-rest")
def _rest(entry: Format, catalog: Catalog) -> Iterator[Finding]:
    yield from _exists(catalog, "formats", entry.rest, ("rest",))


@_rule("models", "models-checkpoints")
def _checkpoints(entry: Model, catalog: Catalog) -> Iterator[Finding]:
    for i, checkpoint in enumerate(entry.checkpoints):
        yield from _exists(catalog, "formats", checkpoint.format, ("checkpoints", i, "format"))
        yield from _exists(catalog, "formats", checkpoint.rest, ("checkpoints", i, "rest"))


@_rule("nodes", "nodes-fabric")
def _fabric(entry: Node, catalog: Catalog) -> Iterator[Finding]:
    if entry.nic:
        yield from _exists(catalog, "fabrics", entry.nic.fabric, ("nic", "fabric"))


@_rule("nodes", "nodes-scale-up")
def _domain(entry: Node, catalog: Catalog) -> Iterator[Finding]:
    """A domain of several devices needs devices that have a scale-up fabric."""
    try:
        accelerator = catalog.get("accelerators", entry.accelerator)
    except InputError:
        return  # reported where the accelerator is checked
    if entry.scale_up_domain > 1 and accelerator.scale_up is None:
        yield ("scale_up_domain",), f"{accelerator.id} has no scale-up fabric"


@_rule("prices", "prices-region")
def _price_region(entry: Price, catalog: Catalog) -> Iterator[Finding]:
    for i, offer in enumerate(entry.offers):
        yield from _exists(catalog, "regions", offer.region, ("offers", i, "region"))


@_rule("prices", "spot-above-on-demand")
def _spot(entry: Price, catalog: Catalog) -> Iterator[Finding]:
    listed = {(o.region, o.location, o.instance): o.price.si for o in entry.offers if o.type == "on_demand"}
    for i, offer in enumerate(entry.offers):
        limit = listed.get((offer.region, offer.location, offer.instance))
        if offer.type == "spot" and limit is not None and offer.price.si > limit:
            yield ("offers", i, "price"), "spot above on demand for the same instance and region"


def _intensity(entry: Region | Grid, catalog: Catalog) -> Iterator[Finding]:
    fact = entry.carbon_intensity
    if fact and fact.si > 1500 * units.factor("gCO2e/kWh"):
        yield ("carbon_intensity",), f"{fact.text} is more than any grid emits; grams per kWh?"


@_rule("regions", "region-over-grid")
def _region_grid(entry: Region, catalog: Catalog) -> Iterator[Finding]:
    """A figure of its own is its grid's on the same basis; zones differ within a country, by that at most."""
    own = entry.carbon_intensity
    if own is None or entry.grid not in catalog.ids("grids"):
        return
    grid = catalog.get("grids", entry.grid).carbon_intensity
    if not 0.99 <= own.si / grid.si <= 1.01:
        message = f"{own.text}, and {grid.text} on the grid of {entry.grid}; another basis or year? leave it out"
        yield ("carbon_intensity",), message


RULES["regions-intensity"] = ("regions", _intensity)
RULES["grids-intensity"] = ("grids", _intensity)


@_rule("operators", "operators-pue")
def _pue(entry: Operator, catalog: Catalog) -> Iterator[Finding]:
    if entry.pue.si > 3:
        yield ("pue",), f"a PUE of {entry.pue.text} is not a data centre; expected 1 to 3"


# What a level of each hierarchy measures, any of these, and whether it rises from level to level.
_HIERARCHIES: dict[str, tuple[tuple[str, ...], bool]] = {
    "energy": (("J", "J/byte"), True),
    "latency": (("s",), True),
    "distance": (("m",), True),
    "bandwidth": (("byte/s",), False),
    "speed": (("m/s",), False),
}


@_rule("hierarchies", "hierarchy-order")
def _order(entry: Hierarchy, catalog: Catalog) -> Iterator[Finding]:
    """All levels measure the same, and each is farther than the one before."""
    allowed, rises = _HIERARCHIES[entry.quantity]
    before: Fact | None = None
    for name, fact in entry.levels.items():
        unit = units.dimension((before or fact).unit)
        if units.dimension(fact.unit) != unit or unit not in map(units.dimension, allowed):
            yield ("levels", name), f"{fact.text} is not the {entry.quantity} of the other levels"
        elif before and (fact.si > before.si) != rises:
            way = "rises" if rises else "falls"
            yield ("levels", name), f"{fact.text} is out of order; {entry.quantity} {way} from level to level"
        before = fact


@_rule("hierarchies", "hierarchy-entry")
def _repeated(entry: Hierarchy, catalog: Catalog) -> Iterator[Finding]:
    """A level that repeats another entry's figure is equal to it, within its digits."""
    for name, place in entry.entries.items():
        if name not in entry.levels:
            yield ("entries", name), f"no level {name!r}{nearest(name, entry.levels)}"
            continue
        kind, _, id = place.partition("/")
        try:
            other = catalog.get(kind, id)
        except InputError as e:
            yield ("entries", name), str(e)
            continue
        fact = entry.levels[name]
        known = [getattr(other, f, None) for f in ("bandwidth", "memory_bandwidth", "read", "latency")]
        if not any(f is not None and abs(f.si / fact.si - 1) < 0.005 for f in known):
            yield ("entries", name), f"{fact.text} is not a figure of {place}"
