"""Any answer in any format: the same numbers, and one line where there is no table."""

from __future__ import annotations

import csv
import io
import json

import pytest

import designer
from designer.cli import main
from designer.report.formats import names, written

pytestmark = pytest.mark.slow

GPT = "gpt-3-175b-carbon"


def test_the_rows_of_a_spreadsheet_are_the_frontier_in_si() -> None:
    plan = designer.plan(GPT)
    rows = list(csv.reader(io.StringIO(written(plan, "csv"))))
    head = {name.partition(" [")[0]: i for i, name in enumerate(rows[0])}
    assert "checkpoint_interval [s]" in rows[0] and "cost [USD]" in rows[0] and "mfu" in rows[0]
    for design, row in zip(plan.frontier, rows[1:], strict=True):
        assert row[head["id"]] == design.id
        assert float(row[head["cost"]]) == design.metrics["cost"].value
        assert row[head["sp"]] == design.design["sp"]


def test_a_page_of_text_says_numbers_as_people_do() -> None:
    text = written(designer.plan(GPT), "markdown")
    assert "| 60 min |" in text and " MUSD |" in text
    assert len({line.count("|") for line in text.splitlines()}) == 1


LAYOUT = "node=dgx-h100, region=gcp-europe-west4, node_count=64, tp=4, pp=8, dp=16"
COMMANDS = {
    "plan": ["plan", GPT],
    "evaluate": ["evaluate", GPT, "--design", LAYOUT],
    "explain": ["explain", GPT, "A"],
    "compare": ["compare", GPT, "A", "B"],
    "size": ["size", "edge-8b"],
    "fleet": ["fleet", "ai-lab"],
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=list(COMMANDS))
def test_every_answer_is_json_by_either_flag(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    said = []
    for flag in (["--json"], ["--format", "json"]):
        main([*command, *flag])
        said.append(json.loads(capsys.readouterr().out))
    flagged, named = map(_timeless, said)
    assert flagged == named


def _timeless(answer: dict[str, object]) -> dict[str, object]:
    proof = answer.get("proof")
    return {**answer, "proof": {**proof, "seconds": 0}} if isinstance(proof, dict) else answer


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (
            ["--format", "cvs"],
            "--format 'cvs': unknown format; did you mean 'csv'?"
            " (has: csv, github, html, json, junit, markdown, png, svg, xlsx)",
        ),
        (["--format", "csv", "--json"], "--json and --format csv are two formats: give one of them"),
    ],
)
def test_a_format_nobody_has_is_refused(
    options: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", GPT, *options]) == 1
    assert capsys.readouterr().err.strip() == line


def test_an_answer_without_rows_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", GPT, "A", "--format", "csv"]) == 1
    assert (
        capsys.readouterr().err.strip() == "designer.explain/1 has no rows here; --format json has all of it"
    )


def test_a_format_is_a_file() -> None:
    assert names() == ["csv", "github", "html", "json", "junit", "markdown", "png", "svg", "xlsx"]
