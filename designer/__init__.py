"""What should this model run on, laid out how, and what exactly stops us from doing better?

    import designer
    result = designer.plan("scenario.yaml")     # the Pareto frontier, proven complete
    result.to_frame()

Names are loaded on first use, so that `import designer` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

if TYPE_CHECKING:
    from catalogs.errors import InputError
    from designer.api import (
        calc,
        catalog,
        compare,
        evaluate,
        evaluate_grid,
        explain,
        export,
        fleet,
        load,
        plan,
        save_report,
        size,
        sweep,
    )
    from designer.documents.scenario import Scenario

_HOMES = {
    "plan": "designer.api",
    "compare": "designer.api",
    "calc": "designer.api",
    "catalog": "designer.api",
    "save_report": "designer.api",
    "explain": "designer.api",
    "evaluate": "designer.api",
    "export": "designer.api",
    "fleet": "designer.api",
    "sweep": "designer.api",
    "evaluate_grid": "designer.api",
    "size": "designer.api",
    "load": "designer.api",
    "Scenario": "designer.documents.scenario",
    "InputError": "catalogs.errors",
}

__all__ = [
    "InputError",
    "Scenario",
    "calc",
    "catalog",
    "compare",
    "evaluate",
    "evaluate_grid",
    "explain",
    "export",
    "fleet",
    "load",
    "plan",
    "save_report",
    "size",
    "sweep",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'designer' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
