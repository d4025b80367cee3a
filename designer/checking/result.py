"""The answers of `designer check`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from designer.answers.answer import Answer


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Checked(_Part):
    """One budget, rule or limit, held against what is predicted or what was measured."""

    name: str
    text: str
    place: str
    of: Literal["predicted", "measured"]
    holds: bool
    quantity: str = ""
    value: float | None = None
    bound: float | None = None
    unit: str = ""
    slack: float | None = Field(
        default=None, description="share of the bound that is left; null where it has none"
    )


class CheckResult(Answer):
    """Answer of `designer check`."""

    schema_name: Literal["designer.check/1"] = Field(default="designer.check/1", alias="schema")
    scenario: str
    holds: bool
    design: dict[str, str | int | float]
    checked: list[Checked]
    not_measured: list[str] = Field(
        default=[], description="budgets that the measured result says nothing of"
    )

    def records(self) -> list[dict[str, Any]]:
        return [c.model_dump() for c in self.checked]


class Moved(_Part):
    """A fact that an answer rests on, then and now; null where it was not there or is unknown."""

    fact: str
    of: str = Field(description="the choice whose fact it is; empty for one that all designs share")
    then: float | None
    now: float | None
    source: str = Field(description="where it is from now, or was where it is gone")
    changes: bool = Field(description="whether it alone changes what would be chosen")


class LockedDesign(_Part):
    """A design that was chosen, and its objectives in SI, in the order of those of the answer; null is unknown."""

    design: dict[str, str | int | float]
    objectives: list[float | None]


class Lock(Answer):
    """What `designer plan --lock` writes."""

    schema_name: Literal["designer.lock/1"] = Field(default="designer.lock/1", alias="schema")
    designer: str = Field(description="the version that answered")
    equations: str = Field(description="a fingerprint of the rules")
    file: str = Field(description="the scenario as it was named")
    sets: list[str] = Field(description="what --set replaced in it")
    catalogs: list[str] = Field(description="folders laid over the catalog")
    document: dict[str, Any] = Field(description="the scenario as it stood")
    scenario: str
    objectives: list[str]
    frontier: list[LockedDesign]
    facts: dict[str, list[tuple[str, float | None, str, str]]] = Field(
        description="of each number every choice that brings it, with its value in SI, its kind and its source"
    )


class LockResult(Answer):
    """Answer of `designer check --lock`."""

    schema_name: Literal["designer.lock-check/1"] = Field(default="designer.lock-check/1", alias="schema")
    scenario: str
    stands: bool = Field(description="whether the same designs would be chosen, for the same figures")
    versions: list[str] = Field(description="what computed it then and now, where they differ")
    question: list[str] = Field(description="what the scenario asks otherwise than then")
    moved: list[Moved]
    gone: list[dict[str, str | int | float]] = Field(description="designs that are not chosen any more")
    new: list[dict[str, str | int | float]] = Field(description="designs that would be chosen now")
    figures: list[str] = Field(
        description="objectives of designs that are still chosen, then and now, where they differ"
    )

    def records(self) -> list[dict[str, Any]]:
        return [m.model_dump() for m in self.moved]
