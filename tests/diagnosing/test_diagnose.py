"""`designer diagnose`: hand-made cases whose wall is known, what cannot be told, and files of many runs."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import jsonschema
import pytest

from catalogs import default_catalog
from catalogs.errors import InputError
from constraints.rule import find
from designer.cli import main
from designer.diagnosing.diagnosing import answer
from designer.diagnosing.diagnosis import DiagnoseResult, Diagnosis
from designer.diagnosing.measurements import Given, Named

CATALOG = default_catalog()
H100 = CATALOG.get("accelerators", "h100-sxm").compute.rates()["bf16"].si
ALONE = dict(data_wait="0 s", communication="0 s")


def told(**given: str) -> Diagnosis:
    return answer(None, given, CATALOG).runs[0]


# What was measured, and what is the matter: kind, axis and wall.
CASES: dict[str, tuple[dict[str, str], tuple[str, str | None, int | None]]] = {
    "decoding 70B at batch 1 is bound by memory, not by its small batch": (
        dict(step_time="48 ms", flops="140 GFLOP", bytes="140 GB", batch="1", accelerator="h100-sxm", **ALONE),
        ("memory", "Data", 2)),
    "the same from the model alone": (
        dict(step_time="48 ms", parameters="70e9", batch="1", work="decode", accelerator="h100-sxm"),
        ("memory", "Data", 2)),
    "a mixture decodes at batch 1 by its active parameters": (
        dict(step_time="12 ms", model="mixtral-8x7b", batch="1", work="decode", accelerator="h100-sxm"),
        ("memory", "Data", 2)),
    "7B at 50 ms a token is far above the memory floor: launches, not memory": (
        dict(step_time="50 ms", parameters="7e9", batch="1", work="decode", accelerator="h100-sxm", **ALONE),
        ("overhead", "Machine", 3)),
    "95 % busy at 3 % MFU is not bound by arithmetic": (
        dict(step_time="100 ms", flops="3 TFLOP", bytes="30 GB", busy="95 %", accelerator="h100-sxm", **ALONE),
        ("overhead", "Machine", 3)),
    "99 % busy while decoding is bound by memory": (
        dict(step_time="48 ms", flops="140 GFLOP", bytes="140 GB", busy="99 %", accelerator="h100-sxm", **ALONE),
        ("memory", "Data", 2)),
    "200 operations a byte are below the ridge of an H100": (
        dict(step_time="40 ms", flops="20 TFLOP", bytes="100 GB", accelerator="h100-sxm", **ALONE),
        ("memory", "Data", 2)),
    "and above that of an A100": (
        dict(step_time="90 ms", flops="20 TFLOP", bytes="100 GB", accelerator="a100-sxm-80gb", **ALONE),
        ("compute", "Machine", 1)),
    "60 operations a byte on a device whose ridge is 50": (
        dict(step_time="2 s", flops="60 TFLOP", bytes="1 TB", rate="50 TFLOP/s", bandwidth="1 TB/s", **ALONE),
        ("compute", "Machine", 1)),
    "training a dense model at 45 % MFU": (
        dict(step_time="500 ms", flops="220 TFLOP", bytes="100 GB", accelerator="h100-sxm", parameters="8e9",
             data_wait="2 ms", communication="20 ms"),
        ("compute", "Machine", 1)),
    "the flags of the manual": (
        dict(step_time="50 ms", data_wait="5 ms", flops="14 TFLOP", bytes="14 GB", batch="1",
             accelerator="a100-sxm-80gb"),
        ("compute", "Machine", 1)),
    "a loader that is too slow": (
        dict(step_time="120 ms", data_wait="80 ms", flops="20 TFLOP", bytes="60 GB", accelerator="h100-sxm"),
        ("data", "Data", None)),
    "because of the storage": (
        dict(step_time="120 ms", data_wait="80 ms", storage_busy="100 %", host_busy="20 %"), ("data", "Data", 8)),
    "because of the processors": (
        dict(step_time="120 ms", data_wait="40 %", storage_busy="15 %", host_busy="98 %"), ("data", "Data", 9)),
    "25 % busy while the disk is saturated": (
        dict(step_time="120 ms", busy="25 %", storage_busy="100 %"), ("data", "Data", 8)),
    "waiting for all-reduces": (
        dict(step_time="300 ms", data_wait="0 s", communication="180 ms", flops="60 TFLOP", bytes="40 GB",
             accelerator="h100-sxm"),
        ("communication", "Data", 14)),
    "padding: most of what is computed is thrown away": (
        dict(step_time="100 ms", flops="25 TFLOP", executed_flops="70 TFLOP", bytes="20 GB", accelerator="h100-sxm",
             **ALONE),
        ("wasted", "Algorithm", 11)),
    "recomputation alone is no such fault": (
        dict(step_time="100 ms", flops="45 TFLOP", executed_flops="60 TFLOP", bytes="20 GB", accelerator="h100-sxm",
             **ALONE),
        ("compute", "Machine", 1)),
    "achieved rates in place of sums": (
        dict(step_time="50 ms", flops="2.8 TFLOP/s", bytes="2.8 TB/s", accelerator="h100-sxm", **ALONE),
        ("memory", "Data", 2)),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_hand_made_case(name: str) -> None:
    given, expected = CASES[name]
    d = told(**given)
    assert (d.kind, d.axis, d.wall) == expected, d.why
    assert d.helps and d.wasted


# What is left out, and what the answer must ask for.
OPEN: dict[str, tuple[dict[str, str], list[str]]] = {
    "nothing but a batch": (dict(batch="1"), ["--step-time"]),
    "a time": (dict(step_time="50 ms"), ["--accelerator", "--flops", "--bytes"]),
    "busy is no measure of work": (
        dict(step_time="50 ms", busy="95 %", accelerator="h100-sxm"), ["--flops", "--bytes"]),
    "no bytes": (dict(step_time="100 ms", flops="40 TFLOP", accelerator="h100-sxm"), ["--bytes"]),
    "no operations": (dict(step_time="100 ms", bytes="100 GB", accelerator="h100-sxm"), ["--flops"]),
    "a model that does something": (
        dict(step_time="50 ms", parameters="7e9", batch="1", accelerator="h100-sxm"), ["--work"]),
    "a prompt of some length": (
        dict(step_time="50 ms", parameters="7e9", work="prefill", accelerator="h100-sxm"), ["--tokens"]),
    "a slow step of unknown waits": (
        dict(step_time="50 ms", parameters="7e9", batch="1", work="decode", accelerator="h100-sxm"),
        ["--communication"]),
    "a busy device cannot wait for data, but for others it can": (
        dict(step_time="50 ms", flops="14 GFLOP", bytes="14 GB", accelerator="h100-sxm", busy="97 %"),
        ["--communication"]),
}  # fmt: skip


@pytest.mark.parametrize("name", OPEN)
def test_what_cannot_be_told_is_asked_for(name: str) -> None:
    given, needs = OPEN[name]
    d = told(**given)
    assert (d.kind, d.verdict, d.axis, d.wall) == ("unknown", "cannot tell", None, None)
    assert d.needs == needs


def test_which_data_wall_is_asked_for() -> None:
    d = told(step_time="120 ms", data_wait="80 ms")
    assert (d.kind, d.wall, d.needs) == ("data", None, ["--storage-busy", "--host-busy"])


def test_the_work_has_a_side_of_the_ridge_whatever_the_step_waits_for() -> None:
    given = dict(step_time="1 s", flops="140 GFLOP", bytes="140 GB", accelerator="h100-sxm", **ALONE)
    assert (told(**given).kind, told(**given).regime) == ("overhead", "memory")


def test_a_dense_model_does_not_fail() -> None:
    dense = told(**CASES["training a dense model at 45 % MFU"][0])
    value = dense.evidence["active_share"].value
    assert value == 1
    assert set(dense.grades) == {"data", "machine"}
    assert dense.grade != "poor"


def test_mfu_is_not_the_share_of_time_busy() -> None:
    d = told(**CASES["95 % busy at 3 % MFU is not bound by arithmetic"][0])
    assert d.evidence["mfu"].value == pytest.approx(3e12 / 0.1 / H100)
    assert d.grades["machine"] == "poor"


@pytest.mark.parametrize(
    ("wait", "grade"), [("0.5 %", "good"), ("5 %", "fair"), ("10 %", "fair"), ("11 %", "poor")]
)
def test_the_rubric_of_waiting(wait: str, grade: str) -> None:
    assert told(step_time="1 s", data_wait=wait).grades["data"] == grade


def test_more_waiting_is_never_a_better_grade() -> None:
    order = ["good", "fair", "poor"]
    grades = [
        order.index(told(step_time="1 s", data_wait=f"{w} ms").grades["data"]) for w in range(0, 1000, 37)
    ]
    assert grades == sorted(grades)


def test_shares_and_roofs_are_those_of_the_rules() -> None:
    d = told(step_time="50 ms", parameters="7e9", batch="1", work="decode", accelerator="h100-sxm", **ALONE)
    e = {n: x.value for n, x in d.evidence.items()}
    assert e["mfu"] == pytest.approx(0.28e12 / H100)  # 2 operations a parameter: 0.28 TFLOP/s
    assert e["bytes"] == 14e9
    assert e["memory_time"] is not None and e["memory_time"] > 14e9 / 3.35e12  # never below the floor
    assert e["overhead_share"] == pytest.approx(1 - e["memory_time"] / 50e-3)


MISTAKES: dict[str, tuple[dict[str, str], str]] = {
    "a unit": (dict(step_time="50 kg"), r"--step-time: '50 kg' is a mass \(kg\), expected a time"),
    "no unit": (dict(step_time="50"), "--step-time: '50' has no unit"),
    "a step of no time": (dict(step_time="0 s"), "--step-time: '0 s' must be above 0"),
    "longer than the step": (dict(step_time="50 ms", data_wait="60 ms"), "--data-wait: 60 ms is longer"),
    "together longer": (dict(step_time="50 ms", data_wait="30 ms", communication="30 ms"), "--communication: with"),
    "beyond the peak": (
        dict(step_time="1 ms", flops="3 TFLOP", accelerator="h100-sxm"), "--flops: 3 PFLOP/s is above the peak"),
    "beyond the bandwidth": (
        dict(step_time="1 ms", bytes="30 GB", accelerator="h100-sxm"), "--bytes: 30 TB/s is above the peak"),
    "fewer executed": (
        dict(step_time="1 s", flops="3 TFLOP", executed_flops="2 TFLOP"), "--executed-flops: fewer than"),
    "a device": (dict(step_time="1 s", accelerator="h10"), "unknown accelerator 'h10'; did you mean"),
    "a model": (dict(step_time="1 s", model="lama-3-8b"), "unknown model 'lama-3-8b'; did you mean"),
    "a precision": (
        dict(step_time="1 s", accelerator="a100-sxm-80gb", precision="fp8"), "--precision: a100-sxm-80gb has no 'fp8'"),
    "work": (dict(step_time="1 s", work="decoding"), "--work: unknown work 'decoding'; did you mean 'decode'"),
    "a rate twice": (dict(step_time="1 s", accelerator="h100", rate="1 TFLOP/s"), "--rate: --accelerator gives it"),
    "more than busy": (dict(step_time="1 s", busy="120 %"), "--busy: '120 %' must be at most 100 %"),
    "half a sequence": (dict(step_time="1 s", batch="2.5"), "--batch: '2.5' must be a whole number"),
    "nothing": ({}, "--step-time: nothing was measured"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake(name: str) -> None:
    given, said = MISTAKES[name]
    with pytest.raises(InputError, match=said) as e:
        told(**given)
    assert len(e.value.problems) == 1


CSV = """run,step_time [ms],data_wait (ms),flops,bytes,accelerator
decode,48,0,140 GFLOP,140 GB,h100-sxm
starving,120,80,,,h100-sxm

