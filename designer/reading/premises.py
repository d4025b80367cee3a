"""What a question takes for granted and could be otherwise: its demand and its lists of candidates.

An impossible question may be so because of these, not because of any budget. Giving way means for a
demand: down to a hundredth of it; for candidates: the values of the list and of the documented
default (of counts the nearest few), for regions the cleanest grids, for nodes up to 16 times as many.
What the scenario leaves to defaults follows, as it does where somebody edits the file.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from catalogs import Catalog
from catalogs.errors import InputError
from constraints.bundles import Known
from constraints.pools import of
from constraints.roles import DEVICES, NODES
from designer.fields.gives import Gives, declared
from designer.jobs import DECISIONS
from designer.jobs.shared import NODE, NODE_COUNT
from designer.question.context import Context, Value
from designer.question.decisions import Decision
from designer.question.question import Premise, Question
from designer.reading.domains import node_of
from designer.reading.places import stands
from designer.words.numbers import exactly, human

# To which share a demand gives way; a context to the same, in whole steps.
LEAST, LEAST_CONTEXT = 0.01, 1 / 64
# Multiples of the most nodes that are added.
MULTIPLES = (1 / 16, 1 / 4, 1 / 2, 2, 4, 16)
# Of counts so many values are added.
NEAREST = 4
Where = Callable[..., str]


def premises(question: Question, catalog: Catalog, where: Where) -> list[Premise]:
    """The demand and the candidates a scenario states, each with its place."""
    return [*_demands(question, catalog, where), *_candidates(question, catalog, where)]


def _demands(question: Question, catalog: Catalog, where: Where) -> list[Premise]:
    """What the workload asks for, by the declarations of its fields."""
    out = []
    for field, gives in declared(question.scenario.workload):
        if not gives.demand or not all(n in question.given for n in gives.names):
            continue
        if gives.demand == "amount":
            out.append(_demand(question, field, gives, where))
        elif "global_batch" in question.domains:
            out.append(_context(question, field, gives.names[0], catalog, where))
    # Plain amounts first: they are what people would change first.
    return sorted(out, key=lambda p: (p.several, bool(p.shares)))


def _demand(question: Question, key: str, gives: Gives, where: Where) -> Premise:
    """A demand that is one number, or several that grow together."""

    def at(q: Question, share: float) -> Question:
        value = gives.scaled(getattr(q.scenario.workload, key), share)
        made = {n: replace(q.given[n], si=si) for n, si in gives.numbers(value).items()}
        return replace(_asking(q, key, value), given={**q.given, **made})

    def said(share: float) -> str:
        if gives.parts:
            return f"{100 * share:.12g} % of them"
        return exactly(share * amount, unit)

    numbers = {n: human(question.given[n].si, question.unit(n)) for n in gives.names}
    first = gives.names[0]
    amount, unit = question.given[first].si, question.unit(first)
    return Premise(
        name=f"workload.{key}",
        text=gives.words.format(**numbers) or f"{key} = {numbers[first]}",
        place=where("workload", key),
        kind="demand",
        least=lambda q: at(q, LEAST),
        at=at,
        said=said,
        way=f"down to {said(LEAST)}",
        amount=amount,
        unit=unit,
        several=bool(gives.parts),
    )


def _asking(q: Question, key: str, value: Any) -> Question:
    """The question with a workload that has another value of one field; what it gives is as it was."""
    workload = q.scenario.workload.model_copy(update={key: value})
    return replace(q, scenario=q.scenario.model_copy(update={"workload": workload}))


def _context(question: Question, key: str, name: str, catalog: Catalog, where: Where) -> Premise:
    """The context of a training run: a share of it is 1/k, with k times the sequences in a batch of so many tokens."""
    written = question.scenario.candidates.get("global_batch", "token")
    in_tokens = any("token" in str(b) for b in (written if isinstance(written, list) else [written]))
    amount, unit = question.given[name].si, question.unit(name)

    def at(q: Question, share: float) -> Question:
        k = round(1 / share)
        known = q.given[name]
        batches: list[Value] = [int(b) * (k if in_tokens else 1) for b in q.domains["global_batch"]]
        shorter = replace(
            _asking(q, key, known.si / k),
            given={**q.given, name: replace(known, si=known.si / k)},
            domains={**q.domains, "global_batch": batches},
        )
        return _followed(shorter, catalog)

    def said(share: float) -> str:
        return f"{amount * share:.12g} {unit}"

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
        said=said,
        way=f"down to {said(1 / k)}",
        amount=amount,
        unit=unit,
        shares=tuple(1 / 2**i for i in range(1, k.bit_length())),
    )


def _followed(q: Question, catalog: Catalog) -> Question:
    """The question with what its defaults come to after a change, besides what they were.

    Pools that are apart keep what they have: their defaults are those of questions that were joined.
    """
    if q.pools:
        return q
    domains = dict(q.domains)
    if "node_limit" in q.given:
        domains[NODES] = [int(q.given["node_limit"].si)]
    context = _context_of(q, catalog, domains)
    # What other defaults read comes first, as where they are read.
    for d in sorted(q.decisions, key=lambda d: d.name not in ("precision", "global_batch")):
        if d.name in q.defaulted and d.name not in (NODE.name, NODES, "global_batch"):
            own = domains[d.name]
            domains[d.name] = _joined(own, [v for v in d.default(context) if v not in own])
    return replace(q, domains={n: v for n, v in domains.items() if n in q.domains})


def _joined(own: list[Value], more: Iterable[Value]) -> list[Value]:
    joined = [*own, *(v for v in more if v not in own)]
    return joined if isinstance(own[0], str) else sorted(joined, key=float)


def _context_of(q: Question, catalog: Catalog, domains: dict[str, list[Value]]) -> Context:
    first = q.first_design()
    models = [q.bundle({**first, "model": m}) for m in domains.get("model", [""])]
    return Context(catalog, q.scenario.workload, models, domains)


def _candidates(question: Question, catalog: Catalog, where: Where) -> list[Premise]:
    out = []
    domains = question.domains
    if "node_limit" in question.given:
        domains = {**domains, NODES: [int(question.given["node_limit"].si)]}
    context = _context_of(question, catalog, domains)
    written = question.scenario.candidates
    added: dict[str, str] = {}
    for d in question.job.decisions:
        key = next((k for k in (d.name, *d.written) if k in written), None)
        if key and d.name in question.domains and d.name != "global_batch":
            words = _words(d, key, context)
            more = [v for v in _more(d, context, question) if words(v)]
            pool = next((p.pool.name for p in question.pools if d.name in p.names.values()), "")
            named = of(pool, key) if pool else key
            if d.named:
                more = _readable(question, f"candidates.{named}", more, words, added)
            if more:
                out.append(_list(d, named, tuple(more), words, question, catalog, where("candidates", key)))
    limited = next((k for k in (NODE_COUNT.name, *NODE_COUNT.written) if k in written), None)
    if limited and "node_limit" in question.given:
        out.append(_node_limit(question, limited, context, where))
    return sorted(out, key=lambda p: not DECISIONS[p.decision].first)


def _readable(
    q: Question, name: str, more: list[Value], words: Callable[[Value], str], added: dict[str, str]
) -> list[Value]:
    """Names with which the file still makes sense, beside those `added` so far: of others no price is known, say."""
    if q.edited is None:
        return more
    kept: list[Value] = []
    for value in more:
        told = f"add {', '.join(map(words, [*kept, value]))}"
        try:
            q.edited({**added, name: told})
        except InputError:
            continue
        kept.append(value)
        added[name] = told
    return kept


def _words(d: Decision, key: str, c: Context) -> Callable[[Value], str]:
    """How a value is written under a key of the file; empty where it cannot be."""

    def words(value: Value) -> str:
        if key == DEVICES:
            return str(int(value) * int(c.nodes[0].accelerators))
        if d.name == NODE.name and key != NODE.name:
            held = str(c.catalog.get("nodes", str(value)).accelerator)
            planned = node_of(c.catalog, held)
            return held if planned is not None and planned.id == value else ""
        if d.unit:
            return exactly(float(value), d.unit)
        return str(int(value)) if d.kind == "count" else str(value)

    return words


def _more(d: Decision, c: Context, question: Question) -> list[Value]:
    """Values a list of candidates could have besides its own, the nearest first."""
    own = question.domains[d.name]
    found: list[Value] = [*d.default(c), *(d.wider(c) if d.wider else ())]
    if d.named:
        more = [v for v in dict.fromkeys(found) if v not in own and _known(question, d.name, v)]
        return [v for v in more if _somewhere(question, c.catalog, d.name, str(v))]
    if d.name == NODES:
        top = max(float(v) for v in own)
        spread = [top * i for i in MULTIPLES]
        found = [int(n) for n in spread if n.is_integer() and n >= 1]
    ends = min(float(v) for v in own), max(float(v) for v in own)
    nearest = sorted({v for v in found if v not in own}, key=lambda v: (_far(float(v), ends), float(v)))
    return nearest if d.name == NODES else nearest[:NEAREST]


def _somewhere(q: Question, catalog: Catalog, decision: str, value: str) -> bool:
    """Whether a node stands in some region of the question, or a region holds some node of it."""
    if decision == "region":
        return any(stands(catalog, str(n), value) for n in q.domains["node"]) if "node" in q.domains else True
    if decision == NODE.name:
        return any(stands(catalog, value, str(r)) for r in q.domains.get("region", [""]))
    return True


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


def _list(
    d: Decision,
    key: str,
    more: tuple[Value, ...],
    words: Callable[[Value], str],
    question: Question,
    catalog: Catalog,
    place: str,
) -> Premise:
    name = d.name

    def widened(q: Question, values: tuple[Value, ...]) -> Question:
        domains = {**q.domains, name: _joined(q.domains[name], values)}
        return _followed(replace(q, domains=domains), catalog)

    own = question.domains[name]
    shown = ", ".join(map(words, own[:4])) + (f", ... ({len(own)})" if len(own) > 4 else "")
    called = key if key in d.written else name
    return Premise(
        name=f"candidates.{key}",
        text=f"{called} = {shown}" if len(own) == 1 else f"{called} in {shown}",
        place=place,
        kind="candidates",
        least=lambda q: widened(q, more),
        at=lambda q, value: widened(q, (value,)),
        said=words,
        way=f"also {', '.join(map(words, more))}",
        more=more,
        decision=name,
    )


def _node_limit(question: Question, key: str, c: Context, where: Where) -> Premise:
    """How many nodes a fleet may have."""
    limit = question.given["node_limit"].si
    words = _words(NODE_COUNT, key, c)

    def at(q: Question, value: Any) -> Question:
        known: Known = replace(q.given["node_limit"], si=float(value))
        return _followed(replace(q, given={**q.given, "node_limit": known}), c.catalog)

    more: tuple[Value, ...] = tuple(int(limit * i) for i in MULTIPLES if i > 1)
    return Premise(
        name=f"candidates.{key}",
        text=f"{key} <= {int(words(limit)):,}",
        place=where("candidates", key),
        kind="candidates",
        least=lambda q: at(q, more[-1]),
        at=at,
        said=words,
        way=f"also {words(more[-1])}",
        more=more,
        decision=NODE_COUNT.name,
    )
