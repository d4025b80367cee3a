"""A limit: what every design must meet, whether the hardware, a default, a budget or a site rule says so.

Its rule is a rule of truth. One of `constraints` is taken as it is; a budget or site rule becomes one whose
body is the expression as it was written, which runs on whatever the bodies of other rules run on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from constraints.algebras.maths import where
from constraints.algebras.symbolic import Sym, symbol
from constraints.quantity import Record
from constraints.records import record
from constraints.rule import Rule
from designer.question import expressions

_COMPARED = ("<=", "<", ">=", ">")


@dataclass(frozen=True)
class Side:
    """One side of a comparison: `name` where it is a quantity, `number` where it is one."""

    of: Callable[[Mapping[str, Any]], Any]
    name: str = ""
    number: float | None = None


@dataclass(frozen=True)
class Comparison:
    """Two sides and how they are compared."""

    left: Side
    op: str
    right: Side

    @property
    def flipped(self) -> bool:
        """Whether the left side is to be large."""
        return self.op in (">=", ">")

    def excess(self, values: Mapping[str, Any]) -> Any:
        """How far the left side is beyond the right one, as a share of it; negative where there is room.

        Of a bound of 0 nothing is a share: there it is the amount, in the unit of the sides.
        """
        a, b = self.left.of(values), self.right.of(values)
        gap = b - a if self.flipped else a - b
        return gap / where(b == 0, 1.0, abs(b))


@dataclass(frozen=True)
class Limit:
    """What a design must meet, as people call it and as one rule of truth.

    `kind` is "limit" of the hardware and of form, "default", "budget", "rule" of the site, "size", or
    "stage" for a stage of work that would best take no time. `place` is its file and line.
    """

    name: str
    text: str
    kind: str
    place: str
    rule: Rule
    expression: expressions.Expression | None = None

    @classmethod
    def of(cls, rule: Rule) -> Limit:
        """A rule of truth as a limit, or a stage of work."""
        kind = "limit" if rule.is_limit else "stage"
        return cls(rule.id, rule.title, kind, f"{rule.file}:{rule.line}", rule)

    @classmethod
    def stated_as(
        cls,
        name: str,
        text: str,
        kind: str,
        place: str,
        node: expressions.Expression,
        units: Mapping[str, str],
    ) -> Limit:
        """What somebody states; `units` are those of the quantities it names.

        A budget is called what it bounds, so its rule is called what no quantity can be. Where it is
        undefined for a design, it does not hold.
        """

        def body(**values: Any) -> Any:
            return node.holds(values)

        inputs = {n: units.get(n, "") for n in sorted(node.names())}
        return cls(
            name, text, kind, place, made_for_a_question(f"{kind} {name}", body, inputs, "truth"), node
        )

    @property
    def stated(self) -> bool:
        """Whether somebody states it, rather than hardware or form."""
        return self.kind not in ("limit", "stage")

    @property
    def record(self) -> Record:
        """What its rule's record says of it; nothing of what somebody states."""
        known = record(self.rule.id)
        return known if known.title else self.rule.record

    @property
    def form(self) -> bool:
        """Whether it says which layouts there are at all, so that nothing lifts it."""
        return self.record.form

    @property
    def inputs(self) -> Mapping[str, str]:
        """The quantities it reads, with their units."""
        return self.rule.inputs

    @property
    def quantity(self) -> str | None:
        """The quantity on its left side, where it is a plain comparison of one."""
        return (self.comparison.left.name or None) if self.comparison else None

    @property
    def bound(self) -> float | None:
        """The number that its quantity is compared with, where it is that simple."""
        return self.comparison.right.number if self.comparison and self.quantity else None

    def holds(self, values: Mapping[str, Any]) -> Any:
        """Truth, for floats or arrays. What is no number never satisfies a comparison."""
        return self.rule.fn(**{n: values[n] for n in self.rule.inputs})

    def excess(self, values: Mapping[str, Any]) -> Any:
        """By what share of the bound it is missed, or by how much of a bound of 0; not above 0 where it holds.

        Infinite where it is no plain comparison and does not hold, or where a side is unknown.
        """
        if self.comparison is None:
            return where(self.holds(values), 0.0, math.inf)
        over = self.comparison.excess(values)
        return where(over == over, over, math.inf)

    def share(self, values: Mapping[str, Any]) -> float | None:
        """The excess of one design where it is a share of the bound, as none is of a bound of 0."""
        if self.comparison is None or self.comparison.right.of(values) == 0:
            return None
        over = float(self.excess(values))
        return over if math.isfinite(over) else None

    @cached_property
    def comparison(self) -> Comparison | None:
        """The limit as one comparison, where it is that simple: of any two sides as it was stated, in a
        rule of a quantity with another or with a number."""
        node = self.expression
        if node is not None:
            if node.op not in _COMPARED:
                return None
            left, right = (Side(p.evaluate, p.name, _number(p)) for p in node.parts)
            return Comparison(left, node.op, right)
        if not self.rule.is_limit:
            return None
        formula = self.rule.fn(**{n: symbol(n, 1.0) for n in self.rule.inputs})
        if formula.op not in _COMPARED or any(a.op not in ("name", "number") for a in formula.args):
            return None
        left, right = map(_side, formula.args)
        return Comparison(left, formula.op, right)


def _number(node: expressions.Expression) -> float | None:
    return node.value if node.op == "number" else None


def _side(a: Sym) -> Side:
    name, number = a.name, a.value
    if a.op == "name":
        return Side(lambda values: values[name], name)
    return Side(lambda values: number, number=float(number))


def made_for_a_question(name: str, fn: Callable[..., Any], inputs: Mapping[str, str], unit: str) -> Rule:
    """A rule that no file of `constraints` declares."""
    return Rule(
        id=name,
        fn=fn,
        inputs=inputs,
        domains={},
        where={},
        unit=unit,
        cite="definition",
        wall=None,
        layer="library",
        file="",
        line=0,
    )
