"""Rules as data: what `designer rules --json` prints."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from designer.answers.answer import Answer


class RuleExample(BaseModel):
    """The call that a rule's docstring makes, computed now."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    inputs: dict[str, float] = Field(description="SI values")
    value: float
    command: str = Field(description="the same on the command line")


class RuleEntry(BaseModel):
    """One rule. Layers may have rules of the same id; `name` is of one rule only."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(
        description="what finds this rule: its id, after its layer where another rule has that id"
    )
    id: str = Field(description="the quantity it makes; several layers may make one")
    layer: str
    wall: int | None = Field(ge=1, le=22, description="which of the 22 walls it is about; null of none")
    equation: str
    unit: str
    inputs: dict[str, str] = Field(description="unit of each input")
    title: str
    cite: str
    record: dict[str, str | float | bool | list[str]] = Field(
        default={}, description="what else is said of the quantity it makes, as CONTRIBUTING names the fields"
    )
    file: str = Field(description="file and line")
    documentation: list[str] | None = Field(
        default=None, description="paragraphs; where one rule is asked for"
    )
    holds: list[str] | None = Field(default=None, description="conditions of its inputs; of one rule")
    latex: str | None = Field(default=None, description="the equation in LaTeX; of one rule")
    example: RuleExample | None = Field(default=None, description="of one rule, where it has one")


class RulesResult(Answer):
    """Answer of `designer rules`: all that were asked for, or the one that was named."""

    schema_name: Literal["designer.rules/1"] = Field(default="designer.rules/1", alias="schema")
    rules: list[RuleEntry]
