"""A chunk of points in, rows out: what each worker process runs."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from catalogs import Catalog, default_catalog
from catalogs.errors import InputError
from constraints.bundles import Known
from constraints.records import record
from designer.explaining.binding import stages as feeding
from designer.question.question import Question
from designer.search.archive import frontier_of
from designer.search.pareto import beats
from designer.sweeping.asking import Asker, Key
from designer.sweeping.columns import StoredColumn, number_of, quantities_of
from designer.sweeping.conflicts import searched_conflict
from designer.sweeping.declaration import Plan
from designer.sweeping.paths import is_quick
from designer.sweeping.rows import Found, quantities
from designer.sweeping.table import PointTable, TableAnswer, changing, table_of
from designer.words.labels import label

# Search spaces a worker holds at once.
SPACES = 3

Columns = dict[str, list[Any]]


@dataclass(frozen=True)
class Space:
    """A search space: its table, and one more for each stage that feeds the devices, taking no time."""

    table: PointTable | None
    fed: dict[str, PointTable | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Done:
    """Rows of a chunk, and how long they took."""

    points: tuple[int, ...]
    columns: Columns
    seconds: float


@dataclass
class Answerer:
    """Answers points of one sweep. Sent to workers as the declaration alone; they build the rest.

    `stamp` is what answers rest on, `name` tells sweeps apart.
    """

    plan: Plan
    columns: tuple[StoredColumn, ...]
    stamp: str
    name: str

    def __call__(self, points: Sequence[int]) -> Done:
        started = time.perf_counter()
        worker = _worker(self)
        return Done(tuple(points), worker.rows(points), time.perf_counter() - started)


_WORKERS: OrderedDict[str, Worker] = OrderedDict()


def _worker(of: Answerer) -> Worker:
    """This process's worker for a sweep: what it has read and made is kept between chunks."""
    key = of.name
    if key not in _WORKERS:
        catalog = Catalog(of.plan.folders) if of.plan.folders else default_catalog()
        _WORKERS[key] = Worker(of.plan, of.columns, of.stamp, catalog)
        if len(_WORKERS) > 2:
            _WORKERS.popitem(last=False)
    return _WORKERS[key]


