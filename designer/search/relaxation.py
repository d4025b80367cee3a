"""A budget, site rule or limit as something that can be missed by so much, loosened and taken away."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from constraints.algebras.maths import maximum
from constraints.algebras.symbolic import Sym, symbol
from constraints.graph import Graph
from constraints.rule import Rule
from designer.question import expressions
from designer.question.question import Constraint, Question

# The quantity by which a member is exceeded, as the search sees it.
OVER, LACK = "over_the_limit", "missed_by"
_FLIPPED = {"<=": False, "<": False, ">=": True, ">": True}


@dataclass(frozen=True)
class Member:
    """A budget, a site rule or a limit, as something that can be violated."""

    rule: Rule | Constraint

    @property
    def name(self) -> str:
        return self.rule.id if isinstance(self.rule, Rule) else self.rule.name

    @property
    def inputs(self) -> set[str]:
        return set(self.rule.inputs)

    @property
    def text(self) -> str:
        return self.rule.title if isinstance(self.rule, Rule) else self.rule.text

    @property
    def kind(self) -> str:
        """budget, rule, default or limit."""
        return "limit" if isinstance(self.rule, Rule) else self.rule.kind

    @property
    def place(self) -> str:
        return f"{self.rule.file}:{self.rule.line}" if isinstance(self.rule, Rule) else self.rule.place

    @property
    def quantity(self) -> str | None:
        """What is bounded, where it is a single quantity."""
        if isinstance(self.rule, Constraint):
            return self.rule.quantity
        found = self.comparison
        return found.left.name or None if found else None

    def holds(self, values: Mapping[str, Any]) -> Any:
        if isinstance(self.rule, Rule):
            return self.rule.fn(**{n: values[n] for n in self.rule.inputs})
        return self.rule.holds(values)

    def excess(self, values: Mapping[str, Any]) -> Any:
        """By what share it is missed; infinite where it is no plain comparison and does not hold."""
        if isinstance(self.rule, Constraint):
            return self.rule.excess(values)
        if self.comparison is None:
            import numpy as np

            return np.where(self.holds(values), 0.0, math.inf)
        return self.comparison.over(values)

    def sides(self, values: Mapping[str, Any]) -> tuple[Any, Any] | None:
        """Both sides of a limit of form `left <= right`, as its own rule states them."""
        found = self.comparison
        return (found.left.of(values), found.right.of(values)) if found else None

    @cached_property
    def comparison(self) -> Comparison | None:
        """The member as `left <= right`, where it is that simple."""
        if isinstance(self.rule, Constraint):
            n = self.rule.node
            if n.op not in _FLIPPED:
                return None
            left, right = (Side(p.evaluate, p.name) for p in n.parts)
            return Comparison(left, right, _FLIPPED[n.op])
        if not self.rule.is_limit:
            return None
        formula = self.rule.fn(**{n: symbol(n, 1.0) for n in self.rule.inputs})
        if formula.op not in _FLIPPED or any(a.op not in ("name", "number") for a in formula.args):
            return None
        left, right = (_side(a) for a in formula.args)
        return Comparison(left, right, _FLIPPED[formula.op])


@dataclass(frozen=True)
class Side:
    """One side of a comparison; `name` where it is a quantity."""

    of: Callable[[Mapping[str, Any]], Any]
    name: str = ""


def _side(a: Sym) -> Side:
    name, number = a.name, a.value
    if a.op == "name":
        return Side(lambda v: v[name], name)
    return Side(lambda v: number)


@dataclass(frozen=True)
class Comparison:
    """`left <= right`, or with `flipped` `left >= right`."""

    left: Side
    right: Side
    flipped: bool

    def over(self, values: Mapping[str, Any]) -> Any:
        """By what share of the right side the left one is beyond it; negative where there is room."""
        a, b = self.left.of(values), self.right.of(values)
        gap = b - a if self.flipped else a - b
        return gap if isinstance(b, (int, float)) and b == 0 else gap / maximum(abs(b), 1e-300)


def without(question: Question, member: Member) -> Question:
    """The question as if the member were not there."""
    return replace(
        question,
        constraints=[c for c in question.constraints if c.name != member.name],
        limits=[n for n in question.limits if n != member.name],
    )


def measured(question: Question, member: Member) -> Question:
    """The question without the member, and with two quantities more: how far each design is over it.

    `OVER` is negative where there is room, `LACK` is 0 there. Raises ValueError for a member that is
    no plain comparison.
    """
    found = member.comparison
    if found is None:
        raise ValueError(f"{member.name} is no plain comparison")

    def over(**values: Any) -> Any:
        return found.over(values)

    def lack(**values: Any) -> Any:
        return maximum(values[OVER], 0.0)

    inputs = dict.fromkeys(sorted(member.inputs), "")
    made = {
        OVER: _quantity(OVER, over, inputs),
        LACK: _quantity(LACK, lack, {OVER: ""}),
    }
    free = without(question, member)
    return replace(free, graph=Graph({**free.graph.rules, **made}))


def _quantity(name: str, fn: Callable[..., Any], inputs: dict[str, str]) -> Rule:
    """A rule that is made for one search."""
    return Rule(
        id=name,
        fn=fn,
        inputs=inputs,
        domains={},
        where={},
        unit="",
        cite="definition",
        wall=None,
        layer="library",
        file=__file__,
        line=0,
    )


def loosened(question: Question, member: Member, share: float) -> Question:
    """The question with the member's bound moved by `share` of itself; negative is tighter."""
    free = measured(question, member)
    node = expressions.Node(
        "<=", (expressions.Node("name", name=OVER), expressions.Node("number", value=share))
    )
    moved = Constraint(member.name, member.text, "budget", member.place, node)
    return replace(free, constraints=[*free.constraints, moved])
