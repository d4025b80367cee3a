"""Tables of facts that are not whole runs of a job, found by walking this folder.

Each module with a `KIND` reads one kind of table, and `predict` in it predicts a row.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass


@dataclass(frozen=True)
class FactsKind:
    """Columns that mark a table as of a kind, when all are there, and those that it needs; what its rows are."""

    marks: frozenset[str]
    needs: frozenset[str]
    called: str


def _found() -> dict[str, FactsKind]:
    names = [m.name for m in pkgutil.iter_modules(__path__)]
    modules = {n: importlib.import_module(f"{__name__}.{n}") for n in names}
    return {n: m.KIND for n, m in modules.items() if hasattr(m, "KIND")}


KINDS_OF_FACTS = _found()
