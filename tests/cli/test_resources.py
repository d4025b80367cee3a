"""Inputs that are too large and outputs that cannot be written: one line each, and nothing half-made."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from designer.cli import main
from designer.reading.shape import MOST
from designer.sweeping import store


def test_a_file_of_unknown_keys_is_told_in_part(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "keys.yaml"
    keys = "\n".join(f"k{i}: 1" for i in range(5_000))
    file.write_text(f"name: x\nworkload: {{job: training}}\n{keys}\n")
    assert main(["plan", str(file)]) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) <= MOST + 1
    assert said[-1].endswith("more mistakes")


@pytest.mark.parametrize("name", ["heads", "layers", "experts", "kv_heads", "hidden", "vocab"])
def test_an_absurd_shape_does_not_fill_the_machine(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(
        ["plan", "llama-3.1-8b-finetune", "--set", f"assume.{name}=1e18", "--set", "solver.time_limit=5 s"]
    )
    said = capsys.readouterr()
    assert code in (0, 1, 2, 3), said.err
    assert "Warning" not in said.err


def test_a_closed_output_is_an_error() -> None:
    run = "import sys; from designer.cli import main; sys.exit(main(['schema', 'scenario']))"
    done = subprocess.run(
        ["bash", "-c", f'"{sys.executable}" -c "{run}" >&-'], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "cannot write the answer" in done.stderr


def test_what_cannot_be_written_whole_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.os, "fsync", full)
    with pytest.raises(OSError, match="No space left on device"):
        store.write_whole(tmp_path / "report.html", b"page")
    assert not list(tmp_path.iterdir())


def test_thousands_of_points_are_not_started_unasked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    over = "budgets.cost=[" + ", ".join(f"{i} USD" for i in range(1, 3842)) + "]"
    code = main(["sweep", "llama-3.1-8b-finetune", "--over", over, "--out", str(tmp_path / "out")])
    assert code == 1
    assert "3,841 points (3,841); give --yes if they are meant" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
