"""Searches side by side: NumPy lets other threads run while it works on arrays."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

T = TypeVar("T")
# Whether a search should end early, as nobody waits for it any more.
Stop = Callable[[], bool]
# More searches at once than this need more memory than they save time.
MOST = 4


def at_once(jobs: Sequence[Callable[[Stop], T]]) -> list[T]:
    """What the jobs return, in their order; what one raises ends the others too."""
    workers = min(MOST, len(jobs), os.cpu_count() or 1)
    if workers < 2:
        return [job(lambda: False) for job in jobs]
    stopped: list[bool] = []
    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(job, lambda: bool(stopped)) for job in jobs]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
            failed = [f for f in futures if f.done() and f.exception()]
            return [f.result() for f in failed or futures]
        except BaseException:
            stopped.append(True)
            pool.shutdown(wait=False, cancel_futures=True)
            raise
