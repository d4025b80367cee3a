"""Formats that any answer can be printed in, found by walking this folder: a file is a format of its name.

It holds one function, `written(answer)`, which makes text or bytes of an answer, and may name the ending of its
files in `SUFFIX`, where that is not its name. Nothing else knows the format. A `Report` is an answer, too.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from catalogs.errors import InputError, nearest
from designer.answers.answer import Answer
from designer.answers.report import Head, Report, ReportTable, Section
from designer.jobs import DECISIONS


def names() -> list[str]:
    """The formats there are."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__))


def suffixes() -> dict[str, str]:
    """The ending of files of each format, and the format."""
    return {str(getattr(_module(n), "SUFFIX", n)): n for n in names()}


def table(answer: Answer) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Columns with the SI unit of each that has one, and rows; raises InputError for an answer without rows."""
    rows = answer.table()
    units = {n: d.unit for n, d in DECISIONS.items() if d.unit} | answer.record_units()
    return {n: units.get(n, "") for row in rows for n in row}, rows


def laid_out(answer: Answer) -> Report:
    """An answer as a report: itself, or its table alone; raises InputError for one without rows."""
    if isinstance(answer, Report):
        return answer
    columns, rows = table(answer)
    heads = [Head(name=n, unit=unit) for n, unit in columns.items()]
    cells = [[_plain(row.get(n)) for n in columns] for row in rows]
    name = str(getattr(answer, "scenario", "") or answer.schema_name)
    section = Section(
        title="Table", blocks=[ReportTable(title=answer.schema_name, columns=heads, rows=cells)]
    )
    return Report(title=name, said=[], sections=[section])


def _plain(value: object) -> str | int | float | None:
    return value if value is None or isinstance(value, (str, int, float)) else str(value)


def _module(name: str) -> Any:
    return importlib.import_module(f"{__name__}.{name}")


def written(answer: Answer, name: str) -> str | bytes:
    """An answer in a format; raises InputError for an unknown one, and for one the answer does not fit."""
    if name not in names():
        raise InputError(
            f"--format {name!r}: unknown format{nearest(name, names())} (has: {', '.join(names())})"
        )
    made: str | bytes = _module(name).written(answer)
    return made
