"""Each workload reduced to its undominated options: what a fleet chooses from.

A workload on one inventory line is a scenario on one kind of node in one region. Of its feasible
designs only those can be part of a best fleet that no other design of the same line beats in every
quantity the fleet couples. The reduction is exact whatever the caps are, as no cap is ever helped by
more of a quantity.
"""

from __future__ import annotations

import copy
import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from catalogs import Catalog, default_catalog
from catalogs.errors import InputError, Problem
from constraints.roles import COST, DEVICES, DURATION, NODES
from designer.documents.fleet import Line
from designer.fleets.batching import WHICH, likeness, merged, together
from designer.fleets.lines import Lines, Unknown
from designer.fleets.reading import FleetQuestion, Wanted
from designer.jobs import JOBS
from designer.question.context import Value
from designer.question.job import Job
from designer.question.pools import ReadsBoth, alone
from designer.question.question import Question
from designer.reading.source_map import SourceMap
from designer.reading.steps import question_of
from designer.search.archive import Archive
from designer.search.deadline import OutOfTime
from designer.search.enumerate import Count, DesignBlock, enumerate_designs
from designer.search.threads import Stop, at_once


@dataclass(frozen=True)
class Option:
    """A design of a workload on one inventory line, and how much it takes of each coupled quantity."""

    line: int
    design: dict[str, Value]
    takes: dict[str, float]
    duration: float


@dataclass
class Menu:
    """The options of one workload (or pool), and how many designs they stand for."""

    questions: dict[int, Question]
    options: list[Option]
    raw: int
    complete: bool


@dataclass(frozen=True)
class _Read:
    """A workload's scenario as a question over the whole inventory, and how long it could be held."""

    data: dict[str, Any]
    lines: Lines
    question: Question
    held: float


def job_of(workload: Any) -> Job | None:
    """The job of a workload as it is written, if it names one."""
    return JOBS.get(str(workload.get("job"))) if isinstance(workload, dict) else None


def pools_of(wanted: Wanted) -> list[str]:
    """The pools of a workload: one, or those that its fleet or its scenario has apart."""
    workload = _overridden(wanted).get("workload")
    job = job_of(workload)
    asked = wanted.entry.pools == "separate" or (
        isinstance(workload, dict) and workload.get("pools") == "apart"
    )
    return [p.name for p in reversed(job.apart.pools)] if asked and job and job.apart else [""]


def _overridden(wanted: Wanted) -> dict[str, Any]:
    """A scenario with the overrides of its workload; as it is written where they are no overrides."""
    document = replace(wanted.document, data=copy.deepcopy(wanted.document.data))
    try:
        return SourceMap(document, wanted.entry.set, default_catalog()).data
    except InputError:
        return wanted.document.data  # whoever reads the scenario says what is wrong


def pool_source(wanted: Wanted, catalog: Catalog, lines: Sequence[Line], period: float) -> SourceMap:
    """A scenario as a fleet reads it: its nodes, regions, prices and period are those of the fleet."""
    read = wanted.document
    document = replace(read, data=copy.deepcopy(read.data), values=dict(read.values))
    source = SourceMap(document, wanted.entry.set, catalog)
    _place(source, lines, period)
    workload = source.data.get("workload")
    if wanted.entry.pools == "separate" and isinstance(workload, dict):
        job = job_of(workload)
        if job and not job.apart:
            raise source.fail(("workload", "job"), f"a {job.name} workload has no pools to separate")
        workload["pools"] = "apart"
    return source


def _place(source: SourceMap, lines: Sequence[Line], period: float) -> None:
    """Where the scenario leaves open what it runs on, the inventory says."""
    if "site" in source.data:
        raise source.fail(("site",), "a fleet's places are the regions of its inventory; remove site")
    candidates = source.data.setdefault("candidates", {})
    if isinstance(candidates, dict):
        if "node" not in candidates and "accelerator" not in candidates:
            candidates["node"] = list(dict.fromkeys(line.node for line in lines))
        candidates.setdefault("region", list(dict.fromkeys(line.region for line in lines)))
        if DEVICES not in candidates:
            most = max(1, *(line.nodes for line in lines))
            doubled = [2**k for k in range(most.bit_length() + 1)]
            candidates.setdefault(NODES, sorted({*doubled, most}))
    workload = source.data.get("workload")
    if isinstance(workload, dict) and (job := job_of(workload)) and job.goes_on:
        workload["period"] = f"{period!r} s"
    source.data["objectives"] = [COST]


def _seen(pool: str) -> Callable[[Question], Question]:
    """What of a workload's question is asked of one pool of it."""

    def answered(question: Question) -> Question:
        try:
            return alone(question, pool) if pool else question
        except ReadsBoth as e:
            message = f"{e.limit.text} rests on both pools; bound it in the fleet's budgets"
            raise InputError(_placed(message, e.limit.place)) from None

    return answered


