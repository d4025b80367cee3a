"""The candidate models of a scenario as numbers, and whether each can be what the scenario does with it."""

from __future__ import annotations

from catalogs.errors import InputError
from constraints.bundles import Bundle
from constraints.bundles.model import model_bundle
from designer.documents.scenario import Scenario
from designer.question.job import Job
from designer.reading.ranges import model_names
from designer.reading.source_map import Path, SourceMap
from designer.reading.unknowns import check_benchmark
from designer.reading.validation import check_money_and_place, check_open_choices, check_workload


def models_of(source: SourceMap, scenario: Scenario, job: Job) -> dict[str, Bundle]:
    """Numbers of each candidate model, by its id: the workload's, or those of `candidates.model`."""
    check_open_choices(source, job, scenario)
    try:
        source.catalog.get("scaling", scenario.scaling)
    except InputError as e:
        raise source.placed(("scaling",), e) from None
    check_benchmark(source, scenario)
    named = scenario.workload.model
    names: dict[str, Path] = {named: ("workload", "model")} if named else {}
    names = names or model_names(source, scenario.candidates["model"])
    models: dict[str, Bundle] = {}
    for name, at in names.items():
        try:
            model = source.catalog.get("models", name)
            models[model.id] = model_bundle(model) | job.model(source.catalog, scenario.scaling, model)
        except InputError as e:
            raise source.placed(at, e) from None
        check_workload(source, job, scenario, model, models[model.id])
    check_money_and_place(source, scenario)
    source.raise_problems()
    return models
