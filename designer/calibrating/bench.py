"""The measuring loop of `designer microbench`: which operations, how often, on any backend."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from designer.calibrating.measured import Operation, Timed

# Runs an operation so many times back to back and returns the seconds they took together.
Runner = Callable[[int], float]

SAMPLES = 5
LEAST = 2e-3  # seconds a sample lasts at least, far above what clocks resolve
MOST = 10_000  # runs in a sample


class Backend(Protocol):
    """What can run operations on one machine."""

    hardware: str  # what tables call the device
    dtypes: Sequence[str]  # precisions it multiplies in
    ranks: Sequence[int]  # sizes of groups it can reduce over; empty for a single device
    memory: float  # bytes that operands may take
    rate: float  # rough FLOP/s, which keeps the largest products short

    def prepare(self, operation: Operation) -> Runner:
        """Operands in place and ready to run; their memory is given back with the runner."""
        ...


def operations(backend: Backend, quick: bool = False) -> Iterator[Operation]:
    """Products from launch-bound to compute-bound, copies and all-reduces from latency to bandwidth."""
    tokens = (1, 32, 512, 4096) if quick else (1, 8, 32, 128, 256, 512, 1024, 2048, 4096, 8192, 16384)
    widths = (512, 2048) if quick else (256, 1024, 2048, 4096, 8192, 16384)
    for dtype in backend.dtypes:
        for n in widths:
            for k in widths:
                for m in tokens:
                    short = 2 * m * n * k <= 0.05 * backend.rate
                    fits = 8 * (m * n + n * k + m * k) <= backend.memory
                    # matrix units take 8-bit operands in blocks of 16 rows
                    if max(n, k) <= 4 * min(n, k) and short and fits and (dtype != "fp8" or m >= 16):
                        yield Operation("gemm", dtype, m=m, n=n, k=k)
    for power in range(12, 31, 3 if quick else 1):
        if 2 * 2**power <= backend.memory:
            yield Operation("copy", size=2**power)
    for ranks in backend.ranks:
        for power in range(10, 31, 4 if quick else 1):
            if 2 * 2**power <= backend.memory:
                yield Operation("all_reduce", "bf16", size=2**power, ranks=ranks)


def measure(
    backend: Backend, quick: bool = False, done: Callable[[Timed], None] | None = None
) -> list[Timed]:
    """Time every operation; `done` hears of each. Deterministic but for the machine."""
    out = []
    for operation in operations(backend, quick):
        one = Timed(backend.hardware, operation, seconds_of(backend.prepare(operation)))
        out.append(one)
        if done:
            done(one)
    return out


def seconds_of(run: Runner) -> float:
    """Seconds of one run: the fastest of samples that each last long enough to be timed.

    Whatever else a machine does can only make it slower.

    >>> seconds_of(lambda times: times * 0.001)
    0.001
    """
    run(1)  # compiles, allocates, wakes the device
    times = 1
    while times < MOST and (took := run(times)) < LEAST:
        times = min(MOST, max(2 * times, round(1.2 * times * LEAST / max(took, 1e-9))))
    return min(run(times) / times for _ in range(SAMPLES))