class Menus:
    """The options of every workload; those that share a scenario share their options."""

    def __init__(self, question: FleetQuestion, deadline: float):
        self.question = question
        self.deadline = deadline
        self.known: dict[str, Menu] = {}

    def of(self, wanted: Wanted, pool: str) -> Menu:
        """The options of a workload, or of one pool of it. Raises InputError placed in a file."""
        key = self._key(wanted, pool)
        if key not in self.known:
            self._search()
        return self.known[key]

    def _held(self, wanted: Wanted) -> float:
        return self.question.fleet.period - wanted.entry.start

    def _key(self, wanted: Wanted, pool: str) -> str:
        # A run is the same whenever it starts; a service is charged for as long as it is held.
        job = job_of(wanted.document.data.get("workload"))
        held = self._held(wanted) if job and job.goes_on else None
        return json.dumps([wanted.source, wanted.entry.set, pool, held], default=str)

    def _search(self) -> None:
        """Find the options of all workloads."""
        alike: dict[str, dict[str, _Read]] = {}
        for w in self.question.workloads:
            for pool in pools_of(w):
                key = self._key(w, pool)
                if key in self.known:
                    continue
                read = self._read(w, pool)
                self.known[key] = Menu({}, [], 0, True)
                alike.setdefault(f"{pool} {likeness(read.data)}", {})[key] = read
        jobs: list[tuple[list[Menu], list[int], list[Question], list[float]]] = []
        for group in alike.values():
            keys, reads = list(group), list(group.values())
            for some in together([r.question for r in reads]):
                first, inventory = reads[some[0]], self.question.fleet.inventory
                menus = [self.known[keys[i]] for i in some]
                for part in first.lines.together(first.question):
                    asked = [reads[i].lines.on(reads[i].question, [inventory[k] for k in part]) for i in some]
                    jobs.append((menus, part, asked, [reads[i].held for i in some]))
        # The longest first, so that none is left to run alone.
        jobs.sort(key=lambda job: -math.prod(map(len, job[2][0].domains.values())))
        found = at_once([partial(self._found, part, asked, held) for _, part, asked, held in jobs])
        for (menus, part, asked, _), (count, options) in zip(jobs, found, strict=True):
            for i, menu in enumerate(menus):
                menu.raw += count.raw // len(asked)
                menu.complete &= count.complete
                menu.questions |= dict.fromkeys(part, asked[i])
                menu.options += options[i]

    def _read(self, wanted: Wanted, pool: str) -> _Read:
        """The question of a workload over the whole inventory."""
        q, held = self.question, self._held(wanted)
        try:
            source = pool_source(wanted, q.catalog, q.fleet.inventory, held)
            job = job_of(source.data.get("workload"))
            asked = [*q.coupled, NODES, *([] if job and job.goes_on else [DURATION])]
            lines = Lines(q.fleet.inventory, list(dict.fromkeys(asked)), q.catalog)
            return _Read(source.data, lines, question_of(source, lines.checks, _seen(pool)), held)
        except Unknown as e:
            why = e.error.problems[0].message.replace(" or a site with electricity", "")
            why = re.sub(r"pricing\.(\w+)", r"\1 on this line", why).replace("provider or tenure", "tenure")
            raise InputError(
                _placed(f"for workload {wanted.entry.name!r}: {why}", q.line_places[e.line])
            ) from None
        except InputError as e:
            raise InputError(*(_of_set(p, wanted) for p in e.problems)) from None

    def _found(
        self, part: list[int], asked: list[Question], held: list[float], stop: Stop
    ) -> tuple[Count, list[list[Option]]]:
        """The undominated designs on each line of a part of the inventory, for workloads alike."""
        question = merged(asked)
        names = [o.quantity for o in question.objectives]
        regions, several = len(question.domains["region"]), len(asked)
        archives = [Archive(q) for _ in part for q in asked]

        def take(block: DesignBlock) -> None:
            if stop():
                raise OutOfTime
            place = (block.positions["node"] * regions + block.positions["region"]) * several
            if several > 1:
                place = place + block.positions[WHICH]
            for k, archive in enumerate(archives):
                rows = np.flatnonzero(place == k)
                if len(rows):
                    values = {n: v[rows] if np.ndim(v) else v for n, v in block.values.items()}
                    archive.take(DesignBlock({a: p[rows] for a, p in block.positions.items()}, values))

        def front(at: dict[str, int]) -> Any:
            return archives[(at["node"] * regions + at["region"]) * several + at.get(WHICH, 0)].objectives

        count = enumerate_designs(
            question,
            set(names),
            take,
            objectives=question.objectives,
            apart=("node", "region", *([WHICH] if several > 1 else [])),
            fronts=front,
            deadline=self.deadline,
        )
        options: list[list[Option]] = [[] for _ in asked]
        for k, archive in enumerate(archives):
            line, i = part[k // several], k % several
            for design, row in zip(archive.designs(), archive.objectives.tolist(), strict=True):
                takes = dict(zip(names, row, strict=True))
                options[i].append(Option(line, design, takes, takes.get(DURATION, held[i])))
        return count, options


def _placed(message: str, place: str) -> Problem:
    """A problem at a place written as file:line."""
    file, _, line = place.rpartition(":")
    return Problem(message, file, int(line)) if line.isdigit() else Problem(message, place)


def _of_set(problem: Problem, wanted: Wanted) -> Problem:
    """A problem with an override of a workload stands where the fleet file writes it."""
    for text, place in zip(wanted.entry.set, wanted.set_places, strict=True):
        if problem.file == f"--set {text}" or problem.message.startswith(f"--set {text!r}"):
            return _placed(f"{text}: {problem.message.removeprefix(f'--set {text!r}: ')}", place)
    return problem if problem.file else _placed(problem.message, wanted.place)
