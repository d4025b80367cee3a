"""What a question takes for granted and could be otherwise: its demand and its lists of candidates.

An impossible question may be so because of these, not because of any budget. Giving way means for a
demand: down to a hundredth of it; for candidates: the values of the list and of the documented
default (of counts the nearest few), for regions the cleanest grids, for nodes up to 16 times as many.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from catalogs import Catalog
from catalogs.errors import InputError
from constraints.bundles import Known
from constraints.pools import of
from constraints.roles import NODES
from designer.fields.gives import Gives, declared
from designer.jobs import DECISIONS
from designer.jobs.shared import NODE_COUNT
from designer.question.context import Context, Value
from designer.question.decisions import Decision
from designer.question.question import Premise, Question
from designer.words.numbers import human

# To which share a demand gives way; a context to the same, in whole steps.
LEAST, LEAST_CONTEXT = 0.01, 1 / 64
# Multiples of the most nodes that are added.
MULTIPLES = (1 / 16, 1 / 4, 1 / 2, 2, 4, 16)
# Of counts so many values are added.
NEAREST = 4
Where = Callable[..., str]


def premises(question: Question, catalog: Catalog, where: Where) -> list[Premise]:
    """The demand and the candidates a scenario states, each with its place."""
    return [*_demands(question, where), *_candidates(question, catalog, where)]


def _demands(question: Question, where: Where) -> list[Premise]:
    """What the workload asks for, by the declarations of its fields."""
    out = []
    for field, gives in declared(question.scenario.workload):
        if not gives.demand or not all(n in question.given for n in gives.names):
            continue
        if gives.demand == "amount":
            out.append(_demand(question, field, gives, where))
        elif "global_batch" in question.domains:
            out.append(_context(question, field, gives.names[0], where))
    # Plain amounts first: they are what people would change first.
    return sorted(out, key=lambda p: (p.several, bool(p.shares)))


def _demand(question: Question, key: str, gives: Gives, where: Where) -> Premise:
    """A demand that is one number, or several that grow together."""

    def at(q: Question, share: float) -> Question:
        given = dict(q.given)
        for n in gives.names:
            given[n] = replace(given[n], si=given[n].si * share)
        return replace(q, given=given)

    said = {n: human(question.given[n].si, question.unit(n)) for n in gives.names}
    first = gives.names[0]
    return Premise(
        name=f"workload.{key}",
        text=gives.words.format(**said) or f"{key} = {said[first]}",
        place=where("workload", key),
        kind="demand",
        least=lambda q: at(q, LEAST),
        at=at,
        amount=question.given[first].si,
        unit=question.unit(first),
        several=len(gives.names) > 1,
    )


def _context(question: Question, key: str, name: str, where: Where) -> Premise:
    """The context of a training run: a share of it is 1/k, with k times the sequences in a batch."""
    amount, unit = question.given[name].si, question.unit(name)

    def at(q: Question, share: float) -> Question:
        k = round(1 / share)
        known = q.given[name]
        batches: list[Value] = [int(b) * k for b in q.domains["global_batch"]]
        return replace(
            q,
            given={**q.given, name: replace(known, si=known.si / k)},
            domains={**q.domains, "global_batch": batches},
        )

    k = round(1 / LEAST_CONTEXT)
    while not (amount / k).is_integer():
        k //= 2

    return Premise(
        name=f"workload.{key}",
        text=f"{key} = {human(amount, unit)}",
        place=where("workload", key),
        kind="demand",
        least=lambda q: at(q, 1 / k),
        at=at,
        amount=amount,
        unit=unit,
        shares=tuple(1 / 2**i for i in range(1, k.bit_length())),
    )


def _candidates(question: Question, catalog: Catalog, where: Where) -> list[Premise]:
    out = []
    domains = question.domains
    if "node_limit" in question.given:
        domains = {**domains, NODES: [int(question.given["node_limit"].si)]}
    first = question.first_design()
    models = [question.bundle({**first, "model": m}) for m in domains.get("model", [""])]
    context = Context(catalog, question.scenario.workload, models, domains)
    written = question.scenario.candidates
    for d in question.job.decisions:
        key = next((k for k in (d.name, *d.written) if k in written), None)
        if key and d.name in question.domains and d.name != "global_batch":
            more = _more(d, context, question)
            if more:
                pool = next((p.pool.name for p in question.pools if d.name in p.names.values()), "")
                named = of(pool, key) if pool else key
                out.append(_list(d, named, tuple(more), question, where("candidates", key)))
    limited = next((k for k in (NODE_COUNT.name, *NODE_COUNT.written) if k in written), None)
    if limited and "node_limit" in question.given:
        out.append(_node_limit(question, limited, where))
    return sorted(out, key=lambda p: not DECISIONS[p.decision].first)


def _more(d: Decision, c: Context, question: Question) -> list[Value]:
    """Values a list of candidates could have besides its own, the nearest first."""
    own = question.domains[d.name]
    found: list[Value] = [*d.default(c), *(d.wider(c) if d.wider else ())]
    if d.named:
        return [v for v in dict.fromkeys(found) if v not in own and _known(question, d.name, v)]
    if d.name == NODES:
        top = max(float(v) for v in own)
        spread = [top * i for i in MULTIPLES]
        found = [int(n) for n in spread if n.is_integer() and n >= 1]
    ends = min(float(v) for v in own), max(float(v) for v in own)
    nearest = sorted({v for v in found if v not in own}, key=lambda v: (_far(float(v), ends), float(v)))
    return nearest if d.name == NODES else nearest[:NEAREST]


def _far(value: float, ends: tuple[float, float]) -> float:
    """How far a count is from a list, as a ratio."""
    near = min(max(value, ends[0]), ends[1])
    return abs(math.log(max(value, 1e-9) / max(near, 1e-9)))


def _known(question: Question, decision: str, value: Value) -> bool:
    """Whether the catalog knows the value with every choice it meets in the question."""
    try:
        for g in question.groups:
            if decision in g.axes:
                g.build(*(value if a == decision else question.domains[a][0] for a in g.axes))
    except InputError:
        return False
    return True


def _list(d: Decision, key: str, more: tuple[Value, ...], question: Question, place: str) -> Premise:
    name = d.name

    def widened(q: Question, values: tuple[Value, ...]) -> Question:
        own = q.domains[name]
        joined = [*own, *(v for v in values if v not in own)]
        if not isinstance(own[0], str):
            joined = sorted(joined, key=float)
        return replace(q, domains={**q.domains, name: joined})

    own = question.domains[name]
    shown = ", ".join(map(str, own[:4])) + (f", ... ({len(own)})" if len(own) > 4 else "")
    return Premise(
        name=f"candidates.{key}",
        text=f"{name} = {shown}" if len(own) == 1 else f"{name} in {shown}",
        place=place,
        kind="candidates",
        least=lambda q: widened(q, more),
        at=lambda q, value: widened(q, (value,)),
        more=more,
        decision=name,
    )


def _node_limit(question: Question, key: str, where: Where) -> Premise:
    """How many nodes a fleet may have."""
    limit = question.given["node_limit"].si

    def at(q: Question, value: Any) -> Question:
        known: Known = replace(q.given["node_limit"], si=float(value))
        return replace(q, given={**q.given, "node_limit": known})

    more: tuple[Value, ...] = tuple(int(limit * i) for i in MULTIPLES if i > 1)
    return Premise(
        name=f"candidates.{key}",
        text=f"node_count <= {limit:,.0f}",
        place=where("candidates", key),
        kind="candidates",
        least=lambda q: at(q, more[-1]),
        at=at,
        more=more,
        decision=NODE_COUNT.name,
    )
