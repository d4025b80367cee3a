"""A sweep from its declaration to a folder of results."""

from __future__ import annotations

import json
import math
import os
import random
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from catalogs import Catalog
from catalogs.errors import InputError
from designer.evaluating.design import CheckFailed
from designer.question.question import Question
from designer.reading.loading import named
from designer.sweeping.answering import Answerer, Done
from designer.sweeping.asking import Asker
from designer.sweeping.columns import StoredColumn, columns_of
from designer.sweeping.declaration import Plan, load_sweep, source_of
from designer.sweeping.executors import Executor, executor_of
from designer.sweeping.extras import needed
from designer.sweeping.paths import text_of
from designer.sweeping.progress import Progress
from designer.sweeping.result import SweepResult
from designer.sweeping.stamp import Stamp, stamp_of
from designer.sweeping.store import Again, AxisTexts, Manifest, Store

# Above this many points, somebody has to say that they are meant.
MANY = 2_000
# A chunk is sized to take about so long, and to have at most so many points.
CHUNK_SECONDS, MOST_CHUNK = 2.0, 1000
# Steps of axes whose texts are kept, so that a point can be asked for again.
MOST_TEXTS = 20_000
# Questions that are read to know the columns: one of each search space, up to so many.
READ = 400


@dataclass(frozen=True)
class Prepared:
    """A sweep that can start."""

    plan: Plan
    columns: list[StoredColumn]
    stamp: Stamp
    objectives: list[tuple[str, int]]

    @property
    def answerer(self) -> Answerer:
        name = f"{self.stamp.facts} {self.stamp.axes}"
        return Answerer(self.plan, tuple(self.columns), self.stamp.facts, name)

    def manifest(self) -> Manifest:
        sweep = self.plan.sweep
        return Manifest(
            name=sweep.name,
            description=sweep.description,
            base=self.plan.base.name,
            count=self.plan.count,
            objectives=self.objectives,
            columns=self.columns,
            stamp=self.stamp,
            view=sweep.report.model_dump(),
            sampled=list(sweep.samples.over) if sweep.samples else [],
            again=self.again(),
        )

    def again(self) -> Again | None:
        """The command that plans one point alone."""
        plan = self.plan
        if sum(map(len, plan.axes)) > MOST_TEXTS:
            return None
        options = [("--set", s) for s in plan.sets] + [("--catalog", str(f)) for f in plan.folders]
        words = ["designer", "plan", named(plan.base), *(w for option in options for w in option)]
        axes = []
        for a in plan.axes:
            rows = [[shlex.quote(text_of(p, v)) for p, v in a.changes(i).items()] for i in range(len(a))]
            axes.append(AxisTexts(rows=rows))
        return Again(command=shlex.join(words), axes=axes)


def prepared(plan: Plan, catalog: Catalog) -> Prepared:
    """The columns of a sweep and what it rests on; raises InputError where no point can be read."""
    needed("pyarrow", "pyarrow", "sweeps")
    asker = Asker(plan, catalog)
    questions: list[Question] = []
    spaces = plan.count // plan.inner
    for k in range(0, spaces, max(1, math.ceil(spaces / READ))):
        try:
            questions.append(asker.ask(plan.changes(k * plan.inner)))
        except InputError:
            if k == 0:
                raise
    columns = columns_of(plan.axes, questions, plan.sweep.quantities)
    objectives = [(o.quantity, o.sign) for o in questions[0].objectives]
    return Prepared(plan, columns, stamp_of(plan, catalog), objectives)


def refuse_many(plan: Plan, yes: bool) -> None:
    """More points than are over in a moment may be a slip, unless `yes` says that they are meant."""
    if plan.count > MANY and not yes:
        axes = " x ".join(f"{len(a):,}" for a in plan.axes)
        raise InputError(
            f"{plan.sweep.name}: {plan.count:,} points ({axes}); give --yes if they are meant"
            " (--dry-run says how long they take)"
        )


@dataclass
class Summary:
    """What a run did, and what the folder holds now."""

    folder: Path
    count: int
    mine: int
    kept: int
    made: int
    seconds: float
    status: Counter[str]
    binds: Counter[str]
    conflicts: Counter[str]


