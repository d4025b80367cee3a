"""What is well written and still makes no sense: workloads, prices and sites that contradict themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from catalogs.schema import Model
from constraints.bundles import Bundle
from constraints.records import record
from designer.documents.scenario import Scenario
from designer.evaluating.design import values_of
from designer.jobs.data_pipeline import dataset_of
from designer.question.job import Job, Mistake
from designer.question.question import Question
from designer.reading.budgets import asked_of
from designer.reading.ranges import item_path
from designer.reading.source_map import Path, SourceMap


def _take(source: SourceMap, mistakes: Iterable[Mistake]) -> None:
    for m in mistakes:
        source.mistake(m.path, m.message, key=m.key)


def check_open_choices(source: SourceMap, job: Job, scenario: Scenario) -> None:
    """What a workload says and its candidates say otherwise."""
    _take(source, job.contradictions(scenario.workload, scenario.candidates))
    source.raise_problems()


def check_workload(source: SourceMap, job: Job, scenario: Scenario, entry: Model, model: Bundle) -> None:
    """What a workload asks that its model was not made for."""
    if "max_context" not in model and not job.networks:
        message = f"{entry.id} is a {entry.kind}; only its training is planned"
        source.mistake(("workload", "model"), message)
        return
    _take(source, job.mistakes(scenario.workload, entry, model))


def check_parts(source: SourceMap, scenario: Scenario, parts: Collection[str]) -> None:
    """Weights are streamed in layer by layer, and a network known by its totals has none."""
    if {"network", "streaming"} <= set(parts):
        raise source.fail(
            ("candidates", "node"),
            f"{scenario.workload.model} is known by its totals, and weights are streamed in layer by layer:"
            " leave out nodes that do so",
        )


def check_data_pipeline(source: SourceMap, q: Question, origin: Mapping[str, Path]) -> None:
    """Whoever decodes has a rate to decode at, and a host that prepares samples has cores."""
    dataset = dataset_of(q.scenario.workload)
    if dataset is None:
        return
    where = q.domains["decode"]
    if "gpu" in where and dataset.device_decode_rate is None:
        raise source.fail(
            ("candidates", "decode"), "decoding on the devices needs workload.dataset.device_decode_rate"
        )
    if "cpu" not in where or "host_cores" in q.given:
        return
    for i, id in enumerate(q.domains["node"]):
        if source.catalog.get("nodes", str(id)).cores is None:
            path: Path = ("candidates", "node")
            raise source.fail(
                item_path(path, q.scenario.candidates.get("node"), i),
                f"the catalog does not say how many cores {id} has for workers; give assume.host_cores",
            )


def check_money_and_place(source: SourceMap, scenario: Scenario) -> None:
    """A price that the tenure leaves unused would be a number nobody reads."""
    p, site = scenario.pricing, scenario.site
    owned = p.tenure == "owned"
    for name in ("price", "provider") if owned else ("purchase", "electricity", "model"):
        if getattr(p, name) is not None:
            kind = "owned" if owned else f"rented ({p.tenure})"
            source.mistake(("pricing", name), f"unused, as pricing.tenure says the hardware is {kind}")
    if not owned and p.price is not None and p.provider is not None:
        source.mistake(("pricing", "provider"), "unused, as pricing.price is given")
    if p.model is not None and p.purchase is not None:
        source.mistake(("pricing", "purchase"), "unused, as pricing.model says what a part costs")
    if site and site.pue < 1:
        source.mistake(
            ("site", "pue"),
            f"{site.pue:g} must be at least 1: energy of the site per energy of the machines",
        )
    if site and "region" in scenario.candidates:
        source.mistake(("candidates", "region"), "give either a site or a region, not both", key=True)


def check_outputs(source: SourceMap, q: Question, origin: Mapping[str, Path]) -> None:
    """Time per output token of requests that put nothing out, and latencies that nobody waits for."""
    refused = q.job.refused(q.scenario.workload)
    for path, name in asked_of(q, origin):
        if why := refused.get(record(name).needs):
            source.mistake(path, f"{name} of {why}; name another quantity")
    source.raise_problems()


def check_zeros(source: SourceMap, q: Question, origin: Mapping[str, Path]) -> None:
    """An assumed zero that some equation divides by."""
    zeros = [n for n in q.scenario.assume for e in q.each(n) if q.given[e].si == 0]
    if zeros:
        try:
            values_of(q, q.first_design())
        except ZeroDivisionError:
            raise source.fail(("assume", zeros[0]), "must be above 0: an equation divides by it") from None
