"""The measuring loop on machines whose speed is known, on this machine's processor, and into a calibration."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from catalogs import Catalog
from catalogs.errors import InputError
from constraints.rules.library.collectives import measured_all_reduce_time
from constraints.rules.library.roofline import copy_time, gemm_time
from designer.accuracy.table import records
from designer.calibrating.backends import NumpyBackend, backend_of
from designer.calibrating.bench import Runner, measure, operations, seconds_of
from designer.calibrating.calibrate import calibrate
from designer.calibrating.fitting import fit_all
from designer.calibrating.gpu import TorchBackend
from designer.calibrating.measured import Operation, text
from designer.calibrating.measured import operations as read_operations
from designer.calibrating.operations import parts
from designer.cli import main

CATALOG = Catalog()
H200 = CATALOG.get("accelerators", "h200-sxm")
KERNELS = {"launch_floor": 5e-6, "compute_fraction": 0.6, "bandwidth_fraction": 0.7, "corner": 1.7}
LINKS = {"collective_floor": 1.5e-5, "inner_latency": 3e-6, "collective_fraction": 0.5}

# A processor as a catalog of one's own describes it: a peak and a bandwidth above what it reaches.
PROCESSOR = """\
id: my-cpu
name: A processor
vendor: Any
architecture: any
released: 2020
class: desktop
sources:
  data: {ref: a sheet, date: 2020}
memory: {value: 16 GB, kind: datasheet, source: data}
memory_kind: DDR4
memory_bandwidth: {value: 200 GB/s, kind: datasheet, source: data}
compute:
  fp32: {value: 20 TFLOP/s, kind: datasheet, source: data}
"""


class Known:
    """A machine that takes exactly as long as the rules say, but for a little noise."""

    hardware = "h200-sxm"
    dtypes: Sequence[str] = ("bf16",)
    ranks: Sequence[int] = (2, 4, 8)
    memory = 20e9
    rate = 1e15

    def __init__(self) -> None:
        self.random = np.random.default_rng(3)
        self.warm: set[Operation] = set()

    def prepare(self, operation: Operation) -> Runner:
        o, bandwidth, kernels = operation, H200.memory_bandwidth.si, KERNELS
        if o.kind == "copy":
            one = copy_time(o.size, bandwidth, kernels["launch_floor"], kernels["bandwidth_fraction"])
        elif o.kind == "all_reduce":
            assert H200.scale_up
            one = measured_all_reduce_time(o.size, o.ranks, H200.scale_up.bandwidth.si, **LINKS)
        else:
            one = gemm_time(o.m, o.n, o.k, 2, 2, 2, H200.compute.rates()["bf16"].si, bandwidth, **kernels)

        def run(times: int) -> float:
            cold = 0.5 if o not in self.warm else 0.0  # the first run compiles
            self.warm.add(o)
            return float(cold + times * one * (1 + 0.05 * self.random.random()))

        return run


def test_a_machine_of_known_speed_is_measured_and_fitted(tmp_path: Path) -> None:
    """From the measuring loop to catalog entries: fractions within 5 %, the rest within 15 %."""
    path = tmp_path / "bench.csv"
    path.write_text(text(measure(Known())))
    found = calibrate(path, CATALOG, "2026-11-21")
    values = {n: v for part in found.fits for n, v in part.fit.values.items()}
    assert values.keys() == {*KERNELS, *LINKS}
    for name, true in {**KERNELS, **LINKS}.items():
        tolerance = 0.05 if name.endswith("fraction") else 0.15
        assert values[name] == pytest.approx(true, rel=tolerance), name
    found.overlay.write(tmp_path / "own")
    own = Catalog([tmp_path / "own"]).get("accelerators", "h200-sxm")
    assert own.collective and own.collective.per_rank_latency.si == pytest.approx(3e-6, rel=0.15)


def test_operations_reach_from_launch_to_peak_and_fit_in_memory() -> None:
    every = list(operations(Known()))
    gemms = [o for o in every if o.kind == "gemm"]
    intensity = [2 * o.m * o.n * o.k / (o.m * o.n + o.n * o.k + o.m * o.k) for o in gemms]
    assert min(intensity) < 10 and max(intensity) > 2000
    assert all(8 * (o.m * o.n + o.n * o.k + o.m * o.k) <= Known.memory for o in gemms)
    assert {o.ranks for o in every if o.kind == "all_reduce"} == {2, 4, 8}
    assert len(every) == len(set(every))
    assert len(list(operations(Known(), quick=True))) < len(every) / 4


def test_short_operations_are_repeated_until_a_clock_can_time_them() -> None:
    asked: list[int] = []

    def run(times: int) -> float:
        asked.append(times)
        return times * 1e-6

    assert seconds_of(run) == pytest.approx(1e-6)
    assert asked[0] == 1 and asked[-1] * 1e-6 >= 2e-3
    asked.clear()
    seconds_of(lambda times: asked.append(times) or times * 1.0)  # type: ignore[func-returns-value]
    assert max(asked) == 1  # a long one is not


def test_this_processor_is_measured_and_explained_better_than_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Real timings, as noisy as this machine happens to be: no parameter's value is asserted."""
    folder = tmp_path / "mine" / "accelerators"
    folder.mkdir(parents=True)
    (folder / "my-cpu.yaml").write_text(PROCESSOR)
    monkeypatch.setattr(NumpyBackend, "rate", 2e9)  # small products only: the test is not a benchmark
    monkeypatch.setattr(NumpyBackend, "memory", 32e6)
    path = tmp_path / "cpu.csv"
    assert main(["microbench", "--device", "cpu", "--hardware", "my-cpu", "--quick", "--out", str(path)]) == 0
    timed = read_operations(records(path))
    assert {t.operation.kind for t in timed} == {"gemm", "copy"}
    (part,) = parts(timed, Catalog([tmp_path / "mine"]))
    found = fit_all(part.problem)
    assert found.after and found.after.median < found.before.median


