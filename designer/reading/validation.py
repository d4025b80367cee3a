"""What is well written and still makes no sense: workloads, prices and sites that contradict themselves."""

from __future__ import annotations

from collections.abc import Iterable

from catalogs.schema import Model
from constraints.bundles import Bundle
from constraints.records import record
from designer.documents.scenario import Scenario
from designer.evaluating.design import values_of
from designer.jobs.data_pipeline import dataset_of
from designer.question.job import Job, Mistake
from designer.question.question import Question
from designer.reading.source_map import Path
from designer.reading.unknowns import UnknownReader


class SenseReader(UnknownReader):
    """Checks a scenario against its model and against itself."""

    def _mistake(self, path: Path, message: str, *, key: bool = False) -> None:
        self.problems.append(self.problem(path, message, key=key))

    def _take(self, mistakes: Iterable[Mistake]) -> None:
        self.problems += [self.problem(m.path, m.message, key=m.key) for m in mistakes]

    def check_open_choices(self, job: Job, scenario: Scenario) -> None:
        """What a workload says and its candidates say otherwise."""
        self._take(job.contradictions(scenario.workload, scenario.candidates))
        self.raise_problems()

    def check_workload(self, job: Job, scenario: Scenario, entry: Model, model: Bundle) -> None:
        """What a workload asks that its model was not made for."""
        if "max_context" not in model and not job.networks:
            message = f"{entry.id} is a {entry.kind}; only its training is planned"
            self._mistake(("workload", "model"), message)
            return
        self._take(job.mistakes(scenario.workload, entry, model))

    def check_feeding(self, q: Question) -> None:
        """Whoever decodes has a rate to decode at, and a host that prepares samples has cores."""
        dataset = dataset_of(q.scenario.workload)
        if dataset is None:
            return
        where = q.domains["decode"]
        if "gpu" in where and dataset.device_decode_rate is None:
            raise self.fail(
                ("candidates", "decode"), "decoding on the devices needs workload.dataset.device_decode_rate"
            )
        if "cpu" not in where or "host_cores" in q.given:
            return
        for i, id in enumerate(q.domains["node"]):
            if self.catalog.get("nodes", str(id)).cores is None:
                path: Path = ("candidates", "node")
                raise self.fail(
                    self._item(path, q.scenario.candidates.get("node"), i),
                    f"the catalog does not say how many cores {id} has for workers; give assume.host_cores",
                )

    def check_money_and_place(self, scenario: Scenario) -> None:
        """A price that the tenure leaves unused would be a number nobody reads."""
        p, site = scenario.pricing, scenario.site
        owned = p.tenure == "owned"
        for name in ("price", "provider") if owned else ("purchase", "electricity", "model"):
            if getattr(p, name) is not None:
                kind = "owned" if owned else f"rented ({p.tenure})"
                self._mistake(("pricing", name), f"unused, as pricing.tenure says the hardware is {kind}")
        if not owned and p.price is not None and p.provider is not None:
            self._mistake(("pricing", "provider"), "unused, as pricing.price is given")
        if p.model is not None and p.purchase is not None:
            self._mistake(("pricing", "purchase"), "unused, as pricing.model says what a part costs")
        if site and site.pue < 1:
            self._mistake(
                ("site", "pue"),
                f"{site.pue:g} must be at least 1: energy of the site per energy of the machines",
            )
        if site and "region" in scenario.candidates:
            self._mistake(("candidates", "region"), "give either a site or a region, not both", key=True)

    def check_outputs(self, q: Question) -> None:
        """Time per output token of requests that put nothing out, and latencies that nobody waits for."""
        refused = q.job.refused(q.scenario.workload)
        asked: list[tuple[Path, str]] = [
            (("objectives", i) if q.scenario.objectives else ("workload", "job"), o.quantity)
            for i, o in enumerate(q.objectives)
        ]
        asked += [(self.origin.get(t.name, ()), n) for t in q.stated for n in t.inputs]
        for path, name in asked:
            if why := refused.get(record(name).needs):
                self._mistake(path, f"{name} of {why}; name another quantity")
        self.raise_problems()

    def check_zeros(self, q: Question) -> None:
        """An assumed zero that some equation divides by."""
        zeros = [n for n in q.scenario.assume if q.given[n].si == 0]
        if zeros:
            try:
                values_of(q, q.first_design())
            except ZeroDivisionError:
                raise self.fail(("assume", zeros[0]), "must be above 0: an equation divides by it") from None
