"""The pictures of a report below each other as one PNG, drawn by matplotlib (the extra `plot`)."""

from __future__ import annotations

import io

from designer.answers.answer import Answer
from designer.drawing.png import painted
from designer.report.formats.svg import sheet


def written(answer: Answer) -> bytes:
    """All pictures; raises InputError for an answer that has none, or where matplotlib is missing."""
    out = io.BytesIO()
    painted(sheet(answer), out)
    return out.getvalue()
