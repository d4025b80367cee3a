"""What a scenario gives the rules besides its choices: its model, workload, assumptions, records and prices."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from catalogs import Catalog
from catalogs.errors import InputError
from constraints.bundles import Bundle, Known, same
from constraints.bundles.dataset import source_bundle
from constraints.bundles.site import check_provider, reliability_bundle, storage_bundle
from constraints.bundles.software import software_bundle
from designer.documents.scenario import Scenario
from designer.fields.workload import Workload
from designer.jobs import JOBS
from designer.jobs.data_pipeline import dataset_bundle, dataset_of
from designer.question.context import Value
from designer.reading.source_map import Path, SourceMap


def givens_of(
    source: SourceMap, scenario: Scenario, models: Mapping[str, Bundle], domains: Mapping[str, list[Value]]
) -> Bundle:
    """Every number that is the same for all designs."""
    (model, *_) = models.values()
    own = {**(model if "model" not in domains else {}), **_data_set(source, scenario)}
    own = {name: known for name, known in own.items() if name not in domains}
    _check_records(source, scenario)
    try:
        given = own | usual_givens(source.catalog, scenario, domains)
    except InputError as e:
        raise source.placed(("storage",), e) from None
    if scenario.pricing.provider:
        try:
            check_provider(source.catalog, scenario.pricing.provider)
        except InputError as e:
            raise source.placed(("pricing", "provider"), e) from None
    return given


def usual_givens(catalog: Catalog, scenario: Scenario, domains: Mapping[str, list[Value]]) -> Bundle:
    """What is given besides a model and a data set: assumptions, records, prices, the workload."""
    job = JOBS[scenario.workload.job]
    given = {
        **assumptions(catalog, job.name, domains),
        **record_bundle(catalog, scenario),
        **price_model_bundle(scenario),
        **workload_bundle(scenario.workload),
    }
    owned = Known(float(scenario.pricing.tenure == "owned"), "scenario", "the scenario's pricing")
    # A decision takes the place of what would be given by its name.
    undecided = {name: known for name, known in given.items() if name not in domains}
    return undecided | job.assumed(domains) | {"owned": owned}


def workload_bundle(workload: Workload) -> Bundle:
    """The workload as numbers, each declared with its field."""
    return JOBS[workload.job].given(workload)


def assumptions(catalog: Catalog, job: str, decided: Collection[str] = ()) -> Bundle:
    """Assumptions of a job, from the catalog; of the default software too, where none is decided on."""
    out: Bundle = {}
    for id in JOBS[job].assumptions:
        for name, fact in catalog.get("assumptions", id).values.items():
            out[name] = Known.of(fact, f"assumptions/{id}")
    runs = JOBS[job].software
    if runs is None or runs.decision in decided:
        return out
    return out | software_bundle(catalog, runs.entries, "default")


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


def _data_set(source: SourceMap, scenario: Scenario) -> Bundle:
    """The data set a run is fed from, and the storage it comes from."""
    dataset = dataset_of(scenario.workload)
    if dataset is None:
        return {}
    path: Path = ("workload", "dataset")
    try:
        fed = dataset_bundle(source.catalog, dataset)
        path = (*path, "storage")
        return fed | source_bundle(source.catalog, dataset.storage, dataset.drives, dataset.capacity)
    except InputError as e:
        path = (*path, "name") if str(e).startswith("unknown dataset") else path
        raise source.placed(path, e) from None


def _check_records(source: SourceMap, scenario: Scenario) -> None:
    """The records a scenario names are known to the catalog."""
    for key in ("storage", "reliability"):
        name = getattr(scenario, key)
        if name is not None:
            try:
                source.catalog.get(key, name)
            except InputError as e:
                raise source.placed((key,), e) from None
