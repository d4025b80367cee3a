"""What one verb of Python takes, all take; a scenario is read once and again when its file changes."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import designer
from designer import api, asked

DOCUMENT: dict[str, Any] = {
    "name": "asked",
    "workload": {"job": "training", "model": "llama-3.1-8b", "sequence_length": "8192 token",
                 "global_batch": "1048576 token", "dataset": "2e9 token"},
    "candidates": {"node": "dgx-h100", "node_count": [1, 2], "tp": [1, 2], "pp": [1, 2]},
    "objectives": ["cost"],
}  # fmt: skip
SERVED = {
    "name": "served", "workload": {"job": "serving", "model": "llama-3.1-8b", "rate": "40 request/s",
                                   "lengths": [{"share": 1, "input": "1000 token", "output": "250 token"}]},
    "candidates": {"node": "dgx-h100", "node_count": 4, "precision": "bf16"},
}  # fmt: skip


def test_a_mapping_is_a_scenario(tmp_path: Path) -> None:
    file = tmp_path / "asked.yaml"
    file.write_text(json.dumps(DOCUMENT), "utf-8")
    assert (
        designer.plan(DOCUMENT).frontier == designer.plan(file).frontier == designer.plan(str(file)).frontier
    )
    assert designer.load(DOCUMENT).scenario == designer.load(file).scenario
    sized = designer.size(
        {**DOCUMENT, "budgets": {"time_to_train": "8 h"}}, devices=[8], specs=["compute_rate"]
    )
    assert sized.status == "found"
    found = designer.explain(DOCUMENT, "tp=2, pp=1, node_count=1")
    assert found.design["tp"] == 2


def test_decisions_are_text_or_a_mapping() -> None:
    one = designer.evaluate(DOCUMENT, "tp=2, pp=2, node_count=1")
    assert one == designer.evaluate(DOCUMENT, {"tp": 2, "pp": 2, "node_count": 1})
    with pytest.raises(designer.InputError, match="tq"):
        designer.evaluate(DOCUMENT, "tq=3")


def test_a_folder_is_a_catalog(tmp_path: Path) -> None:
    for facts in (str(tmp_path), tmp_path, [tmp_path]):
        assert designer.plan(DOCUMENT, catalog=facts).status == "found"
    with pytest.raises(designer.InputError, match="not the text"):
        designer.plan(DOCUMENT, "budgets.cost=1 USD")


def test_every_verb_takes_the_same() -> None:
    for verb in (
        api.plan,
        api.fleet,
        api.size,
        api.load,
        api.evaluate,
        api.evaluate_grid,
        api.sweep,
        api.explain,
        api.export,
    ):
        given = inspect.signature(verb).parameters
        assert given["path"].annotation == "Scenario", verb
        assert given["catalog"].annotation == "Facts", verb
        if "design" in given:
            assert given["design"].annotation == "Decisions", verb


def test_a_question_is_read_once_and_again_when_its_file_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = []
    real = asked.load
    monkeypatch.setattr(asked, "load", lambda *given: reads.append(given) or real(*given))
    file = tmp_path / "asked.yaml"
    file.write_text(json.dumps(DOCUMENT), "utf-8")
    first = designer.evaluate(file, "tp=2, pp=1, node_count=1")
    for dp in (1, 2, 4):
        designer.evaluate(file, {"tp": 2, "pp": 1, "dp": dp, "node_count": 1})
    assert len(reads) == 1
    work = {**DOCUMENT["workload"], "dataset": "4e10 token"}
    file.write_text(json.dumps({**DOCUMENT, "workload": work}), "utf-8")
    assert designer.evaluate(file, "tp=2, pp=1, node_count=1").metrics["cost"] != first.metrics["cost"]
    assert len(reads) == 2


def test_a_grid_has_no_value_where_there_is_none() -> None:
    """An overloaded layout has no waiting time; the limit that takes it away is named."""
    grid = designer.evaluate_grid(
        SERVED, {"tp": [1, 8], "batch": [1, 256], "replicas": [1, 2, 4]}, ["ttft_p99", "cost"]
    )
    shown = grid.full("ttft_p99")
    assert np.isnan(shown).any()
    assert np.isfinite(shown).any()
    assert np.nanmax(shown) < 1e6
    assert "load_below_one" in grid.voids["ttft_p99"]
    for at in np.ndindex(grid.shape):
        decisions = {n: v[i] for (n, v), i in zip(grid.axes.items(), at, strict=True)}
        one = designer.evaluate(SERVED, {**grid.fixed, **decisions}).metrics["ttft_p99"].value
        assert (one is None) == bool(np.isnan(shown[at]))
