"""A locked answer: it stands while what it rests on does, and what moved it is named."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema
import pytest

from catalogs import Catalog
from catalogs.store import SHIPPED
from designer.checking.result import Lock
from designer.cli import main
from designer.planning.plan import plan_question
from designer.reading.loading import load, locate
from designer.schemas import schema_of

pytestmark = pytest.mark.slow
CHAT = "llama-3.1-70b-chat"


@pytest.fixture
def lock(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    path = tmp_path / "answer.lock"
    assert main(["plan", CHAT, "--lock", str(path)]) == 0
    capsys.readouterr()
    return path


def overlay(folder: Path, kind: str, id: str, old: str, new: str) -> Path:
    """A folder of own entries in which one entry says something else."""
    (folder / kind).mkdir(parents=True)
    text = (SHIPPED / kind / f"{id}.yaml").read_text()
    assert old in text
    (folder / kind / f"{id}.yaml").write_text(text.replace(old, new))
    return folder


def answer(args: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, dict]:
    code = main([*args, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_it_stands(lock: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = answer(["check", "--lock", str(lock)], capsys)
    assert code == 0 and said["stands"] and not said["moved"]


def test_a_lock_is_what_its_schema_says(lock: Path) -> None:
    written = json.loads(lock.read_text())
    jsonschema.Draft202012Validator(schema_of("lock")).validate(written)
    assert Lock.model_validate(written).model_dump(mode="json", by_alias=True) == written


def test_a_device_that_became_faster_moves_it(
    lock: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = overlay(
        tmp_path / "mine",
        "accelerators",
        "h100-sxm",
        "memory_bandwidth: {value: 3.35 TB/s",
        "memory_bandwidth: {value: 6.7 TB/s",
    )
    code, said = answer(["check", "--lock", str(lock), "--catalog", str(mine)], capsys)
    assert code == 2 and not said["stands"]
    first = said["moved"][0]
    assert first["fact"] == "memory_bandwidth" and first["of"] == "node=p5.48xlarge" and first["changes"]
    assert first["now"] == 2 * first["then"]
    # What would be chosen now is what a plan finds now.
    now = {json.dumps(d.design) for d in plan_question(load(locate(CHAT), [], Catalog([mine]))).frontier}
    then = {json.dumps(d["design"]) for d in json.loads(lock.read_text())["frontier"]}
    assert {json.dumps(d) for d in said["new"]} == now - then
    assert {json.dumps(d) for d in said["gone"]} == then - now


def test_a_fact_that_changes_nothing_leaves_it(
    lock: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The memory of a card that no limit touches may grow."""
    data = json.loads(lock.read_text())
    rows = data["facts"]["water_usage"]
    for row in rows:
        row[1] = 1.0
    lock.write_text(json.dumps(data))
    code, said = answer(["check", "--lock", str(lock)], capsys)
    assert code == 0 and said["stands"] and {m["fact"] for m in said["moved"]} == {"water_usage"}


def test_another_question_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.yaml"
    shutil.copy(locate(CHAT), file)
    path = tmp_path / "answer.lock"
    main(["plan", str(file), "--lock", str(path)])
    capsys.readouterr()
    file.write_text(file.read_text().replace("tpot_p99: 50 ms", "tpot_p99: 20 ms"))
    code, said = answer(["check", "--lock", str(path)], capsys)
    assert code == 2 and said["question"] == ["budgets.tpot_p99: 50 ms -> 20 ms"] and said["gone"]


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"schema": "designer.lock/1"}', "\x00"])
def test_what_is_no_lock(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.lock"
    path.write_text(text)
    assert main(["check", "--lock", str(path)]) == 1
    assert "lock" in capsys.readouterr().err


def test_no_lock_of_an_impossible_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", CHAT, "--set", "budgets.tpot_p99=1 us", "--lock", str(tmp_path / "x")]) == 1
    assert "infeasible" in capsys.readouterr().err