class Worker:
    """What one process knows of a sweep."""

    def __init__(self, plan: Plan, columns: Sequence[StoredColumn], stamp: str, catalog: Catalog):
        self.plan, self.columns, self.stamp = plan, columns, stamp
        self.asker = Asker(plan, catalog)
        self.quick = [p for p in plan.paths if is_quick(p)]
        self.spaces: OrderedDict[Key, Space] = OrderedDict()
        self.numeric = {c.name for c in columns if c.kind == "axis" and c.type == "float"}

    def rows(self, points: Sequence[int]) -> Columns:
        """Rows of these points, in their order, as columns."""
        out: Columns = {c.name: [] for c in self.columns}
        waiting: list[tuple[Key, Found, dict[str, Any]]] = []
        plain: dict[int, list[dict[str, Any]]] = {}
        for point in points:
            changes = self.plan.changes(point)
            head = {"point": point, "key": self.key(changes), **self._said(changes)}
            try:
                q = self.asker.ask(changes)
            except InputError as e:
                plain[point] = [{**head, "status": "invalid", "reason": str(e.problems[0])}]
                continue
            found = Found(point, q, self.answer(q, changes))
            if found.answer.rows:
                waiting.append((self._sharing(q, changes), found, head))
            else:
                status = "infeasible" if found.answer.complete else "time_limit"
                plain[point] = [{**head, "status": status, "designs": 0, "conflict": found.answer.conflict}]
        plain |= self._designs(waiting)
        for point in points:
            for row in plain[point]:
                for c in self.columns:
                    out[c.name].append(row.get(c.name))
        return out

    def _sharing(self, q: Question, changes: Mapping[str, Any]) -> Key:
        """Points with the same name differ in nothing but numbers that quick changes replace."""
        return (*self.asker.key(changes), repr([len(q.domains[d.name]) for d in q.decisions]))

    def _said(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """The values of the axes as their columns hold them."""
        out: dict[str, Any] = {}
        for path, value in changes.items():
            number = number_of(value) if path in self.numeric else None
            out[path] = number[0] if number else _text(value)
        return out

    def key(self, changes: Mapping[str, Any]) -> str:
        """Hash of what the point asks of which facts."""
        text = json.dumps([self.stamp, {p: changes[p] for p in sorted(changes)}], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def space(self, q: Question, changes: Mapping[str, Any]) -> Space:
        """The search space of a point, made when its first point asks for it."""
        key = self.asker.key(changes)
        if key not in self.spaces:
            base = self.asker.base(changes)
            ask = base.question if base else q
            fed = {s.name: table_of(_at_once(ask, s.name), self.quick) for s in feeding(ask)}
            self.spaces[key] = Space(table_of(ask, self.quick) if base else None, fed)
            if len(self.spaces) > SPACES:
                self.spaces.popitem(last=False)
        self.spaces.move_to_end(key)
        return self.spaces[key]

    def answer(self, q: Question, changes: Mapping[str, Any]) -> TableAnswer:
        """The frontier of a point: from the table of its space, or by a search of its own."""
        space = self.space(q, changes)
        if space.table is None or len(q.limits) != len(space.table.question.limits):
            return _searched(q)
        answer = space.table.answer(q)
        for stage, table in space.fed.items():
            if answer.rows and answer.binds is not None and table is not None:
                ahead = table.answer(_at_once(q, stage)).objectives
                for i, row in enumerate(answer.objectives):
                    if beats(ahead, row).any():
                        answer.binds[i].append(stage)
        return answer

    def _designs(self, waiting: list[tuple[Key, Found, dict[str, Any]]]) -> dict[int, list[dict[str, Any]]]:
        """Rows of all designs, each group of points evaluated together."""
        out: dict[int, list[dict[str, Any]]] = {}
        groups: dict[Key, list[tuple[Found, dict[str, Any]]]] = {}
        for key, found, head in waiting:
            groups.setdefault(key, []).append((found, head))
        for group in groups.values():
            q = group[0][0].question
            kept = [(_cut(f, self.plan.sweep.designs), head, f.answer.rows) for f, head in group]
            wanted = quantities_of(q, self.plan.sweep.quantities)
            reads = sorted({n for t in q.stated for n in t.inputs})
            values = quantities([f for f, _, _ in kept], [*wanted, *reads], changing(q, self.quick))
            start = 0
            for f, head, designs in kept:
                size = f.answer.rows
                own = {n: values[n][start : start + size].tolist() for n in wanted}
                start += size
                out[f.point] = [
                    _row(head, designs, f, i, {n: v[i] for n, v in own.items()}) for i in range(size)
                ]
        return out


def _row(head: dict[str, Any], designs: int, f: Found, i: int, values: dict[str, float]) -> dict[str, Any]:
    q, binds = f.question, f.answer.binds
    row = {**head, "status": "found" if f.answer.complete else "time_limit"}
    row |= {"design": label(i), "designs": designs, "binds": None}
    row |= {n: v if math.isfinite(v) else None for n, v in values.items()}
    for d in q.decisions:
        value = q.domains[d.name][int(f.answer.positions[d.name][i])]
        row[d.name] = str(value) if d.named else float(value) if d.unit else int(value)
    if binds is not None:
        # A stage that the design does not wait for does not bind it.
        stages = {n: fed for n in binds[i] if (fed := record(n).feeds)}
        row["binds"] = [n for n in binds[i] if n not in stages or values[n] > values.get(stages[n], math.inf)]
    return row


def _cut(f: Found, designs: str) -> Found:
    if designs == "frontier":
        return f
    a = f.answer
    first = {n: p[:1] for n, p in a.positions.items()}
    return replace(f, answer=replace(a, positions=first, objectives=a.objectives[:1]))


def _at_once(q: Question, stage: str) -> Question:
    """The question as if a stage took no time."""
    return replace(q, given={**q.given, stage: Known(0.0, "assumed", "taken away")})


def _searched(q: Question) -> TableAnswer:
    """The frontier by a search of its own; what binds is not worked out."""
    deadline = time.monotonic() + q.scenario.solver.time_limit
    archive, count = frontier_of(q, deadline)
    if len(archive.positions):
        positions = {d.name: archive.positions[:, k] for k, d in enumerate(q.decisions)}
        return TableAnswer(positions, archive.objectives, None, [], count.complete)
    empty = np.empty((0, len(q.objectives)))
    if not count.complete:
        return TableAnswer({}, empty, None, [], complete=False)
    return TableAnswer({}, empty, None, searched_conflict(q, deadline, count.cut))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
