"""What a picture is made of: boxes, paths, dots and labels on a sheet, coloured by their role.

A role is a word (`c1` to `c8`, `h1` to `h5`, `ink`, `soft`, `line`, `free`, `over`, `paper`); what colour it has, in
light and in dark, is said once (`designer/drawing/palette.py`). Lengths are in px of a sheet `WIDTH` wide, which is
what a telephone shows: text keeps its size there.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

WIDTH = 380


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Box(_Record):
    """A rectangle; `tip` is what is said of it where somebody points at it."""

    mark: Literal["box"] = "box"
    x: float
    y: float
    w: float
    h: float
    role: str
    tip: str = ""


class Path(_Record):
    """A line through points."""

    mark: Literal["path"] = "path"
    points: list[tuple[float, float]]
    role: str
    dashed: bool = False


class Dot(_Record):
    """A round mark."""

    mark: Literal["dot"] = "dot"
    x: float
    y: float
    r: float
    role: str
    tip: str = ""


class Label(_Record):
    """Text on one line; `anchor` says which end of it stands at `x`."""

    mark: Literal["label"] = "label"
    x: float
    y: float
    text: str
    role: str = "ink"
    anchor: Literal["start", "middle", "end"] = "start"
    bold: bool = False


Mark = Annotated[Box | Path | Dot | Label, Field(discriminator="mark")]


class Drawing(_Record):
    """A picture: a sheet of this size, and what is on it, the later above the earlier."""

    width: float = WIDTH
    height: float
    marks: list[Mark]
    says: str = Field(description="what it shows, in a sentence, for who does not see it")

    def to_svg(self) -> str:
        """The text of an SVG file, light or dark as its reader's screen is."""
        from designer.drawing.svg import standalone

        return standalone(self)

    def _repr_svg_(self) -> str:
        return self.to_svg()

    def __repr__(self) -> str:
        return f"<Drawing: {self.says}>"

    __str__ = __repr__
