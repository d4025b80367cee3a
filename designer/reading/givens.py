"""What a scenario gives the rules besides its choices: its workload, assumptions, records and prices."""

from __future__ import annotations

from catalogs import Catalog
from constraints.bundles import Bundle, Known, same
from constraints.bundles.serving import engine_bundle
from constraints.bundles.site import (
    reliability_bundle,
    storage_bundle,
)
from designer.documents.scenario import Scenario
from designer.fields.workload import Workload
from designer.jobs import JOBS


def workload_bundle(workload: Workload) -> Bundle:
    """The workload as numbers, each declared with its field."""
    return JOBS[workload.job].given(workload)


def assumptions(catalog: Catalog, job: str, engine_chosen: bool = False) -> Bundle:
    """Assumptions of a job, from the catalog; of the default engine too, where it has one and none is chosen."""
    out: Bundle = {}
    for id in JOBS[job].assumptions:
        for name, fact in catalog.get("assumptions", id).values.items():
            out[name] = Known.of(fact, f"assumptions/{id}")
    engine = JOBS[job].engine
    return out if engine is None or engine_chosen else out | engine_bundle(catalog, engine)


def price_model_bundle(scenario: Scenario) -> Bundle:
    """What the scenario says a part costs by its specifications, where it does."""
    model = scenario.pricing.model
    if model is None:
        return {}
    terms = model.model_dump()
    numbers = {"part_base_price": terms.pop("base"), **{f"price_of_{n}": v for n, v in terms.items()}}
    return same("scenario", "the scenario's pricing.model", numbers)


def record_bundle(catalog: Catalog, scenario: Scenario) -> Bundle:
    """Failure and storage numbers the scenario names."""
    out = reliability_bundle(catalog, scenario.reliability)
    if scenario.storage:
        out |= storage_bundle(catalog, scenario.storage)
    return out
