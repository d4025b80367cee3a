"""A tiny sweep, and what several tests do with it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalogs import Catalog
from designer.sweeping.answering import Worker
from designer.sweeping.asking import Asker
from designer.sweeping.columns import columns_of
from designer.sweeping.declaration import Plan, load_sweep, source_of
from designer.sweeping.executors import Chunk, Executor, Function, Here
from designer.sweeping.running import Prepared, prepared, run
from designer.sweeping.store import Store

CATALOG = Catalog()
TINY = Path(__file__).parent / "sweeps" / "tiny.yaml"


def plan_of(source: str | Path, over: Sequence[str] = (), sets: Sequence[str] = ()) -> Plan:
    return load_sweep(source_of(source), over, sets, CATALOG)


def worker_of(plan: Plan) -> Worker:
    columns = columns_of(plan.axes, [Asker(plan, CATALOG).ask(plan.changes(0))], plan.sweep.quantities)
    return Worker(plan, columns, "test", CATALOG)


def tiny(over: Sequence[str] = ()) -> Prepared:
    return prepared(plan_of(TINY, over), CATALOG)


def answered(folder: Path, executor: Executor | None = None, **options: Any) -> Store:
    """The tiny sweep in a folder."""
    run(tiny(), folder, executor or Here(), **options)
    return Store(folder)


def who(chunk: Chunk) -> int:
    """The process that computes; slow enough for both to get work."""
    time.sleep(0.3)
    return os.getpid()


def dies(chunk: Chunk) -> None:
    """A function no process survives."""
    os._exit(1)


@dataclass
class Deadly:
    """A function whose third call or so kills the process that makes it, once."""

    function: Function
    marker: str

    def __call__(self, chunk: Chunk) -> Any:
        if chunk[0] > 8:
            try:
                os.close(os.open(self.marker, os.O_CREAT | os.O_EXCL))
                os.kill(os.getpid(), signal.SIGKILL)
            except FileExistsError:
                pass
        return self.function(chunk)


@dataclass
class Killing:
    """An executor one of whose workers is killed in mid-sweep."""

    inner: Executor
    marker: Path

    @property
    def workers(self) -> int:
        return self.inner.workers

    def map(self, function: Function, chunks: Iterable[Chunk]) -> Iterator[Any]:
        return self.inner.map(Deadly(function, str(self.marker)), chunks)

    def close(self) -> None:
        self.inner.close()
