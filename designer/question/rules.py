"""The rules of a job: layers of them, of which later ones replace rules of earlier ones."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from constraints.rule import Rule, rules

# What a rule goes on being called when a layer replaces it by one that reads it.
_KEPT = {
    "streaming": {
        n: f"resident_{n}"
        for n in ("stage_time", "gradient_exposed", "gather_exposed", "optimizer_time", "device_memory")
    },
    "dataset": {"step_time": "device_step_time", "step_computation": "device_computation"},
    "bounds": {n: f"expected_{n}" for n in ("ttft", "tpot")},
    "queue_bounds": {n: f"expected_{n}" for n in ("capacity", "ttft_deviation", "tpot_deviation")},
}


@cache
def rules_of(layers: tuple[str, ...]) -> dict[str, Rule]:
    """Rules by quantity. Those of a later layer replace earlier ones of the same name."""
    found: dict[str, Rule] = {}
    for layer in layers:
        for name, kept in _KEPT.get(layer, {}).items():
            found[kept] = replace(found[name], id=kept)
        found |= rules(layer)
    return found


@cache
def units_of(layers: tuple[str, ...]) -> dict[str, str]:
    """SI unit of every quantity, made or given."""
    out: dict[str, str] = {}
    for r in rules_of(layers).values():
        out.update(r.inputs)
    for r in rules_of(layers).values():
        out[r.id] = r.unit
    return out
