"""The table of an answer for spreadsheets: numbers in SI, units in the head."""

from __future__ import annotations

import csv
import io

from designer.answers.answer import Answer
from designer.report.formats import table


def written(answer: Answer) -> str:
    """One line a row; raises InputError for an answer that is no table."""
    columns, rows = table(answer)
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow([f"{n} [{unit}]" if unit else n for n, unit in columns.items()])
    lines.writerows([["" if row.get(n) is None else row[n] for n in columns] for row in rows])
    return out.getvalue().rstrip("\n")
