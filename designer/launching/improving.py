"""Designs on the same machines that beat a launch, and which settings would have to change."""

from __future__ import annotations

from collections.abc import Mapping

from catalogs import Catalog
from catalogs.errors import InputError
from designer.answers.plan import EvaluateResult
from designer.exporting.making import launch_of
from designer.exporting.target import files_of, target_of
from designer.jobs import decided
from designer.launching.asking import AskedLaunch
from designer.launching.launcher import read_launch
from designer.launching.result import Better, Difference
from designer.launching.sources import source_of_files
from designer.planning.plan import plan_question
from designer.question.context import Value
from designer.search.pareto import TIE

# As many as people compare.
MOST = 3


def better_than(asked: AskedLaunch, result: EvaluateResult, catalog: Catalog) -> list[Better]:
    """Frontier designs that are better in an objective and worse in none, the largest gain first.

    A launch that does not run is beaten by every design that does.
    """
    question = asked.question
    now = {o.quantity: result.metrics[o.quantity].value for o in question.objectives}
    runs = result.feasible
    found = []
    for design in plan_question(question).frontier:
        changes = {}
        for o in question.objectives:
            then, before = design.metrics[o.quantity].value, now[o.quantity]
            if then is not None and before:
                changes[o.quantity] = then / before - 1
        gains = [o.sign * changes.get(o.quantity, 0.0) for o in question.objectives]
        if runs and (max(gains, default=0) > TIE or min(gains, default=0) >= -TIE):
            continue
        found.append((min(gains, default=0), design.design, changes if runs else {}))
    found.sort(key=lambda f: f[0])
    return [_better(asked, design, changes, catalog) for _, design, changes in found[:MOST]]


def _better(
    asked: AskedLaunch, design: Mapping[str, Value], changes: dict[str, float], catalog: Catalog
) -> Better:
    decisions = [
        Difference(option=n, now=decided(n, asked.design[n]), then=decided(n, v))
        for n, v in design.items()
        if asked.design.get(n) != v and n in asked.design
    ]
    options, why = None, ""
    try:
        before, then = _settings(asked, asked.design, catalog), _settings(asked, design, catalog)
        names = [n for n in dict.fromkeys([*before, *then]) if before.get(n) != then.get(n)]
        options = [Difference(option=n, now=before.get(n), then=then.get(n)) for n in names]
    except InputError as e:
        why = str(e)
    return Better(design=dict(design), changes=changes, decisions=decisions, options=options, why_not=why)


def _settings(asked: AskedLaunch, design: Mapping[str, Value], catalog: Catalog) -> dict[str, str]:
    """What the launcher is told of a design."""
    if not asked.stated.target:
        raise InputError(f"no files are written for {asked.stated.launcher}")
    launch = launch_of(asked.question, catalog, design, label="", again=("designer evaluate --from",))
    return read_launch(source_of_files(files_of(launch, target_of(asked.stated.target)))).options
