"""Two designs side by side: what was decided otherwise, what it does, what limits each."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from designer.answers.answer import Answer
from designer.answers.plan import Design, Metric
from designer.evaluating.design import binding, values_of
from designer.explaining.input_changes import InputChange
from designer.question.question import Question


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Change(_Part):
    """A quantity of both designs."""

    quantity: str
    left: float | None
    right: float | None
    unit: str
    ratio: float | None = Field(description="right over left; null where either is unknown or left is 0")


class LimitUse(_Part):
    """A budget, rule or limit, how much of it each side uses, and whether it binds there."""

    limit: str
    left: float | None = Field(description="share of the bound that is used; null without such a bound")
    right: float | None
    binds_left: str = Field(description="what the left design gains without it; empty where nothing")
    binds_right: str


class CompareResult(Answer):
    """Answer of `designer compare`."""

    schema_name: Literal["designer.compare/1"] = Field(default="designer.compare/1", alias="schema")
    left: str
    right: str
    inputs: list[InputChange] = Field(
        default=[], description="of two scenarios: what they state differently, and what each does alone"
    )
    decisions: dict[str, tuple[str | int | float | None, str | int | float | None]] = Field(
        description="decisions that differ, left and right; null where a side has no such decision"
    )
    quantities: list[Change]
    limits: list[LimitUse]

    def summary(self) -> str:
        """Which two are compared, and in how many decisions they differ."""
        return f"{self.left} against {self.right}, {len(self.decisions)} decisions differ"

    def records(self) -> list[dict[str, Any]]:
        """A row a quantity, in SI."""
        return [c.model_dump() for c in self.quantities]


def compare(
    left: tuple[Question, Design],
    right: tuple[Question, Design],
    names: tuple[str, str],
    inputs: list[InputChange] | None = None,
) -> CompareResult:
    """Differences of two designs, of one scenario or of two."""
    a, b = left[1], right[1]
    keys = list(dict.fromkeys([*a.design, *b.design]))
    differ = {k: (a.design.get(k), b.design.get(k)) for k in keys}
    quantities = list(dict.fromkeys([*a.metrics, *b.metrics]))
    return CompareResult(
        left=names[0],
        right=names[1],
        inputs=inputs or [],
        decisions={k: (x, y) for k, (x, y) in differ.items() if str(x) != str(y)},
        quantities=[_change(k, a.metrics.get(k), b.metrics.get(k)) for k in quantities],
        limits=_limits(left, right),
    )


def _change(name: str, left: Metric | None, right: Metric | None) -> Change:
    a, b = left.value if left else None, right.value if right else None
    unit = left.unit if left else right.unit if right else ""
    ratio = b / a if a is not None and b is not None and a else None
    return Change(quantity=name, left=a, right=b, unit=unit, ratio=ratio)


def _limits(left: tuple[Question, Design], right: tuple[Question, Design]) -> list[LimitUse]:
    """Every budget and rule of either side, and what else binds."""
    used = [_used(*side) for side in (left, right)]
    binds = [{b.name: b.effect for b in side[1].binds} for side in (left, right)]
    names = list(dict.fromkeys([*used[0], *used[1], *binds[0], *binds[1]]))
    return [
        LimitUse(
            limit=n,
            left=used[0].get(n),
            right=used[1].get(n),
            binds_left=binds[0].get(n, ""),
            binds_right=binds[1].get(n, ""),
        )
        for n in names
    ]


def _used(question: Question, design: Design) -> dict[str, float | None]:
    """The share of each bound a design uses."""
    values = values_of(question, design.design)
    found = {t.name: binding(question, t, values) for t in question.stated}
    return {n: b.value / b.bound if b.value is not None and b.bound else None for n, b in found.items()}
