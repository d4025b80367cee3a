"""Reading tables of measurements, scoring them, and what is said of rows that cannot be scored."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from catalogs import Catalog
from catalogs.errors import InputError
from designer.accuracy.frame import Ledger, validate
from designer.accuracy.metrics import LedgerMetric
from designer.accuracy.scoring import Prediction, statistics
from designer.accuracy.table import read
from designer.cli import main

RUN = {
    "id": "one", "date": "2024-11", "model": "Llama-3-8B", "seq_len": "8192", "global_batch_seqs": "128",
    "micro_batch": "1", "hardware": "H100-SXM-80GB", "gpus": "8", "gpus_per_node": "8", "tp": "1", "pp": "1",
    "vpp": "", "dp": "8", "cp": "1", "ep": "", "recompute": "full", "zero_stage_or_fsdp": "ZeRO-1",
    "precision": "bf16", "framework": "NeMo", "step_time_s": "10.0", "tokens_per_s_per_gpu": "", "mfu": "",
    "mem_gib_per_gpu": "", "outcome": "ok", "judge_use": "time", "source_group": "mine", "layers": "",
    "hidden": "", "ffn": "", "heads": "", "kv_heads": "", "vocab": "", "params_b": "", "active_params_b": "",
}  # fmt: skip


def table(folder: Path, *rows: dict[str, str]) -> Path:
    file = folder / "runs.csv"
    with file.open("w", newline="") as f:
        writer = csv.DictWriter(f, RUN)
        writer.writeheader()
        writer.writerows({**RUN, **r} for r in rows)
    return file


def ledger(folder: Path, *rows: dict[str, str]) -> Ledger:
    return validate(read(table(folder, *rows)), Catalog())


def step_time(folder: Path, **changes: str) -> float:
    found = ledger(folder, changes)
    # the ten seconds of RUN may be too few for the changed run
    (scored,) = [s for s in (*found.scored, *found.apart) if s.prediction.metric is LedgerMetric.step_time]
    return scored.prediction.predicted


def test_statistics_against_numpy() -> None:
    import numpy as np

    errors = np.random.default_rng(3).normal(0.05, 0.2, 401)
    s, sizes = statistics(errors.tolist()), np.abs(errors)
    expected = (np.median(sizes), sizes.mean(), np.quantile(sizes, 0.9), errors.mean())
    assert (s.median, s.mean, s.p90, s.bias) == pytest.approx(expected, abs=1e-4)


def test_json_is_the_documented_contract(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = table(tmp_path, {}, {"id": "two", "model": "Nobody-9B"})
    assert main(["validate", str(file), "--json", "--by", "hardware"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "designer.validate/1"
    (row,) = found["rows"]
    assert {"id", "metric", "predicted", "measured", "error"} <= row.keys()
    assert row["error"] == pytest.approx(row["predicted"] / row["measured"] - 1, abs=1e-3)
    assert found["metrics"]["step_time"].keys() == {"n", "median", "mean", "p90", "bias"}
    assert found["groups"].keys() == {"h100-sxm"}
    assert sum(found["skipped"].values()) == 1


def test_no_row_is_dropped_silently(tmp_path: Path) -> None:
    odd = [
        {}, {"hardware": "Abacus"}, {"model": "Nobody-9B"}, {"precision": "fp7"}, {"seq_len": ""}, {"tp": "", "dp": ""},
        {"tp": "3"}, {"global_batch_seqs": ""}, {"recompute": "maybe"}, {"judge_use": "context"}, {"step_time_s": ""},
        {"judge_use": "time|repeat-measurement(older software)"},
    ]  # fmt: skip
    found = ledger(tmp_path, *odd)
    assert found.rows_scored + found.rows_guessed + sum(found.skipped.values()) == len(odd)
    assert found.rows_scored == 1 and len(found.skipped) == len(odd) - 1


def test_a_described_shape_is_predicted_like_the_catalogs_own_model(tmp_path: Path) -> None:
    shape = dict(
        layers="32", hidden="4096", ffn="14336", heads="32", kv_heads="8", vocab="128256", params_b="8.03"
    )
    assert step_time(tmp_path, model="Nobody-8B", **shape) == pytest.approx(step_time(tmp_path), rel=1e-3)


def test_the_experts_of_an_unknown_mixture_follow_from_its_parameters(tmp_path: Path) -> None:
    shape = dict(
        layers="32", hidden="4096", ffn="14336", heads="32", kv_heads="8", vocab="32000", params_b="46.7",
        active_params_b="12.9",
    )  # fmt: skip
    named = step_time(tmp_path, model="Mixtral-8x7B", ep="8")
    assert step_time(tmp_path, model="Nobody-47B", ep="8", **shape) == pytest.approx(named, rel=1e-3)


def test_more_devices_are_faster_and_a_longer_sequence_is_slower(tmp_path: Path) -> None:
    assert step_time(tmp_path, gpus="16", dp="16") < step_time(tmp_path)
    assert step_time(tmp_path, seq_len="16384") > step_time(tmp_path)
    assert step_time(tmp_path, layers="16") < step_time(tmp_path)


def test_running_out_of_memory_is_scored_as_such(tmp_path: Path) -> None:
    big = {"model": "Llama-3.1-405B", "outcome": "oom", "judge_use": "memory", "step_time_s": ""}
    (p,) = [s.prediction for s in ledger(tmp_path, big).scored]
    assert p == Prediction(LedgerMetric.fits, 0.0, 0.0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ":1: is empty"),
        ("a,b\n1,2\n", ":1: no column of a known kind"),
        ("model,gpus,seq_len\n", "has a header and no rows"),
        ("model,gpus,seq_len\nx,8\n", ":2: 2 cells; the header has 3"),
        ("model,gpus,seq_len,gpus\nx,8,1,8\n", "column 'gpus' stands twice"),
        ("model,seq_len\nx,8\n", "needs the column 'gpus'"),
        ("model,gpus,seq_len,ttft_ms\nx,8,1,1\n", "columns of both kinds"),
        ('model,gpus,seq_len\n"x,8,1\n', "is not CSV"),
    ],
)
def test_a_malformed_table_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, expected: str
) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(text)
    assert main(["validate", str(file)]) == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and expected in told and str(file) in told


def test_a_cell_that_is_no_number_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"runs\.csv:3: seq_len: 'long' is not a number"):
        ledger(tmp_path, {}, {"seq_len": "long"})


def test_the_same_run_under_two_names_counts_once(tmp_path: Path) -> None:
    """Every number is compared, none of the names; rows of few digits may agree by chance."""
    twin = {"step_time_s": "10.125", "tokens_per_s_per_gpu": "13107.2"}
    other = {**twin, "id": "two", "model": "Llama-3.1-8B", "source_group": "others"}
    found = ledger(tmp_path, twin, other, {**other, "gpus": "16", "dp": "16"})
    assert found.rows_scored == 2
    assert found.skipped == {"every number of an earlier row, under another name": 1}
    assert ledger(tmp_path, {}, {"id": "two"}).rows_scored == 2


def test_arithmetic_above_the_peak_is_scored_apart(tmp_path: Path) -> None:
    """128 x 8,192 tokens of 8 B parameters are 5e16 operations: no 8 H100 do them in under 6 s."""
    found = ledger(tmp_path, {"step_time_s": "2.0"}, {})
    assert found.rows_apart == found.rows_scored == 1
    assert list(found.reasons()) == ["more arithmetic than the peak of its devices"]
    assert set(json.loads(found.to_json())["apart"]) == set(found.reasons())


def test_cells_count_once_whatever_their_rows(tmp_path: Path) -> None:
    cells = ledger(tmp_path, {}, {"seq_len": "4096"}, {"framework": "MaxText"}).cells()
    assert cells[LedgerMetric.step_time].cells == 2
