"""A measured run as a question of one design: what it does not say is what its job gives and decides by default.

So a quantity that a rule begins to read, with a default in the catalog, in the workload or among the
decisions, is known of every run that was measured before.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from catalogs import Catalog
from catalogs.errors import InputError
from catalogs.schema import Node
from constraints.bundles import Bundle
from constraints.bundles.model import model_bundle
from constraints.graph import Graph
from constraints.roles import NODES
from constraints.rule import Rule
from designer.accuracy.scoring import Skip
from designer.documents.scenario import Scenario
from designer.jobs import JOBS, decisions_of, job_rules
from designer.question.context import Context, Value
from designer.question.groups import PLACES
from designer.reading.assembly import assembled
from designer.reading.givens import usual_givens

# A model to ask about until a row's own takes its place.
_MODEL = "llama-3.1-8b"


def usual_numbers(catalog: Catalog, job: str, machine: Node, precision: str) -> dict[str, float]:
    """Every number that a question of this job on this machine gives its rules, but for the model's own.

    Each decision that is made by default is at its start. Neither region nor price is asked for: a
    measured run has neither.
    """
    found = catalog.find("nodes", machine.id)
    if found is None or catalog.get("nodes", found) is not machine:
        catalog = catalog.with_entry("nodes", machine, catalog.path("accelerators", machine.accelerator))
    scenario = _scenario(job)
    model = model_bundle(catalog.get("models", _MODEL))
    domains = _domains(catalog, scenario, model, machine, precision)
    given = usual_givens(catalog, scenario, domains)
    question = assembled(catalog, scenario, {_MODEL: model}, (), domains, set(), given)
    question.groups = [g for g in question.groups if g.name not in PLACES]
    return {n: known.si for n, known in question.bundle(question.first_design()).items()}


@lru_cache(maxsize=8)
def given_numbers(catalog: Catalog, job: str) -> dict[str, float]:
    """What is given of a job whatever its machine and model."""
    nodes: dict[str, list[Value]] = {NODES: [1]}
    return {n: known.si for n, known in usual_givens(catalog, _scenario(job), nodes).items()}


@lru_cache(maxsize=256)
def order_of(job: str, asked: tuple[str, ...], given: tuple[str, ...]) -> tuple[Rule, ...]:
    """The rules of a job that make what is asked out of what is given."""
    return tuple(Graph(job_rules(job, _hybrid(job))).order(asked, given))


def _hybrid(job: str) -> tuple[str, ...]:
    """Rules for models whose layers differ: a table of measurements may have any model."""
    return tuple(part for part in JOBS[job].parts if part.startswith("hybrid"))


def lacking(job: str, asked: Iterable[str], given: Iterable[str]) -> Skip | None:
    """Why a run cannot be asked about: a quantity that neither its row nor its job says."""
    try:
        order_of(job, tuple(asked), tuple(given))
    except InputError as e:
        return Skip(str(e))
    return None


@lru_cache(maxsize=8)
def _scenario(job: str) -> Scenario:
    # A row says what there is to do in its own way.
    workload = {"job": job, "model": _MODEL, **JOBS[job].least}
    return Scenario.model_validate({"name": "a measured run", "workload": workload})


def _domains(
    catalog: Catalog, scenario: Scenario, model: Bundle, machine: Node, precision: str
) -> dict[str, list[Value]]:
    """One value of each decision that is made where nobody says otherwise."""
    out: dict[str, list[Value]] = {"node": [machine.id], "precision": [precision], NODES: [1]}
    context = Context(catalog, scenario.workload, [model], out)
    for d in decisions_of(JOBS[scenario.workload.job], model):
        if d.name not in out and (values := d.default(context)):
            out[d.name] = [values[0] if d.start is None else d.start]
    return out
