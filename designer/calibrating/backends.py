"""What `designer microbench` can measure: the processor through NumPy, GPUs through PyTorch."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from catalogs.errors import InputError
from designer.calibrating.bench import Backend, Runner
from designer.calibrating.measured import Operation

# Operands take turns until they are larger than any cache, so that weights come from memory as in a model.
_CACHE = 512e6
_MOST_COPIES = 64


def backend_of(device: str, hardware: str | None) -> Backend:
    """The backend of `cpu` or `cuda`. Raises InputError where the device or PyTorch is missing."""
    if device == "cpu":
        if not hardware:
            raise InputError("--hardware: name the processor's entry in your catalog, accelerators/NAME.yaml")
        return NumpyBackend(hardware)
    if device == "cuda":
        from designer.calibrating.gpu import TorchBackend

        return TorchBackend(hardware)
    raise InputError(f"--device {device}: unknown device (has: cuda, cpu)")


class NumpyBackend:
    """This machine's processor, with the BLAS that NumPy brings."""

    dtypes: Sequence[str] = ("fp32",)
    ranks: Sequence[int] = ()
    memory = 256e6
    rate = 1e11

    def __init__(self, hardware: str):
        self.hardware = hardware

    def prepare(self, operation: Operation) -> Runner:
        import numpy as np

        o = operation
        if o.kind == "copy":
            copies = [
                np.ones(max(1, o.size // 4), np.float32) for _ in range(turns_of(2 * o.size, self.memory))
            ]
            outs = [np.empty_like(c) for c in copies]
            return _clocked([partial(np.copyto, b, a) for a, b in zip(copies, outs, strict=True)])
        size = 4 * (o.m * o.k + o.k * o.n + o.m * o.n)
        a = np.ones((o.m, o.k), np.float32)
        out = np.empty((o.m, o.n), np.float32)
        weights = [np.ones((o.k, o.n), np.float32) for _ in range(turns_of(size, self.memory))]
        return _clocked([partial(np.matmul, a, w, out=out) for w in weights])


def turns_of(size: float, memory: float) -> int:
    """How many sets of operands take turns."""
    return max(1, min(_MOST_COPIES, int(min(memory, _CACHE) // size)))


def _clocked(calls: Sequence[Callable[[], Any]]) -> Runner:
    def run(times: int) -> float:
        start = time.perf_counter()
        for i in range(times):
            calls[i % len(calls)]()
        return time.perf_counter() - start

    return run
