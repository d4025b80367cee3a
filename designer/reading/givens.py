"""What a scenario gives the rules besides its choices: its workload, assumptions, records and prices."""

from __future__ import annotations

from catalogs import Catalog
from constraints.bundles import Bundle, Known, same, unknown
from constraints.bundles.site import (
    reliability_bundle,
    storage_bundle,
)
from designer.scenario import Concurrent, Privacy, Scenario, Serving, Training, Workload


def workload_bundle(workload: Workload) -> Bundle:
    """The workload as numbers; a length mix becomes the moments of prompt and output lengths."""
    where = "the scenario's workload"
    if isinstance(workload, Training):
        stated = {"sequence_length": workload.sequence_length, "dataset_tokens": workload.dataset}
        numbers = {n: v for n, v in stated.items() if isinstance(v, float)}
        return same("scenario", where, numbers) | _privacy_bundle(workload.privacy)
    total = sum(m.share for m in workload.lengths)

    def moment(key: str, k: int) -> float:
        mean = sum(m.share * getattr(m, key) ** k for m in workload.lengths) / total
        return float(mean ** (1 / k))

    numbers = {
        "input_tokens": moment("input", 1),
        "input_square": moment("input", 2),
        "input_cube": moment("input", 3),
        "output_tokens": moment("generated", 1),
        "reasoning_tokens": moment("reasoning", 1),
        "context_limit": max(m.input + m.generated for m in workload.lengths),
        "samples": 1.0,
    }
    if isinstance(workload, Concurrent):
        numbers |= {"concurrency": workload.concurrency, "rounds": workload.rounds, "period": workload.period}
    elif isinstance(workload, Serving):
        numbers |= {"answer_rate": workload.rate, "period": workload.period}
    else:
        numbers |= {"requests": workload.requests}
    out = same("scenario", where, numbers)
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


def assumptions(catalog: Catalog, job: str) -> Bundle:
    """Assumptions of a job, from the catalog."""
    out: Bundle = {}
    for id in ("operations", "training" if job == "training" else "serving"):
        for name, fact in catalog.get("assumptions", id).values.items():
            out[name] = Known.of(fact, f"assumptions/{id}")
    if job != "training":
        for name, fact in catalog.get("engines", "default").values.items():
            out[name] = Known.of(fact, "engines/default")
    return out


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
