"""A question put together from what is known of it: rules, decisions and groups of its job."""

from __future__ import annotations

from collections.abc import Mapping

from catalogs import Catalog
from constraints.bundles import Bundle
from constraints.graph import Graph
from constraints.roles import NODES
from designer.documents.scenario import Scenario
from designer.jobs import JOBS, decisions_of
from designer.question.context import Value
from designer.question.groups import groups_of
from designer.question.limit import Limit
from designer.question.question import Question
from designer.question.rules import rules_of
from designer.question.specifications import spec_groups


def assembled(
    catalog: Catalog,
    scenario: Scenario,
    models: Mapping[str, Bundle],
    parts: tuple[str, ...],
    domains: Mapping[str, list[Value]],
    defaulted: set[str],
    given: Bundle,
) -> Question:
    """A question that asks for nothing yet: neither budgets nor objectives."""
    job = JOBS[scenario.workload.job]
    # How many nodes there may be is a limit where their number is not chosen.
    counted = set() if job.decides_nodes else {NODES}
    domains = {n: values for n, values in domains.items() if n not in counted}
    made = groups_of(job, scenario, catalog, models if "model" in domains else {}, domains)
    groups = [g for g in made if domains.keys() >= set(g.axes)]
    groups += spec_groups(groups, domains)
    graph = Graph(rules_of((*job.layers, *parts)))
    if "network" in parts:
        # What splits or counts layers has nothing to say of a network known by its totals.
        makes = (g.build(*(domains[a][0] for a in g.axes)) for g in groups)
        graph = graph.supported_by({*given, *domains, *(n for bundle in makes for n in bundle)})
    (model, *_) = models.values()
    return Question(
        scenario=scenario,
        job=job,
        graph=graph,
        decisions=tuple(d for d in decisions_of(job, model) if d.name in domains),
        domains=domains,
        defaulted=defaulted - counted,
        given=given,
        groups=groups,
        limits=[Limit.of(r) for r in graph.rules.values() if r.is_limit],
        objectives=[],
        baseline={},
        notes=[],
        parts=parts,
    )
