"""Why not this design: the limit that rejects it, or the frontier designs that beat it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from designer.answers.answer import Answer
from designer.answers.plan import Binding, Design, Metric
from designer.evaluating.design import complete_design, evaluate, metrics, values_of
from designer.planning.plan import plan_question
from designer.question.context import Value
from designer.question.question import Question
from designer.search.archive import frontier_of
from designer.search.pareto import APART


class Lead(BaseModel):
    """How far a frontier design is ahead in one objective; 0 is a tie."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    objective: str
    ours: float
    theirs: float
    share: float = Field(description="by what share of ours theirs is better")


class Rival(BaseModel):
    """A frontier design that is at least as good in every objective."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    design: dict[str, str | int | float]
    leads: list[Lead]


class Completions(BaseModel):
    """What the decisions that were given allow, whatever the others are."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    designs: int = Field(description="designs with the given decisions")
    feasible: int = Field(description="those that meet everything, less those left out as dominated")
    cut: dict[str, int] = Field(
        description="designs each limit, budget or rule rejects, the first one counts"
    )
    on_frontier: list[str] = Field(description="frontier designs that have these decisions")
    closest: Rival | None = Field(
        description="the best of them where none is on the frontier: its decisions, who beats it and by how much"
    )


class WhyNotResult(Answer):
    """Answer of `designer explain --why-not`."""

    schema_name: Literal["designer.whynot/1"] = Field(default="designer.whynot/1", alias="schema")
    scenario: str
    design: dict[str, str | int | float]
    assumed: dict[str, str]
    verdict: Literal["rejected", "dominated", "on the frontier", "outside the candidates"]
    violated: list[Binding]
    outside: list[str] = Field(description="decisions whose value is not among the candidates")
    rivals: list[Rival]
    completions: Completions | None = Field(
        default=None, description="what the given decisions allow; null where the time did not suffice"
    )
    metrics: dict[str, Metric]


def why_not(question: Question, given: Mapping[str, Value]) -> WhyNotResult:
    """What keeps a design off the frontier.

    Violated limits reject it; otherwise frontier designs at least as good in every objective are
    named with their lead. A design nothing beats is on the frontier, or would be if its values were
    among the candidates.
    """
    plan = plan_question(question)
    completions, best = _completions(question, given, plan.frontier)
    filled = _filled(question, given, best)
    design, assumed = complete_design(question, {**given, **filled})
    origin = "the best there is with the others" if best else "first candidate"
    assumed = {d.name: assumed.get(d.name, origin) for d in question.decisions if d.name not in given}
    own = evaluate(question, {**given, **filled})
    outside = [d.name for d in question.decisions if design[d.name] not in question.domains[d.name]]
    rivals = [] if own.violated else _rivals(question, plan.frontier, own.metrics)
    verdict: Literal["rejected", "dominated", "on the frontier", "outside the candidates"]
    if own.violated:
        verdict = "rejected"
    elif any(any(lead.share > 0 for lead in r.leads) for r in rivals):
        verdict = "dominated"
    else:
        verdict = "outside the candidates" if outside else "on the frontier"
    return WhyNotResult(
        scenario=question.scenario.name,
        design=design,
        assumed=assumed,
        verdict=verdict,
        violated=own.violated,
        outside=outside,
        rivals=rivals,
        completions=completions,
        metrics=own.metrics,
    )


def _completions(
    question: Question, given: Mapping[str, Value], frontier: Sequence[Design]
) -> tuple[Completions | None, Mapping[str, Value]]:
    """The question solved with the given decisions fixed and all others free, and its best design."""
    fixed = replace(
        question, domains={n: [given[n]] if n in given else v for n, v in question.domains.items()}
    )
    archive, count = frontier_of(fixed, time.monotonic() + question.scenario.solver.time_limit)
    if not count.complete:
        return None, {}
    having = [d for d in frontier if all(str(d.design[n]) == str(v) for n, v in given.items())]
    closest = None
    best: Mapping[str, Value] = having[0].design if having else {}
    if len(archive.positions) and not having:
        found = [r for d in archive.designs() if (r := _nearest(question, d, frontier)) is not None]
        closest = min(found, key=lambda r: max(x.share for x in r.leads), default=None)
        best = closest.design if closest else archive.designs()[0]
    answer = Completions(
        designs=count.raw,
        feasible=count.feasible,
        cut={k: v for k, v in sorted(count.cut.items(), key=lambda i: -i[1]) if v},
        on_frontier=[d.id for d in having],
        closest=closest,
    )
    return answer, best


def _filled(question: Question, given: Mapping[str, Value], best: Mapping[str, Value]) -> dict[str, Value]:
    """Decisions for which there is neither a baseline nor a default: as in the best design, or the first."""
    return {
        d.name: best.get(d.name, question.domains[d.name][0])
        for d in question.decisions
        if d.name not in given and d.name not in question.baseline and d.start is None
        and len(question.domains[d.name]) > 1
    }  # fmt: skip


def _nearest(question: Question, design: Mapping[str, Value], frontier: Sequence[Design]) -> Rival | None:
    """A design with the frontier design that beats it by least."""
    own = metrics(question, values_of(question, design), [o.quantity for o in question.objectives])
    beaten = _rivals(question, frontier, own)
    if not beaten:
        return None
    least = min(beaten, key=lambda r: max(x.share for x in r.leads))
    return least.model_copy(update={"design": dict(design)})


def _rivals(question: Question, frontier: Sequence[Design], ours: Mapping[str, Metric]) -> list[Rival]:
    out = []
    for d in frontier:
        leads = []
        for o in question.objectives:
            a, b = ours[o.quantity].value, d.metrics[o.quantity].value
            if a is None or b is None:
                break
            share = o.sign * (a - b) / abs(a) if a else 0.0
            # What differs by rounding only is a tie.
            share = 0.0 if abs(share) <= APART else share
            leads.append(Lead(objective=o.quantity, ours=a, theirs=b, share=share))
        else:
            if all(lead.share >= 0 for lead in leads):
                out.append(Rival(id=d.id, design=d.design, leads=leads))
    return out
