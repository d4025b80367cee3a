"""Workloads that differ in how much there is to do only, searched together.

Two runs of one model over different numbers of tokens have the same layouts, with the same memory and
the same time a step. One search goes through the layouts, and decides last which of the workloads it is.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from constraints.bundles import Bundle
from designer.jobs import JOBS
from designer.question.context import Value
from designer.question.decisions import Decision
from designer.question.groups import Group
from designer.question.question import Question

# The decision that tells workloads of one search apart.
WHICH = "workload"


def likeness(data: dict[str, Any]) -> str:
    """A scenario's data as text without its name and, of a run or batch job, without its amount."""
    left = {k: v for k, v in data.items() if k not in ("name", "description")}
    workload = left.get("workload")
    if isinstance(workload, dict) and left.get("confidence") is None:
        job = JOBS.get(str(workload.get("job")))
        # What there is to do is read by what comes after the layout.
        amount = job.amount if job else ""
        if not isinstance(workload.get(amount), dict):
            left["workload"] = {k: v for k, v in workload.items() if k != amount}
    return json.dumps(left, sort_keys=True, default=str)


def together(questions: Sequence[Question]) -> list[list[int]]:
    """Questions of one likeness in groups that one search can cover: equal but for given numbers."""
    out: list[list[int]] = []
    for i, q in enumerate(questions):
        for group in out:
            first = questions[group[0]]
            if q.domains == first.domains and q.given.keys() == first.given.keys():
                group.append(i)
                break
        else:
            out.append([i])
    return out


def merged(questions: Sequence[Question]) -> Question:
    """One question whose last decision is which of several it is."""
    first = questions[0]
    if len(questions) == 1:
        return first
    other = {
        n
        for n, known in first.given.items()
        if any(q.given[n].si != known.si and q.given[n].si == q.given[n].si for q in questions)
    }
    own = [{n: q.given[n] for n in other} for q in questions]

    def given(which: Value) -> Bundle:
        return own[int(which)]

    which: list[Value] = list(range(len(questions)))
    shared = copy.copy(first.given)
    for n in other:
        del shared[n]
    decision = Decision(WHICH, "choice", WHICH, lambda _: which)
    return replace(
        first,
        decisions=(*first.decisions, decision),
        domains={**first.domains, WHICH: which},
        given=shared,
        groups=[*first.groups, Group(WHICH, (WHICH,), given)],
    )