def run(
    sweep: Prepared,
    out: Path,
    executor: Executor,
    *,
    fresh: bool = False,
    shard: tuple[int, int] = (1, 1),
    stream: TextIO | None = None,
) -> Summary:
    """Answer the points of a sweep that `out` does not hold yet.

    Raises InputError where `out` holds results of something else, is in use or cannot be written.
    """
    import time

    store = Store(out)
    count = sweep.plan.count
    began = time.monotonic()
    with store.writing():
        store.begin(sweep.manifest(), fresh)
        for part in store.set_aside():
            if stream is not None:
                print(f"{part.name}: damaged, set aside in {part.parent}; answered again", file=stream)
        have = store.done()
        mine = range(*_span(count, *shard))
        kept = sum(p in have for p in mine)
        progress = Progress(len(mine), kept, stream)
        pace = _Pace(executor.workers)
        made = 0
        try:
            for done in executor.map(sweep.answerer, pace.chunks(p for p in mine if p not in have)):
                store.append(done.columns, sweep.columns)
                pace.took(done)
                made += len(done.points)
                progress.add(len(done.points))
        finally:
            progress.close()
        if kept + made != len(mine):
            raise CheckFailed(f"{len(mine) - kept - made} points were not answered")
        return Summary(out, count, len(mine), kept, made, time.monotonic() - began, *_tallies(store))


def _tallies(store: Store) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Points by status, by what binds their first design, and by their conflict."""
    rows = store.table().select(["status", "design", "binds", "conflict"]).to_pylist()
    first = [r for r in rows if r["design"] in (None, "A")]
    binds = Counter(b for r in first for b in r["binds"] or ())
    conflicts = Counter(", ".join(r["conflict"]) for r in first if r["conflict"])
    return Counter(r["status"] for r in first), binds, conflicts


def _span(count: int, i: int, n: int) -> tuple[int, int]:
    """Shard `i` of `n`: neighbouring points, which share search spaces."""
    return count * (i - 1) // n, count * i // n


def shard_of(text: str | None) -> tuple[int, int]:
    """ "2/8" as numbers; raises InputError for anything else.

    >>> shard_of("2/8")
    (2, 8)
    """
    if text is None:
        return (1, 1)
    found = re.fullmatch(r"\s*(\d{1,6})\s*/\s*(\d{1,6})\s*", text)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise InputError(f"--shard {text}: write it like 1/8, from 1/8 to 8/8")
    return int(found[1]), int(found[2])


class _Pace:
    """Chunks that grow to the size that takes a worker a second or two."""

    def __init__(self, workers: int):
        self.size, self.workers = 4.0, workers

    def took(self, done: Done) -> None:
        wanted = CHUNK_SECONDS * len(done.points) / max(done.seconds, 1e-6)
        self.size = min(max(wanted, 1.0), 4 * self.size, MOST_CHUNK)

    def chunks(self, points: Iterable[int]) -> Iterator[tuple[int, ...]]:
        part: list[int] = []
        for p in points:
            part.append(p)
            if len(part) >= int(self.size):
                yield tuple(part)
                part = []
        if part:
            yield tuple(part)


def estimated(sweep: Prepared, workers: int) -> float:
    """Seconds a sweep should take, measured on a few of its points."""
    import time

    answer, plan = sweep.answerer, sweep.plan
    answer((0,))  # reads the catalog
    spaces = plan.count // plan.inner
    chosen = random.Random(0).sample(range(spaces), min(3, spaces))
    opened = shared = 0.0
    made = 0
    for k in chosen:
        start = k * plan.inner
        opened += answer((start,)).seconds
        more = tuple(range(start, start + min(plan.inner, 20)))
        started = time.perf_counter()
        answer(more)
        shared += time.perf_counter() - started
        made += len(more)
    each = opened / len(chosen) * spaces + shared / made * plan.count
    return each / workers


def sweep(
    path: str | Path,
    out: Path,
    over: Mapping[str, Sequence[Any]],
    sets: Sequence[str],
    jobs: int,
    executor: str,
    address: str | None,
    fresh: bool,
    catalog: Catalog,
) -> SweepResult:
    """Load, answer and open a sweep; see `designer.sweep`."""
    axes = [f"{p}={json.dumps(list(values))}" for p, values in over.items()]
    plan = load_sweep(source_of(path), axes, sets, catalog)
    engine = executor_of(executor, jobs, address)
    try:
        run(prepared(plan, catalog), out, engine, fresh=fresh)
    finally:
        engine.close()
    return SweepResult(out)


def processes(jobs: int | None) -> int:
    """Processes to use: as many as asked for, else as many as there are processors for this one."""
    if jobs:
        return jobs
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
