"""From a scenario file to a question: every mistake is found here, with its line."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path

from catalogs import Catalog, default_catalog, yaml
from catalogs.errors import InputError, nearest
from constraints.bundles import Bundle, Known
from constraints.bundles.model import model_bundle
from constraints.bundles.site import check_provider
from constraints.graph import Graph
from designer.question import Question, assumptions, groups_of, job_rules, record_bundle, workload_bundle
from designer.reading.shape import ShapeReader
from designer.reading.unknowns import UnknownReader
from designer.scenario import Scenario, Training
from designer.space import DECISIONS


def shipped() -> dict[str, Path]:
    """Scenarios that come with the package, by name."""
    import scenarios

    folder = Path(scenarios.__path__[0])
    return {p.stem: p for p in sorted(folder.glob("*.yaml"))}


def is_scenario(name: str | Path) -> bool:
    """Whether a command-line argument means a scenario rather than a rule."""
    text = str(name)
    return text.endswith((".yaml", ".yml")) or "/" in text or os.path.exists(text) or text in shipped()


def locate(name: str | Path) -> Path:
    """The file a user means: a path, else a shipped scenario by name or by its usual path."""
    if name and os.path.exists(name):
        return Path(name)
    known = shipped()
    plain = str(name).removeprefix("scenarios/").removesuffix(".yaml")
    if plain in known:
        return known[plain]
    text = str(name) if len(str(name)) <= 200 else str(name)[:200] + "..."
    raise InputError(
        f"{text or repr(text)}: no such file or scenario{nearest(plain[:200], known)} (shipped: {', '.join(known)})"
    )


def load(path: str | Path, sets: Sequence[str] = (), catalog: Catalog | None = None) -> Question:
    """The question a scenario file asks, with `--set path=value` overrides applied.

    Raises InputError listing every problem found, each with its file and line.
    """
    document = yaml.read(path)
    return Loader(document, sets, catalog or default_catalog()).question()


class Loader(ShapeReader, UnknownReader):
    """One reading of one document."""

    def question(self) -> Question:
        scenario = self._scenario()
        job = scenario.workload.job
        notes: list[str] = []
        model = self._model(scenario)
        domains, defaulted = self._domains(scenario, job, model)
        self.raise_problems()
        given = {
            **model,
            **assumptions(self.catalog, job),
            **self._record(scenario),
            **workload_bundle(scenario.workload),
        }
        given["owned"] = Known(
            float(scenario.pricing.tenure == "owned"), "scenario", "the scenario's pricing"
        )
        if job != "training":
            given["node_limit"] = Known(
                float(max(int(n) for n in domains["node_count"])), "scenario", "candidates.node_count"
            )
            given["activation_bytes"] = Known(2.0, "datasheet", "definition: 16-bit activations")
            domains.pop("node_count")
            defaulted.discard("node_count")
        if scenario.pricing.provider:
            try:
                check_provider(self.catalog, scenario.pricing.provider)
            except InputError as e:
                raise self._at(("pricing", "provider"), e) from None
        graph = Graph(job_rules(job))
        question = Question(
            scenario=scenario,
            job=job,
            graph=graph,
            decisions=tuple(d for d in DECISIONS[job] if d.name in domains),
            domains=domains,
            defaulted=defaulted,
            given=given,
            groups=groups_of(job, scenario, self.catalog),
            limits=[r.id for r in graph.rules.values() if r.is_limit],
            constraints=[],
            objectives=[],
            baseline={},
            notes=notes,
        )
        self._assume(question)
        question.constraints = self._constraints(question)
        question.objectives = self._objectives(question)
        question.baseline = self._design(question, dict(scenario.baseline), ("baseline",))
        self.raise_problems()
        self.check_rates(question)
        self.check_known(question)
        notes += [f"facts from your own {file}" for file in self.catalog.used_overlays()]
        return question

    def _model(self, scenario: Scenario) -> Bundle:
        try:
            model = model_bundle(self.catalog.get("models", scenario.workload.model))
        except InputError as e:
            raise self._at(("workload", "model"), e) from None
        self._context_limit(scenario, model)
        return model

    def _context_limit(self, scenario: Scenario, model: Bundle) -> None:
        """A context longer than the model was made for is a mistake, not a layout."""
        w, most = scenario.workload, model["max_context"].si
        if isinstance(w, Training):
            if w.sequence_length > most:
                self.problems.append(
                    self.problem(
                        ("workload", "sequence_length"),
                        f"{w.sequence_length:,.0f} token is longer than the context of {w.model}: {most:,.0f} token",
                    )
                )
            sequences = w.global_batch / w.sequence_length
            if abs(sequences - round(sequences)) > 1e-6 or sequences < 1:
                below = max(1, math.floor(sequences)) * w.sequence_length
                self.problems.append(
                    self.problem(
                        ("workload", "global_batch"),
                        f"{w.global_batch:,.0f} token is not a whole number of sequences of"
                        f" {w.sequence_length:,.0f}; nearest {below:,.0f} token",
                    )
                )
            return
        for i, length in enumerate(w.lengths):
            if length.input + length.output > most:
                self.problems.append(
                    self.problem(
                        ("workload", "lengths", i),
                        f"{length.input + length.output:,.0f} token of input and output is longer than the context"
                        f" of {w.model}: {most:,.0f} token",
                    )
                )

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
