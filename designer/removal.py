"""What binds: each limit is taken away in turn, and the question is answered again."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from constraints.bundles import Known
from designer.archive import Archive, frontier_of
from designer.compile import Array
from designer.enumerate import Count
from designer.question import Question
from designer.report.numbers import human

# Removing each limit repeats the enumeration; skipped where all of them together would take longer.
REMOVAL_SECONDS = 4.0
# Limits of the hardware that are worth asking "what if it were not there?" beside budgets and rules.
RESOURCE_LIMITS = ("memory_fits", "slots_suffice", "load_below_one", "workers_fit")
# Stages that feed the devices: each binds a design that would be better if it took no time.
FEEDING_STAGES = ("storage_time", "transform_time")


def removals(
    question: Question, archive: Archive, count: Count, deadline: float
) -> tuple[dict[int, dict[str, str]], list[str]]:
    """For each frontier design, the constraints whose removal admits a design that dominates it.

    By position on the frontier and name, with what the removal brings. Where enumerating again is too
    slow nothing is claimed, and the second result says so.
    """
    names = [c.name for c in question.constraints if count.cut.get(c.name)]
    names += [n for n in RESOURCE_LIMITS if count.cut.get(n)]
    names += [n for n in FEEDING_STAGES if n in question.graph.rules]
    if count.seconds * (len(names) + 1) > min(REMOVAL_SECONDS, max(0.0, deadline - time.monotonic())):
        return {}, ["too large to remove each limit in turn: what binds is not stated"]
    notes: list[str] = []
    out: dict[int, dict[str, str]] = {}
    for name in names:
        without = _without(question, name)
        freed, found = frontier_of(without, time.monotonic() + REMOVAL_SECONDS)
        if not found.complete:
            notes.append(f"removing {name} leaves too many designs: whether it binds is not stated")
            continue
        for i, row in enumerate(archive.objectives):
            better = (freed.objectives <= row).all(axis=1) & (freed.objectives < row).any(axis=1)
            if better.any():
                out.setdefault(i, {})[name] = _gain(question, row, freed.objectives[better])
    return out, notes


def _without(question: Question, name: str) -> Question:
    """The question without a constraint or limit, or with a stage that takes no time."""
    if name in FEEDING_STAGES:
        return replace(question, given={**question.given, name: Known(0.0, "assumed", "taken away")})
    return replace(
        question,
        constraints=[c for c in question.constraints if c.name != name],
        limits=[n for n in question.limits if n != name],
    )


def stage_text(question: Question, name: str, values: Mapping[str, Any]) -> str:
    """How long a feeding stage takes, and how long the devices it keeps waiting."""
    title = question.graph.rules[name].title.split(";")[0].split(",")[0]
    text = f"{title}: {human(values[name], 's')}, the devices {human(values['accelerate_time'], 's')}"
    if name == "transform_time":
        needed = human(values["workers_needed"], "")
        text += f" ({needed} workers a device would keep up, {human(values['workers'], '')} here)"
    return text


def _gain(question: Question, row: Array, better: Array) -> str:
    """The largest relative gain in one objective that a removal brings."""
    with np.errstate(divide="ignore", invalid="ignore"):
        gains = np.where(row != 0, (row - better) / np.abs(row), 0.0)
    best, k = np.unravel_index(int(np.argmax(gains)), gains.shape)
    o = question.objectives[int(k)]
    return f"{100 * gains[best, k]:.2g} % {'lower' if o.sign > 0 else 'higher'} {o.quantity}"
