"""Pipelines and data ranks that have fewer sequences than places: they run, and rest in between."""

from __future__ import annotations

from pathlib import Path

import pytest

import designer

TEXT = """
name: pipeline
workload: {job: JOB, model: mixtral-8x7b, HOW, lengths: [{share: 1, input: 1000 token, output: 200 token}]}
candidates: {node: dgx-h100, node_count: 1, precision: bf16, tp: 1, pp: [1, 2, 3, 4], dp: [1, 2], ep: [1, 2],
             batch: [1, 8], replicas: 1}
pricing: {price: 2 USD/h}
objectives: [cost_per_token]
"""


@pytest.mark.parametrize(("job", "how"), [
    ("concurrent", "concurrency: 1 request"), ("serving", "rate: 0.01 request/s"), ("batch", "requests: 10 request"),
])  # fmt: skip
@pytest.mark.parametrize("layout", [{"pp": 3}, {"pp": 2}, {"pp": 2, "dp": 2}, {"pp": 2, "dp": 2, "ep": 2}])
def test_one_sequence_at_a_time_runs_on_any_layout(
    tmp_path: Path, job: str, how: str, layout: dict[str, int]
) -> None:
    file = tmp_path / "pipeline.yaml"
    file.write_text(TEXT.replace("JOB", job).replace("HOW", how))
    names = ["decode_step_time", "decode_dense_layer", "decode_moe_layer"]
    grid = designer.evaluate_grid(file, {"batch": [1]}, names, [f"candidates.{n}={v}" for n, v in layout.items()])
    assert grid.feasible.all()
    # a lone token passes all stages in turn, each of at most a layer more than its share
    stack = 32 * grid.full("decode_moe_layer")[0]
    assert stack <= grid.full("decode_step_time")[0] < 1.25 * stack
