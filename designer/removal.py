"""What binds: each limit is taken away in turn, and the question is answered again."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from designer.archive import Archive, frontier_of
from designer.compile import Array
from designer.enumerate import Count
from designer.question import Question

# Removing each limit repeats the enumeration; skipped where all of them together would take longer.
REMOVAL_SECONDS = 4.0
# Limits of the hardware that are worth asking "what if it were not there?" beside budgets and rules.
RESOURCE_LIMITS = ("memory_fits", "slots_suffice", "load_below_one")


def removals(
    question: Question, archive: Archive, count: Count, deadline: float
) -> tuple[dict[int, dict[str, str]], list[str]]:
    """For each frontier design, the constraints whose removal admits a design that dominates it.

    By position on the frontier and name, with what the removal brings. Where enumerating again is too
    slow nothing is claimed, and the second result says so.
    """
    names = [c.name for c in question.constraints if count.cut.get(c.name)]
    names += [n for n in RESOURCE_LIMITS if count.cut.get(n)]
    if count.seconds * (len(names) + 1) > min(REMOVAL_SECONDS, max(0.0, deadline - time.monotonic())):
        return {}, ["too large to remove each limit in turn: what binds is not stated"]
    notes: list[str] = []
    out: dict[int, dict[str, str]] = {}
    for name in names:
        without = replace(
            question,
            constraints=[c for c in question.constraints if c.name != name],
            limits=[n for n in question.limits if n != name],
        )
        freed, found = frontier_of(without, time.monotonic() + REMOVAL_SECONDS)
        if not found.complete:
            notes.append(f"removing {name} leaves too many designs: whether it binds is not stated")
            continue
        for i, row in enumerate(archive.objectives):
            better = (freed.objectives <= row).all(axis=1) & (freed.objectives < row).any(axis=1)
            if better.any():
                out.setdefault(i, {})[name] = _gain(question, row, freed.objectives[better])
    return out, notes


def _gain(question: Question, row: Array, better: Array) -> str:
    """The largest relative gain in one objective that a removal brings."""
    with np.errstate(divide="ignore", invalid="ignore"):
        gains = np.where(row != 0, (row - better) / np.abs(row), 0.0)
    best, k = np.unravel_index(int(np.argmax(gains)), gains.shape)
    o = question.objectives[int(k)]
    return f"{100 * gains[best, k]:.2g} % {'lower' if o.sign > 0 else 'higher'} {o.quantity}"
