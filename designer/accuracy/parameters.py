"""How many parameters the predictions were fitted with, counted in the catalog, and to how many measurements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from catalogs import Catalog
from catalogs.schema.fact import Fact

Fitted = Literal["kernel", "training", "serving"]
# What the source of a fitted fact says that it was fitted to; all else are single operations.
_SAYS: dict[Fitted, str] = {"training": "training steps", "serving": "serving runs"}
# What the catalog counts as measured for each kind.
_ROWS: dict[Fitted, tuple[str, ...]] = {
    "kernel": ("kernel_measurements",),
    "training": ("training_measurements", "memory_measurements"),
    "serving": ("serving_measurements",),
}
# Entries that hold parameters of predictions. Quantiles of residuals predict nothing.
_KINDS = ("accelerators", "assumptions", "engines")


@dataclass(frozen=True)
class Count:
    """Distinct fitted parameters of one kind, and the measurements they were fitted to."""

    parameters: int
    measurements: int


def calibration(catalog: Catalog) -> dict[Fitted, Count]:
    """Fitted parameters of the catalog, by what they were fitted to.

    A parameter that several entries share, as frameworks do, counts once: equal names and values.
    """
    found: dict[Fitted, set[tuple[str, ...]]] = {"kernel": set(), "training": set(), "serving": set()}
    for kind in _KINDS:
        for id in catalog.ids(kind):
            if id.startswith("intervals-"):
                continue
            for name, fact in _facts(catalog.get(kind, id)):
                if fact.kind == "fitted":
                    to: Fitted = next((k for k, words in _SAYS.items() if words in fact.source), "kernel")
                    # devices are measured one by one
                    owner = (id,) if to == "kernel" else ()
                    found[to].add((*owner, name if to == "kernel" else name.rpartition(".")[2], fact.text))
    rows = catalog.get("assumptions", "calibration").values
    return {k: Count(len(of), round(sum(rows[n].si for n in _ROWS[k]))) for k, of in found.items()}


def _facts(x: Any, name: str = "") -> Iterator[tuple[str, Fact]]:
    """Every fact within an entry, with its dotted place."""
    if isinstance(x, Fact):
        yield name, x
    elif isinstance(x, dict):
        for key, value in x.items():
            yield from _facts(value, f"{name}.{key}")
    elif hasattr(type(x), "model_fields"):
        for field in type(x).model_fields:
            yield from _facts(getattr(x, field), f"{name}.{field}")
