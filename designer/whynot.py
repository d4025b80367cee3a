"""Why not this design: the limit that rejects it, or the frontier designs that beat it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from designer.context import Value
from designer.evaluation import complete_design, evaluate
from designer.planning import plan_question
from designer.question import Question
from designer.result import Binding, Metric


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


class WhyNotResult(BaseModel):
    """Answer of `designer explain --why-not`."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    schema_name: Literal["designer.whynot/1"] = Field(default="designer.whynot/1", alias="schema")
    scenario: str
    design: dict[str, str | int | float]
    assumed: dict[str, str]
    verdict: Literal["rejected", "dominated", "on the frontier", "outside the candidates"]
    violated: list[Binding]
    outside: list[str] = Field(description="decisions whose value is not among the candidates")
    rivals: list[Rival]
    metrics: dict[str, Metric]

    def to_json(self, **kwargs: Any) -> str:
        """The result as JSON text."""
        return self.model_dump_json(by_alias=True, **kwargs)


def why_not(question: Question, given: Mapping[str, Value]) -> WhyNotResult:
    """What keeps a design off the frontier.

    Violated limits reject it; otherwise frontier designs at least as good in every objective are
    named with their lead. A design nothing beats is on the frontier, or would be if its values were
    among the candidates.
    """
    design, assumed = complete_design(question, given)
    own = evaluate(question, given)
    outside = [d.name for d in question.decisions if design[d.name] not in question.domains[d.name]]
    rivals = [] if own.violated else _rivals(question, own.metrics)
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
        metrics=own.metrics,
    )


def _rivals(question: Question, ours: Mapping[str, Metric]) -> list[Rival]:
    out = []
    for d in plan_question(question).frontier:
        leads = []
        for o in question.objectives:
            a, b = ours[o.quantity].value, d.metrics[o.quantity].value
            if a is None or b is None:
                break
            leads.append(
                Lead(objective=o.quantity, ours=a, theirs=b, share=o.sign * (a - b) / abs(a) if a else 0.0)
            )
        else:
            if all(lead.share >= -1e-12 for lead in leads):
                out.append(Rival(id=d.id, design=d.design, leads=leads))
    return out
