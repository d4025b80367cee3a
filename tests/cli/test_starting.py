"""A first draft plans as it is; a question in a few words has an answer, or says why not."""

from __future__ import annotations

from pathlib import Path

import pytest

import designer
from designer.cli import main
from designer.documents.starting import draft, kinds

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_there_is_a_draft_of_each_kind() -> None:
    assert kinds() == ["fleet", "serving", "sweep", "training"]
    assert "{{" not in "".join(draft(k, "a", "a.yaml") for k in kinds())


@pytest.mark.parametrize(("kind", "model"), [("training", "llama-3.1-8b"), ("serving", "llama-3.1-70b")])
def test_a_scenario_plans_as_it_is_begun(kind: str, model: str) -> None:
    assert (
        main(["init", kind, "--model", model, "--node", "dgx-h100", "--node", "dgx-h200", "--out", "my.yaml"])
        == 0
    )
    found = designer.plan("my.yaml")
    assert (found.status, found.scenario) == ("found", "my")
    assert found["A"].design["node"] in ("dgx-h100", "dgx-h200")


def test_a_fleet_and_a_sweep_run_as_they_are_begun(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "fleet"]) == main(["init", "sweep"]) == 0
    assert designer.fleet("fleet.yaml").status == "found"
    assert main(["sweep", "sweep.yaml", "--dry-run"]) == 0
    assert "32 points" in capsys.readouterr().out


def test_what_is_there_is_not_written_over(capsys: pytest.CaptureFixture[str]) -> None:
    Path("training.yaml").write_text("mine")
    assert main(["init"]) == 1
    assert Path("training.yaml").read_text() == "mine"
    assert main(["init", "trainin"]) == 1
    assert "did you mean 'training'" in capsys.readouterr().err


def test_three_answers_without_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "llama-3.1-8b", "dgx-h100", "--users", "8", "--design", "tp=2, precision=bf16"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["fits", "speed", "cost"]
    assert "tp=2" in " ".join(lines) or "tp" not in " ".join(lines[3:])
    assert main(["ask", "llama-3.1-405b", "mlperf-l40s-2"]) == 2  # 405e9 parameters in 96 GB
    assert capsys.readouterr().out.startswith("No design meets everything")
    assert main(["ask", "llama-3.1-8b", "dgx-h10"]) == 1
    assert "dgx-h100" in capsys.readouterr().err


def test_a_sketch_is_the_scenario_it_stands_for() -> None:
    """The same numbers as the same scenario in a file."""
    from catalogs import default_catalog
    from designer.documents.sketch import Sketch
    from designer.planning.sketched import answered

    found = answered(Sketch("llama-3.1-8b", "dgx-h100", users=8), "", [], default_catalog())
    assert found.layout is not None
    scenario = {
        "name": "same",
        "workload": {"job": "concurrent", "model": "llama-3.1-8b", "concurrency": "8 request",
                     "lengths": [{"share": 1, "input": "1000 token", "output": "250 token"}]},
        "candidates": {"node": "dgx-h100", "node_count": 1},
        "objectives": ["tpot"],
    }  # fmt: skip
    assert designer.plan(scenario)["A"].metrics["tpot"].value == found.layout["tpot"].value
