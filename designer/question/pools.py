"""A question whose pools are apart: one question of each, joined by what holds of both together.

What a pool decides, and every number that follows from it, goes by a name of its own; the rules are renamed
instances of those of the job (`constraints.pools`). Nothing here knows which pools there are.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from constraints.algebras.symbolic import symbol
from constraints.bundles import Bundle, Known
from constraints.graph import Graph
from constraints.pools import PoolSide, handed, joined, names_of, of
from constraints.records import record
from constraints.roles import HANDOVER
from constraints.rule import rules
from designer.question.context import Context, Value
from designer.question.decisions import Decision
from designer.question.groups import Group
from designer.question.job import Job, Pool
from designer.question.limit import Limit
from designer.question.question import Question

APART = "workload.pools: apart"


@dataclass(frozen=True)
class PoolPart:
    """One pool of a question: what is asked of it alone, and what its own quantities are called beside others."""

    pool: Pool
    question: Question
    names: Mapping[str, str]

    def design(self, whole: Mapping[str, Value]) -> dict[str, Value]:
        """The part of a whole design that this pool has a say in, by its own names."""
        return {d.name: whole[self.called(d.name)] for d in self.question.decisions}

    def called(self, decision: str) -> str:
        """What a decision that this pool has a say in is called beside others."""
        return self.names[decision] if decision in self.pool.decides else decision

    def group(self, g: Group) -> Group:
        """A group of numbers of this pool as one of the whole."""

        def build(*values: Value) -> Bundle:
            return {self.names.get(n, n): known for n, known in g.build(*values).items()}

        return replace(g, axes=tuple(self.called(a) for a in g.axes), build=build)

    def decision(self, d: Decision) -> Decision:
        """A decision of this pool as one of the whole."""
        return of_pool(d, self.pool, self.called(d.name)) if d.name in self.pool.decides else d


def seen(c: Context, pool: Pool) -> Context:
    """What the defaults of a pool may ask: its own domains, by their own names."""
    return replace(c, domains=_own(c.domains, pool))


def _own(whole: Mapping[str, Any], pool: Pool) -> dict[str, Any]:
    """What is known of every pool's decisions, those of one pool by their own names as well."""
    own = {n: whole[named] for n in pool.decides if (named := of(pool.name, n)) in whole}
    return {**whole, **own}


def of_all(d: Decision, pools: Sequence[Pool]) -> Decision:
    """A decision that is one for all pools: any of them may ask for a value of it."""
    return replace(d, default=lambda c: list(dict.fromkeys(v for p in pools for v in d.default(seen(c, p)))))


def of_pool(d: Decision, pool: Pool, name: str) -> Decision:
    """A decision as one pool has it."""
    wider, start = d.wider, d.start
    title = d.title if d.title.startswith(pool.name) else f"{pool.name} {d.title}"
    return replace(
        d,
        name=name,
        title=title,
        short=d.short if title == d.title else f"{pool.name}\n{d.heading}",
        default=lambda c: d.default(seen(c, pool)),
        start=(lambda before: start(_own(before, pool))) if callable(start) else start,
        wider=(lambda c: wider(seen(c, pool))) if wider else None,
        written=tuple(dict.fromkeys((*(of(pool.name, w) for w in d.written), d.name, *d.written))),
    )


def decisions_of_pools(job: Job) -> list[Decision]:
    """What each pool of a job decides, where these are apart."""
    found = {d.name: d for d in job.decisions}
    pools = job.apart.pools if job.apart else ()
    return [of_pool(found[n], p, of(p.name, n)) for p in pools for n in p.decides if n in found]


def of_one_pool(pool: Pool, question: Question) -> Question:
    """The question of a job as it is asked of one pool: its rules, and numbers fixed in place of the job's."""
    job = question.job
    assert job.apart is not None
    layers = (*job.layers, *job.apart.layers, *pool.layers)
    graph = Graph(handed((*layers, *question.parts), pool.after, pool.name))
    made = {n for layer in pool.layers for n in rules(layer)}
    fixed = {n: Known(x, "scenario", f"the {pool.name} pool of {APART}") for n, x in pool.fixed.items()}
    chosen = tuple(d for d in question.decisions if job.decides(pool, d.name))
    names = {d.name for d in chosen}
    return replace(
        question,
        job=replace(
            job, layers=layers, placed=tuple(n for n in job.placed if record(n).needs not in pool.lacks)
        ),
        graph=graph,
        decisions=chosen,
        domains={n: values for n, values in question.domains.items() if n in names},
        defaulted=question.defaulted & names,
        given={n: k for n, k in question.given.items() if n not in made} | fixed,
        limits=[Limit.of(r) for r in graph.rules.values() if r.is_limit],
    )


def apart(asked: Sequence[tuple[Pool, Question]]) -> Question:
    """The question of pools that are apart, out of the question of each."""
    first = asked[0][1]
    job = replace(first.job, layers=first.job.layers)
    assert job.apart is not None
    sides = _sides(asked)
    parts = tuple(PoolPart(pool, q, names_of(side)) for (pool, q), side in zip(asked, sides, strict=True))
    graph = Graph(joined(tuple(sides), job.apart.whole))
    decisions: dict[str, Decision] = {}
    domains: dict[str, list[Value]] = {}
    for p in parts:
        for d in p.question.decisions:
            name = p.called(d.name)
            decisions[name] = p.decision(d)
            domains[name] = list(dict.fromkeys([*domains.get(name, []), *p.question.domains[d.name]]))
    named = {p.called(n) for p in parts for n in p.pool.decides if n in p.names}
    shared = [of_all(d, [p.pool for p in parts]) for n, d in decisions.items() if n not in named]
    own = [d for n, d in decisions.items() if n in named]
    return replace(
        first,
        job=_job(job, [*shared, *own]),
        graph=graph,
        decisions=(*shared, *own),
        domains=domains,
        defaulted={p.called(n) for p in parts for n in p.question.defaulted},
        given={p.names.get(n, n): known for p in parts for n, known in p.question.given.items()},
        groups=_groups(parts),
        limits=[Limit.of(r) for r in graph.rules.values() if r.is_limit],
        notes=list(dict.fromkeys(n for p in parts for n in p.question.notes)),
        intervals=lambda design: _intervals(parts, graph, design),
        pools=parts,
    )


