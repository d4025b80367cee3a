"""The best value of each objective alone: what an unfinished search of all of them is still held to."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from designer.evaluating.checked import checked
from designer.question.question import Question
from designer.search.archive import Archive, frontier_of


def single_optima(question: Question, archive: Archive, deadline: float) -> dict[str, float]:
    """Add the best design of each objective to the archive; the values that are proven to be the best, in SI.

    A search for one objective drops nearly everything on the way, and is over long before that for several.
    """
    out: dict[str, float] = {}
    goals = question.objectives
    for i, goal in enumerate(goals):
        now = time.monotonic()
        until = now + (deadline - now) / (len(goals) - i)
        found, count = frontier_of(replace(question, objectives=[goal]), until)
        for design, places in zip(found.designs(), found.positions, strict=True):
            values = checked(question, design)
            row = np.array([o.sign * float(values[o.quantity]) for o in goals])
            if not np.isnan(row).any():
                archive.add(row, places)
        if count.complete and len(found.objectives):
            out[goal.quantity] = goal.sign * float(found.objectives[0, 0])
    archive.deadline = None  # what was found is little
    archive.join_ties()
    return out
