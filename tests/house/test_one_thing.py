"""To add a thing is to write one thing: each is added by one file to a copy, and every verb knows it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]

# What is added: the file, the line it comes after (or the end, or a new file), and the text.
ADDED = {
    "a quantity": (
        "constraints/rules/shared/operations.py",
        "",
        '''

@rule(cite="definition", head="cost of\\na day")
def cost_per_day(cost: Dollars, duration: Seconds) -> Dollars:
    """Cost of the mean day.

    >>> cost_per_day(14.0, 7 * 86400.0)
    2.0
    """
    return cost / duration * 86400
''',
    ),
    "a limit": (
        "constraints/rules/training/stages.py",
        "",
        '''

@rule(cite="policy of a site")
def stages_in_one_hall(pp: Count) -> Truth:
    """The pipeline has no more stages than stand in one hall.

    >>> stages_in_one_hall(8), stages_in_one_hall(16)
    (True, False)
    """
    return pp <= 8
''',
    ),
    "a switch and a count": (
        "designer/jobs/training.py",
        "DECISIONS = (",
        """    Decision("tp_overlap", "switch", "TP overlap", only("off", "on"), "off"),
    Decision("elementwise_passes", "count", "passes", only(11, 22), 22),
""",
    ),
    "a rule of a phase": (
        "constraints/rules/serving/load.py",
        "",
        '''

@rule(wall=4, cite="definition", head="decode\\nrate", better="more")
def decode_rate(batch: Count, decode_step_time: Seconds) -> Count:
    """Steps of sequences a second that a full batch takes.

    >>> decode_rate(64, 0.02)
    3200.0
    """
    return batch / decode_step_time
''',
    ),
    "a verb": (
        "designer/cli/commands/jobs.py",
        None,
        '''"""`jobs`: the kinds of workload there are."""

from __future__ import annotations

import typer

from designer.cli.app import app


@app.command()
def jobs() -> int:
    """List the kinds of workload there are."""
    from designer.jobs import JOBS

    typer.echo(", ".join(JOBS))
    return 0
''',
    ),
    "a format": (
        "designer/report/formats/lines.py",
        None,
        '''"""The columns of an answer, one a line."""

from __future__ import annotations

from designer.answers.answer import Answer
from designer.report.formats import table


def written(answer: Answer) -> str:
    """A line a column."""
    return "\\n".join(table(answer)[0])
''',
    ),
}
RUN = "llama-3.1-405b-pretrain"
CHAT = "llama-3.1-70b-chat"
Designer = Callable[..., str]


@pytest.fixture(scope="module")
def designer(tmp_path_factory: pytest.TempPathFactory) -> Designer:
    """The command of a copy in which each of these was added."""
    copy = tmp_path_factory.mktemp("copy")
    for package in ("catalogs", "constraints", "designer", "scenarios"):
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name, after, text in ADDED.values():
        path = copy / name
        before = path.read_text("utf-8") if after is not None else ""
        if after:
            assert before.count(f"\n{after}\n") == 1, f"{name}: {after}"
            path.write_text(before.replace(f"\n{after}\n", f"\n{after}\n{text}"), "utf-8")
        else:
            path.write_text(before + text, "utf-8")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "DESIGNER_"))}

    def run(*arguments: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "designer", *arguments],
            cwd=copy, env={**kept, "NO_COLOR": "1"}, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout[-2000:] + done.stderr[-2000:]
        return done.stdout

    return run


@pytest.fixture(scope="module")
def plan(designer: Designer) -> dict[str, Any]:
    """A run that is to cost little a day."""
    return dict(
        json.loads(
            designer("plan", RUN, *SMALL, "--set", "objectives=[cost_per_day, time_to_train]", "--json")
        )
    )


SMALL = ("--set", "candidates={node: dgx-h100, node_count: [1024, 2048], tp: [4, 8], recompute: full}")


def test_a_quantity_is_headed_minimised_and_has_levers(designer: Designer, plan: dict[str, Any]) -> None:
    first = plan["frontier"][0]
    assert first["metrics"]["cost_per_day"]["unit"] == "USD"
    assert "rental_rate" in {lever["input"] for lever in first["levers"]["cost_per_day"]}
    text = designer("plan", RUN, *SMALL, "--set", "objectives=[cost_per_day, time_to_train]")
    assert re.search(r"cost of\b.*\n.*\ba day", text)
    assert "= cost / duration * 86,400" in designer("explain", RUN, *SMALL, "--of", "cost_per_day").replace(
        "86400", "86,400"
    )


def test_a_quantity_can_be_bounded_and_binds(designer: Designer) -> None:
    bound = ("--set", "budgets={cost_per_day: 2 MUSD}", "--set", "objectives=[time_to_train]")
    answer = json.loads(designer("plan", RUN, *SMALL, *bound, "--json"))
    assert answer["proof"]["cut"]["cost_per_day"] > 0
    assert "cost_per_day" in {b["name"] for d in answer["frontier"] for b in d["binds"]}


def test_a_limit_cuts_binds_and_rejects(designer: Designer, plan: dict[str, Any]) -> None:
    assert plan["proof"]["cut"]["stages_in_one_hall"] > 0
    assert "stages_in_one_hall" in {b["name"] for d in plan["frontier"] for b in d["binds"]}
    layout = "tp=8, pp=16, dp=128, node_count=2048"
    assert "stages_in_one_hall" in designer("evaluate", RUN, *SMALL, "--design", layout)
    assert "stages_in_one_hall" in designer("explain", RUN, *SMALL, "--why-not", layout)


def test_decisions_are_chosen_shown_and_swept(
    designer: Designer, plan: dict[str, Any], tmp_path: Path
) -> None:
    assert {d["design"]["tp_overlap"] for d in plan["frontier"]} <= {"on", "off"}
    for width in ("80", "160"):
        text = designer("plan", RUN, *SMALL, "--width", width)
        assert "TP overlap on" in text and "passes 11" in text
    shown = designer(
        "evaluate", RUN, *SMALL, "--design", "tp=8, pp=8, dp=128, node_count=1024, tp_overlap=off"
    )
    assert "tp_overlap=off" in shown and "elementwise_passes=22" in shown
    sweep = tmp_path / "sweep.yaml"
    sweep.write_text(
        f"name: overlap\nbase: {RUN}\nset: ['candidates.node_count=2048', 'candidates.tp=8']\n"
        "axes:\n  candidates.tp_overlap: ['on', 'off']\n"
    )
    designer("sweep", str(sweep), "--out", str(tmp_path / "out"))
    frame = pd.read_parquet(tmp_path / "out" / "points") if (pd := pytest.importorskip("pandas")) else None
    assert set(frame["tp_overlap"]) == {"on", "off"}


def test_a_rule_of_a_phase_is_evaluated_explained_and_sized(designer: Designer) -> None:
    assert "batch / decode_step_time" in designer(
        "explain", CHAT, "tp=4, batch=64, replicas=8", "--of", "decode_rate"
    )
    layout = "tp=4, batch=64, replicas=8"
    metrics = json.loads(designer("evaluate", CHAT, "--design", layout, "--json"))["metrics"]
    assert metrics["decode_rate"]["value"] == pytest.approx(64 / metrics["decode_step_time"]["value"])
    sized = json.loads(
        designer("size", "llama-3.1-70b-chat-20ms", "--set", "budgets.decode_rate='>= 100'", "--specs",
                 "memory_bandwidth", "--json")
    )  # fmt: skip
    assert any("decode_rate" in t for t in sized["targets"])


def test_predictions_go_on(designer: Designer) -> None:
    assert re.search(r"training, \d+ rows: [1-9]\d* scored", designer("validate"))


def test_a_verb_and_a_format_are_files(designer: Designer) -> None:
    assert designer("jobs").strip() == "training, serving, concurrent, batch" or "training" in designer(
        "jobs"
    )
    assert "jobs" in designer("--help")
    assert (
        "cost_per_day"
        in designer(
            "plan", RUN, *SMALL, "--set", "objectives=[cost_per_day]", "--format", "lines"
        ).splitlines()
    )
