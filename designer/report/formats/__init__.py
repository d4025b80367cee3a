"""Formats that any answer can be printed in, found by walking this folder: a file is a format of its name.

It holds one function, `written(answer)`, which makes text of an answer. Nothing else knows the format.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from catalogs.errors import InputError, nearest
from designer.answers.answer import Answer
from designer.jobs import DECISIONS


def names() -> list[str]:
    """The formats there are."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__))


def table(answer: Answer) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Columns with the SI unit of each that has one, and rows; raises InputError for an answer without rows."""
    rows = answer.table()
    units = {n: d.unit for n, d in DECISIONS.items() if d.unit} | answer.record_units()
    return {n: units.get(n, "") for row in rows for n in row}, rows


def written(answer: Answer, name: str) -> str:
    """An answer in a format; raises InputError for an unknown one, and for one the answer does not fit."""
    if name not in names():
        raise InputError(
            f"--format {name!r}: unknown format{nearest(name, names())} (has: {', '.join(names())})"
        )
    text: str = importlib.import_module(f"{__name__}.{name}").written(answer)
    return text
