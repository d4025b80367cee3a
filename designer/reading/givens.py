"""What a scenario gives the rules besides its choices: its workload, assumptions, records and prices."""

from __future__ import annotations

from catalogs import Catalog
from constraints.bundles import Bundle, Known, same, unknown
from constraints.bundles.serving import engine_bundle
from constraints.bundles.site import (
    reliability_bundle,
    storage_bundle,
)
from designer.documents.gives import given_by
from designer.documents.scenario import Privacy, Scenario, Serving, Training, Workload


def workload_bundle(workload: Workload) -> Bundle:
    """The workload as numbers, each declared with its field."""
    where = "the scenario's workload"
    out = same("scenario", where, given_by(workload))
    if isinstance(workload, Training):
        return out | _privacy_bundle(workload.privacy)
    out |= same("scenario", where, {"samples": 1.0})
    success = workload.success if isinstance(workload, Serving) else None
    out["sample_success"] = (
        unknown(f"{where} states no success") if success is None else Known(success, "scenario", where)
    )
    return out


def _privacy_bundle(privacy: Privacy | None) -> Bundle:
    if privacy is None:
        return dict.fromkeys(("epsilon", "delta", "data_passes"), unknown("no workload.privacy is given"))
    numbers = {"epsilon": privacy.epsilon, "delta": privacy.delta, "data_passes": privacy.passes}
    return same("scenario", "the scenario's workload.privacy", numbers)


def assumptions(catalog: Catalog, job: str, engine_chosen: bool = False) -> Bundle:
    """Assumptions of a job, from the catalog; a serving job has those of the default engine, unless one is chosen."""
    out: Bundle = {}
    for id in ("operations", "training" if job == "training" else "serving"):
        for name, fact in catalog.get("assumptions", id).values.items():
            out[name] = Known.of(fact, f"assumptions/{id}")
    return out if job == "training" or engine_chosen else out | engine_bundle(catalog, "default")


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