def test_what_is_missing_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert main(["microbench"]) == 1
    said = capsys.readouterr().err.strip()
    assert "pip install 'mlsys-designer[microbench]'" in said and "\n" not in said
    for options, expected in (
        (["--device", "tpu"], "--device tpu: unknown device (has: cuda, cpu)"),
        (["--device", "cpu"], "--hardware: name the processor's entry"),
    ):
        assert main(["microbench", *options]) == 1
        assert expected in capsys.readouterr().err


def test_a_table_that_cannot_be_written_is_bad_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("designer.calibrating.backends.backend_of", lambda *_: Known())
    assert main(["microbench", "--quick", "--out", str(tmp_path / "no" / "t.csv")]) == 1
    assert "cannot be written" in capsys.readouterr().err
    assert main(["microbench", "--quick", "--out", str(tmp_path / "t.csv")]) == 0
    assert "gemm" in capsys.readouterr().out and (tmp_path / "t.csv").exists()


class FakeTensor:
    def __init__(self, *shape: int):
        self.shape = shape

    def to(self, kind: object) -> FakeTensor:
        return self

    def t(self) -> FakeTensor:
        return FakeTensor(*self.shape[::-1])

    def copy_(self, other: FakeTensor) -> None:
        assert other.shape == self.shape


def fake_torch(devices: int, capability: tuple[int, int] = (9, 0)) -> Any:
    """PyTorch as far as the backend calls it: a clock that every launched operation moves by a microsecond."""
    clock = SimpleNamespace(now=0.0, capturing=False, in_graph=0)

    def launch(*_: object, **__: object) -> None:
        if clock.capturing:
            clock.in_graph += 1
        else:
            clock.now += 1e-3  # ms

    def mm(a: FakeTensor, b: FakeTensor, **_: object) -> None:
        assert a.shape[1] == b.shape[0]
        launch()

    class Event:
        def __init__(self, enable_timing: bool):
            self.at = 0.0

        def record(self) -> None:
            self.at = clock.now

        def elapsed_time(self, end: Event) -> float:
            return end.at - self.at

    class Graph:
        def replay(self) -> None:
            clock.now += 1e-3 * clock.in_graph

    class Capture:
        def __init__(self, graph: Graph):
            clock.in_graph = 0

        def __enter__(self) -> None:
            clock.capturing = True

        def __exit__(self, *_: object) -> None:
            clock.capturing = False

    stream: Callable[[], Any] = lambda: SimpleNamespace(wait_stream=lambda other: None)  # noqa: E731
    cuda = SimpleNamespace(
        is_available=lambda: devices > 0, device_count=lambda: devices, synchronize=lambda i: None,
        get_device_properties=lambda i: SimpleNamespace(name="NVIDIA H200", total_memory=141e9),
        get_device_capability=lambda i: capability, Event=Event, CUDAGraph=Graph, graph=Capture, Stream=stream,
        current_stream=stream, stream=lambda s: nullcontext(), nccl=SimpleNamespace(all_reduce=launch),
    )  # fmt: skip

    def new(*shape: int, **_: object) -> FakeTensor:
        return FakeTensor(*shape)

    return SimpleNamespace(
        cuda=cuda, bfloat16="bf16", float16="fp16", uint8="u8", float8_e4m3fn="fp8", ones=new, randn=new,
        empty_like=lambda x: FakeTensor(*x.shape), mm=mm, _scaled_mm=mm,
    )  # fmt: skip


def test_the_gpu_backend_times_graphs_of_kernels_and_groups_of_devices() -> None:
    gpu = TorchBackend(None, fake_torch(4))
    assert gpu.hardware == "NVIDIA H200" and list(gpu.ranks) == [2, 4] and list(gpu.dtypes) == ["bf16", "fp8"]
    for o in (Operation("gemm", "bf16", m=8, n=512, k=256), Operation("gemm", "fp8", m=16, n=512, k=256),
              Operation("all_reduce", "bf16", size=4096, ranks=4)):  # fmt: skip
        assert seconds_of(gpu.prepare(o)) == pytest.approx(1e-6), o
    older = TorchBackend("v100", fake_torch(1, (7, 0)))
    assert older.hardware == "v100" and list(older.ranks) == [] and list(older.dtypes) == ["fp16"]
    assert min(o.m for o in operations(gpu) if o.dtype == "fp8") >= 16


def test_without_a_gpu_the_processor_is_offered() -> None:
    with pytest.raises(InputError, match="no CUDA device here; --device cpu"):
        TorchBackend(None, fake_torch(0))
    assert backend_of("cpu", "my-cpu").hardware == "my-cpu"
