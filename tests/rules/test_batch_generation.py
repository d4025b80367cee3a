"""Batch jobs that generate: their requests wait their turn, so every slot of every replica stays full."""

from __future__ import annotations

from pathlib import Path

import pytest

import designer
from catalogs.errors import InputError

TEXT = """
name: summaries
workload: {job: batch, model: llama-3.1-8b, requests: 1e8 request,
           lengths: [{share: 1, input: 2000 token, output: OUT token}]}
candidates: {node: p5.48xlarge, node_count: 8, precision: fp8, tp: 1, pp: 1, replicas: [16, 32, 64],
             prefill_batch: [1, 8], batch: [16, 64, 256]}
"""


def written(folder: Path, output: int) -> Path:
    file = folder / f"summaries-{output}.yaml"
    file.write_text(TEXT.replace("OUT", str(output)))
    return file


def test_a_job_that_generates_can_be_planned(tmp_path: Path) -> None:
    result = designer.plan(written(tmp_path, 200))
    assert result.status == "found"
    fastest = min(d.metrics["time_to_complete"].value or 0 for d in result.frontier)
    embedding = designer.plan(written(tmp_path, 0))
    assert fastest > min(d.metrics["time_to_complete"].value or 0 for d in embedding.frontier)


def test_longer_answers_take_longer_and_more_replicas_less(tmp_path: Path) -> None:
    def time(output: int, replicas: int) -> float:
        layout = {"replicas": replicas, "batch": 64, "prefill_batch": 8}
        answer = designer.evaluate(written(tmp_path, output), layout)
        assert answer.feasible
        return answer.metrics["time_to_complete"].value or 0.0

    times = [time(n, 32) for n in (1, 50, 200, 400)]
    assert times == sorted(times)
    assert time(200, 64) == pytest.approx(time(200, 32) / 2)


def test_a_full_replica_does_what_a_server_of_it_could_at_most(tmp_path: Path) -> None:
    """Requests over time and replicas are the capacity that a serving fleet of these replicas has."""
    layout = {"replicas": 32, "batch": 64, "prefill_batch": 8}
    job = designer.evaluate(written(tmp_path, 200), layout).metrics["time_to_complete"].value
    serving = tmp_path / "serving.yaml"
    serving.write_text(
        TEXT.replace("OUT", "200")
        .replace("job: batch", "job: serving")
        .replace("requests: 1e8 request", "rate: 1 request/s")
    )
    capacity = designer.evaluate(serving, layout).metrics["capacity"].value
    assert job and capacity
    assert 1e8 / job / 32 == pytest.approx(capacity, rel=1e-9)


@pytest.mark.parametrize("name", ["ttft_p99", "request_latency"])
def test_nobody_waits_for_a_request_of_a_batch_job(tmp_path: Path, name: str) -> None:
    for asked in (f"objectives=[{name}]", f"budgets.{name}=2 s"):
        with pytest.raises(InputError, match=f"{name} of a batch job, whose requests wait their turn"):
            designer.plan(written(tmp_path, 200), [asked])
