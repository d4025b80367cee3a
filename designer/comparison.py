"""Two designs side by side: what was decided otherwise, what it does, what binds each."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from designer.result import Design, Metric


class Change(BaseModel):
    """A quantity of both designs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    quantity: str
    left: float | None
    right: float | None
    unit: str
    change: float | None = Field(
        description="right over left, less 1; null where either is unknown or left is 0"
    )


class CompareResult(BaseModel):
    """Answer of `designer compare`."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    schema_name: Literal["designer.compare/1"] = Field(default="designer.compare/1", alias="schema")
    left: str
    right: str
    decisions: dict[str, tuple[str | int | float | None, str | int | float | None]] = Field(
        description="decisions that differ, left and right; null where a side has no such decision"
    )
    quantities: list[Change]
    binds_left: list[str]
    binds_right: list[str]

    def to_json(self, **kwargs: Any) -> str:
        """The result as JSON text."""
        return self.model_dump_json(by_alias=True, **kwargs)


def compare(left: Design, right: Design, names: tuple[str, str]) -> CompareResult:
    """Differences of two designs, of one scenario or of two."""
    keys = list(dict.fromkeys([*left.design, *right.design]))
    differ = {k: (left.design.get(k), right.design.get(k)) for k in keys}
    quantities = list(dict.fromkeys([*left.metrics, *right.metrics]))
    return CompareResult(
        left=names[0],
        right=names[1],
        decisions={k: (a, b) for k, (a, b) in differ.items() if str(a) != str(b)},
        quantities=[_change(k, left.metrics.get(k), right.metrics.get(k)) for k in quantities],
        binds_left=[b.name for b in left.binds],
        binds_right=[b.name for b in right.binds],
    )


def _change(name: str, left: Metric | None, right: Metric | None) -> Change:
    a, b = left.value if left else None, right.value if right else None
    unit = left.unit if left else right.unit if right else ""
    share = b / a - 1 if a is not None and b is not None and a else None
    return Change(quantity=name, left=a, right=b, unit=unit, change=share)
