"""CUDA devices as a backend of `designer microbench`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from catalogs.errors import InputError
from designer.calibrating.backends import turns_of
from designer.calibrating.bench import Runner
from designer.calibrating.measured import Operation

_IN_GRAPH = 16  # operations that a captured graph holds at least


class TorchBackend:
    """The CUDA devices of this machine; all-reduces are NCCL's, launched from one process."""

    def __init__(self, hardware: str | None, torch: Any = None):
        self.torch = torch or _torch()
        if not self.torch.cuda.is_available():
            raise InputError("no CUDA device here; --device cpu measures this machine's processor")
        properties = self.torch.cuda.get_device_properties(0)
        self.hardware = hardware or str(properties.name)
        newest = self.torch.cuda.get_device_capability(0) >= (8, 9)
        ampere = self.torch.cuda.get_device_capability(0) >= (8, 0)
        eight_bit = newest and hasattr(self.torch, "_scaled_mm")
        self.dtypes: Sequence[str] = (["bf16"] if ampere else ["fp16"]) + (["fp8"] if eight_bit else [])
        count = self.torch.cuda.device_count()
        self.ranks: Sequence[int] = [n for n in (2, 4, 8) if n <= count]
        self.memory = properties.total_memory / 4
        self.rate = 1e14

    def prepare(self, operation: Operation) -> Runner:
        return self._clocked(self._calls(operation), operation.ranks)

    def _calls(self, o: Operation) -> list[Callable[[], Any]]:
        torch = self.torch
        if o.kind == "all_reduce":
            tensors = [
                torch.ones(o.size // 2, dtype=torch.bfloat16, device=f"cuda:{i}") for i in range(o.ranks)
            ]
            return [partial(torch.cuda.nccl.all_reduce, tensors)]
        if o.kind == "copy":
            turns = turns_of(2 * o.size, self.memory)
            a = [torch.ones(o.size, dtype=torch.uint8, device="cuda") for _ in range(turns)]
            b = [torch.empty_like(x) for x in a]
            return [partial(y.copy_, x) for x, y in zip(a, b, strict=True)]
        kind = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(o.dtype, torch.bfloat16)
        a = torch.randn(o.m, o.k, device="cuda").to(kind)
        turns = turns_of(2 * o.k * o.n, self.memory)
        # stored transposed, as linear layers store their weights
        weights = [torch.randn(o.n, o.k, device="cuda").to(kind) for _ in range(turns)]
        if o.dtype != "fp8":
            return [partial(torch.mm, a, w.t()) for w in weights]
        eight = [w.to(torch.float8_e4m3fn) for w in weights]
        one = torch.ones((), device="cuda")

        def scaled(w: Any) -> Any:
            # the activation is quantised before every product, as tables of fp8 kernels time it
            narrow = a.to(torch.float8_e4m3fn)
            return torch._scaled_mm(narrow, w.t(), scale_a=one, scale_b=one, out_dtype=torch.bfloat16)

        return [partial(scaled, w) for w in eight]

    def _clocked(self, calls: Sequence[Callable[[], Any]], ranks: int) -> Runner:
        torch = self.torch
        if ranks == 1:
            # small kernels end sooner than Python launches the next: a graph launches them back to back
            turns = -(-_IN_GRAPH // len(calls)) * len(calls)
            calls, each = [self._captured(calls, turns)], turns
        else:
            each = 1

        def wait() -> None:
            for i in range(ranks):
                torch.cuda.synchronize(i)

        def run(times: int) -> float:
            launches = -(-times // each)
            wait()
            start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            start.record()
            for i in range(launches):
                calls[i % len(calls)]()
            end.record()
            wait()
            return float(start.elapsed_time(end)) / 1e3 * times / (launches * each)

        return run

    def _captured(self, calls: Sequence[Callable[[], Any]], turns: int) -> Callable[[], Any]:
        """One launch that runs the calls in turn."""
        torch = self.torch
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for call in calls:
                call()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            for i in range(turns):
                calls[i % len(calls)]()
        replay: Callable[[], Any] = graph.replay
        return replay


def _torch() -> Any:
    try:
        import torch
    except ImportError:
        raise InputError(
            "measuring a GPU needs PyTorch: pip install 'mlsys-designer[microbench]'; --device cpu does without"
        ) from None
    return torch
