"""The verbs of `designer` for Python: the same as on the command line."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from designer.answers.fleet import FleetResult
from designer.answers.plan import EvaluateResult, PlanResult
from designer.answers.size import SizeResult
from designer.asked import Decisions, Facts, Scenario, catalog_of, design_of, evaluated, question_of
from designer.evaluating import grid
from designer.explaining import explanation
from designer.fleets.planning import plan_fleet
from designer.fleets.reading import load_fleet, locate_fleet
from designer.planning.plan import find_design, plan_question
from designer.question.context import Value
from designer.question.question import Question
from designer.reading import loading
from designer.sizing import reading
from designer.sizing.curve import read_axis
from designer.sizing.sizing import size_question
from designer.sweeping.result import SweepResult

if TYPE_CHECKING:
    from designer.exporting.api import ExportResult


def plan(path: Scenario, sets: Sequence[str] = (), catalog: Facts = None) -> PlanResult:
    """The complete Pareto frontier of the scenario in a file (or of a shipped one, by name, or of a mapping).

    `sets` are overrides such as "budgets.cost=25 MUSD". Raises InputError for anything wrong with
    the scenario; an impossible one is a result with status "infeasible".
    """
    return plan_question(question_of(path, sets, catalog))


def fleet(path: Scenario, sets: Sequence[str] = (), catalog: Facts = None) -> FleetResult:
    """The complete frontier over the totals of many workloads that share machines, sites and budgets.

    `path` is a fleet file, or a shipped fleet by name. Raises InputError for anything wrong with it; an
    impossible one is a result with status "infeasible".
    """
    where = path if isinstance(path, Mapping) else locate_fleet(path)
    return plan_fleet(load_fleet(where, sets, catalog_of(catalog)))


def size(
    path: Scenario,
    *,
    devices: Sequence[int] = (),
    specs: Sequence[str] = (),
    joint: bool = False,
    curve: tuple[str, str] | None = None,
    like: str | None = None,
    device: str | Path | None = None,
    parts: Mapping[str, str] | None = None,
    sets: Sequence[str] = (),
    catalog: Facts = None,
) -> SizeResult:
    """What one device must offer so that the targets of a scenario are met, and which parts do.

    designer.size("llama-3.1-70b-chat", devices=[24, 32], specs=["memory_bandwidth"])

    `specs` are the numbers of a device to size, by default all that are read; `curve` is one of them and
    an axis, such as ("memory_bandwidth", "batch=1..256"). The rest is held at the part `like` (by default
    the scenario's first), or at that of an entry file, `device`, with the numbers in `parts` replaced,
    such as {"memory_bandwidth": "8 TB/s"}. Raises InputError for anything wrong with these.
    """
    drawn = (curve[0], read_axis(curve[1])) if curve else None
    found = reading.source_and_part(path, sets, catalog_of(catalog), Path(device) if device else None, like)
    replaced = reading.read_specs([f"{n}={v}" for n, v in (parts or {}).items()])
    asked = reading.ask(*found, devices, replaced)
    return size_question(asked, devices=devices, specs=specs, joint=joint, drawn=drawn)


def load(path: Scenario, sets: Sequence[str] = (), catalog: Facts = None) -> Question:
    """The question a scenario asks, read afresh. Raises InputError listing every problem found."""
    return loading.load(
        path if isinstance(path, Mapping) else loading.locate(path), sets, catalog_of(catalog)
    )


def evaluate(
    path: Scenario, design: Decisions, sets: Sequence[str] = (), catalog: Facts = None
) -> EvaluateResult:
    """Every quantity of one layout of a scenario, feasible or not, and each limit it violates.

    designer.evaluate("llama-3.1-70b-chat", "tp=4, replicas=8")

    A scenario is read once and kept as long as its file is the same, so that thousands of layouts a second
    can be asked about.
    """
    return evaluated(question_of(path, sets, catalog), design)


def evaluate_grid(
    path: Scenario,
    over: Mapping[str, Sequence[Value]],
    quantities: Sequence[str] | None = None,
    sets: Sequence[str] = (),
    catalog: Facts = None,
) -> grid.LayoutGrid:
    """Quantities of every combination of some decisions' values, millions a second, without a search.

    designer.evaluate_grid("llama-3.1-70b-chat", {"tp": [1, 2, 4, 8], "batch": [1, 8, 64]}, ["tpot_p99"])
    """
    return grid.evaluate_grid(question_of(path, sets, catalog), over, quantities)


def sweep(
    path: Scenario,
    out: str | Path,
    over: Mapping[str, Sequence[Value]] | None = None,
    sets: Sequence[str] = (),
    *,
    jobs: int = 1,
    executor: str = "local",
    address: str | None = None,
    fresh: bool = False,
    catalog: Facts = None,
) -> SweepResult:
    """Every point of a sweep, in a folder of Parquet files; points that `out` has are not computed again.

    `path` is a sweep file, a shipped sweep by name, or a scenario with axes in `over`. With `jobs` above 1
    a script needs `if __name__ == "__main__":` around the call, because it starts processes. Raises
    InputError for anything wrong with the sweep, the folder or the cluster.
    """
    from designer.sweeping.running import sweep as run_sweep

    if isinstance(path, Mapping):  # other processes read it: it stands with its results
        base = Path(out) / "scenario.yaml"
        base.parent.mkdir(parents=True, exist_ok=True)
        base.write_text(json.dumps(path, indent=1, default=str), "utf-8")
        path = base
    facts = catalog_of(catalog)
    return run_sweep(path, Path(out), over or {}, sets, jobs, executor, address, fresh, facts)


def explain(
    path: Scenario,
    design: Decisions = "A",
    quantities: Sequence[str] | None = None,
    *,
    depth: int = 3,
    sets: Sequence[str] = (),
    catalog: Facts = None,
) -> explanation.ExplainResult:
    """The equations behind a design: one of the frontier by its letter, or any by its decisions."""
    question = question_of(path, sets, catalog)
    wanted = list(quantities) if quantities else None
    if not isinstance(design, str) or "=" in design:
        return explanation.explain(question, design_of(question, design), wanted, depth=depth)
    plan = plan_question(question, patient=True)
    return explanation.explain_found(question, plan, find_design(plan, design), wanted, depth=depth)


def export(
    path: Scenario,
    design: Decisions,
    to: str,
    out: str | Path | None = None,
    *,
    checkpoint: str | None = None,
    sets: Sequence[str] = (),
    catalog: Facts = None,
) -> ExportResult:
    """The files that make a launcher run a design, written into `out` where that is given.

    designer.export("llama-3.1-70b-chat", "A", "vllm").files["vllm.yaml"]

    A design is a letter of the frontier or decisions; `checkpoint` names weights in the formats of the plan.
    Raises InputError where the launcher has no way to be told all of it, naming what.
    """
    from designer.exporting.api import export_question

    named = "FILE" if isinstance(path, Mapping) else str(path)
    command = shlex.join([named, *(word for s in sets for word in ("--set", s))])
    facts = catalog_of(catalog)
    result = export_question(
        question_of(path, sets, facts), design, to, command=command, catalog=facts, checkpoint=checkpoint
    )
    if out is not None:
        result.write(out)
    return result