"so, what",48,,,,
"""


def test_a_file_of_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "runs.csv"
    file.write_text(CSV, "utf-8")
    assert main(["diagnose", str(file), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    jsonschema.validate(result, DiagnoseResult.model_json_schema(by_alias=True, mode="serialization"))
    assert result["schema"] == "designer.diagnose/1"
    assert [(r["run"], r["place"], r["kind"]) for r in result["runs"]] == [
        ("decode", f"{file}:2", "memory"), ("starving", f"{file}:3", "data"), ("so, what", f"{file}:5", "unknown"),
    ]  # fmt: skip
    assert main(["diagnose", str(file), "--width", "80"]) == 0
    table = capsys.readouterr().out
    assert all(len(line) <= 80 for line in table.splitlines())
    assert "3 runs" in table


def test_a_row_is_the_same_run_by_flags(tmp_path: Path) -> None:
    file = tmp_path / "runs.csv"
    for given, _ in CASES.values():
        names = list(given)
        file.write_text(f"{','.join(names)}\n{','.join(given[n] for n in names)}\n", "utf-8")
        (row,) = answer(str(file), {}, CATALOG).runs
        alone = told(**given)
        assert row.model_dump(exclude={"run", "place"}) == alone.model_dump(exclude={"run", "place"})


BROKEN: dict[str, tuple[bytes, str]] = {
    "empty": (b"", ":1: empty file"),
    "a header alone": (b"step_time\n", ":1: a header and no runs"),
    "a column": (b"step_tme\n1 s\n", ":1: unknown column 'step_tme'; did you mean 'step_time'?"),
    "a column twice": (b"step_time,step_time\n1 s,1 s\n", ":1: column step_time twice"),
    "too few cells": (b"step_time,flops\n1 s,1 TFLOP\n1 s\n", ":3: 1 cells under a header of 2"),
    "too many cells": (b"step_time\n1 s,2\n", ":2: 2 cells under a header of 1"),
    "a unit": (b"step_time\n1 s\n3 kg\n", r":3: step_time: '3 kg' is a mass \(kg\)"),
    "no unit": (b"step_time\n3\n", ":2: step_time: '3' has no unit"),
    "no number": (b"step_time [ms]\nfast\n", ":2: step_time: 'fast' is not a number"),
    "a contradiction": (b"step_time,data_wait\n1 s,2 s\n", ":2: data_wait: 2 s is longer than the step"),
    "a device": (b"step_time,accelerator\n1 s,h10\n", ":2: unknown accelerator 'h10'"),
    "a quote left open": (b'step_time,run\n1 s,"a\n', ":2: not valid CSV"),
    "binary": (bytes(range(256)), ":2: not UTF-8 text"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content, said = BROKEN[name]
    file = tmp_path / "runs.csv"
    file.write_bytes(content)
    with pytest.raises(InputError, match=said):
        answer(str(file), {}, CATALOG)
    assert main(["diagnose", str(file)]) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.startswith(f"{file}:") and err.count("\n") == 1


def test_flags_are_the_measurements(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagnose", "--help"]) == 0
    text = capsys.readouterr().out
    for measured in (*Given, *Named):
        assert measured.flag in text


def test_a_file_and_flags_are_too_much(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagnose", str(tmp_path / "runs.csv"), "--batch", "1"]) == 1
    assert capsys.readouterr().err.startswith("--batch: ")


def consistent(random: Random) -> dict[str, str]:
    """Measurements that some step could have."""
    step, left = 0.1, 1.0
    given = {"step_time": f"{step} s", "accelerator": "h100-sxm"}
    for name in ("data_wait", "communication"):
        share = random.choice([0.0, random.random() * left])
        left -= share
        given[name] = f"{share * step} s"
    flops = random.choice([0.01, 0.3, 0.8]) * random.random() * left * step * H100
    given["flops"] = f"{flops} FLOP"
    given["executed_flops"] = f"{flops * random.choice([1, 1.1])} FLOP"
    given["bytes"] = f"{random.choice([0.05, 0.4, 0.9]) * random.random() * left * step * 3.35e12} byte"
    given["busy"] = f"{1 - float(given['data_wait'].split()[0]) / step - random.random() * 0.1 * left}"
    return given


def test_a_verdict_stands_whatever_was_left_out() -> None:
    """Leaving out a measurement may open the question; it never turns one verdict into another."""
    random = Random(7)
    cases = [consistent(random) for _ in range(300)] + [c for c, _ in CASES.values()]
    seen = {told(**c).kind for c in cases}
    assert seen >= {"data", "memory", "compute", "overhead", "communication"}
    for given in cases:
        kind = told(**given).kind
        for name in set(given) & {"data_wait", "communication", "flops", "bytes", "busy", "accelerator"}:
            if name == "flops" and "executed_flops" in given:
                continue
            fewer = {n: t for n, t in given.items() if n != name}
            assert told(**fewer).kind in (kind, "unknown"), (name, given)


# -- the rules behind it -------------------------------------------------------------------------------


def test_a_step_at_the_roof_leaves_nothing_over() -> None:
    """The attainable time is the roofline where the peaks are reached, and grows as they are not."""
    work = dict(flops=3e12, traffic=2e10, rate=1e15, bandwidth=3e12)
    best = find("attainable_time").fn(**work, compute_fraction=1.0, bandwidth_fraction=1.0)
    assert best == find("roofline_time").fn(**work)
    times = [
        find("attainable_time").fn(**work, compute_fraction=f, bandwidth_fraction=f) for f in (0.9, 0.5, 0.1)
    ]
    assert times == sorted(times) and times[0] > best
    over = find("overhead_share").fn
    assert over(step_time=best, data_wait=0.0, communication=0.0, attainable=best) == 0
    assert over(step_time=2 * best, data_wait=0.0, communication=0.0, attainable=best) == pytest.approx(0.5)


def test_shares_of_a_step_add_up() -> None:
    for data, communication, attainable in ((0.1, 0.2, 0.3), (0.0, 0.0, 1.0), (0.5, 0.5, 0.0)):
        given = dict(data_wait=data, communication=communication, attainable=attainable)
        parts = sum(find("share_of_step").fn(part=p, step_time=1.0) for p in given.values())
        assert parts + find("overhead_share").fn(step_time=1.0, **given) == pytest.approx(1.0)


def test_memory_and_arithmetic_are_used_alike_at_the_ridge() -> None:
    rate, bandwidth = 989e12, 3.35e12
    traffic = 1e10
    flops = traffic * find("ridge_point").fn(rate=rate, bandwidth=bandwidth)
    mbu = find("bandwidth_utilisation").fn(traffic=traffic, time=0.01, bandwidth=bandwidth)
    assert find("flops_utilisation").fn(flops=flops, time=0.01, devices=1, rate=rate) == pytest.approx(mbu)


def test_removing_a_part_cannot_gain_more_than_amdahl() -> None:
    for share in (0.0, 0.3, 0.9):
        gain = find("speedup_without").fn(share=share)
        assert gain == pytest.approx(find("amdahl_speedup").fn(serial_share=1 - share, devices=1e15))


def test_useful_work_is_mfu_over_hfu() -> None:
    useful = find("useful_share").fn(flops=6.0, executed_flops=8.0)
    hfu = find("hardware_utilisation").fn(model_utilisation=0.3, recomputed_share=1 / 3)
    assert 0.3 / hfu == pytest.approx(useful)
    assert find("useful_share").fn(flops=8.0, executed_flops=8.0) == 1
