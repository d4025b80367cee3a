"""The jobs there are, found by walking this folder: each module with a `JOB` is one.

A job is one file: its workload, rules, decisions, and how it is shown.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import replace
from functools import cache
from typing import Any

from constraints.bundles import Bundle
from constraints.rule import Rule
from designer.question.context import Value
from designer.question.decisions import Decision
from designer.question.job import Job
from designer.question.pools import decisions_of_pools
from designer.question.rules import rules_of, units_of
from designer.question.specifications import SPECIFICATIONS
from designer.words.numbers import human


def _found() -> dict[str, Job]:
    modules = (importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__))
    jobs: list[Job] = [m.JOB for m in modules if hasattr(m, "JOB")]
    return {job.name: job for job in jobs}


JOBS = _found()
# Every decision there is, by its name.
DECISIONS = {d.name: d for job in JOBS.values() for d in decisions_of_pools(job)}
DECISIONS |= {d.name: d for job in JOBS.values() for d in (*SPECIFICATIONS, *job.decisions)}


def job_rules(job: str, parts: tuple[str, ...] = ()) -> dict[str, Rule]:
    """Rules of a job by quantity, with the layers that parts of a scenario add (`network`, `dataset`)."""
    return rules_of((*JOBS[job].layers, *parts))


@cache
def quantity_units(job: str, parts: tuple[str, ...] = ()) -> dict[str, str]:
    """SI unit of every quantity of a job, made or given."""
    return units_of((*JOBS[job].layers, *parts))


def decisions_of(job: Job, model: Bundle) -> tuple[Decision, ...]:
    """The decisions of one scenario: of a device, and of its job as its model has them."""
    found: list[Any] = list(job.decisions)
    if "layers" not in model:
        found = [replace(d, **d.whole or {}) for d in found if not d.of_layers]
    return (*SPECIFICATIONS, *found)


def decided(name: str, value: Value) -> str:
    """The value of a decision as people read it, with its unit where it has one.

    >>> decided("tp", 8), decided("checkpoint_interval", 300.0), decided("recompute", "full"), decided("sp", "on")
    ('8', '5 min', 'full', 'on')
    """
    unit = DECISIONS[name].unit if name in DECISIONS else None
    return human(float(value), unit) if unit else str(value)
