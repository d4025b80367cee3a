"""The answer of `designer evaluate --from`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from designer.answers.answer import Answer
from designer.answers.plan import EvaluateResult


class Difference(BaseModel):
    """A setting of the launcher that two designs have differently; null where one does not set it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    option: str
    now: str | None
    then: str | None


class Better(BaseModel):
    """A design on the same machines that is better in an objective and worse in none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    design: dict[str, str | int | float]
    changes: dict[str, float] = Field(description="change of each objective as a share of what it is")
    decisions: list[Difference] = Field(description="decisions that differ")
    options: list[Difference] | None = Field(
        description="the same as options; null where the launcher has no way to say it"
    )
    why_not: str = Field(default="", description="why the launcher has no way to say it")


class LaunchResult(Answer):
    """Answer of `designer evaluate --from`."""

    schema_name: Literal["designer.launch/1"] = Field(default="designer.launch/1", alias="schema")
    launcher: str
    model: str
    node: str
    nodes: int
    fits: bool = Field(description="whether it runs at all; budgets do not count")
    read: dict[str, str] = Field(description="decisions, and the words of the launch that give them")
    taken: list[str] = Field(description="what the launch does not say, and what was taken instead")
    remarks: list[str] = Field(description="what the launch says and the answer does not hold")
    wasted: list[str]
    evaluation: EvaluateResult
    better: list[Better] | None = Field(default=None, description="null where it was not asked for")

    def records(self) -> list[dict[str, Any]]:
        return self.evaluation.records()