def _job(job: Job, decisions: Sequence[Decision]) -> Job:
    """The job as people see it where its pools are apart."""
    assert job.apart is not None
    own = {n for p in job.apart.pools for n in p.decides}
    said = [of(p.name, n) for p in reversed(job.apart.pools) for n in job.said if n in p.decides]
    return replace(
        job,
        decisions=tuple(decisions),
        headline=job.apart.headline,
        columns=job.apart.columns,
        said=(*said, *(n for n in job.said if n not in own)),
    )


def _sides(asked: Sequence[tuple[Pool, Question]]) -> list[PoolSide]:
    """What the rules of each pool read of its own."""
    out = []
    for pool, q in asked:
        assert q.job.apart is not None
        others = [(p, o) for p, o in asked if p is not pool]
        unlike = {n for n, known in q.given.items() if any(_differs(n, known, p, o) for p, o in others)}
        told = {n for g in q.groups if not set(g.axes).isdisjoint(pool.decides) for n in _told(q, g)}
        own = {*pool.fixed, *unlike, *(set(pool.decides) & set(q.domains)), *(told - set(q.given))}
        alike = frozenset(set(q.given) - own)
        layers = (*q.job.layers, *q.parts)
        out.append(PoolSide(pool.name, layers, pool.layers, frozenset(own), alike, frozenset(pool.lacks)))
    return out


def _differs(name: str, known: Known, pool: Pool, other: Question) -> bool:
    """Whether another pool is not given the same, other than by what is fixed or made there."""
    if name in pool.fixed or any(name in rules(layer) for layer in pool.layers):
        return False
    there = other.given.get(name)
    return there is None or not (there.si == known.si or (there.si != there.si and known.si != known.si))


def _told(q: Question, g: Group) -> set[str]:
    """Every number that a group tells, whatever is chosen."""
    ways = itertools.product(*(q.domains[a] for a in g.axes))
    return {n for way in ways for n in g.build(*way)}


def _groups(parts: Sequence[PoolPart]) -> list[Group]:
    """The groups of all pools; one that tells nothing of a pool's own is there once."""
    out: list[Group] = []
    for p in parts:
        for g in p.question.groups:
            of = {*g.axes, *_told(p.question, g)}
            if not of.isdisjoint(p.names) or not any(g.name == o.name for o in out):
                out.append(p.group(g))
    return out


def _intervals(
    parts: Sequence[PoolPart], graph: Graph, design: Mapping[str, Value]
) -> dict[str, tuple[float, float]]:
    """Ends of the intervals of a design's quantities: those of each pool, and of what is made of them at once."""
    out: dict[str, tuple[float, float]] = {}
    for p in parts:
        found = p.question.intervals(p.design(design))
        out |= {p.names[n]: ends for n, ends in found.items() if n in p.names}
    own = set(out)
    for n, r in graph.rules.items():
        ends = [out[i] for i in r.inputs if i in own]
        if ends and n not in own and record(n).follows:
            out[n] = (min(low for low, _ in ends), max(high for _, high in ends))
    return out


class ReadsBoth(Exception):
    """A limit that one pool alone cannot meet or miss."""

    def __init__(self, limit: Limit):
        super().__init__(limit.text)
        self.limit = limit


def alone(question: Question, pool: str) -> Question:
    """The question of one pool, by its own names, with the limits of the whole that this pool answers for.

    Raises ReadsBoth for one that rests on both pools together.
    """
    (part,) = (p for p in question.pools if p.pool.name == pool)
    back = {named: n for n, named in part.names.items()}
    q = part.question
    stated = [_called(t, back, q) for t in question.stated if pool in _answering(question, t)]
    objectives = [o for o in question.objectives if o.quantity in q.graph.rules]
    return replace(q, limits=[*q.limits, *stated], objectives=objectives)


def _called(t: Limit, names: Mapping[str, str], q: Question) -> Limit:
    assert t.expression is not None
    return Limit.stated_as(t.name, t.text, t.kind, t.place, t.expression.called(names), q.graph.units)


def _answering(question: Question, t: Limit) -> set[str]:
    """The pools that answer for a limit: the one it rests on, or each for itself; all where it rests on none."""
    every = {p.pool.name for p in question.pools}
    found: set[str] = set()
    for n in t.inputs:
        of = _resting(question, n)
        if len(of) > 1 and not _worst(question, n):
            raise ReadsBoth(t)
        found |= of
    if len(found) > 1 and len(t.inputs) > 1:
        raise ReadsBoth(t)
    return found or every


def _resting(question: Question, name: str) -> set[str]:
    """The pools that a quantity rests on, but for what passes between them."""
    made = {n: r for n, r in question.graph.rules.items() if n != HANDOVER}
    above = {name, *Graph(made).above(name)}
    return {p.pool.name for p in question.pools if not above.isdisjoint(p.names.values())}


def _worst(question: Question, name: str) -> bool:
    """Whether a quantity is the greatest or the least of those of the pools, so that each can be held to it."""
    made = question.graph.rules[name]
    return made.fn(**{n: symbol(n, 1.0) for n in made.inputs}).op in ("max", "min")
