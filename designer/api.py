"""The verbs of `designer` for Python: the same as on the command line."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from catalogs import Catalog, default_catalog
from constraints.rule import find
from designer.answers.fleet import FleetResult
from designer.answers.plan import Design, EvaluateResult, PlanResult
from designer.answers.size import SizeResult
from designer.asked import Decisions, Facts, Scenario, catalog_of, design_of, evaluated, question_of
from designer.evaluating import grid
from designer.explaining import comparison, explanation
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


def catalog(*folders: str | Path) -> Catalog:
    """The catalog of facts, with folders of your own entries over the shipped ones.

    Returns a Catalog: `get(kind, id)` is an entry, and every number in it says its source. Raises InputError for
    a folder that is not there.

    >>> catalog().get("accelerators", "h100-sxm").name
    'NVIDIA H100 SXM5 80GB'
    """
    return Catalog([Path(f) for f in folders]) if folders else default_catalog()


def plan(
    path: Scenario,
    sets: Sequence[str] = (),
    catalog: Facts = None,
    *,
    verify: bool = False,
    confidence: float | str | None = None,
) -> PlanResult:
    """The complete Pareto frontier of a scenario: a file, a shipped one by name, or a mapping as in a file.

    `sets` are overrides such as "budgets.cost=25 MUSD"; `catalog` is a folder of entries of your own, or several;
    `verify` proves the answer again by another route; budgets hold with `confidence`, such as "90 %".

    Returns a PlanResult: `result["A"]` is a design, `to_frame()` a table in SI, `plot()` a picture of the frontier;
    an impossible scenario has status "infeasible", with what conflicts and what would mend it. Raises InputError
    listing everything wrong with the scenario.

    >>> result = plan("llama-3.1-70b-chat", ["budgets.tpot_p99=20 ms"])
    >>> result.status, result["A"].design["node"]
    ('found', 'p6-b200.48xlarge')
    >>> result["A"].metrics["tpot_p99"].value <= 0.020
    True
    """
    if confidence is not None and not isinstance(sets, str):
        sets = [*sets, f"confidence={confidence}"]
    return plan_question(question_of(path, sets, catalog), verify=verify)


def fleet(path: Scenario, sets: Sequence[str] = (), catalog: Facts = None) -> FleetResult:
    """The complete frontier over the totals of many workloads that share machines, sites and budgets.

    `path` is a fleet file, or a shipped fleet by name. Returns a FleetResult, of which `result["A"]` is a fleet; an
    impossible one has status "infeasible". Raises InputError for anything wrong with it.
    """
    where = path if isinstance(path, Mapping) else locate_fleet(path)
    return plan_fleet(load_fleet(where, sets, catalog_of(catalog)))


def compare(
    path: Scenario,
    left: str = "A",
    right: str = "B",
    sets: Sequence[str] = (),
    catalog: Facts = None,
) -> comparison.CompareResult:
    """Two designs of a scenario's frontier side by side: decisions, quantities, limits.

    `left` and `right` are letters of designs. Raises InputError for one that is not on the frontier.

    >>> found = compare("llama-3.1-70b-chat", "A", "B")
    >>> [c.ratio > 1 for c in found.quantities if c.quantity == "cost_per_token"]  # B costs more
    [True]
    """
    question = question_of(path, sets, catalog)
    found = plan_question(question)
    a, b = find_design(found, left), find_design(found, right)
    return comparison.compare((question, a), (question, b), (a.id, b.id))


def calc(rule: str, **inputs: float | str) -> float | bool:
    """One rule of the rule book at given inputs, numbers in SI or text with a unit; returns its value in SI.

    Raises InputError for an unknown rule, for inputs that are unknown, missing or of a wrong unit, and where the
    rule has no value.

    >>> calc("arithmetic_intensity", flops="2 TFLOP", traffic="10 GB")
    200.0
    """
    from designer.rulebook.call import called, values_of

    found = find(rule)
    pairs = [(name, str(value)) for name, value in inputs.items()]
    return called(found, values_of(found, pairs, "by their names")).value


def save_report(
    path: Scenario,
    file: str | Path,
    design: str = "A",
    sets: Sequence[str] = (),
    catalog: Facts = None,
) -> Path:
    """Plan a scenario and write its report, with one design in full, in the format the name of the file asks for.

    The ending is html, md, xlsx, svg or png. Returns the file. Raises InputError for another ending, for a design
    that is not on the frontier, and where the file cannot be written; no half file is left then.
    """
    from designer.report.plan_report import plan_report
    from designer.report.saving import format_of, save

    format_of(Path(file))
    question = question_of(path, sets, catalog)
    found = plan_question(question)
    shown: Design | None = find_design(found, design) if found.frontier else None
    name = path if isinstance(path, (str, Path)) else str(path.get("name", ""))
    command = shlex.join(["designer", "plan", str(name), *(word for s in sets for word in ("--set", s))])
    save(plan_report(question, found, command, shown), Path(file))
    return Path(file)


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

    A scenario is read once and kept as long as its file is the same, so that thousands of layouts a second can be
    asked about. A design is text or a mapping of decisions; what it leaves open is the scenario's baseline or a
    default. Returns an EvaluateResult, of which `result["cost"]` is a quantity. Raises InputError for an unknown
    decision or value.

    >>> answer = evaluate("llama-3.1-70b-chat", "tp=4, replicas=8")
    >>> answer["devices_used"].value, [b.name for b in answer.violated]
    (32.0, ['slots_suffice', 'tpot_p99'])
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
    """The equations behind a design: one of the frontier by its letter, or any by its decisions.

    Returns an ExplainResult, of which `result["cost"]` is the tree of equations of a quantity, to `depth`. Raises
    InputError for an unknown quantity or design.

    >>> explain("llama-3.1-70b-chat", "tp=4, replicas=8", ["devices"])["devices"].equation
    'node_count * devices_per_node'
    """
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
