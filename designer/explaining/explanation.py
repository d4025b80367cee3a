"""Where a number comes from: the tree of equations with values, as data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from catalogs.errors import InputError, nearest
from constraints.algebras.symbolic import Sym, trace
from constraints.bundles import Bundle
from constraints.rule import Rule
from constraints.sensitivity import elasticities
from designer.answers.answer import Answer
from designer.answers.plan import Binding, Design, FactRange, Lever, NextBetter, PlanResult
from designer.evaluating.design import binding, complete_design, si_unit, targets, values_of, violations
from designer.evaluating.levers import levers
from designer.explaining.why_this import why_this
from designer.question.context import Value
from designer.question.question import Question
from designer.words.numbers import human

# Parts that move a quantity by less than this share of their own change are not followed.
NEGLIGIBLE = 0.01
# Smaller addends are left out of the list of shares.
SMALLEST_SHARE = 0.005
# Facts whose range is looked for where nobody says how many.
FACTS = 3


class Share(BaseModel):
    """One addend of a quantity."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    term: str
    value: float | None
    share: float | None


class Branch(BaseModel):
    """A maximum, minimum or case in an equation, and what decides it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    of: str
    active: str


class Term(BaseModel):
    """A quantity of a design, the equation that makes it, and what that reads."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    quantity: str
    title: str = ""
    value: float | bool | None
    unit: str
    text: str
    equation: str = ""
    substituted: str = ""
    shares: list[Share] = []
    branches: list[Branch] = []
    place: str = ""
    cite: str = ""
    wall: int | None = None
    source: str = Field(default="", description="where a number that no rule makes comes from")
    kind: str = Field(
        default="", description="rule, decision, datasheet, measured, fitted, assumed or scenario"
    )
    elasticity: float | None = Field(
        default=None, description="percent change of the parent per percent of this"
    )
    inputs: list[Term] = []


class ExplainResult(Answer):
    """Answer of `designer explain`."""

    schema_name: Literal["designer.explain/1"] = Field(default="designer.explain/1", alias="schema")
    scenario: str
    id: str
    design: dict[str, str | int | float]
    feasible: bool
    budgets: list[Binding]
    violated: list[Binding]
    next_better: list[NextBetter] = Field(
        default=[], description="what the next better value of each objective takes; of frontier designs"
    )
    facts: list[FactRange] = Field(
        default=[], description="between which values of a fact the design stays on the frontier"
    )
    quantities: list[Term]
    levers: dict[str, list[Lever]]
    notes: list[str] = Field(default=[])

    def __getitem__(self, quantity: str) -> Term:
        """The equation of one of the quantities that were asked for; raises KeyError for another."""
        for t in self.quantities:
            if t.quantity == quantity:
                return t
        raise KeyError(
            f"{quantity!r} was not asked for (has: {', '.join(t.quantity for t in self.quantities)})"
        )

    def summary(self) -> str:
        """Name, design, and each quantity with its value."""
        told = ", ".join(f"{t.quantity} {t.text}" for t in self.quantities)
        return f"{self.scenario} {self.id}".rstrip() + f", {told}"


def explain(
    question: Question,
    given: Mapping[str, Value],
    quantities: list[str] | None = None,
    *,
    depth: int = 3,
) -> ExplainResult:
    """The tree of equations behind a design's quantities (its objectives by default).

    `depth` is how many equations below each quantity are followed; inputs that hardly matter are
    not. Raises InputError for an unknown quantity, with the nearest name.
    """
    design, _ = complete_design(question, given)
    names = quantities or [o.quantity for o in question.objectives]
    for n in names:
        if n not in question.graph.rules:
            raise InputError(f"unknown quantity {n!r}{nearest(n, question.graph.rules)}")
    bundle = question.bundle(design)
    values = values_of(question, design)
    values = question.graph.evaluate(names, values)
    broken = violations(question, values, design)
    return ExplainResult(
        scenario=question.scenario.name,
        id="",
        design=design,
        feasible=not broken,
        budgets=[binding(question, t, values) for t in question.stated],
        violated=broken,
        quantities=[_term(question, bundle, values, n, depth, None) for n in names],
        levers=levers(question, design, names),
        notes=question.notes,
    )


def explain_found(
    question: Question,
    plan: PlanResult,
    design: Design,
    quantities: list[str] | None = None,
    *,
    depth: int = 3,
    facts: int = FACTS,
) -> ExplainResult:
    """The same for a design of a frontier, and why it is on it.

    To the equations come the place where each budget begins to matter, what the next better value of
    each objective would take, and how far `facts` uncertain facts may move before the design leaves.
    """
    answer = explain(question, design.design, quantities, depth=depth)
    budgets, steps, ranges, notes = why_this(question, plan, design, facts)
    return answer.model_copy(
        update={
            "id": design.id,
            "budgets": budgets,
            "next_better": steps,
            "facts": ranges,
            "notes": [*plan.notes, *notes],
        }
    )


def _term(
    q: Question, bundle: Bundle, values: Mapping[str, Any], name: str, depth: int, elasticity: float | None
) -> Term:
    value, unit = values[name], q.unit(name)
    rule = q.graph.rules.get(name) if name not in bundle else None
    if rule is None:
        known = bundle[name]
        return Term(
            quantity=name, value=_plain(value), unit=si_unit(unit), text=human(float(value), unit),
            source=known.source, kind=known.kind, elasticity=elasticity,
        )  # fmt: skip
    formula = trace(rule, values)
    return Term(
        quantity=name,
        title=rule.title,
        value=_plain(value),
        unit=si_unit(unit),
        text=human(float(value), unit),
        equation=formula.text(),
        substituted=formula.text(lambda s: human(float(s.value), s.unit or rule.inputs.get(s.name, ""))),
        shares=_shares(formula, float(value)),
        branches=list(dict.fromkeys(Branch(of=m.text(), active=a.text()) for m, a in formula.branches())),
        place=f"{rule.file}:{rule.line}",
        cite=rule.cite,
        wall=rule.wall,
        kind="rule",
        elasticity=elasticity,
        inputs=_inputs(q, bundle, values, rule, depth) if depth else [],
    )


def _inputs(q: Question, bundle: Bundle, values: Mapping[str, Any], rule: Rule, depth: int) -> list[Term]:
    moved = {n: e if math.isfinite(e) else 0.0 for n, e in elasticities(rule, values).items()}
    matter = [n for n in rule.inputs if abs(moved[n]) >= NEGLIGIBLE] or list(rule.inputs)[:4]
    matter.sort(key=lambda n: -round(abs(moved[n]), 3))
    return [_term(q, bundle, values, n, depth - 1, moved[n]) for n in matter]


def _shares(formula: Sym, total: float) -> list[Share]:
    terms = formula.terms()
    if len(terms) < 2 or isinstance(formula.value, bool):
        return []
    shares = [
        Share(term=t.text(), value=_plain(t.value), share=_plain(t.value / total) if total else None)
        for t in terms
    ]
    matter = [s for s in shares if s.share is None or abs(s.share) >= SMALLEST_SHARE]
    return sorted(matter, key=lambda s: -abs(s.share or 0.0))


def _plain(x: Any) -> Any:
    if isinstance(x, bool):
        return x
    return float(x) if math.isfinite(float(x)) else None


__all__ = ["Branch", "ExplainResult", "Share", "Term", "explain", "explain_found", "targets"]
