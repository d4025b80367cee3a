"""The register of rules: each is documented, cited, findable, and fed."""

from __future__ import annotations

import doctest
import inspect
import math
import re
import sys
from pathlib import Path

import pytest

from catalogs import InputError, default_catalog, units, yaml
from constraints.bundles.model import model_bundle, uncovered
from constraints.graph import Graph
from constraints.rule import LAYERS, ROOT, Rule, find, rules
from designer.jobs import JOBS, job_rules
from designer.question.question import Question
from designer.reading.source_map import SourceMap
from designer.reading.steps import question_of

ALL = [r for layer in LAYERS for r in rules(layer).values()]
FOLDERS = sorted(p.name for p in (ROOT / "constraints" / "rules").iterdir() if (p / "__init__.py").exists())

LENGTHS = "lengths: [{share: 1, input: 1000 token, output: 200 token}]"
# Formulas that instances of them, or rules, give values of other names; no quantity is called so.
CALLED_ONLY = {
    "packed_time", "stage_activations", "stage_state", "forward_time", "backward_time", "kv_sequence_bytes",
}  # fmt: skip
WORKLOADS = {
    "training": "sequence_length: 4096 token, global_batch: 1048576 token, dataset: 1e12 token",
    "serving": f"rate: 4 request/s, {LENGTHS}",
    "concurrent": f"concurrency: 64 request, {LENGTHS}",
    "batch": f"requests: 1e6 request, {LENGTHS}",
}


def question(job: str) -> Question:
    text = f"name: register\nworkload: {{job: {job}, model: mixtral-8x7b, {WORKLOADS[job]}}}\n"
    return question_of(SourceMap(yaml.parse(text, "register.yaml"), [], default_catalog()))


def label(r: Rule) -> str:
    return f"{r.layer}.{r.id}"


def namespace(r: Rule) -> dict[str, object]:
    """Names that the example of a rule may use: those of its module."""
    return dict(vars(sys.modules[r.fn.__module__]))


def test_every_folder_is_a_layer() -> None:
    assert sorted(LAYERS) == FOLDERS
    assert set().union(*(j.layers for j in JOBS.values())) <= set(LAYERS)


@pytest.mark.parametrize("r", ALL, ids=label)
def test_documented(r: Rule) -> None:
    assert len(r.title) > 10 and not r.title[0].islower()
    assert r.doc.strip().split("\n", 1)[0].endswith("."), "the first line is a sentence"
    assert len(r.cite) >= len("definition")
    assert r.wall is None or 1 <= r.wall <= 22


@pytest.mark.parametrize("r", ALL, ids=label)
def test_units_are_known(r: Rule) -> None:
    for unit in (r.unit, *r.inputs.values()):
        if unit != "truth":
            assert units.factor(unit) > 0
    assert "truth" not in r.inputs.values(), "a limit decides; nothing is calculated from it"


@pytest.mark.parametrize("r", ALL, ids=label)
def test_place_is_the_definition(r: Rule) -> None:
    line = (ROOT / r.file).read_text(encoding="utf-8").splitlines()[r.line - 1]
    assert line.startswith(f"def {r.id}(")


@pytest.mark.parametrize("r", ALL, ids=label)
def test_rule_has_an_example(r: Rule) -> None:
    examples = doctest.DocTestFinder().find(r.fn, globs=namespace(r))
    assert any(e.examples for e in examples)


def test_every_example_of_a_rule_holds() -> None:
    runner = doctest.DocTestRunner(verbose=False)
    for r in ALL:
        for test in doctest.DocTestFinder().find(r.fn, r.id, globs=namespace(r)):
            runner.run(test)
    assert runner.failures == 0
    assert runner.tries > len(ALL)


@pytest.mark.parametrize("job", JOBS)
def test_one_rule_per_quantity(job: str) -> None:
    """A later layer replaces a rule on purpose; within a layer, two rules of one name are an error."""
    for layer in JOBS[job].layers:
        rules(layer)
    first, *later = JOBS[job].layers
    assert not set(rules(first)) & set(rules(later[0]))


def test_rule_files_are_short() -> None:
    for path in sorted((ROOT / "constraints").rglob("*.py")):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, path


def test_rule_files_import_nothing_heavy() -> None:
    for path in sorted((ROOT / "constraints" / "rules").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^\s*(from|import) (numpy|pint|ortools|math|designer)\b", text, re.M), path


@pytest.mark.parametrize("job", JOBS)
def test_graph_resolves(job: str) -> None:
    """Every quantity of a job is a decision, given by the scenario or the catalog, or made by a rule."""
    asked = question(job)
    given = set(asked.bundle(asked.first_design()))
    graph = Graph(job_rules(job))
    quantities = set(graph.rules) - CALLED_ONLY
    order = graph.order(sorted(quantities), given)
    assert {r.id for r in order} == quantities
    assert {d.name for d in asked.decisions} <= {d.name for d in JOBS[job].decisions}


@pytest.mark.parametrize("job", JOBS)
def test_what_is_given_is_used(job: str) -> None:
    """A number that no rule reads is a mistake in a bundle or a rule that forgot it."""
    asked = question(job)
    read = {n for r in job_rules(job).values() for n in r.inputs}
    decisions = {d.name for d in asked.decisions if d.kind != "choice"}
    assert decisions <= read
    made_and_given = set(asked.given) & set(job_rules(job))
    assert not made_and_given, f"given and made: {made_and_given}"


@pytest.mark.parametrize("job", JOBS)
def test_every_rule_gives_a_number(job: str) -> None:
    asked = question(job)
    values = {n: k.si for n, k in asked.bundle(asked.first_design()).items()}
    graph = Graph(job_rules(job))
    quantities = sorted(set(graph.rules) - CALLED_ONLY)
    made = graph.evaluate(quantities, values)
    unknown = {n for n, v in values.items() if v != v}
    for name in quantities:
        if not graph.inputs_of([name]) & unknown:
            assert math.isfinite(made[name]), name


def test_models_are_described_or_refused() -> None:
    """A model either yields its official size within 1 % or says why it is not covered."""
    catalog = default_catalog()
    graph = Graph(rules("shared"))
    covered = 0
    for id in catalog.ids("models"):
        model = catalog.get("models", id)
        if uncovered(model):
            with pytest.raises(InputError):
                model_bundle(model)
            continue
        covered += 1
        made = graph.evaluate(["parameters"], {n: k.si for n, k in model_bundle(model).items()})
        assert made["parameters"] == pytest.approx(model.parameters.si, rel=0.01), id
    assert covered >= 60


def test_unknown_rule_names_the_nearest() -> None:
    with pytest.raises(InputError, match="ring_all_reduce_time"):
        find("ring_allreduce_time")


def test_rules_are_functions_of_their_inputs_only() -> None:
    for r in ALL:
        assert list(inspect.signature(r.fn).parameters) == list(r.inputs)
        assert not r.fn.__defaults__ and not r.fn.__kwdefaults__ and r.fn.__closure__ is None
        assert set(r.inputs) == {n for n in r.given.values() if isinstance(n, str)} or r.base is None
        assert Path(ROOT, r.file).exists()
