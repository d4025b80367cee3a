"""Known kernels and links come back from noisy timings; what rows do not support is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from catalogs import Catalog
from catalogs.errors import InputError
from constraints.bundles.device import how_known
from constraints.rules.library.collectives import measured_all_reduce_time
from constraints.rules.library.roofline import copy_time, gemm_time
from designer.calibrating.calibrate import Calibration, calibrate
from designer.calibrating.measured import Operation, Timed, text
from designer.cli import main

pytestmark = pytest.mark.slow

CATALOG = Catalog()
DATE = "2026-11-21"
H100 = CATALOG.get("accelerators", "h100-sxm")
# Far from what the catalog holds of any device.
KERNELS = {"launch_floor": 6e-6, "compute_fraction": 0.55, "bandwidth_fraction": 0.62, "corner": 1.6}
LINKS = {"collective_floor": 2e-5, "inner_latency": 4e-6, "collective_fraction": 0.41}


def seconds(o: Operation, truth: Mapping[str, float] = {**KERNELS, **LINKS}) -> float:
    bandwidth = H100.memory_bandwidth.si
    if o.kind == "copy":
        return float(copy_time(o.size, bandwidth, truth["launch_floor"], truth["bandwidth_fraction"]))
    if o.kind == "all_reduce":
        assert H100.scale_up
        links = {n: truth[n] for n in LINKS}
        return float(measured_all_reduce_time(o.size, o.ranks, H100.scale_up.bandwidth.si, **links))
    kernels = {n: truth[n] for n in KERNELS}
    return float(gemm_time(o.m, o.n, o.k, 2, 2, 2, H100.compute.rates()["bf16"].si, bandwidth, **kernels))


GEMMS = [
    Operation("gemm", "bf16", m=m, n=n, k=k)
    for m in (1, 16, 128, 1024, 8192) for n in (512, 4096, 16384) for k in (1024, 8192)
]  # fmt: skip
COPIES = [Operation("copy", size=2**p) for p in range(12, 31, 2)]
REDUCES = [Operation("all_reduce", size=2**p, ranks=r) for r in (2, 4, 8) for p in range(10, 30, 2)]


def table(
    folder: Path, operations: list[Operation], noise: float = 0.03,
    time: Callable[[Operation], float] = seconds, hardware: str = "h100-sxm",
) -> Path:  # fmt: skip
    """Timings with multiplicative noise and, one in ten, a hiccup that doubles the time."""
    rng = np.random.default_rng(7)
    late = np.where(rng.random(len(operations)) < (0.1 if noise else 0), 2.0, 1.0)
    factors = np.exp(rng.normal(0, noise, len(operations))) * late
    timed = [Timed(hardware, o, time(o) * float(f)) for o, f in zip(operations, factors, strict=True)]
    path = folder / "measured.csv"
    path.write_text(text(timed))
    return path


def fitted(found: Calibration) -> dict[str, float]:
    return {n: v for part in found.fits for n, v in part.fit.values.items()}


def test_known_parameters_come_back_from_noisy_timings(tmp_path: Path) -> None:
    """3 % noise, and hiccups: shares of peak within 4 %, latencies within 10 %, the corner within 20 %."""
    found = calibrate(table(tmp_path, GEMMS + COPIES + REDUCES), CATALOG, DATE)
    values = fitted(found)
    assert values.keys() == {*KERNELS, *LINKS}
    for name, true in {**KERNELS, **LINKS}.items():
        tolerance = 0.2 if name == "corner" else 0.04 if name.endswith("fraction") else 0.1
        assert values[name] == pytest.approx(true, rel=tolerance), name
    for part in found.fits:
        assert part.fit.after and part.fit.held_out
        assert part.fit.held_out.median < 0.05 < part.fit.before.median


def test_without_noise_they_come_back_exactly(tmp_path: Path) -> None:
    values = fitted(calibrate(table(tmp_path, GEMMS + COPIES + REDUCES, noise=0.0), CATALOG, DATE))
    for name, true in {**KERNELS, **LINKS}.items():
        assert values[name] == pytest.approx(true, rel=0.03), name  # the priors draw a little


def test_the_overlay_is_a_catalog_with_the_fit_and_its_origin(tmp_path: Path) -> None:
    found = calibrate(table(tmp_path, GEMMS + REDUCES), CATALOG, DATE)
    (path,) = found.overlay.write(tmp_path / "own")
    acc = Catalog([tmp_path / "own"]).get("accelerators", "h100-sxm")
    fact = acc.efficiency["bf16"].compute_fraction
    assert fact.si == pytest.approx(fitted(found)["compute_fraction"], rel=1e-3)
    assert fact.kind == "fitted" and fact.date == DATE
    assert "measured.csv" in fact.source and "held out" in fact.source
    assert acc.collective and acc.collective.latency.kind == "fitted"
    assert acc.efficiency["fp8"] == H100.efficiency["fp8"] or acc.efficiency["fp8"].corner.si == (
        H100.efficiency["fp8"].corner.si
    )
    written = path.read_text()
    named = re.findall(r"^  ([\w-]+): \{ref", written, re.MULTILINE)
    assert "calibration" in named and all(f"source: {key}" in written for key in named)  # none unused
    again = calibrate(table(tmp_path, GEMMS + REDUCES), CATALOG, DATE)
    assert [p.read_text() for p in again.overlay.write(tmp_path / "twice")] == [path.read_text()]


def test_a_device_nobody_measured_becomes_a_measured_one(tmp_path: Path) -> None:
    mi = CATALOG.get("accelerators", "mi300x")
    assert how_known(CATALOG, mi, "bf16") == "default"

    def slower(o: Operation) -> float:
        rate, bandwidth = mi.compute.rates()["bf16"].si, mi.memory_bandwidth.si
        return float(gemm_time(o.m, o.n, o.k, 2, 2, 2, rate, bandwidth, 5e-6, 0.45, 0.6, 2.0))

    found = calibrate(table(tmp_path, GEMMS, time=slower, hardware="AMD Instinct MI300X"), CATALOG, DATE)
    found.overlay.write(tmp_path / "own")
    own = Catalog([tmp_path / "own"])
    acc = own.get("accelerators", "mi300x")
    assert how_known(own, acc, "bf16") == "measured"
    assert acc.efficiency["bf16"].compute_fraction.si == pytest.approx(0.45, rel=0.04)


def test_few_rows_support_few_parameters(tmp_path: Path) -> None:
    large = [o for o in GEMMS if o.m >= 1024]
    found = calibrate(table(tmp_path, large, noise=0.0), CATALOG, DATE)
    values, kept = found.fits[0].fit.values, found.fits[0].fit.kept
    assert "compute_fraction" in values and values["compute_fraction"] == pytest.approx(0.55, rel=0.2)
    assert len(values) <= len(large) // 10
    assert set(kept) == set(KERNELS) - set(values)
    with pytest.raises(InputError, match="cannot fit launch_floor: 12 rows support 1 at once"):
        calibrate(table(tmp_path, large), CATALOG, DATE, only=["compute_fraction", "launch_floor"])


def test_what_products_do_not_show_is_not_fitted(tmp_path: Path) -> None:
    """Copies say nothing of arithmetic, however many there are."""
    found = calibrate(table(tmp_path, COPIES * 6), CATALOG, DATE)
    assert set(found.fits[0].fit.values) == {"bandwidth_fraction", "launch_floor"}
    alike = [Operation("copy", size=s) for s in range(2**24, 2**24 + 60)]
    found = calibrate(table(tmp_path, alike), CATALOG, DATE)
    assert set(found.fits[0].fit.values) == {"bandwidth_fraction"}  # one size tells them not apart


def test_nothing_supported_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = table(tmp_path, GEMMS[:9])
    assert main(["calibrate", str(path), "--out", str(tmp_path / "own")]) == 1
    said = capsys.readouterr().err.strip()
    assert "\n" not in said and "9 rows support no parameter" in said and "needs 10" in said
    assert not (tmp_path / "own").exists()


def test_rows_that_agree_with_the_catalog_change_nothing(tmp_path: Path) -> None:
    own = H100.efficiency["bf16"]
    truth = {n: getattr(own, n).si for n in KERNELS}
    path = table(tmp_path, GEMMS, time=lambda o: seconds(o, truth))
    with pytest.raises(InputError, match="catalog's value predicts rows held out of the fit no worse"):
        calibrate(path, CATALOG, DATE)


@pytest.mark.parametrize(
    ("header", "row", "said"),
    [
        (
            "hardware,operation,dtype,m,n,k,seconds",
            "h100,gem,bf16,1,2,3,1",
            ":2: operation: unknown 'gem'; did you",
        ),
        ("hardware,operation,dtype,m,n,k,seconds", "h100,gemm,bf16,1,,3,1", ":2: n is blank"),
        ("hardware,operation,dtype,m,n,k,seconds", "h100,gemm,,1,2,3,1", ":2: dtype is blank"),
        (
            "hardware,operation,dtype,m,n,k,seconds",
            "h100,gemm,bf17,1,2,3,1",
            ":2: dtype: h100-sxm has no bf17 rate",
        ),
        (
            "hardware,operation,dtype,m,n,k,seconds",
            "h100,gemm,bf16,1,2,3,fast",
            ":2: seconds: 'fast' is not a number",
        ),
        ("hardware,operation,dtype,m,n,k,seconds", "h100,gemm,bf16,1,2,3,0", ":2: seconds is blank or 0"),
        (
            "hardware,operation,dtype,m,n,k,seconds",
            "h100,gemm,bf16,1,2.5,3,1",
            ":2: n: '2.5' is not a whole number",
        ),
        (
            "hardware,operation,dtype,m,n,k,seconds",
            "z80,gemm,bf16,1,2,3,1",
            ":2: hardware: no accelerator 'z80'",
        ),
        ("hardware,operation,dtype,m,n,k,seconds", ",gemm,bf16,1,2,3,1", ":2: hardware is blank"),
        ("hardware,operation,dtype,m,n,k,seconds", "h100,gemm", ":2: 2 cells; the header has 7"),
        (
            "hardware,operation,bytes,ranks,seconds",
            "h100,all_reduce,1024,1,1",
            ":2: ranks: an all-reduce needs",
        ),
        ("operation,seconds", "gemm,1", ":1: a table of operations needs the column 'hardware'"),
        ("a,b", "1,2", "no column of a known kind"),
    ],
)
def test_a_table_that_is_wrong_names_the_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], header: str, row: str, said: str
) -> None:
    path = tmp_path / "measured.csv"
    path.write_text(f"{header}\n{row}\n")
    assert main(["calibrate", str(path), "--out", str(tmp_path / "own")]) == 1
    heard = capsys.readouterr().err.strip()
    assert said in heard and "\n" not in heard, heard


def test_options_that_name_nothing_are_refused(tmp_path: Path) -> None:
    path = table(tmp_path, GEMMS)
    with pytest.raises(InputError, match="--fit launch_flor: no such parameter; did you mean 'launch_floor'"):
        calibrate(path, CATALOG, DATE, only=["launch_flor"])


def test_entries_of_the_user_are_not_overwritten(tmp_path: Path) -> None:
    own = tmp_path / "own"
    (own / "accelerators").mkdir(parents=True)
    (own / "accelerators" / "h100-sxm.yaml").write_text("id: h100-sxm\n")
    with pytest.raises(InputError, match="holds an entry of yours"):
        calibrate(table(tmp_path, GEMMS), CATALOG, DATE).overlay.write(own)


def test_without_scipy_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(InputError, match=r"fitting needs SciPy: pip install 'mlsys-designer\[fit\]'"):
        calibrate(table(tmp_path, GEMMS), CATALOG, DATE)
