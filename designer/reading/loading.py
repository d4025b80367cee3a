"""From a scenario file to a question: every mistake is found here, with its line."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path as File

from catalogs import Catalog, default_catalog, yaml
from catalogs.errors import InputError, Problem, nearest
from constraints.bundles import Bundle, Known
from constraints.bundles.dataset import source_bundle
from constraints.bundles.model import model_bundle
from constraints.bundles.site import check_provider
from constraints.graph import Graph
from designer.documents.kinds import shipped_as
from designer.documents.scenario import Scenario
from designer.evaluating.intervals import ends_of, hold_upper_bounds
from designer.infeasible.premises import premises
from designer.jobs import JOBS, decisions_of
from designer.jobs.data_pipeline import dataset_bundle, dataset_of
from designer.question.groups import groups_of
from designer.question.limit import Limit
from designer.question.question import Question
from designer.question.rules import parts_of, rules_of
from designer.question.specifications import spec_groups
from designer.reading.givens import assumptions, price_model_bundle, record_bundle, workload_bundle
from designer.reading.shape import ShapeReader
from designer.reading.source_map import Path as Place
from designer.reading.validation import SenseReader


def shipped() -> dict[str, File]:
    """Scenarios that come with the package, by name."""
    import scenarios

    folder = File(scenarios.__path__[0])
    return {p.stem: p for p in sorted(folder.glob("*.yaml"))}


def is_scenario(name: str | File) -> bool:
    """Whether a command-line argument means a scenario rather than a rule."""
    text = str(name)
    return text.endswith((".yaml", ".yml")) or "/" in text or os.path.exists(text) or text in shipped()


def locate(name: str | File) -> File:
    """The file a user means: a path, else a shipped scenario by name or by its usual path."""
    if name and os.path.exists(name):
        return File(name)
    known = shipped()
    plain = str(name).removeprefix("scenarios/").removesuffix(".yaml")
    if plain in known:
        return known[plain]
    if elsewhere := shipped_as(plain, "scenario"):
        raise InputError(elsewhere)
    text = str(name) if len(str(name)) <= 100 else str(name)[:100] + "..."
    raise InputError(
        f"{text or repr(text)}: no such file or scenario{nearest(plain[:200], known) or f' (shipped: {_some(known)})'}"
    )


def _some(names: Iterable[str], most: int = 120) -> str:
    """Names with commas, as many as fit into a message.

    >>> _some(["chat", "batch", "train"], 11)
    'chat, batch and 1 more'
    """
    shown: list[str] = []
    rest = list(names)
    while rest and len(", ".join([*shown, rest[0]])) <= most:
        shown.append(rest.pop(0))
    return ", ".join(shown) + (f" and {len(rest)} more" if rest else "")


def load(path: str | File, sets: Sequence[str] = (), catalog: Catalog | None = None) -> Question:
    """The question a scenario file asks, with `--set path=value` overrides applied.

    Raises InputError listing every problem found, each with its file and line.
    """
    return Loader(document_of(path), sets, catalog or default_catalog()).question()


def document_of(path: str | File) -> yaml.Document:
    """A scenario file as it is written, under the name that messages give it."""
    try:
        return replace(yaml.read(path), file=short_name(File(path)))
    except InputError as e:
        raise InputError(*map(_quoted, e.problems)) from None


def short_name(path: File) -> str:
    """A file as messages name it: a shipped scenario by its place in the package."""
    return f"scenarios/{path.name}" if shipped().get(path.stem) == path else str(path)


def _quoted(problem: Problem) -> Problem:
    """A bound such as >= 40 % is the start of a folded text to YAML: say how to write it."""
    if "block scalar" not in problem.message and not problem.message.startswith("tag !="):
        return problem
    return replace(problem, message="a value that starts with > or ! needs quotes, for example '>= 40 %'")


class Loader(ShapeReader, SenseReader):
    """One reading of one document."""

    def question(self) -> Question:
        scenario = self._scenario()
        job = JOBS[scenario.workload.job]
        notes: list[str] = []
        models = self._models(scenario)
        domains, defaulted = self._domains(scenario, job, models)
        self.raise_problems()
        model = next(iter(models.values()))
        nodes = (self.catalog.get("nodes", str(n)) for n in domains["node"])
        parts = parts_of(job, scenario, model, nodes)
        given = {
            **(model if "model" not in domains else {}),
            **self._fed(scenario),
            **assumptions(self.catalog, job.name, "engine" in domains),
            **self._record(scenario),
            **price_model_bundle(scenario),
            **workload_bundle(scenario.workload),
        }
        # A decision takes the place of an assumption of its name.
        given = {name: known for name, known in given.items() if name not in domains}
        given |= job.assumed(domains)
        given["owned"] = Known(
            float(scenario.pricing.tenure == "owned"), "scenario", "the scenario's pricing"
        )
        if not job.decides_nodes:
            domains.pop("node_count")
            defaulted.discard("node_count")
        if scenario.pricing.provider:
            try:
                check_provider(self.catalog, scenario.pricing.provider)
            except InputError as e:
                raise self._at(("pricing", "provider"), e) from None
        if {"network", "streaming"} <= set(parts):
            raise self.fail(
                ("candidates", "node"),
                f"{scenario.workload.model} is known by its totals, and weights are streamed in layer by layer:"
                " leave out nodes that do so",
            )
        several = models if "model" in domains else {}
        made = groups_of(job, scenario, self.catalog, several, domains)
        groups = [g for g in made if domains.keys() >= set(g.axes)]
        groups += spec_groups(groups, domains)
        graph = Graph(rules_of((*job.layers, *parts)))
        if "network" in parts:
            # What splits or counts layers has nothing to say of a network known by its totals.
            makes = (g.build(*(domains[a][0] for a in g.axes)) for g in groups)
            graph = graph.supported_by({*given, *domains, *(n for bundle in makes for n in bundle)})
        question = Question(
            scenario=scenario,
            job=job,
            graph=graph,
            decisions=tuple(d for d in decisions_of(job, model) if d.name in domains),
            domains=domains,
            defaulted=defaulted,
            given=given,
            groups=groups,
            limits=[Limit.of(r) for r in graph.rules.values() if r.is_limit],
            objectives=[],
            baseline={},
            notes=notes,
            parts=parts,
        )
        self._assume(question)
        if scenario.confidence is not None:
            try:
                hold_upper_bounds(question, self.catalog, scenario.confidence)
            except InputError as e:
                raise self._at(("confidence",), e) from None
        question.intervals = partial(ends_of, question, self.catalog)
        question.limits += self._stated(question)
        question.objectives = self._objectives(question)
        self._check_weights(question)
        question.baseline = self._design(question, dict(scenario.baseline), ("baseline",))
        self.raise_problems()
        question.taken_for_granted = partial(premises, replace(question), self.catalog, self._where)
        self.check_rates(question)
        self.check_feeding(question)
        self.check_known(question)
        self.check_outputs(question)
        self.check_zeros(question)
        if scenario.pricing.tenure == "spot":
            notes.append(
                "spot capacity is planned as if it were never reclaimed; assume.device_mtbf can say how often"
            )
        notes += self.unscored(question)
        for name in domains.get("engine", []):
            engine = self.catalog.get("engines", str(name))
            source = next(iter(engine.values.values())).source
            notes.append(f"engine {name}: {engine.name}; its overheads are a {source} (engines/{name})")
        if "streaming" in parts:
            notes.append(
                "the memory that weights are streamed from is taken to be large and fast enough;"
                " its power and price are not counted"
            )
        if any("power" in t.inputs for t in question.stated):
            notes.append("power is the mean at the meter; peak_power is what has to be provisioned")
        notes += [f"facts from your own {file}" for file in self.catalog.used_overlays()]
        return question

    def _where(self, *path: str) -> str:
        """File and line of a part of the scenario, as text."""
        file, line = self.place(path)
        return f"{file}:{line}" if line else file

    def _models(self, scenario: Scenario) -> dict[str, Bundle]:
        """Numbers of each candidate model, by its id: the workload's, or those of `candidates.model`."""
        job = JOBS[scenario.workload.job]
        self.check_open_choices(job, scenario)
        try:
            self.catalog.get("scaling", scenario.scaling)
        except InputError as e:
            raise self._at(("scaling",), e) from None
        self.check_benchmark(scenario)
        said = scenario.workload.model
        names: dict[str, Place] = {said: ("workload", "model")} if said else {}
        names = names or self._model_names(scenario.candidates["model"])
        models: dict[str, Bundle] = {}
        for name, at in names.items():
            try:
                model = self.catalog.get("models", name)
                models[model.id] = model_bundle(model) | job.model(self.catalog, scenario.scaling, model)
            except InputError as e:
                raise self._at(at, e) from None
            self.check_workload(job, scenario, model, models[model.id])
        self.check_money_and_place(scenario)
        self.raise_problems()
        return models

    def _fed(self, scenario: Scenario) -> Bundle:
        dataset = dataset_of(scenario.workload)
        if dataset is None:
            return {}
        path: Place = ("workload", "dataset")
        try:
            fed = dataset_bundle(self.catalog, dataset)
            path = (*path, "storage")
            return fed | source_bundle(self.catalog, dataset.storage, dataset.drives, dataset.capacity)
        except InputError as e:
            path = (*path, "name") if str(e).startswith("unknown dataset") else path
            raise self._at(path, e) from None

    def _record(self, scenario: Scenario) -> Bundle:
        for key in ("storage", "reliability"):
            name = getattr(scenario, key)
            if name is not None:
                try:
                    self.catalog.get(key, name)
                except InputError as e:
                    raise self._at((key,), e) from None
        try:
            return record_bundle(self.catalog, scenario)
        except InputError as e:
            raise self._at(("storage",), e) from None
