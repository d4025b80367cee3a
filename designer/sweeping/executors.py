"""Who computes: this process, processes of this machine, a Ray cluster, a Dask cluster.

One protocol: `map(function, chunks)` yields results in the order they finish, asks for a chunk only
when a worker is free to take it, and computes a chunk again when its worker dies.
"""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Protocol

from catalogs.errors import InputError, nearest
from designer.sweeping.extras import needed

# Chunks waiting for each worker, so that none is ever idle.
AHEAD = 2
# How often a chunk may take its worker down before the sweep gives up.
TRIES = 3

Chunk = tuple[int, ...]
Function = Callable[[Chunk], Any]


class Executor(Protocol):
    """Something that computes chunks."""

    workers: int

    def map(self, function: Function, chunks: Iterable[Chunk]) -> Iterator[Any]:
        """`function` of each chunk, in the order the results come."""

    def close(self) -> None:
        """Let go of workers that were started for this sweep."""


class Here:
    """This process."""

    workers = 1

    def map(self, function: Function, chunks: Iterable[Chunk]) -> Iterator[Any]:
        return map(function, chunks)

    def close(self) -> None:
        """Nothing was started."""


class Processes:
    """Processes of this machine."""

    def __init__(self, workers: int):
        self.workers = workers

    def map(self, function: Function, chunks: Iterable[Chunk]) -> Iterator[Any]:
        todo = iter(chunks)
        failed: dict[Chunk, int] = {}
        again: list[Chunk] = []
        while True:
            running: dict[Future[Any], Chunk] = {}
            pool = self._pool(function)
            try:
                while True:
                    again += itertools.islice(todo, max(0, AHEAD * self.workers - len(running) - len(again)))
                    while again:
                        # The pool may turn out to be broken here: the chunk stays where it is until it is taken.
                        running[pool.submit(_kept_call, again[-1])] = again[-1]
                        again.pop()
                    if not running:
                        return
                    for done in wait(running, return_when=FIRST_COMPLETED).done:
                        result = done.result()
                        del running[done]
                        yield result
            except BrokenProcessPool:
                # A worker was killed: whatever was under way is computed again by new ones.
                for chunk in running.values():
                    failed[chunk] = failed.get(chunk, 0) + 1
                    if failed[chunk] > TRIES:
                        raise InputError(
                            f"worker processes keep dying on point {chunk[0]} or near it; is there enough memory?"
                        ) from None
                again += running.values()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """The pool ends with each map."""

    def _pool(self, function: Function) -> ProcessPoolExecutor:
        # The function, which holds every value of every axis, goes to each worker once.
        return ProcessPoolExecutor(
            self.workers, multiprocessing.get_context("spawn"), initializer=_keep, initargs=(function,)
        )


class Ray:
    """A Ray cluster: the one at `address`, or one on this machine."""

    def __init__(self, address: str | None, workers: int):
        # What is computed here is nobody else's business.
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        self.ray = needed("ray", "Ray", "--executor ray", "cluster")
        self.workers = workers
        self.mine = not self.ray.is_initialized()
        try:
            if self.mine:
                local: dict[str, Any] = {} if address else {"num_cpus": workers, "include_dashboard": False}
                with _silent():
                    self.ray.init(address=address, log_to_driver=False, logging_level="ERROR", **local)
        except (ConnectionError, ValueError, RuntimeError) as e:
            raise InputError(f"--address {address}: no Ray cluster answers: {_first_line(e)}") from None
        if address:
            self.workers = max(1, int(self.ray.cluster_resources().get("CPU", workers)))

    def map(self, function: Function, chunks: Iterable[Chunk]) -> Iterator[Any]:
        task = self.ray.remote(max_retries=TRIES)(_call)
        function = self.ray.put(function)
        todo = iter(chunks)
        running: list[Any] = []
        while True:
            room = AHEAD * self.workers - len(running)
            running += [task.remote(function, chunk) for chunk in itertools.islice(todo, room)]
            if not running:
                return
            done, running = self.ray.wait(running, num_returns=1)
            for reference in done:
                yield self.ray.get(reference)

    def close(self) -> None:
        if self.mine:
            self.ray.shutdown()


class Dask:
    """A Dask cluster: the one at `address`, or one on this machine."""

    def __init__(self, address: str | None, workers: int):
        distributed = needed("distributed", "Dask", "--executor dask", "cluster")
        self.cluster: Any = None
        try:
            if not address:
                self.cluster = distributed.LocalCluster(
                    n_workers=workers, threads_per_worker=1, dashboard_address=None, silence_logs=50
                )
            self.client = distributed.Client(address or self.cluster, timeout="20s")
        except (OSError, ValueError) as e:
            raise InputError(f"--address {address}: no Dask scheduler answers: {_first_line(e)}") from None
        self.as_completed = distributed.as_completed
        self.workers = max(1, sum(self.client.nthreads().values()))

    def map(self, function: Function, chunks: Iterable[Chunk]) -> Iterator[Any]:
        todo = iter(chunks)
        sent = self.client.scatter(function, broadcast=True, hash=False)
        first = [
            self.client.submit(_call, sent, c, pure=False)
            for c in itertools.islice(todo, AHEAD * self.workers)
        ]
        waiting = self.as_completed(first)
        for future in waiting:
            yield future.result()
            for chunk in itertools.islice(todo, 1):
                waiting.add(self.client.submit(_call, sent, chunk, pure=False))

    def close(self) -> None:
        self.client.close()
        if self.cluster is not None:
            self.cluster.close()


# The function of this worker process.
_KEPT: list[Function] = []


def _keep(function: Function) -> None:
    """What a worker process does first: keeps its function, and ends when the process that started it does."""
    _KEPT.append(function)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent,), daemon=True).start()


def _follow(parent: Any) -> None:
    parent.join()
    os._exit(1)


def _kept_call(chunk: Chunk) -> Any:
    return _KEPT[-1](chunk)


def _call(function: Function, chunk: Chunk) -> Any:
    return function(chunk)


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Keeps what a library writes straight to the error output off the terminal."""
    sys.stderr.flush()
    with open(os.devnull, "w") as nowhere:
        kept = os.dup(2)
        try:
            os.dup2(nowhere.fileno(), 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _first_line(e: BaseException) -> str:
    return (str(e).splitlines() or [type(e).__name__])[0]


NAMES = ("local", "ray", "dask")


def executor_of(name: str, workers: int, address: str | None = None) -> Executor:
    """The executor of this name; raises InputError for an unknown one or one that cannot be reached."""
    if name not in NAMES:
        raise InputError(f"--executor {name}: unknown{nearest(name, NAMES)} (has: {', '.join(NAMES)})")
    if name == "local":
        if address:
            raise InputError("--address is of a cluster; give --executor ray or dask")
        return Processes(workers) if workers > 1 else Here()
    return Ray(address, workers) if name == "ray" else Dask(address, workers)
