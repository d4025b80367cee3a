"""How many parameters the predictions were fitted with, counted in the catalog, and to how many measurements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from catalogs import Catalog
from catalogs.schema.fact import Fact
from designer.accuracy.table import KINDS

# What is fitted to single operations: all that does not say what else it was fitted to.
KERNEL = "kernel"
_KERNEL_ROWS = ("kernel_measurements",)
# Entries that hold parameters of predictions. Quantiles of residuals predict nothing.
_KINDS = ("accelerators", "assumptions", "engines", "frameworks")


@dataclass(frozen=True)
class ParameterCount:
    """Distinct fitted parameters of one kind, and the measurements they were fitted to."""

    parameters: int
    measurements: int


def calibration(catalog: Catalog) -> dict[str, ParameterCount]:
    """Fitted parameters of the catalog, by what they were fitted to.

    A parameter that several entries share, as frameworks do, counts once: equal names and values.
    """
    found: dict[str, set[tuple[str, ...]]] = {k: set() for k in (KERNEL, *KINDS)}
    for kind in _KINDS:
        for id in catalog.ids(kind):
            if id.startswith("intervals-"):
                continue
            for name, fact in _facts(catalog.get(kind, id)):
                if fact.kind == "fitted":
                    to = next((k for k, of in KINDS.items() if of.fitted in fact.source), KERNEL)
                    # devices are measured one by one
                    owner = (id,) if to == KERNEL else ()
                    found[to].add((*owner, name if to == KERNEL else name.rpartition(".")[2], fact.text))
    rows = catalog.get("assumptions", "calibration").values
    counted = {KERNEL: _KERNEL_ROWS} | {k: of.rows for k, of in KINDS.items()}
    return {k: ParameterCount(len(of), round(sum(rows[n].si for n in counted[k]))) for k, of in found.items()}


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
