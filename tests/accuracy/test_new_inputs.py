"""A rule may begin to read another quantity: what was measured before it is predicted as before."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from catalogs import Catalog
from constraints.bundles.model import MODEL_NAMES
from constraints.graph import Graph
from designer.accuracy.asking import lacking, usual_numbers
from designer.accuracy.frame import validate
from designer.accuracy.scoring import Skip
from designer.accuracy.table import read, shipped
from designer.jobs import job_rules
from designer.jobs.concurrent import USERS
from designer.jobs.serving import ARRIVALS, STATIC
from designer.jobs.training import MEASURED

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
CATALOG = Catalog()
TIME = ') -> Seconds:\n    """Time of one optimizer step.'
QUESTIONS = {"training": MEASURED, "static": STATIC, "users": USERS, "arrivals": ARRIVALS}


@cache
def numbers(job: str) -> dict[str, float]:
    return usual_numbers(CATALOG, job, CATALOG.get("nodes", "dgx-h100"), "bf16")


@pytest.mark.parametrize("kind", QUESTIONS)
def test_whatever_the_rules_read_besides_the_model_is_known_of_a_run(kind: str) -> None:
    of = QUESTIONS[kind]
    read_by_rules = Graph(job_rules(of.job)).inputs_of(of.asked) - MODEL_NAMES
    assert read_by_rules <= numbers(of.job).keys()


def test_a_quantity_that_nobody_says_leaves_the_row_out_by_its_name() -> None:
    known = {n: v for n, v in numbers("training").items() if n != "straggler_factor"}
    found = lacking("training", MEASURED.asked, known.keys() | MODEL_NAMES)
    assert isinstance(found, Skip) and "straggler_factor" in found.reason
    assert lacking("training", MEASURED.asked, numbers("training").keys() | MODEL_NAMES) is None


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages with three more inputs: an assumption of each job, and a word of a request."""
    folder = tmp_path_factory.mktemp("copy")
    for package in ("catalogs", "constraints", "designer", "scenarios"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))

    def edit(file: str, old: str, new: str) -> None:
        path = folder / file
        text = path.read_text("utf-8")
        assert text.count(old) == 1, f"{file} has not one {old!r}"
        path.write_text(text.replace(old, new), "utf-8")

    for job, name in (("training", "step_drag"), ("serving", "token_drag")):
        edit(
            f"catalogs/assumptions/{job}.yaml",
            "\nvalues:\n",
            f'\nvalues:\n  {name}: {{value: "1.25", kind: assumed, source: engineering}}\n',
        )
    step = "constraints/rules/training/step.py"
    edit(
        step,
        f"    straggler_factor: Count,\n{TIME}",
        f"    straggler_factor: Count,\n    step_drag: Count,\n{TIME}",
    )
    edit(
        step, "    return straggler_factor * (pipeline", "    return step_drag * straggler_factor * (pipeline"
    )
    token = "constraints/rules/serving/step.py"
    head = "def decode_step_variable(decode_full_step: Seconds, decode_step_fixed: Seconds"
    edit(token, head, f"{head}, token_drag: Count, haste: Count")
    made = "maximum(0, decode_full_step - decode_step_fixed)"
    edit(token, f"\n    return {made}", f"\n    return token_drag * haste * {made}")
    word = '    lengths: Lengths = Field(min_length=1, description="the mix of prompt and output lengths")\n'
    edit(
        "designer/jobs/inference.py",
        word,
        f'{word}    haste: Annotated[Pure, Gives("haste")] = Field(default=2.0, description="how users wait")\n',
    )
    return folder


def table(kind: str, group: str, file: Path) -> Path:
    """Every other row of a group of a shipped ledger as a table of its own."""
    (path,) = shipped(kind)
    rows = [r for r in read(path).rows if r.group == group][::2]
    with file.open("w", newline="") as f:
        out = csv.DictWriter(f, list(rows[0].cells))
        out.writeheader()
        out.writerows(row.cells for row in rows)
    return file


def run(copy: Path, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "designer", *command], cwd=copy, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("kind", "group", "metric"),
    [("training", "bloom-prequel", "step_time"), ("serving", "aic-inferencex", "tpot")],
)
def test_measured_runs_are_predicted_with_a_new_input(
    copy: Path, kind: str, group: str, metric: str, tmp_path: Path
) -> None:
    file = table(kind, group, tmp_path / "runs.csv")
    before = {
        s.row.id: s.prediction.predicted
        for s in validate(read(file), CATALOG).scored
        if s.prediction.metric.name == metric
    }
    rows = json.loads(run(copy, "validate", str(file), "--json"))["rows"]
    after = {r["id"]: r["predicted"] for r in rows if r["metric"] == metric}
    assert before.keys() == after.keys() and len(before) > 3
    for id, was in before.items():
        # a step takes a quarter longer; of a token's time a part does, which nothing else makes shorter
        assert (
            after[id] == pytest.approx(1.25 * was, rel=1e-4) if kind == "training" else after[id] > 1.01 * was
        )
    pytest.importorskip("scipy")
    said = run(copy, "calibrate", str(file), "--out", str(tmp_path / "own"))
    assert f"{kind} " in said and list((tmp_path / "own").rglob("*.yaml"))


@pytest.mark.parametrize(
    ("scenario", "design", "metric"),
    [
        ("llama-3.1-8b-finetune", "node=p5.48xlarge,precision=bf16,node_count=1", "step_time"),
        ("edge-8b", "weights=int8,kv=int8,batch=4", "tpot"),
    ],
)
def test_scenarios_are_answered_with_a_new_input(copy: Path, scenario: str, design: str, metric: str) -> None:
    assert run(copy, "plan", scenario)
    after, before = (
        json.loads(run(at, "evaluate", scenario, "--design", design, "--json"))["metrics"][metric]["value"]
        for at in (copy, ROOT)
    )
    assert after > 1.005 * before
