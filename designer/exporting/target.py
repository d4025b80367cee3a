"""A launcher as data, and the way from a launch to its files: nothing decided may be lost on it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from catalogs.errors import InputError, nearest
from constraints.roles import NODES
from designer.exporting.launch import Launch, Refused, switched_on
from designer.question.context import Value

Files = dict[str, str]

TRAINING = frozenset({"training"})
INFERENCE = frozenset({"serving", "concurrent", "batch"})

# What the record of a launch carries as facts (of the model, the node, the steps), whoever reads it; and
# the region, since a job runs wherever it is submitted.
FACTS = frozenset({"model", "node", NODES, "region", "dataset_tokens"})

# Values that ask nothing of a launcher. A decision that is not here always does.
NEUTRAL: dict[str, tuple[Value, ...]] = {
    "tp": (1,),
    "cp": (1,),
    "ep": (1,),
    "pp": (1,),
    "vpp": (1,),
    "dp": (1,),
    "samples": (1,),
    "prefill_batch": (1,),
    "sparsity": ("none",),
    "recompute": ("none",),
    "engine": ("default",),
    "framework": ("default",),
    "decode": ("cpu",),
}


@dataclass(frozen=True)
class Target:
    """A launcher: what it runs, which decisions it is told, and the function that writes its files."""

    name: str
    title: str
    # What its files were read by when they were checked, and whether that was its own parser.
    checked: str
    jobs: frozenset[str]
    vendors: frozenset[str]
    reads: frozenset[str]
    write: Callable[[Launch], Files]
    # Ids of the catalog's engines that it runs.
    engines: frozenset[str] = frozenset()


@cache
def targets() -> dict[str, Target]:
    """Every launcher, by the name users give: one for each module of `designer/exporting/targets`."""
    from designer.exporting import targets as folder

    modules = sorted(m.name for m in pkgutil.iter_modules(folder.__path__))
    found = [importlib.import_module(f"{folder.__name__}.{m}").TARGET for m in modules]
    return {t.name: t for t in found}


def target_of(name: str) -> Target:
    """The launcher of this name; raises InputError for an unknown one."""
    known = targets()
    if name not in known:
        raise InputError(f"--to: unknown target {name!r}{nearest(name, known)} (has: {', '.join(known)})")
    return known[name]


def neutral(name: str, value: Value, decisions: Mapping[str, Value]) -> bool:
    """Whether a decision asks nothing of a launcher.

    >>> neutral("vpp", 1, {}), neutral("vpp", 2, {}), neutral("sp", "on", {"tp": 1})
    (True, False, True)
    """
    if name == "sp":
        return not switched_on(value) or decisions.get("tp", 1) == 1
    if name == "sharding":
        return value == "zero0" or decisions.get("dp", 1) == 1
    return name in FACTS or value in NEUTRAL.get(name, ())


def unread(target: Target, decisions: Mapping[str, Value]) -> list[str]:
    """Decisions that a launcher is not told and that are not neutral."""
    return [n for n, v in decisions.items() if n not in target.reads and not neutral(n, v, decisions)]


def files_of(launch: Launch, target: Target) -> Files:
    """The files that make a launcher run a design, by name.

    Raises Refused where there is no way to say all of the design, or where the launcher does not run it.
    """
    if launch.job not in target.jobs:
        runs = "training" if target.jobs == TRAINING else "inference"
        raise Refused(f"{target.name} is for {runs}, and {launch.scenario} is a {launch.job} job")
    if launch.machine.vendor not in target.vendors:
        raise Refused(
            f"{target.name} runs on devices of {', '.join(sorted(target.vendors))}, and {launch.machine.id} has"
            f" {launch.machine.accelerator} of {launch.machine.vendor}"
        )
    decisions = launch.all_decisions
    if left := unread(target, decisions):
        said = ", ".join(f"{n} {decisions[n]}" for n in left)
        raise Refused(f"{target.name} has no way to say {said}")
    engine = decisions.get("engine", "default")
    if engine != "default" and engine not in target.engines:
        raise Refused(f"{target.name} does not run engine {engine}")
    try:
        return target.write(launch.read_by(target.reads))
    except Refused as e:
        raise Refused(f"{target.name}: {e}") from None
