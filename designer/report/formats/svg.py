"""The pictures of a report below each other, as one SVG file that is light or dark as its reader's screen is."""

from __future__ import annotations

from catalogs.errors import InputError
from designer.answers.answer import Answer
from designer.answers.report import Picture, Report
from designer.drawing.marks import WIDTH, Drawing, Label
from designer.drawing.sheet import stacked
from designer.drawing.svg import standalone


def written(answer: Answer) -> str:
    """All pictures; raises InputError for an answer that has none."""
    return standalone(sheet(answer))


def sheet(answer: Answer) -> Drawing:
    """The pictures of an answer with their titles on one sheet; raises InputError where it has none."""
    pictures: list[Picture] = answer.blocks("picture") if isinstance(answer, Report) else []
    if not pictures:
        raise InputError("there is no picture in this answer; html, md and xlsx have all of it")
    titled = [(p.title, p.drawing) for p in pictures]
    heading = Drawing(height=20, marks=[Label(x=0, y=13, text=_name(answer), bold=True)], says=_name(answer))
    return stacked([("", heading), *titled], WIDTH, _name(answer))


def _name(answer: Answer) -> str:
    return answer.title if isinstance(answer, Report) else answer.schema_name
