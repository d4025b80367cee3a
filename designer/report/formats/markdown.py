"""The table of an answer for a page of text: numbers as people read them."""

from __future__ import annotations

from designer.answers.answer import Answer
from designer.report.formats import table
from designer.words.numbers import human


def written(answer: Answer) -> str:
    """A table in Markdown; raises InputError for an answer that is no table."""
    columns, rows = table(answer)
    lines = [list(columns), ["---"] * len(columns)]
    lines += [[_cell(row.get(n), unit) for n, unit in columns.items()] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: object, unit: str) -> str:
    if value is None:
        return "unknown"
    text = human(value, unit) if isinstance(value, float) else str(value)
    return text.replace("|", "\\|")
