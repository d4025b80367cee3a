"""The answer of `designer validate`, as data."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from designer.accuracy.parameters import ParameterCount
from designer.accuracy.scoring import CellStatistics, Statistics
from designer.answers.answer import Answer


class ScoredRow(BaseModel):
    """One prediction of one row of the table, in SI."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    metric: str
    predicted: float
    measured: float
    error: float = Field(description="signed, as a fraction of the measured value")
    interval: tuple[float, float] | None = Field(
        default=None, description="what 80 % of comparable runs stay within"
    )


class ValidateResult(Answer):
    """Answer of `designer validate`; errors are fractions."""

    schema_name: Literal["designer.validate/1"] = Field(default="designer.validate/1", alias="schema")
    metrics: dict[str, Statistics]
    groups: dict[str, dict[str, Statistics]]
    skipped: dict[str, int] = Field(description="rows that are not scored, by the reason why")
    guessed: dict[str, Statistics] = Field(description="of rows whose layout had to be guessed")
    apart: dict[str, dict[str, Statistics]] = Field(
        default={}, description="of rows that contradict physics or rest on an assumption, by the reason"
    )
    cells: dict[str, CellStatistics] = Field(
        default={}, description="by cell: model, device, framework, format"
    )
    calibration: dict[str, ParameterCount]
    coverage: dict[str, float] = Field(description="share of measurements inside their interval")
    rows: list[ScoredRow]
