"""Numbers nobody states: an answer that would rest on one is refused, never guessed."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from catalogs.errors import nearest
from constraints.bundles.device import base_precision, has_rate
from constraints.bundles.fidelity import benchmarks
from constraints.bundles.formats import fits, stored_as
from constraints.graph import Graph
from constraints.records import record
from constraints.roles import ACCURACY_LOSS, OWNERSHIP_COST, RENTAL_COST
from designer.documents.scenario import Scenario
from designer.question.groups import Group
from designer.question.question import Question
from designer.reading.budgets import asked_of
from designer.reading.source_map import Path, SourceMap

# Groups of what somebody states or leaves open: of machines, places and models.
_LOOKED_UP = ("node", "host", "stream", "region", "price", "model")


def check_rates(source: SourceMap, q: Question, origin: Mapping[str, Path]) -> None:
    """Nothing left that a device or a region cannot say."""
    for nodes, precisions in zip(q.each("node"), q.each("precision"), strict=True):
        wanted = [str(p) for p in q.domains[precisions]]
        for a in sorted({source.catalog.get("nodes", str(n)).accelerator for n in q.domains[nodes]}):
            acc = source.catalog.get("accelerators", a)
            base_precision(acc)
            if not any(has_rate(acc, p) for p in wanted):
                has = ", ".join(acc.compute.rates())
                raise source.fail(
                    ("candidates", "precision"), f"{a} multiplies in none of {', '.join(wanted)} (has: {has})"
                )


def check_benchmark(source: SourceMap, scenario: Scenario) -> None:
    """A benchmark that no table of scores is on is a mistake."""
    if "benchmark" in source.data and scenario.benchmark not in (known := benchmarks(source.catalog)):
        hint = nearest(scenario.benchmark, known)
        raise source.fail(
            ("benchmark",), f"unknown benchmark {scenario.benchmark!r}{hint} (has: {', '.join(known)})"
        )


def unscored(source: SourceMap, q: Question) -> list[str]:
    """What a budget or objective on accuracy_loss leaves out, because no score is published."""
    asked = {o.quantity for o in q.objectives} | {n for t in q.stated for n in t.inputs}
    if asked.isdisjoint((ACCURACY_LOSS, *q.each(ACCURACY_LOSS))):
        return []
    catalog, name = source.catalog, q.scenario.workload.model
    model = catalog.get("models", name) if name else None
    # Weights that the products do not read are left out for that already.
    built = [
        group.build(*way)
        for group in q.named("score")
        for way in itertools.product(*(q.domains[a] for a in group.axes))
        if fits(stored_as(catalog, model, str(way[0])), str(way[1]))
    ]
    after = [b[n] for b in built for n in q.each("score_after") if n in b]
    missing = [known.source for known in after if known.si != known.si]
    if not missing:
        return []
    more = f", and {len(missing) - 1} more" if len(missing) > 1 else ""
    return [
        f"{len(missing)} of {len(built)} ways to compress are left out, as accuracy_loss needs a published"
        f" score: {missing[0]}{more}"
    ]


def check_known(source: SourceMap, q: Question, origin: Mapping[str, Path]) -> None:
    """A budget or objective that rests on an unknown number is an error, never a free pass."""
    # Only one of the two ways to pay is ever computed with.
    unpaid = q.each(RENTAL_COST if q.scenario.pricing.tenure == "owned" else OWNERSHIP_COST)
    used = Graph({n: r for n, r in q.graph.rules.items() if n not in unpaid})
    assumed = {e for n in q.scenario.assume for e in q.each(n)} & set(q.given)
    groups = [*q.named(*_LOOKED_UP), Group("given", (), lambda: q.given)]
    built = [(g, c, g.build(*c)) for g in groups for c in itertools.product(*(q.domains[a] for a in g.axes))]
    # What the scenario's prices say takes the place of what a region does not.
    priced = [bundle for g, _, bundle in built if g.name == "price"]
    unpriced = {n for b in priced for n, known in b.items() if known.si != known.si}
    stated = assumed | ({n for b in priced for n in b} - unpriced)
    for path, name in asked_of(q, origin):
        leaves = {n for n in used.inputs_of([name]) if not record(n).guarded} - stated
        for _, combo, bundle in built:
            of = f" of {' in '.join(map(str, combo))}" if combo else ""
            for leaf, known in bundle.items():
                if leaf in leaves and known.si != known.si:
                    default = "" if path[0] != "workload" else ", an objective unless you name others,"
                    raise source.fail(
                        path,
                        f"{name}{default} needs {leaf}{of}, which is unknown"
                        f" ({known.source}); {record(leaf).unknown or f'give assume.{leaf}'}",
                    )
