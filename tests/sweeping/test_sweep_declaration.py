"""What a sweep file declares: axes, ranges, samples, and mistakes."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from sweep_runs import CATALOG, TINY, plan_of

from catalogs import units
from catalogs.errors import InputError
from designer.cli import main
from designer.reading.loading import load, shipped
from designer.sweeping.axes import Drawn, values_of
from designer.sweeping.columns import number_of
from designer.sweeping.declaration import Plan, load_sweep, shipped_sweeps
from designer.sweeping.progress import Progress
from designer.sweeping.running import refuse_many, shard_of

UNCERTAIN = TINY.parent / "uncertain.yaml"
CHAT = "llama-3.1-70b-chat"


def write(folder: Path, body: str) -> Path:
    file = folder / "sweep.yaml"
    file.write_text(f"name: s\nbase: {CHAT}\n{body}", "utf-8")
    return file


@pytest.mark.parametrize(
    ("raw", "values"),
    [
        ("1..64 step 21", [1, 22, 43, 64]),
        ("10..30 step 10 ms", ["10 ms", "20 ms", "30 ms"]),
        ("0.5..1 step 0.25", [0.5, 0.75, 1]),
        ({"from": "1 s", "to": "2000 ms", "step": "500 ms"}, ["1 s", "1.5 s", "2 s"]),
        ({"from": 8, "to": 64, "count": 4, "scale": "log"}, [8, 16, 32, 64]),
        ({"from": "2 h", "to": "1 h", "count": 3}, ["2 h", "1.5 h", "1 h"]),
        (["a", 2], ["a", 2]),
        ("dgx-h100", ["dgx-h100"]),
        (7, [7]),
    ],
)
def test_values_of_an_axis(raw: object, values: list[object]) -> None:
    assert values_of(raw) == values


@given(st.floats(1e-3, 1e6), st.floats(1e-3, 1e6), st.integers(2, 40), st.sampled_from(["linear", "log"]))
def test_a_range_starts_and_ends_where_it_says_and_never_turns(
    low: float, high: float, count: int, scale: str
) -> None:
    got = [
        units.parse(v, "s")
        for v in values_of({"from": f"{low} s", "to": f"{high} s", "count": count, "scale": scale})
    ]
    assert len(got) == count
    assert got[0] == pytest.approx(low) and got[-1] == pytest.approx(high)
    assert got in (sorted(got), sorted(got, reverse=True))


def test_every_combination_is_one_point() -> None:
    plan = plan_of(TINY)
    assert plan.count == 2 * 10 * 3 * 2 * 2
    points = [tuple(plan.changes(i).items()) for i in range(plan.count)]
    assert len(set(points)) == plan.count
    # Points of one search space are neighbours.
    batches = [dict(p)["candidates.batch"] for p in points]
    assert batches == sorted(batches)


def test_zipped_axes_move_together(tmp_path: Path) -> None:
    body = "zip:\n  - {candidates.node: [p5.48xlarge, p5e.48xlarge], pricing.price: [2 USD/h, 3 USD/h]}\n"
    plan = plan_of(write(tmp_path, body), ["workload.rate=10..30 step 10 request/s"])
    assert plan.count == 6
    pairs = {(c["candidates.node"], c["pricing.price"]) for i in range(6) for c in [plan.changes(i)]}
    assert pairs == {("p5.48xlarge", "2 USD/h"), ("p5e.48xlarge", "3 USD/h")}


def sample(plan: Plan, path: str) -> np.ndarray:  # type: ignore[type-arg]
    return np.array([number_of(plan.changes(i)[path])[0] for i in range(plan.count)])  # type: ignore[index]


@pytest.mark.parametrize("method", ["sobol", "latin_hypercube", "monte_carlo"])
def test_samples_follow_their_distributions(method: str, tmp_path: Path) -> None:
    text = UNCERTAIN.read_text("utf-8").replace("sobol", method).replace("count: 256", "count: 1024")
    file = tmp_path / "u.yaml"
    file.write_text(text, "utf-8")
    plan = plan_of(file)
    uniform = sample(plan, "assume.straggler_factor")
    assert scipy.stats.kstest(uniform, scipy.stats.uniform(1, 0.3).cdf).pvalue > 1e-3
    price = sample(plan, "pricing.price")
    assert scipy.stats.kstest(price, scipy.stats.norm(2, 0.4).cdf).pvalue > 1e-3
    restart = load(plan.base, plan.sets, CATALOG).given["restart_time"].si
    log = np.log(sample(plan, "assume.restart_time"))
    assert scipy.stats.kstest(log, scipy.stats.norm(math.log(restart), 0.5).cdf).pvalue > 1e-3
    assert [plan.changes(i) for i in range(9)] == [plan_of(file).changes(i) for i in range(9)]
    other = tmp_path / "v.yaml"
    other.write_text(text.replace("seed: 7", "seed: 8"), "utf-8")
    assert plan_of(other).changes(0) != plan.changes(0)


@given(st.floats(0.001, 0.999), st.floats(0.001, 0.999), st.sampled_from(["uniform", "normal", "lognormal"]))
def test_quantiles_rise(a: float, b: float, kind: str) -> None:
    d = Drawn(kind, 1.0, 3.0, None, 0.2, "")
    assert (d.at(a, 2.0) <= d.at(b, 2.0)) == (a <= b) or a == pytest.approx(b)


BAD = [
    ("axes: {budgets.tpot_p99: []}", "sweep.yaml:3:26: axes.budgets.tpot_p99: an empty list"),
    (
        "axes: {budgets.tpot_p99: [3 USD]}",
        "axes.budgets.tpot_p99: '3 USD' is money (USD), expected a time (s) (for example '1 s')",
    ),
    ("axes: {budgets.tpt_p99: [3 ms]}", "unknown quantity 'tpt_p99'; did you mean 'tpot_p99'?"),
    ("axes: {workload.rte: [3]}", "unknown key 'rte'; did you mean 'rate'?"),
    ("axes: {candidates.node: [p5.48xlrge]}", "did you mean 'p5.48xlarge'?"),
    (
        "axes: {pricing.price: [1 USD]}",
        "axes.pricing.price: '1 USD' is money (USD), expected [currency] / [time] (for example '1 USD/h')",
    ),
    ("axes: {workload.rate: 9..3 step 2 request/s}", "runs backwards"),
    (
        "axes: {workload.rate: {from: 1 request/s, to: 1 s, count: 3}}",
        "'1 s' is a time (s), expected [request] / [time]",
    ),
    (
        "axes: {workload.rate: {from: 1 request/s, too: 1 s}}",
        "unknown key 'too' of a range; did you mean 'to'?",
    ),
    (
        "axes: {workload.rate: {from: 0 request/s, to: 9 request/s, count: 3, scale: log}}",
        "both ends above 0",
    ),
    ("axes: {workload.rate: {normal: 3}}", "distributions belong under samples.over"),
    ("axes: {budgets.cost: {from: 1 USD, to: 2 USD, count: 99999999}}", "the limit is 10,000,000"),
    ("axes: {budgets.cost: [true]}", "true is not a value here"),
    ("axs: {budgets.cost: [1 USD]}", "unknown key 'axs'; did you mean 'axes'?"),
    ("zip: [{candidates.tp: [1, 2], candidates.pp: [1]}]", "candidates.tp 2, candidates.pp 1"),
    ("axes: {candidates.tp: [1]}\nzip: [{candidates.tp: [1, 2]}]", "candidates.tp varies on two axes"),
    (
        "set: [workload.rate=3 request/s]\naxes: {workload.rate: [4 request/s]}",
        "cannot be set for all points too",
    ),
    ("samples: {count: 4, over: {assume.restart_time: {uniform: [3 s, 1 s]}}}", "run backwards"),
    (
        "samples: {count: 4, over: {assume.dp_overlap: {normal: base, spread: 9}}}",
        "does not state dp_overlap",
    ),
    (
        "samples: {count: 4, over: {assume.compute_rate: {normal: base, spread: 9 %}}}",
        "several values of compute_rate",
    ),
    ("samples: {count: 0, over: {pricing.price: {uniform: [1 USD/h, 2 USD/h]}}}", "at least 1"),
    ("axes: {workload.rate: [4 request/s]}\nreport: {x: workload.rat}", "did you mean 'workload.rate'?"),
    ("axes: {workload.rate: [4 request/s]}\nquantities: [tpt]", "unknown quantity 'tpt'"),
    ("axes: {workload.rate: [4 request/s]}\nreport: {value: cots}", "no column 'cots'; did you mean 'cost'?"),
    ("description: no axes", "no axes"),
]


@pytest.mark.parametrize(("body", "says"), BAD, ids=[b[0][:50] for b in BAD])
def test_a_mistake_is_one_line_with_its_place(
    body: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, body)
    assert main(["sweep", "sweep.yaml", "--out", "out", "--jobs", "1"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert says in line
    assert not re.search("Traceback|internal error|pydantic", line)
    assert line.startswith("sweep.yaml")
    assert not (tmp_path / "out" / "sweep.json").exists()


def test_more_points_than_anyone_means(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    over = [
        f"--over=budgets.{q}=1..10000 {u}"
        for q, u in (("tpot_p99", "ms"), ("ttft_p99", "ms"), ("cost", "USD"))
    ]
    assert main(["sweep", CHAT, *over, "--out", str(tmp_path / "out")]) == 1
    assert "1,000,000,000,000 points (10,000 x 10,000 x 10,000); give --yes" in capsys.readouterr().err
    plan = plan_of(CHAT, ["budgets.tpot_p99=1..1000 ms", "budgets.cost=1..1001 USD"])
    with pytest.raises(InputError):
        refuse_many(plan, yes=False)
    refuse_many(plan, yes=True)
    refuse_many(plan_of(CHAT, ["budgets.tpot_p99=1..1000 ms"]), yes=False)


def test_a_dry_run_counts_and_writes_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["sweep", str(TINY), "--dry-run", "--out", str(tmp_path / "out"), "--jobs", "1"]) == 0
    out = capsys.readouterr().out
    assert "tiny   240 points in 2 search spaces" in out
    assert "on 1 process, measured" in out
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "a/b", "1/0"])
def test_shards_that_do_not_exist(text: str) -> None:
    with pytest.raises(InputError, match="--shard"):
        shard_of(text)


def test_shipped_sweeps_load_and_are_no_scenarios() -> None:
    assert set(shipped_sweeps()) == {"chat-batch-latency", "resnet-batch-workers", "finetune-batch-memory"}
    assert not set(shipped_sweeps()) & set(shipped())
    for file in shipped_sweeps().values():
        assert load_sweep(file, catalog=CATALOG).count > 200


def test_lines_of_progress_rise_and_end(capsys: pytest.CaptureFixture[str]) -> None:
    import sys

    progress = Progress(10, 2, sys.stderr)
    progress.said -= 60
    progress.add(3)
    progress.close()
    assert capsys.readouterr().err.startswith("5 of 10 points   50 %")
