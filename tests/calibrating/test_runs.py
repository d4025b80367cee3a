"""Whole runs: known parameters come back, and a group of the shipped ledger is predicted better than before."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from catalogs import Catalog
from catalogs.errors import InputError
from designer.accuracy.frame import validate
from designer.accuracy.metrics import LedgerMetric
from designer.accuracy.table import MeasuredRow, MeasuredTable, read, shipped
from designer.calibrating.calibrate import calibrate
from designer.calibrating.runs import serving_runs, training_runs
from designer.cli import main
from designer.reading.loading import load, locate

pytestmark = pytest.mark.slow

CATALOG = Catalog()
DATE = "2026-11-21"


def ledger(kind: str, *groups: str) -> list[MeasuredRow]:
    (path,) = shipped(kind)
    return [r for r in read(path).rows if r.group in groups]


def table(path: Path, rows: list[MeasuredRow], **change: list[str]) -> Path:
    with path.open("w", newline="") as f:
        out = csv.DictWriter(f, list(rows[0].cells))
        out.writeheader()
        for i, row in enumerate(rows):
            out.writerow({**row.cells, **{c: of[i] for c, of in change.items()}})
    return path


def median(path: Path, catalog: Catalog, metric: str) -> float:
    return validate(read(path), catalog).metrics()[LedgerMetric[metric]].median


def slower(path: Path, rows: list[MeasuredRow]) -> Path:
    """Real steps with the scatter they have, on a cluster that takes a quarter longer for all of them."""
    steps = [f"{1.25 * float(t):.6g}" if (t := r.text("step_time_s")) else "" for r in rows]
    return table(path, rows, step_time_s=steps)


@pytest.mark.parametrize("first", [0, 1])
def test_half_of_a_real_source_improves_the_prediction_of_the_other(tmp_path: Path, first: int) -> None:
    """One run in two is fitted; the median error of the other half falls by a quarter at least."""
    rows = ledger("training", "bloom-prequel")
    halves = rows[first::2], rows[1 - first :: 2]
    known, held = (slower(tmp_path / f"{i}.csv", half) for i, half in enumerate(halves))
    calibrate(known, CATALOG, DATE).overlay.write(tmp_path / "own")
    before, after = (median(held, c, "step_time") for c in (CATALOG, Catalog([tmp_path / "own"])))
    assert after < 0.75 * before


def test_a_slower_cluster_is_found_from_its_steps(tmp_path: Path) -> None:
    """Steps that the rules themselves predict for a device that sustains 0.7 of its kernels' rate."""
    rows = [r for r in ledger("training", "megatron-sc21", "zero-bubble", "bloom-prequel") if r.text("dp")]
    everything = MeasuredTable("runs.csv", "training", tuple(rows))
    runs = training_runs(everything, CATALOG)
    name = "sustained_compute of a100-sxm-80gb"
    priors = {p.name: p.prior for p in runs.problem.parameters}
    true = runs.problem.predict({**priors, name: 0.7})
    usable = [r for r in rows if not isinstance(runs_of(r), str)]
    assert len(true) == len(usable)
    path = table(tmp_path / "runs.csv", usable, step_time_s=[f"{t:.6g}" for t in true])
    found = calibrate(path, CATALOG, DATE)
    assert found.fits[0].fit.values[name] == pytest.approx(0.7, rel=0.03)
    (entry, *_) = found.overlay.write(tmp_path / "own")
    own = Catalog([tmp_path / "own"]).get("accelerators", "a100-sxm-80gb")
    assert own.sustained["bf16"].si == pytest.approx(0.7, rel=0.03) or own.sustained["fp16"].si < 0.75
    assert "calibration" in entry.read_text()


def runs_of(row: MeasuredRow) -> object:
    one = training_runs(MeasuredTable("runs.csv", "training", (row,)), CATALOG)
    return "skipped" if one.skipped else one


def test_a_slower_engine_is_found_from_its_tokens(tmp_path: Path) -> None:
    """Times per token that the rules predict for an engine whose host takes 5 ms a step."""
    rows = [r for r in ledger("serving", "aic-inferencex") if r.text("framework").startswith("vllm")]
    runs = serving_runs(MeasuredTable("runs.csv", "serving", tuple(rows)), CATALOG)
    priors = {p.name: p.prior for p in runs.problem.parameters}
    name = "host_step_overhead of vllm"
    true = runs.problem.predict({**priors, name: 5e-3})
    assert (true >= runs.problem.predict(priors)).all()
    asked = iter(true)
    cells = {"ttft_ms": [], "tpot_ms": []}  # type: dict[str, list[str]]
    for row in rows:
        for column, of in cells.items():
            of.append(f"{1e3 * next(asked):.6g}" if row.text(column) else "")
    path = table(tmp_path / "runs.csv", rows, **cells)
    found = calibrate(path, CATALOG, DATE)
    assert found.fits[0].fit.values[name] == pytest.approx(5e-3, rel=0.05)
    found.overlay.write(tmp_path / "own")
    own = Catalog([tmp_path / "own"])
    assert own.get("engines", "vllm").values["host_step_overhead"].si == pytest.approx(5e-3, rel=0.05)
    plain, named = (load(locate("llama-3.1-70b-chat"), s, own) for s in ([], ["engine=vllm"]))
    for question in (plain, named):
        overhead = question.bundle(question.first_design())["host_step_overhead"]
        assert overhead.si == pytest.approx(5e-3, rel=0.05)
        assert overhead.kind == "fitted"


def test_a_handful_of_runs_is_refused_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = table(tmp_path / "runs.csv", ledger("training", "bloom-prequel")[:6])
    assert main(["calibrate", str(path), "--out", str(tmp_path / "own")]) == 1
    said = capsys.readouterr().err.strip()
    assert "6 rows support no parameter" in said and "\n" not in said


def test_runs_nobody_can_predict_are_refused_with_the_reasons(tmp_path: Path) -> None:
    rows = ledger("training", "bloom-prequel")[:12]
    path = table(tmp_path / "runs.csv", rows, model=["Nobody-9B"] * 12, layers=[""] * 12)
    with pytest.raises(InputError, match="no run can be predicted"):
        calibrate(path, CATALOG, DATE)
    path = table(tmp_path / "runs.csv", rows, tp=["two"] * 12)
    with pytest.raises(InputError, match=r"runs.csv:2: tp: 'two' is not a number"):
        calibrate(path, CATALOG, DATE)


def test_the_report_says_what_was_left_and_where_it_wrote(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = slower(tmp_path / "runs.csv", ledger("training", "bloom-prequel"))
    out = tmp_path / "own"
    assert main(["calibrate", str(path), "--out", str(out), "--width", "80"]) == 0
    said = capsys.readouterr().out
    assert "sustained_compute of a100-sxm-80gb" in said and "Left as the catalog has them" in said
    assert "host_moe_layer_time: 0 of 60 rows depend on it" in said
    assert all(len(line) <= 80 or "/" in line for line in said.splitlines())
    assert main(["validate", "--kind", "training", "--catalog", str(out)]) == 0
