"""A report as data: what is said first, sections of text, tables, pictures and equations, and a price sheet."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from designer.answers.answer import Answer
from designer.drawing.marks import Drawing


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(_Part):
    """A paragraph."""

    block: Literal["text"] = "text"
    text: str


class Head(_Part):
    """A column: its name, and the SI unit of its numbers."""

    name: str
    unit: str = ""


class ReportTable(_Part):
    """Rows of text and of numbers in SI; null is unknown."""

    block: Literal["table"] = "table"
    title: str
    columns: list[Head]
    rows: list[list[str | int | float | None]]


class Picture(_Part):
    """A drawing with what there is to know to read it."""

    block: Literal["picture"] = "picture"
    name: str = Field(description="short name, of the file where it is one of its own")
    title: str
    caption: str = ""
    drawing: Drawing


class Equation(_Part):
    """A quantity, what makes it, with numbers, and who says so; `depth` below the one that is explained."""

    depth: int
    quantity: str
    value: str
    formula: str = ""
    numbers: str = ""
    source: str = ""
    place: str = ""


class Equations(_Part):
    """Equations from a quantity down to its facts."""

    block: Literal["equations"] = "equations"
    title: str
    rows: list[Equation]


class Cell(_Part):
    """A quantity of a price sheet: a number, or a formula of others written as `{name}`.

    `value` is in SI; it is shown in `unit`, which is `scale` of the SI unit.
    """

    name: str
    title: str
    value: float
    unit: str
    scale: float
    formula: str = ""
    kind: str = ""
    source: str = ""


class Prices(_Part):
    """What a price is made of: change a number and what rests on it follows; what was chosen stays chosen."""

    block: Literal["prices"] = "prices"
    title: str
    cells: list[Cell]


Block = Annotated[Text | ReportTable | Picture | Equations | Prices, Field(discriminator="block")]


class Section(_Part):
    """Blocks for one kind of reader."""

    title: str
    blocks: list[Block]


class Report(Answer):
    """An answer laid out for people: first what is to be decided, then the engineering, then the proof."""

    schema_name: Literal["designer.report/1"] = Field(default="designer.report/1", alias="schema")
    title: str
    command: str = Field(default="", description="what was asked, to ask it again")
    said: list[str] = Field(description="the answer in a few sentences, the first one first")
    sections: list[Section]
    stamp: str = Field(default="", description="version and what else the numbers rest on")

    def blocks(self, kind: str) -> list[Any]:
        """All blocks of a kind, in order."""
        return [b for s in self.sections for b in s.blocks if b.block == kind]

    def records(self) -> list[dict[str, Any]]:
        """The first table."""
        for t in self.blocks("table"):
            return [dict(zip([c.name for c in t.columns], row, strict=True)) for row in t.rows]
        return []

    def record_units(self) -> dict[str, str]:
        """Units of the first table."""
        return {c.name: c.unit for t in self.blocks("table")[:1] for c in t.columns if c.unit}
