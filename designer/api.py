"""The verbs of `designer` for Python: the same as on the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from catalogs import Catalog
from designer import evaluation, explanation, grid
from designer.context import Value
from designer.fleets.planning import plan_fleet
from designer.fleets.reading import load_fleet, locate_fleet
from designer.fleets.result import FleetResult
from designer.loading import load, locate
from designer.planning import find_design, plan_question
from designer.result import EvaluateResult, PlanResult


def plan(path: str | Path, sets: Sequence[str] = (), catalog: Catalog | None = None) -> PlanResult:
    """The complete Pareto frontier of the scenario in a file (or of a shipped one, by name).

    `sets` are overrides such as "budgets.cost=25 MUSD". Raises InputError for anything wrong with
    the scenario; an impossible one is a result with status "infeasible".
    """
    return plan_question(load(locate(path), sets, catalog))


def fleet(path: str | Path, sets: Sequence[str] = (), catalog: Catalog | None = None) -> FleetResult:
    """The complete frontier over the totals of many workloads that share machines, sites and budgets.

    `path` is a fleet file, or a shipped fleet by name. Raises InputError for anything wrong with it; an
    impossible one is a result with status "infeasible".
    """
    return plan_fleet(load_fleet(locate_fleet(path), sets, catalog))


def evaluate(
    path: str | Path, design: Mapping[str, Value], sets: Sequence[str] = (), catalog: Catalog | None = None
) -> EvaluateResult:
    """Every quantity of one layout of a scenario, feasible or not, and each limit it violates."""
    return evaluation.evaluate(load(locate(path), sets, catalog), design)


def evaluate_grid(
    path: str | Path,
    over: Mapping[str, Sequence[Value]],
    quantities: Sequence[str] | None = None,
    sets: Sequence[str] = (),
    catalog: Catalog | None = None,
) -> grid.Grid:
    """Quantities of every combination of some decisions' values, millions a second, without a search.

    designer.evaluate_grid("llama-3.1-70b-chat", {"tp": [1, 2, 4, 8], "batch": [1, 8, 64]}, ["tpot_p99"])
    """
    return grid.evaluate_grid(load(locate(path), sets, catalog), over, quantities)


def explain(
    path: str | Path,
    design: str | Mapping[str, Value] = "A",
    quantities: Sequence[str] | None = None,
    *,
    depth: int = 3,
    sets: Sequence[str] = (),
    catalog: Catalog | None = None,
) -> explanation.ExplainResult:
    """The equations behind a design: one of the frontier by its letter, or any by its decisions."""
    question = load(locate(path), sets, catalog)
    wanted = list(quantities) if quantities else None
    if not isinstance(design, str):
        return explanation.explain(question, design, wanted, depth=depth)
    plan = plan_question(question, patient=True)
    return explanation.explain_found(question, plan, find_design(plan, design), wanted, depth=depth)
