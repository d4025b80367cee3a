"""`check`: a line a budget, exit code 2 where one does not hold, and formats of build servers."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from designer.checking.check import check_question
from designer.cli import main
from designer.evaluating.design import evaluate
from designer.planning.plan import plan_question
from designer.reading.loading import load, locate

CHAT = "llama-3.1-70b-chat"


@pytest.mark.slow
def test_a_check_agrees_with_the_plan() -> None:
    """Every design of a frontier holds its budgets; one beyond a bound does not."""
    question = load(locate(CHAT))
    for design in plan_question(question).frontier:
        assert check_question(question, design.design).holds
    tight = load(locate(CHAT), ["budgets.tpot_p99=1 ms"])
    assert [c.name for c in check_question(tight, {}).checked if not c.holds] == ["tpot_p99"]


def test_the_bound_itself_holds(capsys: pytest.CaptureFixture[str]) -> None:
    """At most is at most: a budget that is exactly met is met."""
    question = load(locate(CHAT))
    met = evaluate(question, {}).metrics["tpot_p99"].value
    assert main(["check", CHAT, "--set", f"budgets.tpot_p99={met!r} s"]) == 0
    assert main(["check", CHAT, "--set", f"budgets.tpot_p99={met * 0.999!r} s"]) == 2
    out = capsys.readouterr().out
    assert out.count("FAIL") == 1 and "ok    ttft_p99 <= 1500 ms" in out


def test_what_was_measured_counts_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = tmp_path / "measured.yaml"
    result.write_text("ttft_p99: 1501 ms\n")
    assert main(["check", CHAT, "--against", str(result)]) == 2
    out = capsys.readouterr().out
    assert "FAIL  ttft_p99 <= 1500 ms: 1.5 s measured" in out and "not measured: tpot_p99" in out
    result.write_text("ttft_p99: 1499 ms\ntpot_p99: 49 ms\n")
    assert main(["check", CHAT, "--against", str(result)]) == 0


def test_an_answer_of_designer_is_a_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["evaluate", CHAT, "--json"])
    result = tmp_path / "answer.json"
    result.write_text(capsys.readouterr().out)
    assert main(["check", CHAT, "--against", str(result), "--json"]) == 0
    checked = json.loads(capsys.readouterr().out)["checked"]
    by = {(c["name"], c["of"]): c["value"] for c in checked}
    assert by["ttft_p99", "measured"] == by["ttft_p99", "predicted"]


@pytest.mark.parametrize("text", ["ttft_p99: 2\n", "ttft_p9: 1 s\n", "- 1\n", "ttft_p99: 3 GB\n"])
def test_a_bad_result(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = tmp_path / "measured.yaml"
    result.write_text(text)
    assert main(["check", CHAT, "--against", str(result)]) == 1
    assert "measured.yaml" in capsys.readouterr().err


def test_formats_of_build_servers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tight = ["--set", "budgets.tpot_p99=1 ms"]
    assert main(["check", CHAT, *tight, "--format", "junit"]) == 2
    suite = ElementTree.fromstring(capsys.readouterr().out)
    assert suite.attrib["failures"] == "1" == str(len(suite.findall("testcase/failure")))
    assert main(["check", CHAT, *tight, "--format", "github"]) == 2
    lines = capsys.readouterr().out.splitlines()
    assert [x.split(" ")[0] for x in lines] == ["::notice", "::error"]
    assert main(["plan", CHAT, "--format", "junit"]) == 1


def test_a_design_must_be_stated(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "llama-3.1-70b-64-users"]) == 1
    assert "--design" in capsys.readouterr().err
