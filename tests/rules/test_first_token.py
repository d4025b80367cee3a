"""The first token of a request: what it takes alone, and what others add."""

from __future__ import annotations

from pathlib import Path

import pytest

import designer

TEXT = """
name: first
workload: {job: JOB, model: qwen3-1.7b, HOW, lengths: [{share: 1, input: 128 token, output: 128 token}]}
engine: vllm
candidates: {node: dgx-a100-80gb, node_count: 1, precision: bf16, tp: 1, pp: 1, batch: [1, 64], replicas: 1}
pricing: {price: 2 USD/h}
objectives: [cost_per_token]
"""


def first_token(folder: Path, job: str, how: str, *sets: str) -> designer.EvaluateResult:
    file = folder / "first.yaml"
    file.write_text(TEXT.replace("JOB", job).replace("HOW", how))
    return designer.evaluate(file, {"batch": 64}, list(sets))


def test_one_user_of_a_small_model(tmp_path: Path) -> None:
    """Qwen3-1.7B on one A100 under vLLM, one user, 128 in and out: 11.4 ms measured, and 4.6 ms a token."""
    metrics = first_token(tmp_path, "concurrent", "concurrency: 1 request").metrics
    assert metrics["ttft"].value == pytest.approx(0.0114, rel=0.25)
    assert metrics["tpot"].value == pytest.approx(0.0046, rel=0.25)


@pytest.mark.parametrize(("job", "how"), [
    ("concurrent", "concurrency: 1 request"), ("serving", "rate: 0.001 request/s"),
])  # fmt: skip
def test_a_floor_of_loaded_runs_proves_nothing_of_an_idle_server(tmp_path: Path, job: str, how: str) -> None:
    """What others in flight add is no part of what can never be met."""
    answer = first_token(tmp_path, job, how, "budgets.ttft=50 ms")
    assert answer.feasible


def test_others_in_flight_make_a_first_token_later(tmp_path: Path) -> None:
    """In a closed loop and in an open one, and the first of them the most."""
    for job, ways in (
        ("concurrent", [f"concurrency: {n} request" for n in (1, 2, 8, 64)]),
        ("serving", [f"rate: {r} request/s" for r in (0.001, 1, 4, 16)]),
    ):
        times = [first_token(tmp_path, job, how).metrics["ttft"].value or 0.0 for how in ways]
        assert times == sorted(times)
        assert times[-1] > 4 * times[0]
