"""A job is one file: no other says anything of a job by its name, and a file is enough to add one."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from designer.jobs import DECISIONS, JOBS
from designer.question.job import Job

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "designer"
# A word that is a job's name, and a decision's too.
ALSO = {"batch"}


def sources() -> list[Path]:
    return [p for p in sorted(PACKAGE.rglob("*.py")) if PACKAGE / "jobs" not in p.parents]


def texts(node: ast.expr | None) -> list[str]:
    """The texts an expression states, alone or in a collection."""
    parts = node.elts if isinstance(node, (ast.Tuple, ast.List, ast.Set)) else [node]
    return [p.value for p in parts if isinstance(p, ast.Constant) and isinstance(p.value, str)]


def tables(source: str) -> list[int]:
    """Lines of mappings that have jobs for keys: several, or nothing else."""
    out = []
    for n in ast.walk(ast.parse(source)):
        if isinstance(n, ast.Dict):
            keys = {t for k in n.keys for t in texts(k)}
            named = keys & JOBS.keys()
            if named - ALSO and (len(named) > 1 or named == keys):
                out.append(n.lineno)
    return out


def comparisons(source: str) -> list[int]:
    """Lines that ask which job something is, by its name or by the class of its workload."""
    classes = {job.workload.__name__ for job in JOBS.values()}
    out = []
    for n in ast.walk(ast.parse(source)):
        if isinstance(n, ast.Compare):
            sides = [n.left, *n.comparators]
            named = {t for side in sides for t in texts(side)} & JOBS.keys()
            if named - ALSO or (named and any("job" in ast.unparse(side) for side in sides)):
                out.append(n.lineno)
        elif (
            isinstance(n, ast.Call)
            and ast.unparse(n.func) == "isinstance"
            and {x.id for x in ast.walk(n.args[1]) if isinstance(x, ast.Name)} & classes
        ):
            out.append(n.lineno)
    return out


def test_no_other_file_has_a_table_by_job() -> None:
    found = {str(p.relative_to(ROOT)): lines for p in sources() if (lines := tables(p.read_text("utf-8")))}
    assert not found


def test_no_other_file_compares_with_a_job() -> None:
    found = {str(p.relative_to(ROOT)): at for p in sources() if (at := comparisons(p.read_text("utf-8")))}
    assert not found


@pytest.mark.parametrize(
    "source",
    [
        'x = {"training": 1, "serving": 2}', 'x = {"concurrent": 1}', 'if q.job != "training": pass',
        'if w["job"] in ("batch", "other"): pass', "isinstance(w, Training)", "isinstance(w, (Dataset, Batch))",
    ],
)  # fmt: skip
def test_a_table_or_a_comparison_is_seen(source: str) -> None:
    assert tables(source) or comparisons(source)


@pytest.mark.parametrize("job", JOBS.values(), ids=lambda j: j.name)
def test_a_job_says_what_it_is(job: Job) -> None:
    assert job.title and job.headline and job.columns and job.phases and job.objectives
    names = [d.name for d in job.decisions]
    assert len(names) == len(set(names))
    assert set(job.said) <= DECISIONS.keys()
    assert job.amount == "" or job.amount in job.workload.model_fields


def test_a_decision_means_the_same_in_every_job() -> None:
    for job in JOBS.values():
        for d in job.decisions:
            first = DECISIONS[d.name]
            assert (d.kind, d.unit, d.heading, d.written) == (
                first.kind, first.unit, first.heading, first.written,
            ), d.name  # fmt: skip


FIFTH = '''
"""A batch of work that is done twice, to be sure."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from designer.fields.gives import Gives
from designer.fields.written import RequestCount
from designer.jobs.batch import JOB as ONCE
from designer.jobs.inference import Inference


class Twice(Inference):
    """Requests that are all worked through."""

    job: Literal["twice"]
    requests: Annotated[RequestCount, Gives("requests", demand="amount")]


JOB = replace(ONCE, name="twice", title="a batch of work that is done twice", workload=Twice)
'''
ASKED = """
name: twice
workload:
  {job: twice, model: llama-3.1-8b, requests: 1e7 request, lengths: [{share: 1, input: 512 token, output: 64 token}]}
candidates: {node: dgx-h100, node_count: 1, precision: bf16, pp: 1}
"""


def test_a_job_is_added_by_one_file(tmp_path: Path) -> None:
    for package in ("catalogs", "constraints", "designer", "scenarios"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "designer" / "jobs" / "twice.py").write_text(FIFTH.lstrip(), "utf-8")
    (tmp_path / "twice.yaml").write_text(ASKED, "utf-8")
    (tmp_path / "wrong.yaml").write_text(ASKED.replace("job: twice", "job: thrice"), "utf-8")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "designer", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=240)

    planned = run("plan", "twice.yaml", "--json")
    assert planned.returncode == 0, planned.stderr
    assert json.loads(planned.stdout)["status"] == "found"
    for command in (["plan", "twice.yaml"], ["evaluate", "twice.yaml", "--design", "batch=64,replicas=1"]):
        done = run(*command)
        assert done.returncode == 0 and done.stdout.strip(), done.stderr
    assert "has: batch, concurrent, serving, training, twice" in run("plan", "wrong.yaml").stderr
