"""The whole catalog lint: what `catalogs` checks of itself, and parameter counts by the equations."""

from __future__ import annotations

from catalogs import Catalog
from catalogs.errors import Problem
from catalogs.lint import lint
from constraints.bundles.model import model_bundle, uncovered
from constraints.counting import parameters

TOLERANCE = 0.01


def lint_all(catalog: Catalog) -> list[Problem]:
    """Every problem of every entry."""
    problems = lint(catalog)
    broken = {p.file for p in problems}
    for id in catalog.ids("models"):
        if str(catalog.path("models", id)) not in broken:
            problems += parameter_problems(catalog, id)
    return problems


def parameter_error(catalog: Catalog, id: str) -> float | None:
    """Relative error of a model's parameter count by its own architecture, against the stated total.

    None for a model the transformer equations do not describe, and for one known by its totals.
    """
    model = catalog.get("models", id)
    if model.architecture is None or uncovered(model):
        return None
    given = {n: k.si for n, k in model_bundle(model).items()}
    return parameters(given).total / model.parameters.si - 1


def parameter_problems(catalog: Catalog, id: str) -> list[Problem]:
    """A problem if the architecture misses the stated parameter count by more than 1 %."""
    error = parameter_error(catalog, id)
    if error is None or abs(error) <= TOLERANCE:
        return []
    total = catalog.get("models", id).parameters
    return [
        Problem(
            f"its architecture has {total.si * (1 + error):.5g} parameters,"
            f" {100 * error:+.2f} % off the stated {total.text}",
            str(catalog.path("models", id)),
            total.line,
            path="parameters",
        )
    ]
